"""One suite for every history: in memory, on plain PostgreSQL, and on TimescaleDB where there is one."""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from services.adapters.postgres import open_pool
from services.history.domain import LetterFilter, NewReading, ReadingFilter, Replay, record_of_replay
from services.history.domain.readings import DAY_MS, MOST_LATE_MS
from services.history.postgres import PostgresHistoryReader, PostgresReadings
from services.provision import database as provision
from streams.contracts import DeadLetter, Device, Refused
from streams.contracts.topics import COMMANDS
from tests.conftest import fresh_database
from tests.fakes.history import MemoryHistory

NOW = 1_795_311_636_000
GRID = "990101001001001"


class PostgresHistory(PostgresReadings, PostgresHistoryReader):
    """Both halves, as the twin has them."""


@pytest.fixture(scope="module")
def plain_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """One migrated database for the whole suite; each test finds it empty."""
    for database in fresh_database(request.getfixturevalue("postgres_server")):
        database.migrate("history")
        yield database.url("linli_history")


@pytest.fixture(scope="module")
def timescale_url() -> str:
    admin_url = os.environ.get("TSDB_DSN")
    if not admin_url:
        pytest.skip("TSDB_DSN names no TimescaleDB server: its half of this contract is NOT proven here")
    passwords = {role: f"test-{role}" for role in provision.ROLES}
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS linli_contract WITH (FORCE)")
    provision.prepare(admin_url, passwords, ["history"], database="linli_contract")
    return psycopg.conninfo.make_conninfo(
        admin_url, dbname="linli_contract", user="linli_history", password=passwords["linli_history"]
    )


