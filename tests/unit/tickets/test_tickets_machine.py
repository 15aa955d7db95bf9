"""Random lives of a ticket: whatever happens, the loop's invariants hold and the log rebuilds it."""

import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.tickets import domain
from services.tickets.domain import Action, Card, Details, Role, Satisfaction, Source, State
from services.tickets.domain.policy import CRITICAL
from services.tickets.domain.table import FACTS
from streams.contracts import Refused
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, PEOPLE, called, given, leak, to, unit_of

_people_roles = st.sampled_from([role for role in Role if role is not Role.SYSTEM])
_actions = st.sampled_from([action for action in Action if action not in FACTS])
_answers = st.sampled_from(
    [
        Details(contacted=False),
        Details(contacted=True, solved=False, satisfied=Satisfaction.DISSATISFIED),
        Details(contacted=True, solved=True, satisfied=Satisfaction.MOSTLY),
    ]
)
ALARMED = frozenset(State) - {State.ARCHIVED, State.MERGED, State.REJECTED, State.WITHDRAWN}
"""What an alarm may meet: a merged ticket's master takes it, an ended one leaves it to a new one."""
HELD = frozenset({State.PARKED, State.RETURN_REVIEW, State.EXTENSION_REVIEW})
"""What may be held up, and is not once it is critical."""


class TicketLife(RuleBasedStateMachine):
    """People, sensors and time act on one ticket in any order."""

    @initialize(sensor=st.booleans(), source=st.sampled_from([Source.HOTLINE, Source.CITIZEN, Source.PATROL]))
    def opens(self, sensor: bool, source: Source) -> None:
        self.story = leak() if sensor else called(source)
        self.sensor = sensor
        self.standing = {"e1"} if sensor else set[str]()
        self.names = itertools.count(2)
        self.numbers = itertools.count(10)

    @rule(role=_people_roles, action=_actions, answer=_answers)
    def somebody_acts(self, role: Role, action: Action, answer: Details) -> None:
        self._try(role, action, answer)

    @rule(data=st.data(), answer=_answers)
    def somebody_does_what_is_allowed(self, data: st.DataObject, answer: Details) -> None:
        ticket, now = self.story.ticket, self.story.now
        choices = [
            (role, action)
            for role, who in PEOPLE.items()
            if role is not Role.SYSTEM
            for action in domain.allowed_actions(ticket, role, by=who.by, unit=unit_of(ticket, role), now=now)
            if action is not Action.NOTE
        ]
        if choices:
            self._try(*data.draw(st.sampled_from(choices)), answer)

    @rule(ms=st.sampled_from([MINUTE, HOUR, DAY, 8 * DAY]))
    def time_passes(self, ms: int) -> None:
        self.story.waits(ms)
        assert domain.overdue(self.story.ticket, self.story.now)[1] == (), "a card is shown once"

    @precondition(lambda self: self.story.state is State.MERGED)
    @rule(way=st.sampled_from([State.CLOSED, State.WITHDRAWN]))
    def its_master_ends(self, way: State) -> None:
        self.story.master_ends(to(way).ticket)

    @precondition(lambda self: self.story.state in HELD or self.story.ticket.waiting_until is not None)
    @rule(urgency=st.sampled_from([1, 2]))
    def it_rises(self, urgency: int) -> None:
        """As another's urgency comes along with a report that is merged into it."""
        self.story.rises_to(urgency)

    @precondition(lambda self: self.sensor and self.story.state in ALARMED)
    @rule(again=st.booleans())
    def it_alarms(self, again: bool) -> None:
        name = "e1" if again else f"e{next(self.names)}"
        self.story.alarms(name, number=next(self.numbers))
        self.standing.add(name)

    @precondition(lambda self: self.standing and self.story.state in ALARMED)
    @rule()
    def it_returns(self) -> None:
        name = self.standing.pop()
        self.story.normal(name, number=next(self.numbers))

    def _try(self, role: Role, action: Action, answer: Details) -> None:
        before = self.story.ticket
        details = answer if action is Action.CALLBACK else given(action, before, self.story.now)
        try:
            self.story.does(role, action, details)
        except Refused:
            assert self.story.ticket is before
        else:
            self._closing_had_both_proofs(before)

    def _closing_had_both_proofs(self, before: domain.Ticket) -> None:
        after = self.story.ticket
        if after.state is not State.CLOSED or before.state is State.CLOSED:
            return
        if self.story.events[-1].action in {Action.ANSWER, Action.CLOSE_UNRESOLVED}:
            return  # the one was no work, the other says that nothing is solved
        assert domain.proof_one(after, self.story.now)
        assert after.checked_by or after.told
        assert after.checked_by not in after.handlers

    @invariant()
    def the_log_rebuilds_it(self) -> None:
        assert domain.replay(self.story.events) == self.story.ticket

    @invariant()
    def what_is_critical_is_worked_on(self) -> None:
        ticket = self.story.ticket
        if ticket.urgency >= CRITICAL:
            assert ticket.state not in HELD
            assert ticket.waiting_until is None or not ticket.open

    @invariant()
    def versions_are_gapless(self) -> None:
        assert [event.version for event in self.story.events] == list(range(1, self.story.ticket.version + 1))

    @invariant()
    def every_step_stands_in_the_table(self) -> None:
        steps = {(str(event.old or ""), str(event.action), str(event.new)) for event in self.story.events}
        assert steps <= domain.edges()

    @invariant()
    def nothing_runs_once_it_has_ended(self) -> None:
        ticket = self.story.ticket
        assert ticket.open or ticket.deadline is None
        assert (ticket.open or ticket.state is State.MERGED) is (ticket.closed_at is None)

    @invariant()
    def an_open_ticket_is_somebodys_and_has_a_clock_that_runs_or_is_paused_for_a_reason(self) -> None:
        ticket = self.story.ticket
        assert ticket.open is (domain.responsible(ticket) is not None)
        running = [run for run in ticket.clocks if run.running]
        assert not ticket.open or running or ticket.waiting_until is not None

    @invariant()
    def nobody_closes_over_a_standing_alarm(self) -> None:
        ticket = self.story.ticket
        assert ticket.sensor_active is bool(self.standing)
        assert ticket.state is not State.CLOSED or not ticket.sensor_active

    @invariant()
    def loops_are_counted(self) -> None:
        ticket = self.story.ticket
        assert ticket.returns <= 3
        assert ticket.reassigns <= 4
        assert ticket.parkings <= 4
        assert max(ticket.waits, ticket.appeals) <= 1
        assert ticket.extensions <= ticket.policy.extensions
        assert ticket.card in set(Card)

    @invariant()
    def what_was_merged_keeps_its_clocks_and_nothing_else_holds_any(self) -> None:
        ticket = self.story.ticket
        held = [run for run in ticket.clocks if run.held]
        assert ticket.state is State.MERGED or not held
        assert (ticket.state is State.MERGED) is bool(ticket.master)


TicketLife.TestCase.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTicketLife = TicketLife.TestCase
