"""Every shape that a ticket can take, reached by every action of everybody: none is a dead end.

A shape is a ticket without its words and its counts (how often a loop may turn is the random
lives' matter): its state, where it would return to, which clocks run, are paused or held. The clocks that only remind
(first contact, on site, first result) do not tell shapes apart.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import product

import pytest

from services.tickets import domain
from services.tickets.domain import Action, Clock, Details, Level, Role, Satisfaction, Source, State, Ticket
from services.tickets.domain.table import TRANSITIONS
from streams.contracts import Refused
from tests.fakes.alarm_events import MAJOR
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, PEOPLE, Story, called, given, leak, to, unit_of

Shape = tuple[object, ...]
_ANSWERS = (
    Details(contacted=False),
    Details(contacted=True, solved=False, satisfied=Satisfaction.DISSATISFIED),
    Details(contacted=True, solved=True, satisfied=Satisfaction.SATISFIED),
)
_REMINDERS = frozenset({Clock.CONTACT, Clock.ON_SITE, Clock.RESULT})
_ROLES = tuple(role for role in PEOPLE if role not in {Role.GRID_MANAGER, Role.ADMINISTRATOR, Role.ONCALL})


def shape(ticket: Ticket) -> Shape:
    return (
        ticket.state, ticket.prior, ticket.merged_from, ticket.urgency, ticket.has_reporter, ticket.source,
        frozenset((run.clock, run.running, run.held) for run in ticket.clocks if run.clock not in _REMINDERS),
        ticket.waiting_until is None,
        bool(ticket.unfinished), ticket.sensor_active, bool(ticket.told), ticket.redos > 0, bool(ticket.lead),
    )  # fmt: skip


def told(story: Story) -> Story:
    return Story((story.ticket, story.events), story.now)


def moves(story: Story) -> Iterator[Story]:
    """What everybody, the sensors, its master and time can do now."""
    yield from _people(story)
    yield from _masters(story)
    yield from _sensors(story)
    yield told(story).waits(6 * HOUR)
    yield told(story).waits(31 * DAY)


def _people(story: Story) -> Iterator[Story]:
    ticket = story.ticket
    for role, action in product(_ROLES, TRANSITIONS[ticket.state]):
        if action is Action.NOTE or action not in allowed(story, role):
            continue
        for details in _ANSWERS if action is Action.CALLBACK else (given(action, ticket, story.now),):
            with suppress(Refused):
                yield told(story).after(MINUTE).does(role, action, details)
    if ticket.open and ticket.unfinished:
        yield told(story).does(Role.UNIT_HANDLER, Action.TASK_DONE, by="helper", unit="unit-b")


def _masters(story: Story) -> Iterator[Story]:
    if story.state is State.MERGED:
        yield told(story).master_ends(to(State.CLOSED).ticket)
        yield told(story).master_ends(to(State.WITHDRAWN).ticket)


def _sensors(story: Story) -> Iterator[Story]:
    ticket = story.ticket
    if ticket.source is Source.SENSOR and ticket.state not in {State.MERGED, State.REJECTED, State.ARCHIVED}:
        yield told(story).alarms("e1", number=ticket.version + 10)
        if ticket.sensor_active:
            yield told(story).normal("e1", number=ticket.version + 10)


def allowed(story: Story, role: Role) -> tuple[Action, ...]:
    who = PEOPLE[role]
    return domain.allowed_actions(story.ticket, role, by=who.by, unit=unit_of(story.ticket, who.role), now=story.now)


@cache
def explored() -> tuple[dict[Shape, Story], dict[Shape, set[Shape]], set[Action]]:
    """Every shape with one ticket that has it, where each may go, and the actions on the way."""
    found: dict[Shape, Story] = {}
    taken: set[Action] = set()
    nexts: dict[Shape, set[Shape]] = {}
    waiting = deque([called(), called(Source.CITIZEN), called(Source.PATROL), leak(), leak(ticket=MAJOR)])
    while waiting:
        story = waiting.popleft()
        here = shape(story.ticket)
        if here in found:
            continue
        found[here], nexts[here] = story, set()
        for after in moves(story):
            taken |= {event.action for event in after.events}
            there = shape(after.ticket)
            nexts[here].add(there)
            if there not in found:
                waiting.append(after)
    return found, nexts, taken


def test_every_state_and_every_action_is_reached() -> None:
    found, _, taken = explored()
    assert {story.state for story in found.values()} == set(State)
    assert taken >= set(Action) - {Action.NOTE, Action.RECOUNT}, "a new calendar is in test_tickets_next_year"


def test_no_open_ticket_is_nobodys_or_without_a_clock() -> None:
    for story in explored()[0].values():
        ticket = story.ticket
        assert ticket.open is (domain.responsible(ticket) is not None), shape(ticket)
        if not ticket.open:
            continue
        assert any(run.running for run in ticket.clocks) or ticket.waiting_until is not None, shape(ticket)
        assert ticket.look_at is not None or ticket.level is Level.DISTRICT, shape(ticket)


def test_every_shape_can_come_to_the_archive() -> None:
    found, nexts, _ = explored()
    ends = {here for here, story in found.items() if story.state is State.ARCHIVED}
    before: dict[Shape, set[Shape]] = {}
    for here, there in nexts.items():
        for each in there:
            before.setdefault(each, set()).add(here)
    reached, frontier = set[Shape](), set(ends)
    while frontier:
        reached |= frontier
        frontier = {old for new in frontier for old in before.get(new, ())} - reached
    assert found.keys() == reached


def test_what_nobody_touches_reaches_the_district() -> None:
    for story in explored()[0].values():
        if not story.ticket.open:
            continue
        left = told(story)
        for _ in range(12):
            left.waits(31 * DAY)
        assert (left.ticket.level, left.ticket.supervised) == (Level.DISTRICT, True), shape(story.ticket)


def test_every_log_rebuilds_its_ticket() -> None:
    for story in explored()[0].values():
        assert domain.replay(story.events) == story.ticket


def test_every_button_that_is_not_there_has_a_reason() -> None:
    """What a role may not do is refused with a code and a sentence, in every shape."""
    for story in explored()[0].values():
        for role in _ROLES:
            for action in set(TRANSITIONS[story.state]) - set(allowed(story, role)):
                with pytest.raises(Refused) as refusal:
                    told(story).does(role, action)
                assert refusal.value.code in {"forbidden", "rule"}, (role, action)
                assert refusal.value.code != "rule" or refusal.value.extra["because"]
