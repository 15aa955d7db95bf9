"""The one transition table of the ticket loop: everything else is derived from it.

A row says: this action leads from these states to that one, who may do it, what they must
supply, and which clocks start, stop, pause or go on. Where an action has several rows for one
state (a call-back ends, repeats or redoes), :mod:`services.tickets.domain.outcomes` chooses.
The buttons of a page, the diagram in the docs and the CHECK constraint of the database follow.
"""

from dataclasses import dataclass
from typing import Final

from services.tickets.domain.words import ENDED, UNIT_ROLES, Action, Clock, Role, State

_UNIT: Final = UNIT_ROLES
_LEADER: Final = (Role.UNIT_LEADER,)
_GRID: Final = (Role.GRID_WORKER, Role.GRID_MANAGER)
_DISPATCH: Final = (Role.DISPATCHER, Role.SUPERVISOR)
_SUPERVISOR: Final = (Role.SUPERVISOR,)
_CALLER: Final = (Role.CITIZEN, Role.OPERATOR)
_CALLING: Final = (Role.OPERATOR, Role.CITIZEN, Role.SUPERVISOR)
_STAFF: Final = (
    *_GRID, Role.OPERATOR, Role.DISPATCHER, *_UNIT, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM,
)  # fmt: skip
_SYSTEM: Final = (Role.SYSTEM,)
_LETTERS: Final = {
    "A": Clock.ACCEPT, "D": Clock.DISPATCH, "S": Clock.SIGN, "C": Clock.CONTACT, "O": Clock.ON_SITE,
    "R": Clock.RESULT, "F": Clock.FINISH, "X": Clock.REDO, "V": Clock.REVIEW, "B": Clock.CALLBACK, "T": Clock.TASK,
}  # fmt: skip
_ALL: Final = "ADSCORFXVBT"

