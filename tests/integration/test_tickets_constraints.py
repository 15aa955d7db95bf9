"""What the database itself refuses, whoever asks and however."""

from collections.abc import Iterator

import msgspec
import psycopg
import pytest
from psycopg.types.json import Jsonb

from services.adapters import migrations
from services.adapters.clock import RandomIds
from services.adapters.postgres import Pool, open_pool
from services.tickets.domain import Actor, Role
from services.tickets.domain.policy import Published
from services.tickets.domain.profiles import BEIJING, DEFAULT
from services.tickets.handlers import KeepPolicies, OpenTicket, Report
from services.tickets.postgres import PostgresTicketStore
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID, T0
from tests.fakes.clock import ManualClock


@pytest.fixture(scope="module")
def pool(postgres_server: PostgresServer) -> Iterator[Pool]:
    """One ticket, one policy, and the front door's own rights."""
    for database in fresh_database(postgres_server):
        _fill(database)
        with open_pool(database.url("linli_api"), name="constraints") as pool:
            yield pool


def _fill(database: Database) -> None:
    database.migrate("registry", "tickets")
    with open_pool(database.url("linli_api"), name="fill") as pool:
        store, clock = PostgresTicketStore(pool), ManualClock(T0)
        OpenTicket(store, clock, RandomIds())(
            Report("路灯不亮", "三号楼", area=GRID), who=Actor("operator", Role.OPERATOR)
        )
        KeepPolicies(store, clock).enforce(BEIJING, who=Actor("admin", Role.ADMINISTRATOR), reason="市里的决定")


CHECKED = {
    "a state that the loop does not have": "UPDATE tickets.tickets SET state = 'lost'",
    "a merged ticket without a master": "UPDATE tickets.tickets SET state = 'merged'",
    "a master of its own": "UPDATE tickets.tickets SET state = 'merged', master = id",
    "a master of a ticket that is not merged": "UPDATE tickets.tickets SET master = id",
    "an end without its time": "UPDATE tickets.tickets SET state = 'closed'",
    "a time of ending before the end": "UPDATE tickets.tickets SET closed_at = 1",
    "work that is no unit's": "UPDATE tickets.tickets SET state = 'in_progress'",
    "a level that no city has": "UPDATE tickets.tickets SET level = 'province'",
    "a policy in force for no reason": (
        "INSERT INTO tickets.policies_in_force (name, version, at, by, reason) VALUES ('beijing', 1, 1, 'x', '急')"
    ),
    "a policy published for no reason": (
        "INSERT INTO tickets.policies (name, version, body, at, by, reason) VALUES ('gas', 1, '{}', 1, 'x', '急')"
    ),
    "a policy whose name a cell would change": (
        "INSERT INTO tickets.policies (name, version, body, at, by, reason) VALUES ('2026', 1, '{}', 1, 'x', '决定一')"
    ),
    "a step that the table does not have": (
        "INSERT INTO tickets.ticket_events (id, ticket, version, action, old, new, at, by, role) "
        "SELECT 'x', id, 99, 'archive', 'reported', 'archived', 1, 'x', 'system' FROM tickets.tickets"
    ),
}


@pytest.mark.parametrize("statement", CHECKED.values(), ids=list(CHECKED))
def test_a_check_refuses(pool: Pool, statement: str) -> None:
    with pool.connection() as connection:
        connection.execute("SET LOCAL ROLE linli_loop")
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            connection.execute(statement.encode())


def test_versions_of_before_keep_their_authors_and_the_reason_of_their_first_time(
    postgres_server: PostgresServer,
) -> None:
    """Writing one used to put it in force: that line has the decision, and none where it is older than reasons."""
    for made in fresh_database(postgres_server):
        made.migrate("registry")
        everything = migrations.load("services.tickets")
        named, bare = (msgspec.structs.replace(DEFAULT, name=name) for name in ("Old_1", "older"))
        with psycopg.connect(made.admin_url, autocommit=True) as connection:
            connection.execute("SET ROLE linli_tickets")
            migrations.apply(connection, "tickets", [each for each in everything if each.name < "0024"])
            for policy in (named, bare):
                connection.execute(
                    "INSERT INTO tickets.policies (name, version, body, at, by) VALUES (%s, 1, %s, %s, 'anna')",
                    (policy.name, Jsonb(policy, dumps=msgspec.json.encode), T0),
                )
            connection.execute("ALTER TABLE tickets.policies_in_force DROP CONSTRAINT policies_in_force_reason")
            for name, by, reason in (("older", "anna", ""), ("Old_1", "anna", "市里的决定"), ("Old_1", "bo", "又用它")):
                connection.execute(
                    "INSERT INTO tickets.policies_in_force (name, version, at, by, reason) VALUES (%s, 1, %s, %s, %s)",
                    (name, T0, by, reason),
                )
            migrations.apply(connection, "tickets", everything)
        with open_pool(made.url("linli_api"), name="earlier", size=1) as pool:
            keep = KeepPolicies(PostgresTicketStore(pool), ManualClock(T0))
            assert keep.published() == {
                ("Old_1", 1): Published(named, "anna", T0, "市里的决定"),
                ("older", 1): Published(bare, "anna", T0, ""),
            }
            for policy in (bare, named, msgspec.structs.replace(named, version=2)):
                keep.enforce(policy, who=Actor("admin", Role.ADMINISTRATOR), reason="名字在规则之前就有")
            assert keep.in_force().version == 2


APPEND_ONLY = {
    "an event is never changed": "UPDATE tickets.ticket_events SET by = 'somebody else'",
    "what an event says is changed by erasing only": "UPDATE tickets.ticket_events SET evidence = '{}'",
    "an event is never removed": "DELETE FROM tickets.ticket_events",
    "a policy is never changed": "UPDATE tickets.policies SET body = '{}'",
    "a policy is never removed": "DELETE FROM tickets.policies_in_force",
    "a ticket is never removed": "DELETE FROM tickets.tickets",
}


@pytest.mark.parametrize("statement", APPEND_ONLY.values(), ids=list(APPEND_ONLY))
@pytest.mark.parametrize("role", ["linli_api", "linli_loop"])
def test_what_is_written_once_stays(pool: Pool, statement: str, role: str) -> None:
    with pool.connection() as connection:
        connection.execute(f"SET LOCAL ROLE {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement.encode())
