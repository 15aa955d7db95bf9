"""One suite over the audit chains: in memory, and in PostgreSQL where the database makes number and hash."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from services.adapters import audit
from services.adapters.postgres import Pool, open_pool
from services.audit import CHAINS, AuditFilter, AuditReader, Did, Entry, chained, first_broken, said
from services.auditing.main import app
from services.registry.domain.lockout import Limit
from services.registry.postgres import PostgresPeople
from services.stack import auditing
from tests.conftest import Database
from tests.fakes.audit import MemoryAudit, MemoryChain
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryPeople

SCHEMAS = CHAINS
NOW = 1_795_312_800_000


@dataclass
class Side:
    put: Callable[[str, Entry], None]
    reader: AuditReader
    people: Any


@pytest.fixture
def pool(migrated: Database) -> Iterator[Pool]:
    with open_pool(migrated.url("linli_api"), name="test", size=8) as made:
        yield made
    empty(migrated.admin_url, *SCHEMAS)


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Side:
    if request.param == "memory":
        chains = {name: MemoryChain(name) for name in CHAINS}
        reader = MemoryAudit(*(lambda name=name: chains[name] for name in CHAINS))  # type: ignore[misc]
        return Side(lambda chain, entry: chains[chain].put(entry), reader, MemoryPeople())
    pool = request.getfixturevalue("pool")
    return Side(lambda chain, entry: _put(pool, chain, entry), audit.PostgresAudit(pool), PostgresPeople(pool))


def _put(pool: Pool, chain: str, entry: Entry) -> None:
    with pool.connection() as connection, connection.cursor() as cursor:
        audit.put(cursor, chain, entry)


def test_each_entry_carries_the_hash_of_the_one_before_over_its_own_fields(side: Side) -> None:
    """The database and this program make the same bytes, Chinese and quotes among them."""
    for number, why in enumerate(("回访 3:7", 'say "no"', "", "漏气\n两行")):
        side.put("tickets", Entry(NOW + number, "operator", Did.UNMASK, "ticket t1", said(why=why), "operator"))
    kept = side.reader.list_entries(AuditFilter(), limit=9, after=None).items
    assert [entry.number for entry in kept] == [4, 3, 2, 1]
    assert first_broken(reversed(kept)) == (None, 4, kept[0].hash)
    assert all(chained(entry) == entry.hash for entry in kept)


def test_the_log_is_read_by_person_act_and_time_newest_first_in_pages(side: Side) -> None:
    side.put("registry", Entry(NOW, "anna", Did.SIGN_IN))
    side.put("tickets", Entry(NOW + 1, "bo", Did.UNMASK, "ticket t1"))
    side.put("registry", Entry(NOW + 2, "anna", Did.SIGN_OUT))

    def found(**narrow: Any) -> list[str]:
        return [entry.did for entry in side.reader.list_entries(AuditFilter(**narrow), limit=9, after=None).items]

    assert found() == ["sign_out", "unmask", "sign_in"]
    assert found(by="anna") == ["sign_out", "sign_in"]
    assert found(did="unmask") == ["unmask"]
    assert found(subject="ticket t1") == ["unmask"]
    assert found(since=NOW + 1, until=NOW + 2) == ["unmask"]
    first = side.reader.list_entries(AuditFilter(), limit=2, after=None)
    rest = side.reader.list_entries(AuditFilter(), limit=2, after=first.next)
    assert [entry.did for entry in rest.items] == ["sign_in"]
    assert rest.next is None


@pytest.mark.parametrize("statement", ["UPDATE {} SET by = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("role", ["linli_api", "linli_{chain}"])
def test_nobody_changes_or_removes_an_entry(
    migrated: Database, pool: Pool, statement: str, chain: str, role: str
) -> None:
    """Not even the schema's owner: a trigger refuses what no grant would."""
    _put(pool, chain, Entry(NOW, "anna", Did.SIGN_IN))
    with (
        psycopg.connect(migrated.url(role.format(chain=chain))) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(f"{chain}.audit").encode())


def test_whoever_writes_an_entry_chooses_neither_its_number_nor_its_hash(pool: Pool) -> None:
    with pool.connection() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(
            "INSERT INTO tickets.audit (number, at, by, did, hash) VALUES (9, 1, 'x', 'unmask', '\\x00')"
        )


