"""What the loop refuses, in stable codes.

``transition`` the state does not know this action · ``forbidden`` the role or person may not ·
``fields`` something required is missing or wrong · ``conflict`` the ticket has moved on ·
``proof`` the sensor or the evidence does not allow it yet · ``rule`` another rule of the loop
(:class:`Because` says which) · ``calendar`` the holidays of that year are not known ·
``not-found`` no such ticket · ``idempotency`` the key was used for another request.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from services.tickets.domain.words import Action, State
from streams.contracts import Refused


class Wrong(Refused):
    """A field holds what it cannot: which one, what it holds, and what would do."""

    def __init__(self, field: str, value: object, detail: str, remedy: str, **extra: object) -> None:
        said = value if isinstance(value, str) else "" if value is None else str(value)
        super().__init__("fields", detail, wrong=[field], field=field, value=said, remedy=remedy, **extra)


def wrong_urgency(urgency: object) -> Wrong:
    """A word on urgency that is none."""
    return Wrong("urgency", urgency, "urgency is a number from 0 to 2", "Use 0 (ordinary), 1 (major) or 2 (critical).")


class IllegalTransition(Refused):
    """The table has no such action for this state; carries the ones that this person may take."""

    def __init__(self, state: State, action: str, allowed: Sequence[Action]) -> None:
        names = [str(name) for name in allowed]
        remedy = f"possible now: {', '.join(names)}" if names else "nothing is possible for this role now"
        more = {} if names else {"remedy": "Ask whoever is responsible for it now: the ticket names them."}
        super().__init__("transition", f"a ticket that is {state} does not know '{action}'; {remedy}",
                         allowed=names, state=str(state), field="action", value=action, **more)  # fmt: skip


class NotAllowed(Refused):
    """The action exists here and is another person's."""

    def __init__(self, detail: str, allowed: Sequence[Action] = ()) -> None:
        super().__init__("forbidden", detail, allowed=[str(name) for name in allowed])


class Stale(Refused):
    """The caller looked at an older version."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(
            "conflict", f"the ticket is at version {current}, not {expected}; read it again",
            version=current, value=str(expected),
        )  # fmt: skip


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
    TAKEN_IN = "taken_in"
    ENDED = "ended"
    DANGER_LEADS = "danger_leads"


REMEDIES: Final = {
    Because.CRITICAL: "Act on the danger first; afterwards ask a supervisor.",
    Because.DANGER: "Accept it and send somebody.",
    Because.ALARM: "See to the danger, and try again when its sensors are normal.",
    Because.ONCE: "Write a note, or report the matter anew.",
    Because.SEVEN_DAYS: "Report the matter anew.",
    Because.FINAL: "Do as the supervisor decided; a note reaches them.",
    Because.OFTEN: "Finish it, or have a supervisor close it as unresolved.",
    Because.RETURN_LATE: "Ask a dispatcher to reassign it.",
    Because.MANY_TASKS: "Open another ticket for what is left.",
    Because.NO_TASK: "Ask the street's dispatcher to whistle for your unit, or write a note.",
    Because.TASKS_OPEN: "Wait until they are done, or give the reason why not.",
    Because.NOBODY: "Go on without an answer; a note says what is open.",
    Because.NOT_WAITING: "Go on with the work: nothing is waited for.",
    Because.NO_DEADLINE: "Do the redo within its own deadline.",
    Because.PAUSED: "End the wait first.",
    Because.EXPIRED: "Finish it, or have a supervisor close it as unresolved.",
    Because.ITSELF: "Name another ticket.",
    Because.MERGED: "Name the master that it was merged into.",
    Because.TAKEN_IN: "Nothing is left to do; for the other one to lead, take it out of this one first.",
    Because.ENDED: "Name an open ticket, or treat this one by itself.",
    Because.DANGER_LEADS: "Merge the other one into this.",
}
"""What helps where a rule forbids: one for each, unless the rule knows better."""


class Ruled(Refused):
    """A rule of the loop forbids it; ``because`` says which, and the action is to blame where no field is named."""

    def __init__(self, because: Because, detail: str, **extra: object) -> None:
        super().__init__("rule", detail, because=str(because), **{"remedy": REMEDIES[because], **extra})

    def on(self, action: Action) -> None:
        """What was asked for, where the rule itself names no field."""
        if "field" not in self.extra:
            self.extra |= {"field": "action", "value": str(action)}


class MergedItself(Ruled):
    """What was named as master went into another ticket; ``leading`` is the number of the one that speaks for it."""

    def __init__(self, number: str, named: str, leading: str = "") -> None:
        more = {"remedy": f"Name its master, {leading}."} if leading else {}
        super().__init__(
            Because.MERGED, f"{number} was merged itself", field="master", value=named, master=leading, **more
        )
        self.number = number
        self.named = named

    def led_by(self, leading: str) -> Ruled:
        """The same, with who leads."""
        return MergedItself(self.number, self.named, leading)

    def by_this(self) -> Ruled:
        """What is to be said where the very ticket that was to go into it leads."""
        return Ruled(
            Because.TAKEN_IN, f"{self.number} was merged into this very ticket", field="master", value=self.named
        )
