"""Rollups, last values and partitions on plain PostgreSQL: equal to a recomputation, dropped in time."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.adapters.health import Health
from services.adapters.postgres import Pool, open_pool
from services.history.domain import NewReading
from services.history.postgres import PostgresReadings, Upkeep
from tests.conftest import fresh_database
from tests.support import eventually

NOW = 1_795_311_636_000
NOW_TIME = datetime.fromtimestamp(NOW / 1000, UTC)
DAY_MS = 86_400_000

ROLLED = "SELECT 1 FROM history.rollup_1m"
RECOMPUTED = """
SELECT series, date_bin(%s::interval, ts, timestamptz 'epoch') AS bucket,
    count(value) FILTER (WHERE quality < 10), sum(value) FILTER (WHERE quality < 10),
    min(value) FILTER (WHERE quality < 10), max(value) FILTER (WHERE quality < 10),
    count(*) FILTER (WHERE quality >= 10)
FROM history.telemetry GROUP BY 1, 2 ORDER BY 1, 2
"""
NEWEST = """
SELECT DISTINCT ON (series) * FROM history.telemetry WHERE flags & 24 = 0
ORDER BY series, least(ts, at) DESC, ts DESC
"""


@pytest.fixture
def pool(postgres_server: Any) -> Iterator[Pool]:
    for database in fresh_database(postgres_server):
        database.migrate("history")
        with open_pool(database.url("linli_history"), name="test") as opened:
            yield opened


def ask(pool: Pool, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with pool.connection() as connection:
        return connection.execute(query.encode(), values or None).fetchall()


def call(pool: Pool, query: str, *values: Any) -> None:
    """Run a procedure outside any transaction, as the process does."""
    with pool.connection() as connection:
        connection.autocommit = True
        connection.execute(query.encode(), values or None)
        connection.autocommit = False


def assert_exact(pool: Pool) -> None:
    for relation, width in (("telemetry_1m", "1 minute"), ("telemetry_1h", "1 hour")):
        shown = ask(pool, f"SELECT series, bucket, n, total, low, high, bad FROM history.{relation} ORDER BY 1, 2")  # noqa: S608 - names of this test
        assert shown == ask(pool, RECOMPUTED, width), relation
    assert ask(pool, "SELECT * FROM history.last_values(ARRAY(SELECT id FROM history.series))") == ask(pool, NEWEST)


def reading(ts: int, value: float = 1.0, **changes: Any) -> NewReading:
    return NewReading("gas-1", "ch4_lel", ts, "gas", max(ts, NOW), value, 0, 0)._replace(**changes)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rollups_equal_a_recomputation_at_every_moment(pool: Pool, seed: int) -> None:
    rng = random.Random(seed)
    store = PostgresReadings(pool)
    for _ in range(12):
        rows = [
            NewReading(
                f"gas-{rng.randrange(3)}",
                rng.choice(["ch4_lel", "alarm", "odd"]),
                NOW - rng.randrange(0, 3 * 3_600_000, 500),
                "gas",
                NOW,
                rng.choice([rng.uniform(0, 100), float(rng.randrange(100)), 1e300]),
                rng.choice([0, 0, 0, 2, 10, 13]),
                0,
            )
            for _ in range(rng.randrange(1, 200))
        ]
        store.store(rows, [])
        assert_exact(pool)
        match rng.randrange(3):
            case 0:
                call(pool, "CALL history.roll(false)")
            case 1:
                call(pool, "CALL history.roll(true)")
        assert_exact(pool)
    call(pool, "CALL history.roll(true)")
    assert ask(pool, "SELECT (SELECT count(*) FROM history.dirty_1m) + (SELECT count(*) FROM history.dirty_1h)") == [
        (0,)
    ]
    assert_exact(pool)


def test_a_late_reading_updates_its_rollup(pool: Pool) -> None:
    store = PostgresReadings(pool)
    store.store([reading(NOW, 10.0)], [])
    call(pool, "CALL history.roll(true)")

    store.store([reading(NOW - 636, 30.0), reading(NOW - 2 * DAY_MS, 5.0, flags=8)], [])
    assert_exact(pool)
    call(pool, "CALL history.roll(true)")
    assert_exact(pool)
    assert ask(pool, "SELECT n, total FROM history.rollup_1h ORDER BY bucket") == [(1, 500), (2, 4000)]


def test_a_mark_that_commits_late_is_not_lost(pool: Pool) -> None:
    store = PostgresReadings(pool)
    store.store([reading(NOW, 10.0)], [])
    with pool.connection() as slow:
        slow.execute(
            "INSERT INTO history.telemetry SELECT 1, %s, 99, NULL, 0, 0, %s", (NOW_TIME + timedelta(seconds=1),) * 2
        )
        slow.execute(
            "INSERT INTO history.dirty_1m VALUES ('{1}', date_bin('1 minute', %s, timestamptz 'epoch'))", (NOW_TIME,)
        )
        call(pool, "CALL history.roll(true)")
    assert_exact(pool)
    call(pool, "CALL history.roll(true)")
    assert_exact(pool)


def test_days_are_made_ahead_and_dropped_after_their_time(pool: Pool) -> None:
    store = PostgresReadings(pool)
    call(pool, "CALL history.maintain(%s)", NOW_TIME)
    store.store([reading(NOW + n * DAY_MS, at=NOW + n * DAY_MS) for n in range(-2, 3)], [])
    assert ask(pool, "SELECT history.default_rows()") == [(0,)]
    days = partitions(pool)
    assert [f"telemetry_{(NOW_TIME + timedelta(days=n)):%Y%m%d}" in days for n in range(-2, 5)] == [True] * 6 + [False]

    call(pool, "CALL history.maintain(%s)", NOW_TIME + timedelta(days=90))

    left = ask(pool, "SELECT (extract(epoch FROM ts) * 1000)::bigint FROM history.telemetry ORDER BY 1")
    assert left == [(NOW + n * DAY_MS,) for n in range(3)]
    assert f"telemetry_{NOW_TIME - timedelta(days=1):%Y%m%d}" not in partitions(pool)
    # What was dropped lives on in its rollup.
    assert len(ask(pool, "SELECT 1 FROM history.telemetry_1h")) == 5
    call(pool, "CALL history.maintain(%s)", NOW_TIME + timedelta(days=500))
    assert ask(pool, "SELECT count(*) FROM history.telemetry_1m") == [(0,)]
    assert ask(pool, "SELECT count(*) FROM history.telemetry_1h") == [(5,)]


def test_what_is_set_aside_is_pruned_too(pool: Pool) -> None:
    store = PostgresReadings(pool)
    store.store([reading(0, at=NOW)], [reading(NOW, device="new-1"), reading(NOW + DAY_MS, device="new-2")])

    call(pool, "CALL history.maintain(%s)", NOW_TIME + timedelta(days=30, seconds=1))
    assert ask(pool, "SELECT device FROM history.quarantine_devices") == [("new-2",)]
    assert ask(pool, "SELECT count(*) FROM history.misdated") == [(1,)]
    call(pool, "CALL history.maintain(%s)", NOW_TIME + timedelta(days=91))
    assert ask(pool, "SELECT count(*) FROM history.misdated") == [(0,)]


def test_a_reading_that_finds_no_day_is_counted_in_the_default_partition(pool: Pool) -> None:
    ask(pool, "INSERT INTO history.telemetry VALUES (1, %s, 1, NULL, 0, 0, %s) RETURNING 1", NOW_TIME, NOW_TIME)

    assert ask(pool, "SELECT history.default_rows()") == [(1,)]


def test_many_writers_may_need_the_same_new_day(pool: Pool) -> None:
    store = PostgresReadings(pool)
    start = threading.Barrier(4)

    def write(number: int) -> int:
        start.wait()
        days = [NOW + day * DAY_MS for day in range(12)]
        return sum(store.store([reading(ts, at=ts, device=f"gas-{number}")], []).new for ts in days)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(write, range(4))) == [12] * 4
    assert ask(pool, "SELECT count(*) FROM history.telemetry") == [(48,)]


def test_upkeep_runs_once_at_a_time_and_survives_its_connection(postgres_server: Any) -> None:
    for database in fresh_database(postgres_server):
        database.migrate("history")
        url, stop = database.url("linli_history"), threading.Event()
        keepers = [Upkeep(url, Health(), every_s=0.05) for _ in range(2)]
        threads = [threading.Thread(target=keeper.run, args=(stop,)) for keeper in keepers]
        for thread in threads:
            thread.start()
        try:
            with open_pool(url, name="test") as pool, psycopg.connect(database.admin_url, autocommit=True) as admin:
                eventually(lambda: len(partitions(pool)) >= 5, what="partitions made")
                PostgresReadings(pool).store([reading(NOW)], [])
                eventually(lambda: ask(pool, ROLLED), what="rolled up")
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'linli-upkeep'"
                )
                PostgresReadings(pool).store([reading(NOW + 60_000)], [])
                eventually(lambda: len(ask(pool, ROLLED)) == 2, what="rolled up again")
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=20)


def partitions(pool: Pool) -> set[str]:
    rows = ask(pool, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^telemetry_[0-9]{8}$'")
    return {row[0] for row in rows}