@pytest.fixture(params=["memory", "plain", "timescale"])
def history(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryHistory()
        return
    with open_pool(request.getfixturevalue(f"{request.param}_url"), name="test") as pool:
        yield PostgresHistory(pool)
        with pool.connection() as connection:
            connection.execute("SET search_path = history")
            connection.execute(
                "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class c"
                " WHERE c.relnamespace = 'history'::regnamespace AND c.relkind IN ('r', 'p')"
                " AND c.relname NOT IN ('schema_migrations', 'policy', 'qualities')); END $$"
            )


def reading(device: str = "gas-1", ts: int = NOW, value: float = 3.1, **changes: Any) -> NewReading:
    base = NewReading(device, "ch4_lel", ts, "gas", max(ts, NOW), value, 0, 0)
    return base._replace(**changes)


def device(device_id: str = "gas-1", area: str = GRID, **changes: Any) -> Device:
    return Device(device_id, "gas", area, **changes)


def listed(history: Any, scope: str = "", limit: int = 100, **filters: Any) -> list[Any]:
    page = history.list_readings(ReadingFilter(**filters), scope=scope, limit=limit, after=None, now=NOW)
    return list(page.items)


def test_a_reading_comes_back_as_it_went_in(history: Any) -> None:
    outcome = history.store([reading()], [])

    (row,) = listed(history)
    assert (outcome.new, outcome.duplicate) == (1, 0)
    assert (row.device, row.metric, row.ts, row.value, row.quality) == ("gas-1", "ch4_lel", NOW, 3.1, "good")
    assert (row.at, row.kind, row.flags) == (NOW, "gas", ())


def test_nothing_is_an_answer_too(history: Any) -> None:
    assert history.store([], []) == (0, 0, 0, 0)
    assert listed(history) == []
    assert history.last_values(["gas-1"], scope="") == []
    assert history.chart("gas-1", "ch4_lel", NOW, NOW + 1, scope="").points == ()


@pytest.mark.parametrize(
    "value", [0.0, 1.0, -0.5, 0.1, 3.14159265, 33.333, 1e-7, 65535.0, 123456789.125, 1e15, 9.1e18, -1e22, 1.7e300]
)
def test_every_value_survives_exactly_whatever_its_scale(history: Any, value: float) -> None:
    history.store([reading(value=value), reading("x-1", value=value, kind="unheard", metric="of")], [])

    assert [row.value for row in listed(history)] == [value, value]


def test_a_reading_that_comes_twice_is_one_row(history: Any) -> None:
    history.store([reading(value=3.1), reading(value=4.0)], [])
    outcome = history.store([reading(value=5.0), reading(ts=NOW + 1, value=6.0)], [])

    assert (outcome.new, outcome.duplicate) == (1, 1)
    assert [row.value for row in listed(history)] == [6.0, 3.1]


def test_the_last_value_is_the_newest_by_device_time(history: Any) -> None:
    history.store([reading(ts=NOW, value=1.0), reading(ts=NOW - 1000, value=2.0)], [])
    history.store([reading(ts=NOW - 500, value=3.0)], [])

    (last,) = history.last_values(["gas-1", "gas-2"], scope="")
    assert (last.ts, last.value, last.quality) == (NOW, 1.0, "good")


def test_a_clock_that_ran_ahead_does_not_hold_the_last_value(history: Any) -> None:
    history.store([reading(ts=NOW + DAY_MS // 2, at=NOW, value=1.0)], [])
    history.store([reading(ts=NOW + 5000, at=NOW + 5000, value=2.0)], [])

    assert [last.value for last in history.last_values(["gas-1"], scope="")] == [2.0]


@pytest.mark.parametrize("ts", [0, -5, 4_070_908_800_000, (1 << 62), -(1 << 62), NOW - MOST_LATE_MS - 1])
def test_a_nonsense_date_is_kept_with_its_flag_and_is_never_the_last_value(history: Any, ts: int) -> None:
    history.store([reading(ts=NOW, value=1.0)], [])
    flags = 8 if ts < NOW else 16
    outcome = history.store([reading(ts=ts, at=NOW, value=99.0, flags=flags)], [])
    again = history.store([reading(ts=ts, at=NOW, value=99.0, flags=flags)], [])

    assert (outcome.misdated, outcome.new) == (1, 0)
    assert (again.misdated, again.duplicate) == (0, 1)
    found = {row.ts: row for row in listed(history)}
    assert found[ts].value == 99.0
    assert found[ts].flags == (("time:old",) if ts < NOW else ("time:future",))
    assert [last.value for last in history.last_values(["gas-1"], scope="")] == [1.0]


def test_two_days_late_is_in_its_own_day_and_never_the_last_value(history: Any) -> None:
    late = NOW - 2 * DAY_MS
    outcome = history.store([reading(ts=late, at=NOW, flags=8)], [])

    assert outcome.new == 1
    assert [row.ts for row in listed(history, start=late, end=late + 1)] == [late]
    assert history.last_values(["gas-1"], scope="") == []


def test_pages_of_readings_join_without_gap_or_overlap(history: Any) -> None:
    rows = [
        reading(f"gas-{number % 3}", ts=NOW - number // 4 * 700_000, metric=f"m{number % 4}", value=float(number))
        for number in range(40)
    ]
    rows += [reading("gas-9", ts=ts, at=NOW, flags=8) for ts in (0, 4_070_908_800_000)]
    history.store(rows, [])

    seen: list[tuple[str | int, ...]] = []
    after: tuple[str | int, ...] | None = None
    while True:
        page = history.list_readings(ReadingFilter(), scope="", limit=7, after=after, now=NOW)
        seen += [item.key for item in page.items]
        if page.next is None:
            break
        after = page.next
    assert seen == sorted({(row.ts, row.device, row.metric) for row in rows}, reverse=True)


def test_filters_narrow_a_list(history: Any) -> None:
    history.register([device("gas-1"), device("gas-2", area="990101002001001")], [])
    history.store(
        [
            reading("gas-1"),
            reading("gas-1", metric="alarm"),
            reading("gas-2", quality=10),
            reading("gas-2", ts=NOW - 9),
        ],
        [],
    )

    assert {row.device for row in listed(history, device="gas-1")} == {"gas-1"}
    assert [row.metric for row in listed(history, metric="alarm")] == ["alarm"]
    assert [row.quality for row in listed(history, quality="test")] == ["test"]
    assert [row.ts for row in listed(history, end=NOW)] == [NOW - 9]
    assert len(listed(history, start=NOW)) == 3
    assert {row.device for row in listed(history, area="990101002")} == {"gas-2"}
    assert listed(history, kind="septic") == []


def test_a_scope_hides_what_lies_outside_it(history: Any) -> None:
    history.register([device("gas-1"), device("gas-2", area="990101002001001")], [])
    history.store([reading("gas-1"), reading("gas-2"), reading("nobody-1")], [])

    assert {row.device for row in listed(history, scope="990101001")} == {"gas-1"}
    assert len(listed(history)) == 3
    assert history.last_values(["gas-1", "gas-2"], scope="990101002")[0].device == "gas-2"
    assert history.chart("gas-2", "ch4_lel", NOW - 1, NOW + 1, scope="990101001").points == ()
    assert len(history.chart("gas-2", "ch4_lel", NOW - 1, NOW + 1, scope="990101002").points) == 1


def test_a_moved_or_removed_device_changes_scope(history: Any) -> None:
    history.register([device(version=2)], [])
    history.store([reading()], [])
    history.register([device(area="990101009001001", version=1)], [])
    assert len(listed(history, scope=GRID)) == 1

    history.register([], ["gas-1"])
    assert listed(history, scope=GRID) == []


def test_charts_are_raw_then_minutes_then_hours_and_break_at_silence(history: Any) -> None:
    start = NOW // 3_600_000 * 3_600_000
    history.register([device(period_s=60)], [])
    offsets = [0, 20_000, 60_000, 3_600_000, 3_630_000]
    history.store([reading(ts=start + o, value=float(n), at=start + o) for n, o in enumerate(offsets)], [])
    history.store([reading(ts=start + 70_000, at=start + 70_000, value=-999.0, quality=13)], [])

    raw = history.chart("gas-1", "ch4_lel", start, start + 3_600_000, scope="")
    minutes = history.chart("gas-1", "ch4_lel", start, start + DAY_MS, scope="")
    hours = history.chart("gas-1", "ch4_lel", start, start + 7 * DAY_MS, scope="")
    assert [(p.ts - start, p.value) for p in raw.points] == [(0, 0.0), (20_000, 1.0), (60_000, 2.0)]
    assert [(p.ts - start, p.value, p.low, p.high, p.n) for p in minutes.points] == [
        (0, 0.5, 0.0, 1.0, 2),
        (60_000, 2.0, 2.0, 2.0, 1),
        (120_000, None, None, None, 0),
        (3_600_000, 3.5, 3.0, 4.0, 2),
    ]
    assert [(p.ts - start, p.value, p.n) for p in hours.points] == [(0, 1.0, 3), (3_600_000, 3.5, 2)]
    assert (raw.step, minutes.step, hours.step) == ("raw", "1m", "1h")


def test_strangers_are_quarantined_and_the_dangerous_one_is_first(history: Any) -> None:
    outcome = history.store(
        [],
        [
            reading("calm-1", ts=NOW + 60_000, value=1.0),
            reading("leak-1", value=55.0),
            reading("leak-1", value=2.0, ts=NOW + 1000),
            reading("serious-1", value=30.0),
            reading("tested-1", value=90.0, quality=10),
        ],
    )
    history.store([], [reading("leak-1", value=55.0)])

    page = history.list_quarantine(scope="", limit=2, after=None)
    rest = history.list_quarantine(scope="", limit=9, after=page.next)
    assert outcome.quarantined == 5
    assert [(s.device, s.danger) for s in page.items] == [("leak-1", "critical"), ("serious-1", "major")]
    assert [(s.device, s.danger) for s in rest.items] == [("calm-1", ""), ("tested-1", "")]
    leak = page.items[0]
    assert (leak.readings, leak.first_seen, leak.last_seen) == (2, NOW, NOW + 1000)
    assert [(v.metric, v.value) for v in leak.last_values] == [("ch4_lel", 55.0)]
    assert listed(history) == []
    assert history.list_quarantine(scope="990101001", limit=9, after=None).items == ()


def test_an_adopted_device_takes_its_readings_with_it(history: Any) -> None:
    history.store([], [reading("gas-7", value=12.5), reading("gas-7", ts=0, at=NOW), reading("other-1")])

    moved = history.register([device("gas-7")], [])
    outcome = history.store([], [reading("gas-7", ts=NOW + 1000, value=13.0)])

    assert (moved, outcome.new, outcome.quarantined) == (2, 1, 0)
    assert [(row.ts, row.value) for row in listed(history, scope=GRID)] == [
        (NOW + 1000, 13.0),
        (NOW, 12.5),
        (0, 3.1),
    ]
    assert [s.device for s in history.list_quarantine(scope="", limit=9, after=None).items] == ["other-1"]
    assert [last.value for last in history.last_values(["gas-7"], scope="")] == [13.0]


LETTER = DeadLetter("l-1", "gateway", f"linli/v1/{GRID}/gas/gas-1/telemetry", "json", "not JSON", b"{" * 400, NOW)


def test_a_dead_letter_is_kept_once_and_whole(history: Any) -> None:
    assert history.bury([LETTER, LETTER]) == 1 or history.bury([LETTER]) == 0

    letter = history.get_letter("l-1")
    assert (letter.payload, letter.size, letter.reason, letter.replays) == (b"{" * 400, 400, "json", 0)
    assert history.get_letter("l-2") is None


def test_dead_letters_are_listed_newest_first_with_previews(history: Any) -> None:
    others = [
        DeadLetter(f"l-{n}", "streams", f"linli.inputs/{n}/0", "bug", "nul \0 inside", b"\0\xff", NOW + n, trace="T")
        for n in range(2, 6)
    ]
    history.bury([LETTER, *others])

    page = history.list_letters(LetterFilter(), scope="", limit=2, after=None)
    rest = history.list_letters(LetterFilter(), scope="", limit=9, after=page.next)
    assert [letter.id for letter in (*page.items, *rest.items)] == ["l-5", "l-4", "l-3", "l-2", "l-1"]
    assert (len(rest.items[-1].payload), rest.items[-1].size) == (256, 400)
    one = history.list_letters(LetterFilter(source="gateway"), scope="", limit=9, after=None)
    assert [letter.id for letter in one.items] == ["l-1"]
    scoped = history.list_letters(LetterFilter(), scope=GRID, limit=9, after=None)
    assert [letter.id for letter in scoped.items] == ["l-1"]
    assert history.get_letter("l-3", scope=GRID) is None


def test_a_replay_is_noted_with_its_record(history: Any) -> None:
    history.bury([LETTER])

    record = record_of_replay(history.get_letter("l-1"), command_id="c-1", by="ops")
    history.replay("l-1", record, by="ops", at=NOW + 5)

    letter = history.get_letter("l-1")
    assert (letter.replays, letter.replayed_by, letter.replayed_at) == (1, "ops", NOW + 5)
    assert isinstance(record, Replay)
    assert record.topic is COMMANDS
    replayed = history.list_letters(LetterFilter(replayed=True), scope="", limit=9, after=None)
    assert [letter.id for letter in replayed.items] == ["l-1"]
    with pytest.raises(Refused):
        record_of_replay(
            history.get_letter("l-1").__class__("x", "streams", "o", "json", "", b"{", NOW, 1), command_id="c", by="b"
        )
