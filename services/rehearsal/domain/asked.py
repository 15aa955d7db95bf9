"""A rehearsal that somebody asked for, from order to end. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.rehearsal.domain.report import Report
from streams.contracts import Refused, Rule

DAY_MS: Final = 86_400_000
KEPT_MS: Final = DAY_MS
"""How long an ended one is kept: who asked on one shift may read it on the next."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where and when; times in epoch ms, ``end`` excluded, what is empty restricts nothing."""

    start: int
    end: int
    area: str = ""
    device: str = ""


class State(StrEnum):
    """Where a rehearsal stands; all but the first are final."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be rehearsed, and for whom."""

    rule: Rule
    scope: Scope
    by: str


Outcome = Report | Refused | None
"""How one ended: what it found, why it failed, or nothing, where it was cancelled."""


def state_of(outcome: Outcome) -> State:
    """The state that an end leaves behind."""
    if outcome is None:
        return State.CANCELLED
    return State.DONE if isinstance(outcome, Report) else State.FAILED


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``progress`` is 0 to 1; ``ended`` is None while it runs, and ``outcome`` is None unless it was done or failed."""

    id: str
    order: Order
    began: int
    progress: float = 0.0
    ended: int | None = None
    outcome: Outcome = None

    @property
    def state(self) -> State:
        return State.RUNNING if self.ended is None else state_of(self.outcome)

    @property
    def report(self) -> Report | None:
        return self.outcome if isinstance(self.outcome, Report) else None

    @property
    def problem(self) -> Refused | None:
        return self.outcome if isinstance(self.outcome, Refused) else None

    @property
    def expires(self) -> int | None:
        return None if self.ended is None else self.ended + KEPT_MS


@dataclass(frozen=True, slots=True)
class Running:
    """A place that is taken, and by whose rehearsal."""

    place: int
    id: str
    by: str


def place_for(by: str, running: Sequence[Running], most: int) -> int:
    """The first free place of ``most``, counted from 1.

    Raises:
        Refused: ``running``, the person has one already; ``crowded``, every place is taken.
    """
    mine = next((each.id for each in running if each.by == by), "")
    if mine:
        raise Refused(
            "running", "a rehearsal of yours is running", rehearsal=mine,
            remedy=f"Wait for it, or cancel it: DELETE /api/v1/rules/rehearsals/{mine}.",
        )  # fmt: skip
    free = set(range(1, most + 1)) - {each.place for each in running}
    if not free:
        raise Refused(
            "crowded", f"{most} rehearsals of others are running, as many as run at once",
            remedy="Send it again in a minute.",
        )  # fmt: skip
    return min(free)


def forsaken() -> Refused:
    """What becomes of one whose process ended before it did."""
    return Refused(
        "interrupted", "the process that carried it out ended before it did", remedy="Begin the rehearsal again."
    )
