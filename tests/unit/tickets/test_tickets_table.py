"""The whole table: every state, action and role, against a list written out by hand."""

import re
from importlib import resources

import pytest

from services.tickets import domain
from services.tickets.domain import Action, Actor, IllegalTransition, Level, NotAllowed, Role, Source, State
from services.tickets.domain.table import FACTS, ROWS, TRANSITIONS
from services.tickets.domain.words import ENDED
from streams.contracts import Refused
from tests.unit.tickets.ticket_stories import GIVEN, HOUR, PEOPLE, Story, to, unit_of

_NOTES = dict.fromkeys(
    (
        Role.GRID_WORKER, Role.GRID_MANAGER, Role.DISPATCHER, Role.UNIT_HANDLER, Role.UNIT_LEADER, Role.SUPERVISOR,
        Role.ADMINISTRATOR,
    ),
    "note",
)  # fmt: skip
_OPEN = {
    **_NOTES, Role.OPERATOR: "transfer merge urge note", Role.SUPERVISOR: "urge note", Role.SYSTEM: "merge note",
}  # fmt: skip
_WITHDRAWS = {Role.OPERATOR: "transfer merge withdraw urge note"}


def _grid(actions: str) -> dict[Role, str]:
    return {Role.GRID_WORKER: actions, Role.GRID_MANAGER: actions}


def _unit(handler: str, leader: str = "") -> dict[Role, str]:
    return {Role.UNIT_HANDLER: handler, Role.UNIT_LEADER: leader or handler}


# A ticket that a caller reported; ``unit-a`` leads it.
HOTLINE: dict[State, dict[Role, str]] = {
    State.REPORTED: {
        **_OPEN, Role.OPERATOR: "verify accept answer reject transfer merge withdraw urge note",
        Role.SUPERVISOR: "reject urge note", Role.SYSTEM: "accept merge note",
    },
    State.VERIFYING: {**_OPEN, **_WITHDRAWS, **_grid("verified note")},
    State.ACCEPTED: {
        **_OPEN, Role.OPERATOR: "answer reject transfer merge withdraw urge note", Role.SUPERVISOR: "reject urge note",
        Role.DISPATCHER: "classify note", Role.SYSTEM: "classify merge note",
    },
    State.TO_DISPATCH: {
        **_OPEN, **_WITHDRAWS, Role.DISPATCHER: "dispatch note", Role.SYSTEM: "dispatch merge note",
    },
    State.DISPATCHED: {
        **_OPEN, **_WITHDRAWS, **_grid("arrive note"), **_unit("sign arrive note", "sign arrive return note"),
        Role.DISPATCHER: "reassign note", Role.SUPERVISOR: "reassign urge note",
    },
    State.SIGNED: {
        **_OPEN, **_WITHDRAWS, **_grid("arrive note"),
        **_unit("arrive contact interim note", "arrive contact interim return note"),
        Role.DISPATCHER: "reassign whistle note", Role.SUPERVISOR: "reassign urge note",
    },
    State.RETURN_REVIEW: {
        **_OPEN, **_WITHDRAWS, Role.DISPATCHER: "return_ok return_no note",
        Role.SUPERVISOR: "return_ok return_no urge note", Role.SYSTEM: "return_no merge note",
    },
    State.IN_PROGRESS: {
        **_OPEN, **_WITHDRAWS, **_grid("arrive note"),
        **_unit("arrive contact interim wait finish note", "arrive contact interim wait extend finish note"),
        Role.DISPATCHER: "reassign whistle note", Role.SUPERVISOR: "reassign park close_unresolved urge note",
    },
    State.EXTENSION_REVIEW: {
        **_OPEN, Role.SUPERVISOR: "extend_ok extend_no urge note", Role.SYSTEM: "extend_no merge note",
    },
    State.PARKED: {
        **_OPEN, Role.DISPATCHER: "reassign note", Role.SUPERVISOR: "reassign unpark close_unresolved urge note",
        Role.SYSTEM: "unpark merge note",
    },
    State.CHECKING: {**_OPEN, **_grid("check_ok check_bad note"), Role.SUPERVISOR: "close_unresolved urge note"},
    State.CALLBACK: {
        **_OPEN, Role.OPERATOR: "callback book transfer merge urge note",
        Role.SUPERVISOR: "callback book close_unresolved urge note",
    },
    State.REDO: {
        **_OPEN, **_grid("arrive note"),
        **_unit("sign arrive contact interim note", "sign arrive contact interim extend note"),
        Role.DISPATCHER: "reassign note", Role.SUPERVISOR: "reassign urge note",
    },
    State.CLOSED: {Role.SUPERVISOR: "reopen"},
    State.REJECTED: {Role.OPERATOR: "appeal"},
    State.MERGED: {Role.OPERATOR: "unmerge", Role.SYSTEM: "unmerge"},
    State.ARCHIVED: {Role.ADMINISTRATOR: "erase", Role.SYSTEM: "erase"},
    State.WITHDRAWN: {},
}  # fmt: skip

CITIZEN = {
    State.REPORTED: "withdraw urge note",
    State.ACCEPTED: "withdraw urge note",
    State.TO_DISPATCH: "withdraw urge note",
    State.DISPATCHED: "withdraw urge note",
    State.SIGNED: "withdraw urge note",
    State.RETURN_REVIEW: "withdraw urge note",
    State.IN_PROGRESS: "withdraw urge note",
    State.VERIFYING: "withdraw urge note",
    State.EXTENSION_REVIEW: "urge note",
    State.PARKED: "urge note",
    State.CHECKING: "urge note",
    State.CALLBACK: "callback book urge note",
    State.REDO: "urge note",
    State.CLOSED: "reopen",
    State.MERGED: "",
    State.REJECTED: "appeal",
    State.ARCHIVED: "",
}


