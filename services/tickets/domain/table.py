"""The one transition table of the ticket loop (tickets.md): everything else is derived from it.

A row says: this action leads from these states to that one, who may do it, what they must
supply, and which clocks start, stop, pause or go on. Where an action has several rows for one
state (a call-back ends, repeats or redoes), :mod:`services.tickets.domain.lifecycle` chooses.
The buttons of a page, the diagram in the docs and the CHECK constraint of the database follow.
"""

from dataclasses import dataclass
from typing import Final

from services.tickets.domain.words import ENDED, UNIT_ROLES, Action, Clock, Role, State

_UNIT: Final = UNIT_ROLES
_GRID: Final = (Role.GRID_WORKER, Role.GRID_MANAGER)
_STAFF: Final = (
    *_GRID, Role.OPERATOR, Role.DISPATCHER, *_UNIT, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM,
)  # fmt: skip
_SYSTEM: Final = (Role.SYSTEM,)
_LETTERS: Final = {
    "A": Clock.ACCEPT, "D": Clock.DISPATCH, "S": Clock.SIGN, "C": Clock.CONTACT, "O": Clock.ON_SITE,
    "R": Clock.RESULT, "F": Clock.FINISH, "X": Clock.REDO, "V": Clock.REVIEW, "B": Clock.CALLBACK,
}  # fmt: skip
_ALL: Final = "ADSCORFXVB"

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

ROWS: Final = (
    _row(_A.REPORT, (None,), _S.REPORTED, (*_GRID, _R.CITIZEN, _R.OPERATOR, _R.SYSTEM), "title", clocks="+AF"),
    _row(_A.ACCEPT, (_S.REPORTED,), _S.ACCEPTED, (_R.OPERATOR, _R.SYSTEM), optional="text", clocks="-A +D"),
    _row(_A.CLASSIFY, (_S.ACCEPTED,), _S.TO_DISPATCH, (_R.DISPATCHER, _R.SYSTEM), "category area urgency", "text"),
    _row(_A.DISPATCH, (_S.TO_DISPATCH,), _S.DISPATCHED, (_R.DISPATCHER, _R.SYSTEM), "unit", "assisting text",
         clocks="-D +SCOR"),
    _row(_A.SIGN, (_S.DISPATCHED,), _S.SIGNED, _UNIT, optional="text", clocks="-S"),
    _row(_A.SIGN, (_S.REDO,), _S.IN_PROGRESS, _UNIT, optional="text", clocks="-S"),
    _row(_A.ARRIVE, (_S.DISPATCHED, _S.SIGNED, *_WORK), _S.IN_PROGRESS, (*_UNIT, *_GRID), "position|place",
         "text photo", clocks="-SO"),
    _row(_A.CONTACT, (_S.SIGNED,), _S.IN_PROGRESS, _UNIT, "text", clocks="-C"),
    _row(_A.CONTACT, _WORK, None, _UNIT, "text", clocks="-C"),
    _row(_A.INTERIM, (_S.SIGNED,), _S.IN_PROGRESS, _UNIT, "text", "photo reading", clocks="-R"),
    _row(_A.INTERIM, _WORK, None, _UNIT, "text", "photo reading", clocks="-R"),
    _row(_A.RETURN, (_S.DISPATCHED, _S.SIGNED), _S.RETURN_REVIEW, _UNIT, "reason unit", clocks="+V"),
    _row(_A.RETURN_OK, (_S.RETURN_REVIEW,), _S.TO_DISPATCH, (_R.DISPATCHER, _R.SUPERVISOR), "reason",
         clocks="-SCV +D"),
    _row(_A.RETURN_NO, (_S.RETURN_REVIEW,), _S.DISPATCHED, (_R.DISPATCHER, _R.SUPERVISOR), "reason", clocks="-V"),
    _row(_A.RETURN_NO, (_S.RETURN_REVIEW,), _S.SIGNED, (_R.DISPATCHER, _R.SUPERVISOR), "reason", clocks="-V"),
    _row(_A.FINISH, (_S.IN_PROGRESS,), _S.CHECKING, _UNIT, "outcome", "photo reading sensor_dead",
         clocks="-SCORX =F +V"),
    _row(_A.CHECK_OK, (_S.CHECKING,), _S.CALLBACK, _GRID, optional="text photo reading", clocks="-FV +B"),
    _row(_A.CHECK_OK, (_S.CHECKING,), _S.CLOSED, _GRID, optional="text photo reading", clocks=f"-{_ALL}"),
    _row(_A.CHECK_BAD, (_S.CHECKING,), _S.REDO, _GRID, "reason|photo", "text reading", clocks="-V ~F +X"),
    _row(_A.CALLBACK, (_S.CALLBACK,), _S.CLOSED, (_R.OPERATOR, _R.CITIZEN, _R.SUPERVISOR), "contacted",
         "solved satisfied text", clocks=f"-{_ALL}"),
    _row(_A.CALLBACK, (_S.CALLBACK,), _S.REDO, (_R.OPERATOR, _R.CITIZEN, _R.SUPERVISOR), "contacted",
         "solved satisfied text", clocks="-B +X"),
    _row(_A.CALLBACK, (_S.CALLBACK,), None, (_R.OPERATOR, _R.CITIZEN, _R.SUPERVISOR), "contacted",
         "solved satisfied text"),
    _row(_A.REOPEN, (_S.CLOSED,), _S.REDO, (_R.SUPERVISOR, _R.CITIZEN), "reason", clocks="+X"),
    _row(_A.WITHDRAW, (_S.REPORTED, _S.ACCEPTED, _S.TO_DISPATCH, _S.DISPATCHED, _S.SIGNED, _S.IN_PROGRESS),
         _S.WITHDRAWN, (_R.CITIZEN, _R.OPERATOR), "reason", clocks=f"-{_ALL}"),
    _row(_A.NOTE, OPEN, None, (*_STAFF, _R.CITIZEN), "text", "photo reading"),
    _row(_A.REALARM, (_S.CHECKING, _S.CALLBACK), _S.IN_PROGRESS, _SYSTEM, clocks="-VB ~F +OX"),
    _row(_A.REALARM, (_S.CLOSED,), _S.REDO, _SYSTEM, clocks="+OX"),
    _row(_A.REALARM, tuple(s for s in OPEN if s not in (_S.CHECKING, _S.CALLBACK)), None, _SYSTEM),
    _row(_A.NORMAL, (*OPEN, _S.CLOSED), None, _SYSTEM),
    _row(_A.RAISE, OPEN, None, _SYSTEM),
    _row(_A.MARK, OPEN, None, _SYSTEM),
    _row(_A.ARCHIVE, (_S.CLOSED, _S.WITHDRAWN), _S.ARCHIVED, _SYSTEM),
)  # fmt: skip


FACTS: Final = frozenset({Action.REALARM, Action.NORMAL, Action.RAISE, Action.MARK, Action.ARCHIVE})
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
