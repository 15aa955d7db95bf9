"""The TimescaleDB half of history's schema, really executed: PostgreSQL with the extension, in WebAssembly.

That build takes one connection at a time and no COPY, so the stage is filled by INSERT here; the
statement that empties it, the views and the reader are the platform's own. The full contract runs
where ``TSDB_DSN`` names a server.
"""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from services.adapters import migrations
from services.adapters.postgres import open_pool
from services.history.domain import ReadingFilter
from services.history.postgres import PostgresHistoryReader, stage
from tests.support import eventually

FOLDER = Path(__file__).resolve().parents[1] / "timescale"
HOUR_MS = 3_600_000
Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def timescale_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with nothing in it but the roles, an empty schema and the extension."""
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        npm = shutil.which("npm")
        assert npm, "npm is missing: apt-get install npm"
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=240)
    output = tmp_path_factory.mktemp("timescale") / "server.log"
    with output.open("wb") as log:
        process = subprocess.Popen(["node", "server.js"], cwd=FOLDER, stdout=log, stderr=log)
    try:

        def port() -> str:
            assert process.poll() is None, output.read_text()
            return next((line for line in output.read_text().splitlines() if line.isdigit()), "")

        where = eventually(port, within_s=90, what="TimescaleDB listens")
        url = f"postgresql://postgres:none@127.0.0.1:{where}/postgres?sslmode=disable"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION timescaledb")
            connection.execute("CREATE ROLE linli_history LOGIN")
            connection.execute("CREATE ROLE linli_api LOGIN")
            connection.execute("CREATE ROLE linli_alarms LOGIN")
            connection.execute("CREATE SCHEMA history AUTHORIZATION linli_history")
            connection.execute("SET ROLE linli_history")
            migrations.apply(connection, "history", migrations.load("services.history"))
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def connection(timescale_url: str) -> Iterator[Connection]:
    with psycopg.connect(timescale_url, autocommit=True, prepare_threshold=None) as connected:
        connected.execute("DEALLOCATE ALL")  # that build has one session for all who connect
        connected.execute("SET ROLE linli_history")
        connected.execute("SET timezone = 'UTC'")
        yield connected


def absorb(connection: Connection, rows: list[tuple[int, datetime, int, int]]) -> int:
    """Take (series, ts, value, quality) in by the platform's own statement; returns how many are new."""
    with connection.transaction():
        connection.execute(stage.MAKE_STAGE)
        for series, ts, value, quality in rows:
            connection.execute(
                "INSERT INTO pg_temp.history_stage VALUES (%s, %s, %s, NULL, %s, 0, %s)",
                (series, ts, value, quality, ts),
            )
        row = connection.execute(stage.INSERT).fetchone()
    assert row is not None
    return int(row[0])


