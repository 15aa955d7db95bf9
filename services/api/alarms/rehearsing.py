"""Rehearsals that people asked for: a few at once, each in a process of its own, results kept in memory for an hour.

They live in this process only: what is running when it stops is killed, and a restart forgets the rest. Nothing is
lost by that, since the readings are still there and the question can be asked again.
"""

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from services.adapters import logging
from services.adapters.metrics import counter
from services.ports import Clock, Ids
from services.rehearsal.domain import Report
from services.rehearsal.handlers import Scope
from streams.contracts import LinliError, Refused, Rule, Unavailable
from streams.contracts.metrics import REHEARSALS

_LOG: Final = logging.get(__name__)
AT_ONCE: Final = 2
"""Each takes a core; the front door and the alarms need theirs."""
KEPT_MS: Final = 3_600_000
MOST_KEPT: Final = 20
MOST_EPISODES: Final = 1_000
"""Kept of one result; its counts are whole."""


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


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``progress`` is 0 to 1; ``report`` is there when it is done, ``problem`` when it failed."""

    id: str
    order: Order
    began: int
    state: State = State.RUNNING
    progress: float = 0.0
    ended: int | None = None
    report: Report | None = None
    problem: Refused | None = None

    @property
    def expires(self) -> int | None:
        return None if self.ended is None else self.ended + KEPT_MS


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says of itself, from whichever thread: how far it is (0 to 1), and once how it ended."""

    reached: Callable[[float], None]
    ended: Callable[[Report | Refused], None]


class Runner(Protocol):
    """Carries a rehearsal out somewhere else."""

    def start(self, order: Order, told: Told) -> Callable[[], None]:
        """Begin, and return what stops it; stopping twice, or what is over, does nothing.

        Raises:
            Unavailable: it cannot be begun at the moment.
        """


class Rehearsals:
    """The rehearsals of this process, each seen by the person who asked for it."""

    def __init__(self, runner: Runner, clock: Clock, ids: Ids) -> None:
        self._runner, self._clock, self._ids = runner, clock, ids
        self._lock = threading.Lock()
        self._kept: dict[str, Rehearsal] = {}
        self._stops: dict[str, Callable[[], None]] = {}
        self._closed = False

    def begin(self, order: Order) -> Rehearsal:
        """Start one.

        Raises:
            Refused: ``running``, the person has one already; ``crowded``, as many run as may.
            Unavailable: this process is going down, or cannot start another.
        """
        with self._lock:
            self._admit(order.by)
            begun = Rehearsal(self._ids.new(), order, self._clock.now())
            self._kept[begun.id] = begun
        try:
            stop = self._runner.start(order, self._told(begun.id))
        except LinliError:
            with self._lock:
                del self._kept[begun.id]
            raise
        with self._lock:
            found = self._kept[begun.id]
            wanted = found.state is State.RUNNING and not self._closed
            if wanted:
                self._stops[begun.id] = stop
        if not wanted:
            stop()
        _LOG.info("rehearsal began", rehearsal=begun.id, rule=order.rule.id, by=order.by)
        return found

    def get(self, name: str, by: str) -> Rehearsal | None:
        """One of this person's, unless it was never there or its hour is over."""
        with self._lock:
            self._forget()
            found = self._kept.get(name)
        return found if found is not None and found.order.by == by else None

    def cancel(self, name: str, by: str) -> Rehearsal | None:
        """Stop one of this person's; what is over stays as it is."""
        if self.get(name, by) is None:
            return None
        self._end(name, State.CANCELLED)
        return self.get(name, by)

    def close(self) -> None:
        """Stop all: the process ends."""
        with self._lock:
            self._closed = True
            running = list(self._stops)
        for name in running:
            self._end(name, State.CANCELLED)

    def _admit(self, by: str) -> None:
        self._forget()
        if self._closed:
            raise Unavailable("the front door is closing")
        running = [kept for kept in self._kept.values() if kept.state is State.RUNNING]
        mine = next((kept.id for kept in running if kept.order.by == by), "")
        if mine:
            raise Refused(
                "running", "a rehearsal of yours is running", rehearsal=mine,
                remedy=f"Wait for it, or cancel it: DELETE /api/v1/rules/rehearsals/{mine}.",
            )  # fmt: skip
        if len(running) >= AT_ONCE:
            raise Refused(
                "crowded", f"{AT_ONCE} rehearsals of others are running, as many as run at once",
                remedy="Send it again in a minute.",
            )  # fmt: skip

    def _told(self, name: str) -> Told:
        def ended(outcome: Report | Refused) -> None:
            if isinstance(outcome, Report):
                self._end(name, State.DONE, report=outcome.cut(MOST_EPISODES))
            else:
                self._end(name, State.FAILED, problem=outcome)

        return Told(lambda share: self._reach(name, share), ended)

    def _reach(self, name: str, share: float) -> None:
        with self._lock:
            found = self._kept.get(name)
            if found is not None and found.state is State.RUNNING:
                self._kept[name] = dataclasses.replace(found, progress=min(max(share, found.progress), 1.0))

    def _end(self, name: str, state: State, report: Report | None = None, problem: Refused | None = None) -> None:
        """The first end counts: a run that is killed reports its own failure afterwards."""
        with self._lock:
            stop = self._stops.pop(name, None)
            found = self._kept.get(name)
            first = found is not None and found.state is State.RUNNING
            if found is not None and first:
                progress = 1.0 if state is State.DONE else found.progress
                self._kept[name] = dataclasses.replace(
                    found, state=state, progress=progress, ended=self._clock.now(), report=report, problem=problem
                )
        if stop is not None:
            stop()
        if first:
            counter(REHEARSALS, outcome=state).inc()
            _LOG.info("rehearsal ended", rehearsal=name, state=state, why=problem.detail if problem else "")

    def _forget(self) -> None:
        now = self._clock.now()
        over = sorted((kept.ended, kept.id) for kept in self._kept.values() if kept.ended is not None)
        for place, (ended, name) in enumerate(reversed(over)):
            if place >= MOST_KEPT or ended + KEPT_MS <= now:
                del self._kept[name]
