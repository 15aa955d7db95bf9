"""The process that verifies a chain: what it sees each minute, each hour, and what Prometheus is told."""

from collections.abc import Iterator

import psycopg
import pytest
from prometheus_client import REGISTRY

from services.adapters import audit
from services.adapters.audit_watch import WHOLE_MS, AuditWatch
from services.adapters.health import Health
from services.adapters.postgres import Pool, open_pool
from services.audit import Did, Entry
from tests.conftest import Database, PostgresServer
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty

SCHEMAS = ("registry", "tickets", "alarms")
NOW = 1_795_312_800_000


@pytest.fixture(params=SCHEMAS)
def chain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pool(migrated: Database, postgres_server: PostgresServer, chain: str) -> Iterator[Pool]:
    """As the process that owns the schema, which may read its chain and not mend it."""
    empty(postgres_server.admin_url(migrated.name), *SCHEMAS)
    with open_pool(migrated.url(f"linli_{chain}"), name="watch", size=2) as made:
        yield made


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def watch(pool: Pool, chain: str, clock: ManualClock) -> AuditWatch:
    return AuditWatch(pool, chain, clock, Health())


def write(pool: Pool, chain: str, count: int) -> None:
    with pool.connection() as connection, connection.cursor() as cursor:
        for number in range(count):
            audit.put(cursor, chain, Entry(NOW + number, "anna", Did.SIGN_IN))


def forge(migrated: Database, chain: str, statement: str) -> None:
    with psycopg.connect(migrated.url(f"linli_{chain}"), autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {chain}.audit DISABLE TRIGGER audit_append_only".encode())
        connection.execute(statement.format(f"{chain}.audit").encode())
        connection.execute(f"ALTER TABLE {chain}.audit ENABLE TRIGGER audit_append_only".encode())


def told(chain: str) -> tuple[float | None, ...]:
    names = ("linli_audit_broken_links", "linli_audit_entries", "linli_audit_verified_timestamp_seconds")
    return tuple(REGISTRY.get_sample_value(name, {"chain": chain}) for name in names)


def test_a_sound_chain_is_followed_as_it_grows(pool: Pool, chain: str, watch: AuditWatch, clock: ManualClock) -> None:
    assert watch.look() == 0
    assert told(chain) == (0, 0, NOW / 1000)
    write(pool, chain, 5)
    clock.advance(60_000)
    assert watch.look() == 0
    assert told(chain) == (0, 5, NOW / 1000)
    clock.advance(WHOLE_MS)
    watch.look()
    assert told(chain) == (0, 5, clock.now() / 1000)


def test_a_forged_entry_of_the_past_is_found_within_the_hour_and_stays_found(
    pool: Pool, chain: str, watch: AuditWatch, clock: ManualClock, migrated: Database
) -> None:
    write(pool, chain, 6)
    watch.look()
    forge(migrated, chain, "UPDATE {} SET by = 'bo' WHERE number = 2")
    forge(migrated, chain, "DELETE FROM {} WHERE number = 4")
    clock.advance(60_000)
    assert watch.look() == 0, "the past is walked once an hour"
    clock.advance(WHOLE_MS)
    assert watch.look() == 2
    assert [each.number for each in watch.broken] == [2, 4]
    write(pool, chain, 1)
    clock.advance(60_000)
    assert watch.look() == 2
    assert told(chain)[:2] == (2, 7)


def test_an_end_that_is_cut_off_is_seen_at_the_next_look(
    pool: Pool, chain: str, watch: AuditWatch, clock: ManualClock, migrated: Database
) -> None:
    write(pool, chain, 5)
    watch.look()
    forge(migrated, chain, "DELETE FROM {} WHERE number >= 4")
    clock.advance(60_000)
    watch.look()
    assert told(chain)[1] == 3, "Prometheus remembers that it was 5"


def test_what_is_written_anew_over_a_cut_end_is_not_taken_for_the_old(
    pool: Pool, chain: str, watch: AuditWatch, clock: ManualClock, migrated: Database
) -> None:
    write(pool, chain, 3)
    watch.look()
    before = watch.last
    forge(migrated, chain, "DELETE FROM {} WHERE number = 3")
    with pool.connection() as connection, connection.cursor() as cursor:
        audit.put(cursor, chain, Entry(NOW, "bo", Did.SIGN_IN))
    clock.advance(60_000)
    watch.look()
    assert (watch.number, watch.last != before, watch.whole_at) == (3, True, clock.now())
