"""From an alarm's event on Kafka to its row and its one ticket, over real processes and servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.adapters.clock import RandomIds, SystemClock
from services.adapters.postgres import open_pool
from services.alarms.handlers import AskOfAlarm
from services.alarms.postgres import PostgresAlarmStore
from services.tickets.domain import Actor, Role
from services.tickets.handlers import OpenTicket, Report
from services.tickets.postgres import PostgresTicketStore
from streams.contracts import Action, ActionName, DeadLetter, TicketEvent, decode, decode_input
from streams.contracts.topics import DEAD_LETTERS, INPUTS, TICKETS
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID, acknowledged, raised, returned
from tests.fakes.clock import ManualClock
from tests.integration.alarm_chain_rig import Chain
from tests.support import eventually

TICKETS_OF = "SELECT id, number, state, version FROM tickets.tickets WHERE device = %s"


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer) -> Iterator[Database]:
    """One database for all: each test has devices and a consumer group of its own."""
    for database in fresh_database(postgres_server):
        database.migrate("registry", "history", "alarms", "tickets")
        yield database


@pytest.fixture
def chain(kafka_servers: str, filled: Database, tmp_path: Path) -> Chain:
    return Chain(kafka_servers, filled, tmp_path)


def test_an_alarm_becomes_a_row_and_one_dispatched_ticket(chain: Chain) -> None:
    chain.rows(
        "INSERT INTO registry.units (id, name_zh, name_en, area, categories) VALUES "
        "('gas', '燃气公司', 'Gas company', '990101', '{gas-leak}') RETURNING id"
    )
    with chain.process("alarms"), chain.process("tickets"):
        event = raised(f"e-{chain.name}", device=chain.device)
        chain.publish([event, event])
        chain.publish([event])
        eventually(lambda: chain.rows(TICKETS_OF, chain.device), what="a ticket")
        eventually(lambda: chain.rows("SELECT 1 FROM alarms.alarms WHERE device = %s", chain.device), what="an alarm")
        chain.publish([acknowledged(f"e-{chain.name}", device=chain.device)])
        chain.publish([returned(f"e-{chain.name}", device=chain.device)])
        eventually(
            lambda: chain.rows("SELECT 1 FROM alarms.alarms WHERE device = %s AND state = 'normal'", chain.device)
        )
        eventually(
            lambda: chain.rows(
                "SELECT 1 FROM tickets.ticket_events e JOIN tickets.tickets t ON t.id = e.ticket "
                "WHERE t.device = %s AND e.action = 'normal'",
                chain.device,
            ),
            what="the return to normal on the ticket",
        )
        tickets = chain.rows(TICKETS_OF, chain.device)
        assert [(state, version) for _, _, state, version in tickets] == [("dispatched", 5)]
        assert chain.rows("SELECT lead, area FROM tickets.tickets WHERE device = %s", chain.device) == [("gas", GRID)]
        assert len(chain.rows("SELECT 1 FROM alarms.transitions WHERE event->>'device' = %s", chain.device)) == 3
        eventually(lambda: not chain.rows("SELECT 1 FROM tickets.outbox WHERE sent_at IS NULL"), what="an empty outbox")
    told = [decode(record, TicketEvent) for record in chain.records(TICKETS)]
    mine = [event for event in told if event.device == chain.device]
    assert [event.action for event in mine] == ["report", "accept", "classify", "dispatch", "normal"]
    assert len({event.id for event in mine}) == 5


def test_of_two_racing_processes_one_dies_then_the_other_and_a_third_ends_with_one_ticket_an_incident(
    chain: Chain,
) -> None:
    devices = [f"{chain.device}-{number}" for number in range(40)]
    events = [
        raised(f"{device}-e{episode}", device=device, grid=f"9901010010010{episode:02}")
        for device in devices
        for episode in (1, 2, 3)
    ]
    opened = "SELECT count(DISTINCT device) FROM tickets.tickets WHERE device = ANY (%s)"
    joined = "SELECT count(*) FROM tickets.ticket_episodes WHERE device = ANY (%s)"
    with chain.process("tickets"), chain.process("tickets") as other:
        chain.publish(events)
        eventually(lambda: chain.rows(opened, devices)[0][0] > 0, within_s=120, what="the first ticket")
        other.kill()
        eventually(lambda: chain.rows(opened, devices)[0][0] >= 20, within_s=120, what="half of the tickets")
    with chain.process("tickets"):
        eventually(lambda: chain.rows(joined, devices) == [(len(events),)], within_s=120, what="every episode")
        eventually(lambda: not chain.rows("SELECT 1 FROM tickets.outbox WHERE sent_at IS NULL"), what="an empty outbox")
    tickets = chain.rows("SELECT device, id, version FROM tickets.tickets WHERE device = ANY (%s)", devices)
    assert sorted(device for device, _, _ in tickets) == sorted(devices)
    logged = chain.rows("SELECT id FROM tickets.ticket_events WHERE ticket = ANY (%s)", [row[1] for row in tickets])
    assert {name for (name,) in logged} == {f"{row[1]}:{number + 1}" for row in tickets for number in range(row[2])}
    heard = {decode(record, TicketEvent).id for record in chain.records(TICKETS)}
    assert {name for (name,) in logged} <= heard


def test_two_processes_that_were_away_do_what_fell_due_once(chain: Chain) -> None:
    """Calls of three hours ago, which nobody accepted in two; one process is killed while they catch up."""
    with open_pool(chain.database.url("linli_api"), name="test") as pool:
        long_ago = ManualClock(SystemClock().now() - 3 * 3_600_000)
        open_ticket = OpenTicket(PostgresTicketStore(pool), long_ago, RandomIds())
        for number in range(150):
            open_ticket(Report("路灯不亮", f"{number} 号楼", area=GRID), who=Actor("operator", Role.OPERATOR))
    done = (
        "SELECT count(*) FROM tickets.ticket_events WHERE action = 'mark' "
        "AND ticket IN (SELECT id FROM tickets.tickets WHERE incident = '')"
    )
    with chain.process("tickets"), chain.process("tickets") as other:
        eventually(lambda: chain.rows(done)[0][0] > 0, within_s=120, what="the first card")
        other.kill()
        eventually(lambda: chain.rows(done)[0][0] >= 150, within_s=120, what="every card")
    told = chain.rows(
        "SELECT action, count(*), count(DISTINCT ticket) FROM tickets.ticket_events "
        "WHERE version > 1 AND ticket IN (SELECT id FROM tickets.tickets WHERE incident = '') GROUP BY 1 ORDER BY 1"
    )
    assert told == [("escalate", 150, 150), ("mark", 150, 150)]


def test_what_nobody_can_read_is_buried_and_the_flow_goes_on(chain: Chain) -> None:
    poison = f"not an alarm {chain.name}".encode()
    with chain.process("tickets"), chain.process("alarms"):
        chain.publish_raw(poison)
        chain.publish([raised(f"e-{chain.name}", device=chain.device)])
        eventually(lambda: chain.rows(TICKETS_OF, chain.device), what="a ticket")
        eventually(lambda: chain.rows("SELECT 1 FROM alarms.alarms WHERE device = %s", chain.device), what="an alarm")
    letters = [decode(record, DeadLetter) for record in chain.records(DEAD_LETTERS)]
    mine = [(letter.source, letter.reason) for letter in letters if letter.payload == poison]
    assert sorted(set(mine)) == [("alarms", "json"), ("tickets", "json")]


def test_a_request_on_an_alarm_reaches_the_engines_log_once(chain: Chain) -> None:
    with chain.process("alarms"), open_pool(chain.database.url("linli_api"), name="test") as pool:
        chain.publish([raised(f"e-{chain.name}", device=chain.device)])
        eventually(lambda: chain.rows("SELECT 1 FROM alarms.alarms WHERE device = %s", chain.device), what="an alarm")
        ask = AskOfAlarm(PostgresAlarmStore(pool), SystemClock())
        for _ in range(3):
            ask(f"e-{chain.name}", ActionName.ACKNOWLEDGE, by="ann", command=f"c-{chain.name}", why="去看")
        eventually(lambda: not chain.rows("SELECT 1 FROM alarms.outbox WHERE sent_at IS NULL"), what="an empty outbox")
    sent = [record for record in map(decode_input, chain.records(INPUTS)) if isinstance(record, Action)]
    assert [(action.by, action.grid) for action in sent if action.device == chain.device] == [("ann", GRID)]
