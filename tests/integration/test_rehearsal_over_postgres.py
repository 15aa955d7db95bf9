"""A month of stored readings, rehearsed by the command in the API's role."""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sensors.kinds.gas import RULES
from services.adapters.clock import RandomIds, SystemClock
from services.adapters.postgres import open_pool
from services.api.alarms.rehearsal_process import ProcessRunner
from services.api.alarms.rehearsing import Rehearsals, Told
from services.history.domain import NewReading
from services.history.handlers import Ingest, Raw
from services.history.postgres import PostgresLetters, PostgresReadings
from services.registry.domain import Area
from services.registry.postgres import PostgresPlaces, PostgresRules
from services.rehearsal.domain import DAY_MS, Order, Rehearsal, Scope, State
from services.rehearsal.postgres import PostgresShelf
from streams.contracts import Device, Refused, Rule, Tick, encode
from tests.conftest import Database, PostgresServer, fresh_database
from tests.support import eventually

GRID = "990101001001001"
DAYS = 30
END = 1_795_312_800_000 // DAY_MS * DAY_MS
START = END - DAYS * DAY_MS
EVERY = 600_000
MINUTE = 60_000
GAS = next(rule for rule in RULES if rule.id == "gas.ch4")
SILENT = next(rule for rule in RULES if rule.id == "gas.silent")
AWAY = (START + 20 * DAY_MS, START + 20 * DAY_MS + 4 * 60 * MINUTE)
"""When the platform itself was away: nobody took a reading in, nobody wrote a tick."""
LINE = START + 25 * DAY_MS
"""For five hours from here gas-2 is cut off and the platform is not."""
DEVICES = [Device(f"gas-{n}", "gas", GRID, period_s=600) for n in range(3)]


