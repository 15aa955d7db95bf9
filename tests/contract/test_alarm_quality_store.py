"""One suite over what alarm quality reads, in memory and in PostgreSQL, and the plan that reads it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import open_pool
from services.alarms.domain.quality_steps import Step, step_of
from services.alarms.domain.quality_targets import DAY, HOUR, Bound, Targets
from services.alarms.handlers import MeasureQuality, RecordTransitions, SetTargets
from services.alarms.handlers import quality as measuring
from services.alarms.ports import AlarmStore, QualityReader
from services.alarms.postgres import PostgresAlarmStore, PostgresQuality
from services.alarms.postgres.quality import STEPS, bounds
from streams.contracts import AlarmEvent, AlarmState, Cause, Refused
from tests.conftest import Database
from tests.fakes.alarm_events import GRID, T0, acknowledged, raised, returned
from tests.fakes.alarms import MemoryAlarmStore, MemoryQuality
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty

SCHEMAS = ("registry", "alarms")
OTHER = "990102001001001"


@dataclass
class Side:
    """``front`` is the front door's reader, ``reader`` the alarms process's own."""

    store: AlarmStore
    reader: QualityReader
    front: PostgresQuality | MemoryQuality

    def record(self, *events: AlarmEvent) -> None:
        RecordTransitions(self.store, RandomIds())(events)


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        memory = MemoryAlarmStore()
        quality = MemoryQuality(memory)
        yield Side(memory, quality, quality)
        return
    database: Database = request.getfixturevalue("migrated")
    with ExitStack() as stack:
        stack.callback(empty, database.admin_url, "alarms")
        alarms, front = (
            stack.enter_context(open_pool(database.url(f"linli_{role}"), name="contract", size=2))
            for role in ("alarms", "api")
        )
        yield Side(PostgresAlarmStore(alarms), PostgresQuality(alarms), PostgresQuality(front))


def episode(
    name: str, start: int, *, grid: str = GRID, ack: int | None = None, end: int | None = None
) -> list[AlarmEvent]:
    events = [raised(name, device=name, grid=grid, at=start, since=start)]
    if ack is not None:
        events.append(acknowledged(name, device=name, grid=grid, at=ack, number=2, ts=None))
    if end is not None:
        events.append(returned(name, device=name, grid=grid, at=end, number=3, normal_since=end))
    return events


def read(reader: QualityReader, area: str, start: int, end: int) -> list[Step]:
    return list(reader.steps(area, start, end))


def test_every_field_comes_back_as_the_event_said_it(side: Side) -> None:
    hidden: list[dict[str, Any]] = [
        {"backlog": True}, {"shelved_until": T0 + DAY}, {"suppressed_by": "feeder:7"}, {"out_of_service": True},
        {"maintenance": True}, {"list_only": True},
    ]  # fmt: skip
    events = [raised(f"h{number}", at=T0 + 7, **fields) for number, fields in enumerate(hidden)]
    assert all(step_of(event).hidden for event in events)
    events += episode("e1", T0, ack=T0 + 5, end=T0 + 9)
    side.record(*events)
    expected = sorted((step_of(event) for event in events), key=lambda step: (step.at, step.episode))
    assert read(side.reader, "9901", T0, T0 + 10) == read(side.front, "9901", T0, T0 + 10) == expected
    assert side.front.first() == T0


def test_what_stood_at_the_start_brings_its_past_and_what_had_ended_does_not(side: Side) -> None:
    side.record(
        *episode("ended", T0, ack=T0 + 1, end=T0 + 2),
        *episode("standing", T0, ack=T0 + 1),
        *episode("ends later", T0, ack=T0 + 1, end=T0 + HOUR),
        *episode("elsewhere", T0, grid=OTHER),
    )
    found = read(side.front, GRID, T0 + 60, T0 + DAY)
    assert [(step.episode, step.number) for step in found] == [
        ("ends later", 1), ("standing", 1), ("ends later", 2), ("standing", 2), ("ends later", 3),
    ]  # fmt: skip


def test_an_area_is_a_prefix_and_a_period_leaves_its_end_out(side: Side) -> None:
    side.record(*episode("e1", T0), *episode("e2", T0 + 9, grid=OTHER))
    assert [step.episode for step in read(side.front, "", T0, T0 + 10)] == ["e1", "e2"]
    assert [step.episode for step in read(side.front, "990102", T0, T0 + 10)] == ["e2"]
    assert read(side.front, "990102", T0, T0 + 9) == []
    assert read(side.front, "99010", T0 - 9, T0) == []


def test_nothing_stored_is_nothing_known(side: Side) -> None:
    assert side.front.first() is None
    measured = MeasureQuality(side.front, ManualClock(T0))("9901", T0 - DAY, T0)
    assert measured.positions["9901"].alarms is None


def test_a_measurement_reads_its_scope_by_level(side: Side) -> None:
    side.record(*episode("e1", T0, ack=T0 + 30_000), *episode("e2", T0 + 9, grid=OTHER))
    ask = MeasureQuality(side.front, ManualClock(T0 + HOUR))
    found = ask("", T0 - HOUR, T0 + HOUR, level="county", positions=["990101", "990103"]).positions
    assert {position: quality.alarms for position, quality in found.items()} == {
        "990101": 1, "990102": 1, "990103": 0,
    }  # fmt: skip
    assert found["990101"].answers.mean == 30_000


def test_what_cannot_be_measured_is_refused_by_name(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    side.record(*episode("e1", T0, ack=T0 + 1))
    ask = MeasureQuality(side.front, ManualClock(T0 + HOUR))
    monkeypatch.setattr(measuring, "MOST_STEPS", 1)
    for arguments, field in [
        (("", T0, T0), "from"),
        (("", T0 - 401 * DAY, T0), "from"),
        (("", T0 - DAY, T0 + HOUR), "from"),
    ]:
        with pytest.raises(Refused) as refusal:
            ask(*arguments)
        assert (refusal.value.code, refusal.value.extra["wrong"]) == ("fields", [field])
    with pytest.raises(Refused) as refusal:
        ask("990101001", T0, T0 + 1, level="county")
    assert refusal.value.extra["wrong"] == ["position"]


def test_targets_are_versions_and_a_slower_hand_is_told(side: Side) -> None:
    assert (side.reader.targets().version, side.reader.targets().targets) == (0, Targets())
    put = SetTargets(side.front, ManualClock(T0))
    wanted = msgspec.structs.replace(Targets(), per_hour=Bound(4, 8))
    kept = put(wanted, by="ann", version=0)
    assert side.reader.targets() == side.front.targets() == kept
    assert (kept.version, kept.by, kept.at) == (1, "ann", T0)
    assert put(wanted, by="bob", version=1) == kept
    with pytest.raises(Refused) as refusal:
        put(Targets(), by="bob", version=0)
    assert (refusal.value.code, refusal.value.extra["version"]) == ("version", 1)
    with pytest.raises(Refused) as refusal:
        put(msgspec.structs.replace(wanted, top=0), by="bob", version=1)
    assert refusal.value.extra["wrong"] == ["top"]


FILL = """
    INSERT INTO alarms.transitions (id, episode, number, at, event)
    SELECT e || '-' || n, e, n, at + n * 60000, jsonb_build_object('grid', grid, 'device', e, 'rule', 'gas.ch4',
           'severity', 'minor', 'old', 'normal', 'new', 'active_unack', 'cause', 'confirmed', 'since', at)
    FROM (SELECT 'x' || i AS e, %s + i * 120000::bigint AS at, '99010100100' || lpad((i %% 40)::text, 4, '0') AS grid
          FROM generate_series(1, 6000) i) made, generate_series(1, 2) n;
    INSERT INTO alarms.alarms
    SELECT e, gen_random_uuid(), 'i', 'gas.ch4', 1, 'c', e, 'gas', 'ch4_lel', grid, '', 'minor', 'minor', 'normal',
           at, at, at + 60000, 2, NULL, NULL, NULL, NULL, at, false, false, '', NULL, '', 'returned', '', ''
    FROM (SELECT 'x' || i AS e, %s + i * 120000::bigint AS at, '99010100100' || lpad((i %% 40)::text, 4, '0') AS grid
          FROM generate_series(1, 6000) i) made;
    """


def test_neither_a_grid_over_weeks_nor_a_city_for_a_day_is_read_by_a_scan(migrated: Database) -> None:
    with psycopg.connect(migrated.admin_url) as admin:
        admin.execute((FILL % (T0, T0)).encode())
        admin.execute("ANALYZE alarms.transitions, alarms.alarms")
        admin.commit()
    try:
        with psycopg.connect(migrated.url("linli_api")) as api:
            for area, start, end in [
                ("990101001000007", T0, T0 + 8 * DAY),
                ("990101001000007", T0 + 5 * DAY, T0 + 6 * DAY),
                ("", T0 + 5 * DAY, T0 + 6 * DAY),
            ]:
                plan = api.execute(f"EXPLAIN {STEPS}".encode(), bounds(area, start, end)).fetchall()
                text = "\n".join(str(line[0]) for line in plan)
                assert "Seq Scan" not in text, text
                assert "alarms_stood" in text, text
    finally:
        empty(migrated.admin_url, "alarms")


def test_a_condition_that_comes_back_is_read_with_the_state_it_came_from(side: Side) -> None:
    again = raised("e1", device="e1", number=4, old=AlarmState.RTN_UNACK, cause=Cause.REALARM, at=T0 + 50, ts=T0 + 49)
    side.record(*episode("e1", T0), again)
    assert read(side.front, GRID, T0 + 10, T0 + 60)[-1] == step_of(again)


def test_an_act_whose_clock_runs_behind_keeps_its_place_in_its_episode(side: Side) -> None:
    side.record(*episode("e1", T0, ack=T0 + 9, end=T0 + 5))
    assert [(step.number, step.at) for step in read(side.front, GRID, T0, T0 + 60)] == [
        (1, T0), (2, T0 + 9), (3, T0 + 9),
    ]  # fmt: skip