def _allowed(story: Story, who: Actor) -> str:
    actions = domain.allowed_actions(
        story.ticket, who.role, by=who.by, unit=unit_of(story.ticket, who.role), now=story.now
    )
    return " ".join(actions)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_exactly_what_the_list_says(state: State, role: Role) -> None:
    assert _allowed(to(state), PEOPLE[role]) == HOTLINE[state].get(role, "")


@pytest.mark.parametrize("state", CITIZEN)
def test_a_reporter_may_do_exactly_what_the_list_says(state: State) -> None:
    story = to(state, Source.CITIZEN)
    assert _allowed(story, PEOPLE[Role.CITIZEN]) == CITIZEN[state]
    assert not _allowed(story, Actor("another", Role.CITIZEN))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("role", Role)
def test_an_action_is_taken_exactly_where_it_is_allowed(state: State, role: Role) -> None:
    allowed = HOTLINE[state].get(role, "").split()
    for action in Action:
        story = to(state).after(HOUR)
        before = story.ticket
        if action in allowed:
            story.does(role, action)
            assert story.ticket.version == before.version + 1
            assert story.events[-1].old is state
            assert story.ticket == domain.replay(story.events)
            continue
        with pytest.raises(Refused) as refusal:
            story.does(role, action)
        assert isinstance(refusal.value, IllegalTransition) is (action not in TRANSITIONS[state])
        if isinstance(refusal.value, (IllegalTransition, NotAllowed)):
            assert refusal.value.extra["allowed"] == allowed
        assert story.ticket is before


def test_nobody_can_ask_for_what_the_system_records() -> None:
    story = to(State.IN_PROGRESS)
    for action in FACTS - {Action.ARCHIVE, Action.MASTER_DONE}:
        with pytest.raises(NotAllowed):
            story.does(Role.SYSTEM, action)


def test_every_state_can_be_left_and_leads_to_the_archive() -> None:
    nexts = {state: {new for old, _, new in domain.edges() if old == state and new != state} for state in State}
    for state in State:
        reached, frontier = set[str](), {str(state)}
        while frontier:
            reached |= frontier
            frontier = {new for old in frontier for new in nexts[State(old)]} - reached
        assert "archived" in reached


STAGES = {
    "discovery": "reported verifying accepted merged rejected",
    "dispatch": "to_dispatch dispatched signed return_review",
    "resolve": "in_progress extension_review parked checking",
    "feedback": "callback redo closed archived withdrawn",
}
STEPS = {
    "discovery": STAGES["discovery"], "push": STAGES["dispatch"], "resolve": STAGES["resolve"],
    "feedback": "callback redo withdrawn", "evaluation": "closed archived",
}  # fmt: skip


def test_the_states_are_told_in_four_stages_and_in_five_steps() -> None:
    for stage, states in STAGES.items():
        assert {state for state in State if state.stage == stage} == set(states.split())
    for step, states in STEPS.items():
        assert {state for state in State if state.step == step} == set(states.split())


def test_open_means_that_somebody_owes_work_on_it() -> None:
    ended = {State.CLOSED, State.MERGED, State.REJECTED, State.WITHDRAWN, State.ARCHIVED}
    assert {state for state in State if not state.open} == ended


def test_every_clock_that_starts_has_an_action_that_stops_it() -> None:
    started = {clock for row in ROWS for clock in row.start}
    stopped = {clock for row in ROWS if row.action is not Action.CALLBACK for clock in row.stop}
    assert started == stopped


@pytest.mark.parametrize(("state", "action"), [(s, a) for s in State for a in GIVEN if a in TRANSITIONS[s]])
def test_a_missing_field_is_named(state: State, action: Action) -> None:
    required, _ = domain.fields(state, action)
    if not required or action in {Action.CALLBACK, Action.TASK_DONE}:
        return  # the one is asked for more than the table says, the other needs a sub-task first
    role = next(r for r in Role if action in HOTLINE[state].get(r, "").split())
    with pytest.raises(Refused) as refusal:
        to(state).does(role, action, domain.Details())
    assert (refusal.value.code, refusal.value.extra["missing"]) == ("fields", list(required))


def test_a_field_that_the_action_does_not_take_is_named() -> None:
    with pytest.raises(Refused) as refusal:
        to(State.DISPATCHED).does(Role.UNIT_HANDLER, Action.SIGN, domain.Details(unit="unit-b"))
    assert refusal.value.extra["unknown"] == ["unit"]


def test_the_database_knows_the_same_transitions_and_states() -> None:
    folder = resources.files("services.tickets").joinpath("migrations")
    files = {each.name: each.read_text() for each in folder.iterdir() if each.name > "0002"}
    sql = files["0002_whole_loop.sql"]
    assert set(re.findall(r"(?<=[ ,])(\w*)>(\w+)>(\w+)", files["0022_transitions.sql"])) == domain.edges()
    states = re.search(r"tickets_state_check CHECK \(state IN \(([^)]*)\)\)", sql)
    assert states is not None
    assert re.findall(r"'(\w+)'", states[1]) == list(State)
    ended = re.search(r"GENERATED ALWAYS AS \(state NOT IN \(([^)]*)\)\)", sql)
    assert ended is not None
    assert set(re.findall(r"'(\w+)'", ended[1])) == ENDED
    levels = re.search(r"CHECK \(level IN \(([^)]*)\)\)", sql)
    assert levels is not None
    assert re.findall(r"'(\w+)'", levels[1]) == list(Level)