def value(device: int, step: int) -> float:
    """Calm, but gas-0 has an hour at 30 %LEL on every tenth day, gas-1 an hour at 20 once, gas-2 nothing."""
    day, slot = divmod(step, DAY_MS // EVERY)
    if device == 0 and day % 10 == 5 and 60 <= slot < 66:
        return 30.0
    return 20.0 if device == 1 and day == 12 and 60 <= slot < 66 else 1.0


def spoken(device: int, at: int) -> bool:
    return not AWAY[0] <= at < AWAY[1] and not (device == 2 and LINE <= at < LINE + 5 * 60 * MINUTE)


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The registry and a month of history."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    for made in fresh_database(server):
        for service in ("registry", "history", "alarms"):
            made.migrate(service)
        with open_pool(made.url("linli_registry"), name="test") as pool:
            codes = [GRID[:length] for length in (6, 9, 12, 15)]
            levels = ("county", "street", "community", "grid")
            areas = [Area(code, level, code, code) for code, level in zip(codes, levels, strict=True)]
            PostgresPlaces(pool).add_areas(areas)
            PostgresPlaces(pool).add_devices(DEVICES, by="seed", now=START)
            for rule in (GAS, SILENT):
                PostgresRules(pool).put_rule(rule, by="seed", now=START)
        with open_pool(made.url("linli_history"), name="test") as pool:
            store = PostgresReadings(pool)
            store.register(DEVICES, [])
            for number, device in enumerate(DEVICES):
                rows = [
                    NewReading(device.id, "ch4_lel", at, "gas", at + 300, value(number, step), 0, 0)
                    for step, at in enumerate(range(START, END, EVERY))
                    if spoken(number, at)
                ]
                for begin in range(0, len(rows), 1_000):
                    store.store(rows[begin : begin + 1_000], [])
            ticks = [at for at in range(START, END, MINUTE) if not AWAY[0] <= at < AWAY[1]]
            Ingest(store, PostgresLetters(pool))(Raw("linli.inputs/0/0", encode(Tick("gw", at)), at) for at in ticks)
        yield made


def rehearse(database: Database, folder: Path, rule: Rule, *more: str) -> subprocess.CompletedProcess[str]:
    file = folder / "rule.json"
    file.write_bytes(msgspec.json.encode(rule))
    command = [sys.executable, "-m", "services.rehearsal.main", str(file), "--to", str(END), "--days", str(DAYS), *more]
    environment = {**os.environ, "DATABASE_URL": database.url("linli_api")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_month_is_rehearsed_against_the_rule_in_force(database: Database, tmp_path: Path) -> None:
    levels = tuple(msgspec.structs.replace(level, limit=level.limit * 0.7) for level in GAS.levels)
    done = rehearse(database, tmp_path, msgspec.structs.replace(GAS, version=3, levels=levels), "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    messages = sum(spoken(device, at) for device in range(3) for at in range(START, END, EVERY))
    assert (found["devices"], found["messages"]) == (3, messages)
    leaks = [e for e in found["episodes"] if e["in_force"] and e["in_force"]["device"] == "gas-0"]
    assert len(leaks) == 3
    assert {leak["in_force"]["worst"] for leak in leaks} == {"major"}
    weak = [e for e in found["episodes"] if e["rehearsed"] and e["rehearsed"]["device"] == "gas-1"]
    assert [(e["rehearsed"]["worst"], e["in_force"]["worst"]) for e in weak] == [("major", "warning")]
    assert found["tickets_a_day"] == {"rehearsed": pytest.approx(4 / DAYS), "in_force": pytest.approx(3 / DAYS)}
    began = START + (5 * DAY_MS // EVERY + 60) * EVERY
    assert leaks[0]["in_force"]["at"] == began + EVERY + 300, "the second reading confirms; time to that is not up"


def test_the_same_rule_changes_nothing_and_a_wrong_file_is_refused(database: Database, tmp_path: Path) -> None:
    done = rehearse(database, tmp_path, GAS)
    assert done.returncode == 0, done.stderr
    assert "不变 same: 4" in done.stdout
    assert "新增 new: 0" in done.stdout
    bad = tmp_path / "bad.json"
    bad.write_text('{"id": 3}')
    refused = subprocess.run(
        [sys.executable, "-m", "services.rehearsal.main", str(bad), "--database", database.url("linli_api")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "is no rule" in refused.stderr
    assert "GET /api/v1/rules" in refused.stderr


def test_the_platforms_own_outage_is_nobodys_silence(database: Database, tmp_path: Path) -> None:
    done = rehearse(database, tmp_path, SILENT, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    (cut,) = found["episodes"]
    assert (cut["rehearsed"]["device"], cut["in_force"]["device"]) == ("gas-2", "gas-2")
    assert LINE < cut["rehearsed"]["at"] < LINE + 3 * 60 * MINUTE
    away = found["away"]
    assert (away["stretches"], away["noted_from"]) == (1, START)
    assert AWAY[1] - AWAY[0] - MINUTE <= away["ms"] <= AWAY[1] - AWAY[0] + MINUTE
    said = rehearse(database, tmp_path, SILENT, "--days", "11").stdout
    assert "有 1 段、共 241 分钟没有收到任何数据" in said
    assert "起才有记录" not in said


def test_the_front_door_runs_it_as_a_process_of_its_own(database: Database) -> None:
    with open_pool(database.url("linli_api"), name="test") as pool:
        runner = ProcessRunner(database.url("linli_api"))
        _runs_to_its_end(Rehearsals(PostgresShelf(pool), runner, SystemClock(), RandomIds()))


def _runs_to_its_end(kept: Rehearsals) -> None:
    levels = tuple(msgspec.structs.replace(level, limit=level.limit * 0.7) for level in GAS.levels)
    softer = msgspec.structs.replace(GAS, version=2, levels=levels)
    begun = kept.begin(Order(softer, Scope(START, END, GRID), "somebody"))

    def now() -> Rehearsal:
        found = kept.get(begun.id, "somebody")
        assert found is not None
        return found

    eventually(lambda: now().state is not State.RUNNING, what="the rehearsal ends")
    done = now()
    assert (done.state, done.progress, done.problem) == (State.DONE, 1.0, None)
    assert done.report is not None
    assert (done.report.devices, done.report.alarms.rehearsed, done.report.alarms.in_force) == (3, 4, 4)


def test_a_process_that_is_cancelled_refused_or_too_slow_says_so(database: Database) -> None:
    told: queue.Queue[object] = queue.Queue()
    ears = Told(lambda _: None, told.put)
    order = Order(GAS, Scope(START, END), "somebody")
    runner = ProcessRunner(database.url("linli_api"))
    stop = runner.start(order, ears)
    stop()
    stop()
    ProcessRunner(database.url("linli_api"), limit_s=0.05).start(order, ears)
    runner.start(Order(GAS, Scope(START, END, "1"), "somebody"), ears)
    ended = [told.get(timeout=120) for _ in range(3)]
    assert sorted(each.code for each in ended if isinstance(each, Refused)) == ["cancelled", "invalid", "time"]
