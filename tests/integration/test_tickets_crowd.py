"""Fifty people on the same hundred tickets while two schedulers let time pass, in a real database."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import Pool, open_pool
from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Event, Role, State, Ticket
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import Act, ActOnTicket, KeepTime, OpenTicket, Report, TakeAlarm
from services.tickets.postgres import PostgresDirectory, PostgresTicketReader, PostgresTicketStore
from streams.contracts import Refused
from tests.conftest import Database
from tests.fakes.alarm_events import GRID, T0, raised, returned
from tests.fakes.clock import ManualClock
from tests.unit.tickets.ticket_stories import HOUR, PEOPLE, given

CLIENTS, TICKETS, TURNS = 50, 100, 8
ROLES = tuple(role for role in PEOPLE if role is not Role.SYSTEM)


@pytest.fixture
def pool(database: Database) -> Iterator[Pool]:
    database.migrate("registry", "alarms", "tickets")
    with open_pool(database.url("linli_api"), name="crowd", size=12, tell=EVERYTHING.settings) as pool:
        yield pool


@dataclass
class Crowd:
    """Clients, each with a name of their own, and what became of what they asked."""

    pool: Pool
    clock: ManualClock = field(default_factory=lambda: ManualClock(T0))
    done: list[tuple[str, int, str, str]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    kept: list[Event] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.store, self.reader = PostgresTicketStore(self.pool), PostgresTicketReader(self.pool)
        self.act = ActOnTicket(self.store, self.clock)

    def opens(self, count: int) -> None:
        open_ticket = OpenTicket(self.store, self.clock, RandomIds())
        take = TakeAlarm(self.store, PostgresDirectory(self.pool), self.clock, RandomIds())
        for number in range(count):
            if number % 10 == 0:
                taken = take(raised(f"e{number}", device=f"d{number}"))
                assert taken.ticket is not None
                self.tickets.append(taken.ticket.id)
                continue
            report = Report("路灯不亮", "三号楼", area=GRID, caller=Caller("王女士", f"138000{number:05}"))
            self.tickets.append(open_ticket(report, who=PEOPLE[Role.OPERATOR]).id)

    def read(self, ticket: str) -> tuple[Ticket, tuple[Event, ...]]:
        found = self.reader.get_ticket(ticket, scope="")
        assert found is not None
        return found

    def client(self, number: int) -> None:
        chance = random.Random(number)
        for turn in range(TURNS):
            ticket = self.read(chance.choice(self.tickets))[0]
            who = self._somebody(ticket, chance, f"client-{number}")
            actions = domain.allowed_actions(ticket, who.role, by=who.by, unit=who.unit, now=self.clock.now())
            action = chance.choice(actions or tuple(Action))
            details = given(action, ticket, self.clock.now())
            if action is Action.MERGE:
                details = Details(master=chance.choice(self.tickets))
            act = Act(ticket.id, action, ticket.version - chance.choice((0, 0, 0, 1)), details)
            key = f"turn-{turn}"
            try:
                after = self.act(act, who=who, key=key)
            except Refused as refusal:
                self.refused.append(refusal)
            else:
                again = self.act(act, who=who, key=key)
                assert again == after, "the same request again is the same answer"
                self.done.append((ticket.id, act.version + 1, str(action), who.by))

    @staticmethod
    def _somebody(ticket: Ticket, chance: random.Random, name: str) -> Actor:
        role = chance.choice(ROLES)
        unit = chance.choice((ticket.lead, "unit-b")) if role in domain.words.UNIT_ROLES else ""
        return Actor(name, role, unit)

    def scheduler(self) -> None:
        keep_time = KeepTime(self.store, self.clock)
        while not self.over.is_set():
            self.kept += keep_time()
            self.clock.advance(HOUR // 4)
            self.over.wait(0.05)

    def sensors(self) -> None:
        take = TakeAlarm(self.store, PostgresDirectory(self.pool), self.clock, RandomIds())
        for number in range(0, TICKETS, 10):
            take(returned(f"e{number}", device=f"d{number}", number=2))
            take(raised(f"e{number}", device=f"d{number}", number=3, at=T0 + HOUR))
            take(returned(f"e{number}", device=f"d{number}", number=4, at=T0 + HOUR))


def test_no_update_is_lost_no_event_doubled_and_every_refusal_says_why(pool: Pool) -> None:
    crowd = Crowd(pool)
    crowd.opens(TICKETS)
    with ThreadPoolExecutor(CLIENTS + 3) as executor:
        keepers = [executor.submit(crowd.scheduler) for _ in range(2)]
        people = [executor.submit(crowd.client, number) for number in range(CLIENTS)]
        people.append(executor.submit(crowd.sensors))
        for person in people:
            person.result(timeout=300)
        crowd.over.set()
        for keeper in keepers:
            keeper.result(timeout=60)

    logs = {ticket: crowd.read(ticket) for ticket in crowd.tickets}
    for ticket, events in logs.values():
        assert [event.version for event in events] == list(range(1, ticket.version + 1))
        assert domain.replay(events) == ticket
        assert ticket.open is (domain.responsible(ticket) is not None)
    written = {
        (event.ticket, event.version, str(event.action), event.by) for _, events in logs.values() for event in events
    }
    assert len(crowd.done) == len(set(crowd.done)), "each version was one person's"
    assert set(crowd.done) <= written, "what was answered with success is in the log"
    by_people = {row for row in written if row[3].startswith("client-")}
    assert by_people == set(crowd.done), "and what is in the log was answered with success"
    assert len(crowd.done) > CLIENTS
    codes = Counter(refusal.code for refusal in crowd.refused)
    assert codes["conflict"] > 0
    assert set(codes) <= {"conflict", "transition", "forbidden", "rule", "fields", "proof"}
    assert all(len(refusal.detail) > 10 for refusal in crowd.refused)
    _told_once(crowd, logs)


def _told_once(crowd: Crowd, logs: dict[str, tuple[Ticket, tuple[Event, ...]]]) -> None:
    """Two schedulers kept time: each card and each level is in one log once, and each event on its way once."""
    kept = [event.id for event in crowd.kept]
    assert len(kept) == len(set(kept)) > 0
    marks = Counter(
        (event.ticket, event.evidence["clock"], event.evidence["shown"], _started(event))
        for _, events in logs.values()
        for event in events
        if event.action is Action.MARK
    )
    assert set(marks.values()) == {1}
    with crowd.pool.connection() as connection:
        sent = connection.execute("SELECT count(*) FROM tickets.ticket_event").fetchone()
    assert sent == (sum(ticket.version for ticket, _ in logs.values()),)


def _started(event: Event) -> tuple[int, int]:
    """Which run of its clock a card belongs to."""
    run = next(run for run in event.clocks or () if run.name == event.evidence["clock"])
    return run.started, run.due


def test_of_two_that_merge_each_into_the_other_one_does(pool: Pool) -> None:
    crowd = Crowd(pool)
    crowd.opens(2 + 1)
    first, second = (crowd.read(ticket)[0] for ticket in crowd.tickets[1:])
    gate = threading.Barrier(2)

    def merge(ticket: Ticket, master: Ticket) -> str:
        gate.wait(timeout=30)
        try:
            act = Act(ticket.id, Action.MERGE, ticket.version, Details(master=master.id))
            return str(crowd.act(act, who=PEOPLE[Role.OPERATOR]).state)
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as executor:
        answers = list(executor.map(merge, (first, second), (second, first)))
    assert sorted(answers) == ["merged", "rule"]
    states = {crowd.read(ticket.id)[0].state for ticket in (first, second)}
    assert states == {State.MERGED, State.REPORTED}


def test_a_masters_end_and_a_merge_into_it_at_once_leave_nobody_waiting(pool: Pool) -> None:
    """Whoever comes first: the merged is told, or is refused since its master has ended."""
    crowd = Crowd(pool)
    crowd.opens(9)
    master, *others = (crowd.read(ticket)[0] for ticket in crowd.tickets[1:])
    gate = threading.Barrier(len(others) + 1)

    def acts(ticket: Ticket, action: Action, details: Details) -> str:
        gate.wait(timeout=30)
        try:
            return str(crowd.act(Act(ticket.id, action, ticket.version, details), who=PEOPLE[Role.OPERATOR]).state)
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(others) + 1) as executor:
        calls = [executor.submit(acts, ticket, Action.MERGE, Details(master=master.id)) for ticket in others]
        end = executor.submit(acts, master, Action.ANSWER, Details(text="已答复"))
        answers = [call.result(timeout=60) for call in calls]
        assert end.result(timeout=60) == "closed"
    for ticket, answer in zip(others, answers, strict=True):
        after = crowd.read(ticket.id)[0]
        assert (answer, after.state) in {("merged", State.CALLBACK), ("rule", State.REPORTED)}
