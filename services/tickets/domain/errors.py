"""What the loop refuses, in stable codes.

``transition`` the state does not know this action · ``forbidden`` the role or person may not ·
``fields`` something required is missing or wrong · ``conflict`` the ticket has moved on ·
``proof`` the sensor or the evidence does not allow it yet · ``rule`` another rule of the loop
(:class:`Because` says which) · ``calendar`` the holidays of that year are not known ·
``not-found`` no such ticket · ``idempotency`` the key was used for another request.
"""

from collections.abc import Sequence
from enum import StrEnum

from services.tickets.domain.words import Action, State
from streams.contracts import Refused


class IllegalTransition(Refused):
    """The table has no such action for this state; carries the ones that this person may take."""

    def __init__(self, state: State, action: str, allowed: Sequence[Action]) -> None:
        names = [str(name) for name in allowed]
        remedy = f"possible now: {', '.join(names)}" if names else "nothing is possible for this role now"
        super().__init__("transition", f"a ticket that is {state} does not know '{action}'; {remedy}",
                         allowed=names, state=str(state))  # fmt: skip


class NotAllowed(Refused):
    """The action exists here and is another person's."""

    def __init__(self, detail: str, allowed: Sequence[Action] = ()) -> None:
        super().__init__("forbidden", detail, allowed=[str(name) for name in allowed])


class Stale(Refused):
    """The caller looked at an older version."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(
            "conflict", f"the ticket is at version {current}, not {expected}; read it again", version=current
        )


class Because(StrEnum):
    """Which rule of the loop refuses: one word for each sentence that a page has to translate."""

    CRITICAL = "critical"
    DANGER = "danger"
    ALARM = "alarm"
    ONCE = "once"
    SEVEN_DAYS = "seven_days"
    FINAL = "final"
    OFTEN = "often"
    RETURN_LATE = "return_late"
    MANY_TASKS = "many_tasks"
    NO_TASK = "no_task"
    TASKS_OPEN = "tasks_open"
    NOBODY = "nobody"
    NOT_WAITING = "not_waiting"
    NO_DEADLINE = "no_deadline"
    PAUSED = "paused"
    EXPIRED = "expired"
    ITSELF = "itself"
    MERGED = "merged"
    ENDED = "ended"
    DANGER_LEADS = "danger_leads"


class Ruled(Refused):
    """A rule of the loop forbids it; ``because`` says which."""

    def __init__(self, because: Because, detail: str, **extra: object) -> None:
        super().__init__("rule", detail, because=str(because), **extra)
