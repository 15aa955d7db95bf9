"""Many hands on one ticket, in a real database: constraints decide, nobody writes over another."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import pytest

from services.adapters.clock import RandomIds, SystemClock
from services.adapters.postgres import Pool, open_pool
from services.tickets import domain
from services.tickets.domain import Action, Actor, Details, Role, Stale, State, Ticket
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import Act, ActOnTicket, KeepTime, OpenTicket, Over, Report, TakeAlarm, TakeOver
from services.tickets.postgres import PostgresCatalogue, PostgresDirectory, PostgresTicketReader, PostgresTicketStore
from streams.contracts import Refused
from tests.conftest import Database
from tests.fakes.alarm_events import raised
from tests.fakes.clock import ManualClock

THREADS = 8
OPERATOR = Actor("operator", Role.OPERATOR)


@pytest.fixture
def pool(database: Database) -> Iterator[Pool]:
    """Connections of the front door, which runs the same use cases as the tickets process."""
    database.migrate("registry", "alarms", "tickets")
    with open_pool(database.url("linli_api"), name="test", size=THREADS, tell=EVERYTHING.settings) as pool:
        yield pool


@pytest.fixture
def store(pool: Pool) -> PostgresTicketStore:
    return PostgresTicketStore(pool)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run them on a thread each, released together; answers or errors in order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        gate.wait(timeout=30)
        try:
            return call()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(calls)) as executor:
        return list(executor.map(run, calls))


def log_of(pool: Pool, ticket: Ticket) -> tuple[Ticket, tuple[domain.Event, ...]]:
    found = PostgresTicketReader(pool).get_ticket(ticket.id, scope="")
    assert found is not None
    return found


def test_one_of_eight_equal_actions_wins_and_seven_are_told_the_version(store: PostgresTicketStore, pool: Pool) -> None:
    ticket = OpenTicket(store, SystemClock(), RandomIds())(Report("路灯不亮", "三号楼"), who=OPERATOR)
    act = ActOnTicket(store, SystemClock())
    answers = at_once(*[lambda: act(Act(ticket.id, Action.ACCEPT, 1), who=OPERATOR)] * THREADS)
    losers = [answer for answer in answers if isinstance(answer, Stale)]
    assert len(losers) == THREADS - 1
    assert {loser.extra["version"] for loser in losers} == {2}
    after, events = log_of(pool, ticket)
    assert (after.state, after.version) == (State.ACCEPTED, 2)
    assert domain.replay(events) == after


def test_one_key_from_eight_places_acts_once_with_one_answer(store: PostgresTicketStore, pool: Pool) -> None:
    open_ticket = OpenTicket(store, SystemClock(), RandomIds())
    report = Report("路灯不亮", "三号楼")
    opened = at_once(*[lambda: open_ticket(report, who=OPERATOR, key="k1")] * THREADS)
    tickets = [answer for answer in opened if isinstance(answer, Ticket)]
    assert len(tickets) == THREADS
    assert {ticket.id for ticket in tickets} == {tickets[0].id}
    act = ActOnTicket(store, SystemClock())
    accept = Act(tickets[0].id, Action.ACCEPT, 1)
    answers = at_once(*[lambda: act(accept, who=OPERATOR, key="k2")] * THREADS)
    assert all(answer == answers[0] for answer in answers)
    assert log_of(pool, tickets[0])[0].version == 2


def test_notes_from_eight_people_are_all_kept_when_each_looks_again(store: PostgresTicketStore, pool: Pool) -> None:
    ticket = OpenTicket(store, SystemClock(), RandomIds())(Report("路灯不亮", "三号楼"), who=OPERATOR)
    act = ActOnTicket(store, SystemClock())

    def note(name: str) -> Callable[[], object]:
        def insist() -> object:
            version = 1
            while True:
                try:
                    return act(Act(ticket.id, Action.NOTE, version, Details(text=name)), who=Actor(name, Role.OPERATOR))
                except Stale as stale:
                    version = int(str(stale.extra["version"]))

        return insist

    at_once(*[note(f"person-{number}") for number in range(THREADS)])
    after, events = log_of(pool, ticket)
    assert after.version == THREADS + 1
    assert {event.by for event in events[1:]} == {f"person-{number}" for number in range(THREADS)}


class TornError(BaseException):
    """The process ends: nothing catches it."""


class RunningOut(RandomIds):
    """Ids until a number of them is spent."""

    def __init__(self, many: int) -> None:
        self.left = many

    def new(self) -> str:
        self.left -= 1
        if self.left < 0:
            raise TornError
        return super().new()


def everything(pool: Pool) -> dict[str, Ticket]:
    """Tickets by title; each is what its log says."""
    reader = PostgresTicketReader(pool)
    page = reader.list_tickets(domain.TicketFilters(), scope="", limit=500, after=None)
    logs = reader.list_events([ticket.id for ticket in page.items])
    assert all(domain.replay(logs[ticket.id]) == ticket for ticket in page.items)
    assert len({ticket.title for ticket in page.items}) == len(page.items)
    return {ticket.title: ticket for ticket in page.items}


def test_a_file_that_is_taken_over_in_pieces_and_by_several_at_once_opens_each_ticket_once(
    store: PostgresTicketStore, pool: Pool
) -> None:
    who = Actor("import:kaifeng", Role.OPERATOR)
    reports = {f"A-{number}": Report(f"路灯 {number}", "三号楼前") for number in range(180)}
    backwards = dict(reversed(reports.items()))
    torn = TakeOver(store, SystemClock(), RunningOut(70), PostgresCatalogue(pool))
    with pytest.raises(TornError):
        torn(reports, who=who, scope="")
    assert len(everything(pool)) == 50  # a part is whole or not there
    take_over = TakeOver(store, SystemClock(), RandomIds(), PostgresCatalogue(pool))
    answers = at_once(*[lambda part=part: take_over(part, who=who, scope="") for part in (reports, backwards) * 2])
    tickets = everything(pool)
    assert tickets.keys() == {report.title for report in reports.values()}
    fresh = 0
    for answer in answers:
        assert isinstance(answer, dict)
        overs = {key: over for key, over in answer.items() if isinstance(over, Over)}
        assert {key: over.ticket for key, over in overs.items()} == {
            key: tickets[report.title].number for key, report in reports.items()
        }
        fresh += sum(not over.known for over in overs.values())
    assert fresh == 130
    assert len({ticket.number for ticket in tickets.values()}) == 180


INCIDENTS: Final = 40
"""So many that one in twelve, which was the chance of a second joining, is not passed by."""


def test_eight_processes_with_the_same_alarm_open_one_ticket(store: PostgresTicketStore, pool: Pool) -> None:
    take = TakeAlarm(store, PostgresDirectory(pool), SystemClock(), RandomIds())
    for number in range(INCIDENTS):
        at_once(*[partial(take, raised(f"e{number}", device=f"d{number}"))] * THREADS)
    page = PostgresTicketReader(pool).list_tickets(domain.TicketFilters(), scope="", limit=99, after=None)
    assert [(ticket.version, len(ticket.episodes)) for ticket in page.items] == [(4, 1)] * INCIDENTS


def test_eight_episodes_of_one_incident_at_once_open_one_ticket(store: PostgresTicketStore, pool: Pool) -> None:
    take = TakeAlarm(store, PostgresDirectory(pool), SystemClock(), RandomIds())
    calls = [lambda name=f"e{number}": take(raised(name)) for number in range(THREADS)]
    at_once(*calls)
    page = PostgresTicketReader(pool).list_tickets(domain.TicketFilters(), scope="", limit=9, after=None)
    assert [len(ticket.episodes) for ticket in page.items] == [THREADS]
    after, events = log_of(pool, page.items[0])
    assert domain.replay(events) == after


def test_two_schedulers_show_a_card_once(store: PostgresTicketStore, pool: Pool) -> None:
    clock = ManualClock(SystemClock().now())
    take = TakeAlarm(store, PostgresDirectory(pool), clock, RandomIds())
    for number in range(20):
        take(raised(f"e{number}", device=f"d{number}"))
    clock.advance(5 * 60_000)
    shown = at_once(*[KeepTime(store, clock)] * 2)
    told = [event for events in shown if isinstance(events, tuple) for event in events]
    assert sorted(event.action for event in told) == [Action.ESCALATE] * 20 + [Action.MARK] * 20
    assert len({event.id for event in told}) == 40
    assert KeepTime(store, clock)() == ()