OPEN: Final = tuple(state for state in State if state not in ENDED)
_WORK: Final = (State.IN_PROGRESS, State.REDO)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``target`` None keeps the state; ``a|b`` in ``required`` wants either."""

    action: Action
    sources: tuple[State | None, ...]
    target: State | None
    roles: tuple[Role, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    start: frozenset[Clock] = frozenset()
    stop: frozenset[Clock] = frozenset()
    pause: frozenset[Clock] = frozenset()
    resume: frozenset[Clock] = frozenset()

    def leads(self, state: State | None) -> State:
        """The state after this row, from ``state``."""
        if self.target is not None:
            return self.target
        if state is None:
            raise ValueError(f"{self.action} keeps a state and cannot open a ticket")
        return state


def _row(
    action: Action,
    sources: tuple[State | None, ...],
    target: State | None,
    roles: tuple[Role, ...],
    required: str = "",
    optional: str = "",
    *,
    clocks: str = "",
) -> Row:
    """Read ``clocks`` such as ``"-D +SCOR"``: ``+`` start, ``-`` stop, ``=`` pause, ``~`` go on."""
    sets: dict[str, set[Clock]] = {"+": set(), "-": set(), "=": set(), "~": set()}
    for word in clocks.split():
        sets[word[0]] |= {_LETTERS[letter] for letter in word[1:]}
    start, stop, pause, resume = (frozenset(sets[sign]) for sign in "+-=~")
    return Row(
        action, sources, target, roles, tuple(required.split()), tuple(optional.split()), start, stop, pause, resume
    )


_A, _S, _R = Action, State, Role
_WITHDRAWABLE: Final = (
    _S.REPORTED, _S.VERIFYING, _S.ACCEPTED, _S.TO_DISPATCH, _S.DISPATCHED, _S.SIGNED, _S.RETURN_REVIEW, _S.IN_PROGRESS,
)  # fmt: skip
_PROVING: Final = (_S.CHECKING, _S.CALLBACK)

ROWS: Final = (
    _row(_A.REPORT, (None,), _S.REPORTED, (*_GRID, _R.CITIZEN, _R.OPERATOR, _R.SYSTEM), "title", clocks="+AF"),
    # Discovery
    _row(_A.VERIFY, (_S.REPORTED,), _S.VERIFYING, (_R.OPERATOR,), optional="text", clocks="+V"),
    _row(_A.VERIFIED, (_S.VERIFYING,), _S.ACCEPTED, _GRID, "found photos|photo position|place", "text",
         clocks="-AV +D"),
    _row(_A.VERIFIED, (_S.VERIFYING,), _S.REJECTED, _GRID, "found photos|photo position|place", "text",
         clocks="-ADSCORXVBT =F"),
    _row(_A.ACCEPT, (_S.REPORTED,), _S.ACCEPTED, (_R.OPERATOR, _R.SYSTEM), optional="text", clocks="-A +D"),
    _row(_A.ANSWER, (_S.REPORTED, _S.ACCEPTED), _S.CLOSED, (_R.OPERATOR,), "text", "cites", clocks=f"-{_ALL}"),
    _row(_A.REJECT, (_S.REPORTED, _S.ACCEPTED), _S.REJECTED, (_R.OPERATOR, _R.SUPERVISOR), "reason told",
         clocks="-ADSCORXVBT =F"),
    _row(_A.APPEAL, (_S.REJECTED,), _S.REPORTED, _CALLER, "reason", clocks="+A ~F"),
    # Dispatch
    _row(_A.CLASSIFY, (_S.ACCEPTED,), _S.TO_DISPATCH, (_R.DISPATCHER, _R.SYSTEM), "category area urgency", "text"),
    _row(_A.DISPATCH, (_S.TO_DISPATCH,), _S.DISPATCHED, (_R.DISPATCHER, _R.SYSTEM), "unit", "assisting text",
         clocks="-D +SCOR"),
    _row(_A.SIGN, (_S.DISPATCHED,), _S.SIGNED, _UNIT, optional="text", clocks="-S"),
    _row(_A.SIGN, (_S.REDO,), _S.IN_PROGRESS, _UNIT, optional="text", clocks="-S"),
    _row(_A.ARRIVE, (_S.DISPATCHED, _S.SIGNED, *_WORK), _S.IN_PROGRESS, (*_UNIT, *_GRID), "position|place",
         "text photos photo", clocks="-SO"),
    _row(_A.CONTACT, (_S.SIGNED,), _S.IN_PROGRESS, _UNIT, "text", clocks="-C"),
    _row(_A.CONTACT, _WORK, None, _UNIT, "text", clocks="-C"),
    _row(_A.INTERIM, (_S.SIGNED,), _S.IN_PROGRESS, _UNIT, "text", "photos photo reading", clocks="-R"),
    _row(_A.INTERIM, _WORK, None, _UNIT, "text", "photos photo reading", clocks="-R"),
    _row(_A.RETURN, (_S.DISPATCHED, _S.SIGNED), _S.RETURN_REVIEW, _LEADER, "reason unit", clocks="+V"),
    _row(_A.RETURN_OK, (_S.RETURN_REVIEW,), _S.TO_DISPATCH, _DISPATCH, "reason", clocks="-SCV +D"),
    _row(_A.RETURN_NO, (_S.RETURN_REVIEW,), _S.DISPATCHED, (*_DISPATCH, _R.SYSTEM), "reason", clocks="-V"),
    _row(_A.RETURN_NO, (_S.RETURN_REVIEW,), _S.SIGNED, (*_DISPATCH, _R.SYSTEM), "reason", clocks="-V"),
    _row(_A.REASSIGN, (_S.DISPATCHED, _S.SIGNED, _S.IN_PROGRESS, _S.PARKED, _S.REDO), _S.DISPATCHED, _DISPATCH,
         "unit reason", "assisting", clocks="-SCV ~FX +SC"),
    # Resolve
    _row(_A.WHISTLE, (_S.SIGNED, _S.IN_PROGRESS), None, (_R.DISPATCHER,), "unit text until", clocks="+T"),
    _row(_A.TASK_DONE, OPEN, None, _UNIT, "task outcome", "photos photo"),
    _row(_A.WAIT, (_S.IN_PROGRESS,), None, _UNIT, "text until", clocks="=FX"),
    _row(_A.WAIT_END, (_S.IN_PROGRESS,), None, (*_UNIT, *_CALLER, _R.SYSTEM), optional="text", clocks="~FX"),
    _row(_A.EXTEND, _WORK, _S.EXTENSION_REVIEW, _LEADER, "reason until", clocks="+V"),
    _row(_A.EXTEND_OK, (_S.EXTENSION_REVIEW,), _S.IN_PROGRESS, _SUPERVISOR, "told", clocks="-V"),
    _row(_A.EXTEND_OK, (_S.EXTENSION_REVIEW,), _S.REDO, _SUPERVISOR, "told", clocks="-V"),
    _row(_A.EXTEND_NO, (_S.EXTENSION_REVIEW,), _S.IN_PROGRESS, (_R.SUPERVISOR, _R.SYSTEM), "told", clocks="-V"),
    _row(_A.EXTEND_NO, (_S.EXTENSION_REVIEW,), _S.REDO, (_R.SUPERVISOR, _R.SYSTEM), "told", clocks="-V"),
    _row(_A.PARK, (_S.IN_PROGRESS,), _S.PARKED, _SUPERVISOR, "plan until", clocks="=FX +V"),
    _row(_A.UNPARK, (_S.PARKED,), _S.IN_PROGRESS, (_R.SUPERVISOR, _R.SYSTEM), optional="text", clocks="-V ~FX"),
    _row(_A.FINISH, (_S.IN_PROGRESS,), _S.CHECKING, _UNIT, "outcome", "photos photo reading sensor_dead reason",
         clocks="-SCORXT =F +V"),
    # Feedback
    _row(_A.CHECK_OK, (_S.CHECKING,), _S.CALLBACK, _GRID, optional="text photos photo reading", clocks="-FV +B"),
    _row(_A.CHECK_OK, (_S.CHECKING,), _S.CLOSED, _GRID, optional="text photos photo reading", clocks=f"-{_ALL}"),
    _row(_A.CHECK_BAD, (_S.CHECKING,), _S.REDO, _GRID, "photos|photo", "reason text reading", clocks="-V ~F +X"),
    _row(_A.CALLBACK, (_S.CALLBACK,), _S.CLOSED, _CALLING, "contacted", "solved satisfied text", clocks=f"-{_ALL}"),
    _row(_A.CALLBACK, (_S.CALLBACK,), _S.REDO, _CALLING, "contacted", "solved satisfied text", clocks="-B +X"),
    _row(_A.CALLBACK, (_S.CALLBACK,), None, _CALLING, "contacted", "solved satisfied text", clocks="-B +B"),
    _row(_A.BOOK, (_S.CALLBACK,), None, _CALLING, "until", "text"),
    _row(_A.CLOSE_UNRESOLVED, (_S.IN_PROGRESS, _S.PARKED, *_PROVING), _S.CLOSED, _SUPERVISOR, "reason told",
         clocks=f"-{_ALL}"),
    _row(_A.REOPEN, (_S.CLOSED,), _S.REDO, (_R.SUPERVISOR, _R.CITIZEN), "reason", clocks="+X"),
    # At any time
    _row(_A.TRANSFER, OPEN, None, (_R.OPERATOR,), "to at reference", "text"),
    _row(_A.MERGE, OPEN, _S.MERGED, (_R.OPERATOR, _R.SYSTEM), "master", "reason"),
    *(_row(_A.UNMERGE, (_S.MERGED,), state, (_R.OPERATOR, _R.SYSTEM), "reason") for state in OPEN),
    _row(_A.WITHDRAW, _WITHDRAWABLE, _S.WITHDRAWN, _CALLER, "reason", clocks=f"-{_ALL}"),
    _row(_A.URGE, OPEN, None, (*_CALLER, _R.SUPERVISOR), "text"),
    _row(_A.NOTE, OPEN, None, (*_STAFF, _R.CITIZEN), "text", "photos photo reading"),
    # What the system records
    _row(_A.MASTER_DONE, (_S.MERGED,), _S.CALLBACK, _SYSTEM, clocks=f"-{_ALL} +B"),
    _row(_A.MASTER_DONE, (_S.MERGED,), _S.CLOSED, _SYSTEM, clocks=f"-{_ALL}"),
    _row(_A.REALARM, _PROVING, _S.IN_PROGRESS, _SYSTEM, clocks="-VB ~F +OX"),
    _row(_A.REALARM, (_S.CLOSED,), _S.REDO, _SYSTEM, clocks="+OX"),
    _row(_A.REALARM, tuple(state for state in OPEN if state not in _PROVING), None, _SYSTEM),
    _row(_A.NORMAL, (*OPEN, _S.CLOSED), None, _SYSTEM),
    _row(_A.RAISE, OPEN, None, _SYSTEM),
    _row(_A.MARK, OPEN, None, _SYSTEM),
    _row(_A.RECOUNT, OPEN, None, _SYSTEM),
    _row(_A.ESCALATE, OPEN, None, _SYSTEM),
    _row(_A.ARCHIVE, (_S.CLOSED, _S.REJECTED, _S.WITHDRAWN), _S.ARCHIVED, _SYSTEM),
    _row(_A.ERASE, (_S.ARCHIVED,), None, (_R.ADMINISTRATOR, _R.SYSTEM), "reason"),
)  # fmt: skip


FACTS: Final = frozenset(
    {
        Action.MASTER_DONE, Action.REALARM, Action.NORMAL, Action.RAISE, Action.MARK, Action.RECOUNT, Action.ESCALATE,
        Action.ARCHIVE,
    }
)  # fmt: skip
"""What the system records by itself; nobody can ask for it."""


def _index() -> dict[State | None, dict[Action, tuple[Row, ...]]]:
    index: dict[State | None, dict[Action, tuple[Row, ...]]] = {state: {} for state in (None, *State)}
    for row in ROWS:
        for state in row.sources:
            index[state][row.action] = (*index[state].get(row.action, ()), row)
    return index


TRANSITIONS: Final = _index()


def edges() -> frozenset[tuple[str, str, str]]:
    """Every (from, action, to) that may be written; the empty word is "no ticket yet"."""
    return frozenset((state or "", row.action, row.leads(state)) for row in ROWS for state in row.sources)


def fields(state: State | None, action: Action) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a form for ``action`` must ask and may ask; ``a|b`` wants either."""
    row = TRANSITIONS[state][action][0]
    return row.required, row.optional