def test_eight_writers_at_once_leave_one_unbroken_chain(pool: Pool) -> None:
    def write(name: int) -> None:
        for number in range(10):
            _put(pool, "tickets", Entry(NOW + number, f"p{name}", Did.UNMASK))

    writers = [Thread(target=write, args=(name,)) for name in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    broken, number, _ = audit.verify(pool, "tickets")
    assert (broken, number) == (None, 80)


def forge(migrated: Database, statement: str) -> None:
    """Change the log as its owner can: without the trigger that refuses."""
    with psycopg.connect(migrated.url("linli_tickets")) as connection:
        connection.execute("ALTER TABLE tickets.audit DISABLE TRIGGER audit_append_only")
        connection.execute(statement.encode())
        connection.execute("ALTER TABLE tickets.audit ENABLE TRIGGER audit_append_only")


@pytest.mark.parametrize(
    ("forgery", "number"),
    [
        ("UPDATE tickets.audit SET by = 'somebody' WHERE number = 3", 3),
        ("UPDATE tickets.audit SET at = at + 1 WHERE number = 2", 2),
        ("DELETE FROM tickets.audit WHERE number = 4", 4),
        ("DELETE FROM tickets.audit WHERE number = 1", 1),
    ],
)
def test_verifying_names_the_first_entry_that_somebody_with_every_right_has_forged(
    migrated: Database, pool: Pool, forgery: str, number: int
) -> None:
    for at in range(6):
        _put(pool, "tickets", Entry(NOW + at, "anna", Did.UNMASK))
    forge(migrated, forgery)
    broken, sound, _ = audit.verify(pool, "tickets")
    assert broken is not None
    assert (broken.chain, broken.number, sound) == ("tickets", number, number - 1)
    command = CliRunner().invoke(app, ["--database", migrated.url("linli_api")])
    assert command.exit_code == 1
    assert f"tickets is broken at entry {number}" in command.output


def test_the_command_notices_an_end_that_was_cut_off(migrated: Database, pool: Pool) -> None:
    for at in range(3):
        _put(pool, "tickets", Entry(NOW + at, "anna", Did.UNMASK))
    url = migrated.url("linli_api")
    noted = CliRunner().invoke(app, ["--database", url]).stdout.splitlines()[1]
    assert noted.startswith("tickets:3:")
    assert CliRunner().invoke(app, ["--database", url, "--expect", noted]).exit_code == 0
    forge(migrated, "DELETE FROM tickets.audit WHERE number = 3")
    assert CliRunner().invoke(app, ["--database", url]).exit_code == 0
    cut = CliRunner().invoke(app, ["--database", url, "--expect", noted])
    assert cut.exit_code == 1
    assert "at entry 3; now it has none" in cut.output


def test_the_launchers_command_is_the_same_command(
    migrated: Database, pool: Pool, capfd: pytest.CaptureFixture[str]
) -> None:
    _put(pool, "tickets", Entry(NOW, "anna", Did.UNMASK))
    url = migrated.url("linli_api")
    assert auditing.verify(url, []) == 0
    noted = capfd.readouterr().out.splitlines()[1]
    assert noted.startswith("tickets:1:")
    assert auditing.verify(url, [noted]) == 0
    assert auditing.verify(url, [f"tickets:1:{'0' * 64}"]) == 1
    assert "had the hash" in capfd.readouterr().err


def test_a_recomputed_hash_breaks_the_entry_behind_it() -> None:
    chain = MemoryChain("tickets")
    for at in range(4):
        chain.put(Entry(NOW + at, "anna", Did.UNMASK))
    forged = replace(chain.entries[1], by="bo")
    chain.entries[1] = replace(forged, hash=chained(forged))
    broken, _, _ = first_broken(chain.entries)
    assert broken is not None
    assert broken.number == 3


def test_tries_are_counted_at_once_forgotten_with_time_and_forgiven(side: Side) -> None:
    limit = Limit(3, 1_000, 5_000)
    tries = [side.people.count_try("account anna", limit, NOW + at) for at in range(4)]
    assert [each.failures for each in tries] == [1, 2, 3, 4]
    assert [each.locked(limit) for each in tries] == [False, False, False, True]
    assert [each.until for each in tries] == [NOW + 1_000, NOW + 1_000, NOW + 5_002, NOW + 5_002]
    assert side.people.locks(NOW + 10).keys() == {"account anna"}
    assert side.people.count_try("account anna", limit, NOW + 5_002).failures == 1
    side.people.excuse(["account anna"])
    assert side.people.locks(NOW + 5_002)["account anna"].failures == 0
    assert side.people.forgive(["account anna", "account nobody"]) == 1
    assert side.people.locks(NOW + 5_002) == {}
    side.people.count_try("address 10.0.0.1", limit, NOW)
    side.people.count_try("account bo", limit, NOW + 2_000)
    assert side.people.locks(0).keys() == {"account bo"}