def series_of(connection: Connection, device: str) -> int:
    row = connection.execute(
        "INSERT INTO history.series (device, metric, kind, factor) VALUES (%s, 'ch4_lel', 'gas', 100) RETURNING id",
        (device,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def recomputed(connection: Connection, series: int, unit: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT date_trunc(%s, ts, 'UTC'), count(value) FILTER (WHERE quality < 10),"
        " sum(value) FILTER (WHERE quality < 10), min(value) FILTER (WHERE quality < 10),"
        " max(value) FILTER (WHERE quality < 10),"
        " count(*) FILTER (WHERE quality >= 10) FROM history.telemetry WHERE series = %s GROUP BY 1 ORDER BY 1",
        (unit, series),
    ).fetchall()


def settled_until(connection: Connection) -> datetime:
    """Before this a rollup shows what its last refresh found, and what comes late waits for the next one.

    A policy that ran before may have set it, to as late as a minute ago.
    """
    row = connection.execute(
        "SELECT greatest(to_timestamp(0),"
        " max(_timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(mat_hypertable_id))))"
        " FROM _timescaledb_catalog.continuous_agg"
    ).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def rolled(connection: Connection, series: int, relation: str) -> list[tuple[Any, ...]]:
    query = sql.SQL("SELECT bucket, n, total, low, high, bad FROM history.{} WHERE series = %s ORDER BY 1")
    return connection.execute(query.format(sql.Identifier(relation)), (series,)).fetchall()


def test_the_backend_is_remembered_and_a_second_run_changes_nothing(connection: Connection) -> None:
    assert connection.execute("SELECT DISTINCT backend FROM history.schema_migrations").fetchall() == [("timescaledb",)]
    assert migrations.apply(connection, "history", migrations.load("services.history")) == []


def test_every_policy_is_there_and_runs(connection: Connection) -> None:
    jobs = dict(
        connection.execute(
            "SELECT proc_name, count(*) FROM timescaledb_information.jobs WHERE job_id >= 1000 GROUP BY 1"
        ).fetchall()
    )
    assert jobs == {
        "policy_refresh_continuous_aggregate": 2,
        "policy_retention": 3,
        next(name for name in jobs if name in {"policy_compression", "policy_columnstore"}): 1,
    }
    for (job,) in connection.execute("SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000").fetchall():
        connection.execute("CALL run_job(%s)", (job,))


def test_rollups_equal_a_recomputation_before_and_after_a_refresh(connection: Connection) -> None:
    series = series_of(connection, "roll-1")
    start = max(datetime.now(UTC) - timedelta(hours=5), settled_until(connection)).replace(
        minute=0, second=0, microsecond=0
    )
    start += timedelta(hours=1)
    rows = [(series, start + timedelta(seconds=97 * n), n * 7 % 50, 12 if n % 9 == 0 else 0) for n in range(80)]
    assert absorb(connection, rows) == 80
    assert absorb(connection, rows[:10]) == 0

    assert rolled(connection, series, "telemetry_1m") == recomputed(connection, series, "minute")
    connection.execute("CALL refresh_continuous_aggregate('history.telemetry_1m', NULL, NULL)")
    connection.execute("CALL refresh_continuous_aggregate('history.telemetry_1h', NULL, NULL)")
    late = (series, start + timedelta(seconds=1), 4_900, 0)
    assert absorb(connection, [late]) == 1
    connection.execute("CALL refresh_continuous_aggregate('history.telemetry_1m', NULL, NULL)")
    connection.execute("CALL refresh_continuous_aggregate('history.telemetry_1h', NULL, NULL)")

    assert rolled(connection, series, "telemetry_1m") == recomputed(connection, series, "minute")
    assert rolled(connection, series, "telemetry_1h") == recomputed(connection, series, "hour")


def test_the_columnstore_takes_late_readings_once(connection: Connection) -> None:
    series = series_of(connection, "late-1")
    day = datetime.now(UTC) - timedelta(days=9)
    assert absorb(connection, [(series, day + timedelta(minutes=n), n, 0) for n in range(20)]) == 20
    connection.execute(
        "SELECT count(compress_chunk(c, if_not_compressed => true)) FROM show_chunks('history.telemetry',"
        " older_than => interval '7 days') c"
    )

    again = [(series, day + timedelta(minutes=n), n, 0) for n in range(15, 25)]
    assert absorb(connection, again) == 5
    held = connection.execute("SELECT count(*), count(DISTINCT ts) FROM history.telemetry WHERE series = %s", (series,))
    assert held.fetchall() == [(25, 25)]


def test_housekeeping_and_the_reader_run_unchanged(timescale_url: str, connection: Connection) -> None:
    series = series_of(connection, "read-1")
    connection.execute("INSERT INTO history.devices VALUES ('read-1', 'gas', '990101001001001', 60, 1)")
    now = datetime.now(UTC).replace(microsecond=0)
    absorb(connection, [(series, now - timedelta(minutes=n), 310 + n, 0) for n in range(90)])
    connection.execute("SELECT history.make_room(now())")
    connection.execute("CALL history.roll(true)")
    connection.execute("CALL history.maintain(now())")
    assert connection.execute("SELECT history.default_rows()").fetchone() == (0,)
    connection.close()

    at = int(now.timestamp() * 1000)
    with open_pool(timescale_url, name="test", size=1) as pool:
        reader = PostgresHistoryReader(pool)
        page = reader.list_readings(ReadingFilter(device="read-1"), scope="990101", limit=5, after=None, now=at)
        rest = reader.list_readings(ReadingFilter(device="read-1"), scope="990101", limit=500, after=page.next, now=at)
        assert [row.value for row in page.items] == [3.1, 3.11, 3.12, 3.13, 3.14]
        assert len(page.items) + len(rest.items) == 90
        assert [last.value for last in reader.last_values(["read-1"], scope="")] == [3.1]
        charts = [
            reader.chart("read-1", "ch4_lel", at - hours * HOUR_MS, at + 1, scope="") for hours in (2, 24, 24 * 7)
        ]
        assert [sum(point.n for point in chart.points) for chart in charts] == [90, 90, 90]
