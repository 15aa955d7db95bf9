"""Many tickets: people, alarms, merges and time in any order, and every log rebuilds its ticket."""

import random
from collections import Counter

import pytest

from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Role, State, Ticket
from services.tickets.handlers import Act, ActOnTicket, KeepTime, OpenTicket, Report, TakeAlarm
from streams.contracts import Cause, Refused
from tests.fakes.alarm_events import GRID, T0, raised, returned
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryDirectory, MemoryTicketReader, MemoryTicketStore
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, PEOPLE, given

STEPS = 6_000
ROLES = tuple(role for role in PEOPLE if role is not Role.SYSTEM)
RARE = frozenset(
    {
        Action.NOTE, Action.URGE, Action.TRANSFER, Action.WITHDRAW, Action.ANSWER, Action.REJECT, Action.MERGE,
        Action.CLOSE_UNRESOLVED,
    }
)  # fmt: skip
"""What would end most lives early, or fill them with words."""
ANSWERS = (
    Details(contacted=False),
    Details(contacted=True, solved=False, satisfied=domain.Satisfaction.DISSATISFIED),
    Details(contacted=True, solved=True, satisfied=domain.Satisfaction.MOSTLY),
)


class Year:
    """One store, one clock, and chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.store, self.clock = MemoryTicketStore(), ManualClock(T0)
        self.reader = MemoryTicketReader(self.store)
        self.act, self.keep_time = ActOnTicket(self.store, self.clock), KeepTime(self.store, self.clock)
        self.open = OpenTicket(self.store, self.clock, self)
        self.take = TakeAlarm(self.store, MemoryDirectory(), self.clock, self)
        self.names = 0
        self.alarms: dict[str, bool] = {}

    def new(self) -> str:
        self.names += 1
        return f"t{self.names:04}"

    @property
    def tickets(self) -> list[Ticket]:
        return list(self.store.state.tickets.values())

    def step(self) -> None:
        self.chance.choices((self.calls, self.acts, self.alarm, self.time), (2, 60, 4, 4))[0]()

    def calls(self) -> None:
        report = Report("路灯不亮", "三号楼", area=GRID, caller=Caller("王女士", f"138{self.names:08}"))
        self.open(report, who=PEOPLE[Role.OPERATOR])

    def acts(self) -> None:
        live = [ticket for ticket in self.tickets if ticket.state is not State.ARCHIVED][-10:]
        if not live:
            return
        ticket = self.chance.choice(live)
        owner = domain.responsible(ticket)
        role = self.chance.choice((*ROLES, *([owner.role] * 12 if owner else ())))
        unit = self.chance.choice((ticket.lead, "unit-b")) if role in domain.words.UNIT_ROLES else ""
        who = Actor(f"{role}-{self.chance.randrange(3)}", role, unit)
        allowed = domain.allowed_actions(ticket, role, by=who.by, unit=unit, now=self.clock.now())
        usual = [action for action in allowed if action not in RARE or self.chance.random() < 0.08]
        action = self.chance.choice(usual or tuple(Action))
        details = given(action, ticket, self.clock.now())
        if action is Action.MERGE:
            details = Details(master=self.chance.choice(live).number)
        if action is Action.CALLBACK:
            details = self.chance.choice(ANSWERS)
        before = self.store.state
        try:
            self.act(Act(ticket.id, action, ticket.version, details), who=who)
        except Refused:
            assert self.store.state is before, "what is refused leaves nothing"

    def alarm(self) -> None:
        device = f"d{self.chance.randrange(6)}"
        standing = self.alarms.get(device, False)
        count = 2 * self.names + sum(self.alarms.values()) + self.clock.now() // MINUTE % 10**6
        make = returned if standing else raised
        cause = Cause.RETURNED if standing else self.chance.choice((Cause.CONFIRMED, Cause.REALARM))
        self.take(make(f"e-{device}", device=device, number=count, at=self.clock.now(), cause=cause))
        self.alarms[device] = not standing

    def time(self) -> None:
        self.clock.advance(self.chance.choice((MINUTE, HOUR, 6 * HOUR, 2 * DAY)))
        while self.keep_time():
            pass


@pytest.mark.parametrize("seed", range(2))
def test_every_ticket_of_a_long_random_run_is_what_its_log_adds_up_to(seed: int) -> None:
    year = Year(seed)
    for _ in range(STEPS):
        year.step()
    actions = Counter[Action]()
    for ticket in year.tickets:
        events = year.store.state.events[ticket.id]
        assert domain.replay(events) == ticket
        assert {(str(event.old or ""), str(event.action), str(event.new)) for event in events} <= domain.edges()
        assert ticket.open is (domain.responsible(ticket) is not None)
        actions.update(event.action for event in events)
    assert len(year.tickets) > 100
    assert sum(actions.values()) > STEPS // 2
    assert len(actions) > 35, "nearly everything happened"
    merged = [ticket for ticket in year.tickets if ticket.state is State.MERGED]
    assert all(year.store.state.tickets[ticket.master].open or _waits(year, ticket) for ticket in merged)


def _waits(year: Year, ticket: Ticket) -> bool:
    """Its master is merged itself, and that chain ends with an open ticket."""
    for _ in range(50):
        if ticket.state is not State.MERGED:
            return ticket.open
        ticket = year.store.state.tickets[ticket.master]
    return False
