"""Random lives over the use cases and a real database, where several people act in the same moment."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.adapters.clock import RandomIds
from services.adapters.postgres import Pool, open_pool
from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Event, Role, Ticket
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import Act, ActOnTicket, KeepTime, OpenTicket, Report, TakeAlarm
from services.tickets.postgres import PostgresDirectory, PostgresTicketReader, PostgresTicketStore
from streams.contracts import Refused
from tests.conftest import Database
from tests.fakes.alarm_events import GRID, T0, raised
from tests.fakes.clock import ManualClock
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, PEOPLE, given

HANDS = 4
_roles = st.sampled_from([role for role in PEOPLE if role is not Role.SYSTEM])


@pytest.fixture
def pool(database: Database) -> Iterator[Pool]:
    database.migrate("registry", "alarms", "tickets")
    with open_pool(database.url("linli_api"), name="lives", size=HANDS, tell=EVERYTHING.settings) as pool:
        yield pool


class Lives(RuleBasedStateMachine):
    """One ticket and its master to be; each rule is one moment in which several people act."""

    pool: Pool
    executor: ThreadPoolExecutor

    @initialize(dangerous=st.booleans())
    def opens(self, dangerous: bool) -> None:
        self.store, self.clock = PostgresTicketStore(self.pool), ManualClock(T0)
        self.reader = PostgresTicketReader(self.pool)
        self.act = ActOnTicket(self.store, self.clock)
        open_ticket = OpenTicket(self.store, self.clock, RandomIds())
        report = Report("路灯不亮", "三号楼", area=GRID, caller=Caller("王女士", "13812345621"))
        self.master = open_ticket(report, who=PEOPLE[Role.OPERATOR]).id
        self.ticket = open_ticket(report, who=PEOPLE[Role.OPERATOR]).id
        if dangerous:
            device = RandomIds().new()
            take = TakeAlarm(self.store, PostgresDirectory(self.pool), self.clock, RandomIds())
            taken = take(raised(f"e-{device}", device=device)).ticket
            assert taken is not None
            self.ticket = taken.id

    def read(self, name: str) -> tuple[Ticket, tuple[Event, ...]]:
        found = self.reader.get_ticket(name, scope="")
        assert found is not None
        return found

    @rule(role=_roles, owners=st.booleans(), picks=st.lists(st.integers(0, 999), min_size=1, max_size=HANDS))
    def several_people_act_in_one_moment(self, role: Role, owners: bool, picks: list[int]) -> None:
        """Chance is drawn before the race is run: who wins it must not change what is drawn next."""
        ticket = self.read(self.ticket)[0]
        owner = domain.responsible(ticket)
        role = owner.role if owner and owners else role
        who = PEOPLE[role]
        allowed = domain.allowed_actions(ticket, role, by=who.by, unit=who.unit, now=self.clock.now()) or tuple(Action)
        actions = [allowed[pick % len(allowed)] for pick in picks]
        gate = threading.Barrier(len(actions))

        def acts(action: Action) -> bool:
            details = given(action, ticket, self.clock.now())
            details = Details(master=self.master) if action is Action.MERGE else details
            gate.wait(timeout=30)
            actor = Actor(who.by, role, ticket.lead if who.unit else "")
            try:
                self.act(Act(ticket.id, action, ticket.version, details), who=actor)
            except Refused:
                return False
            return True

        taken = list(self.executor.map(acts, actions))
        after = self.read(self.ticket)[0]
        assert sum(taken) <= 1, "of several that saw the same version one acts"
        assert (after.version > ticket.version) is any(taken)

    @rule(ms=st.sampled_from([MINUTE, HOUR, DAY, 8 * DAY]))
    def two_schedulers_let_time_pass(self, ms: int) -> None:
        self.clock.advance(ms)
        keep_time = KeepTime(self.store, self.clock)
        both = [self.executor.submit(keep_time) for _ in range(2)]
        kept = [event.id for done in both for event in done.result(timeout=60)]
        assert len(kept) == len(set(kept))

    @invariant()
    def the_log_is_whole_and_rebuilds_what_is_stored(self) -> None:
        for name in (self.ticket, self.master):
            ticket, events = self.read(name)
            assert [event.version for event in events] == list(range(1, ticket.version + 1))
            assert domain.replay(events) == ticket
            assert ticket.open is (domain.responsible(ticket) is not None)


def test_whatever_several_people_do_at_once_the_log_is_the_ticket(pool: Pool) -> None:
    with ThreadPoolExecutor(HANDS) as executor:
        Lives.pool, Lives.executor = pool, executor
        run_state_machine_as_test(
            Lives,
            settings=settings(
                max_examples=8, stateful_step_count=25, deadline=None,
                suppress_health_check=list(HealthCheck), database=None,
            ),
        )  # fmt: skip
