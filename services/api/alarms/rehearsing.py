"""Rehearsals that people asked for: a few at once in all front doors, each in a process of its own.

Who runs which, and what it found, stands in the database: any front door shows it and cancels it, and a restart
forgets nothing that was found. What is running when its front door stops is killed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from services.adapters import logging
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.ports import Clock, Ids
from services.rehearsal.domain import KEPT_MS, Order, Outcome, Rehearsal, Report, State, forsaken, state_of
from services.rehearsal.ports import Shelf
from streams.contracts import LinliError, Refused, Unavailable
from streams.contracts.metrics import LOOP_ERRORS, REHEARSALS

_LOG: Final = logging.get(__name__)
LOOP: Final = "rehearsals"
AT_ONCE: Final = 2
"""Each takes a core; the front door and the alarms need theirs."""
MOST_KEPT: Final = 100
MOST_EPISODES: Final = 1_000
"""Kept of one result; its counts are whole."""
TURN_S: Final = 1.0
FORSAKEN_MS: Final = 30_000
"""After so long without a word from its front door a run is given up: thirty turns, or a machine that stood still."""


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


@dataclass(slots=True)
class _Run:
    """One that this process carries out."""

    stop: Callable[[], None] = lambda: None
    progress: float = 0.0
    found: Report | Refused | None = None


class Rehearsals:
    """The rehearsals of all, each seen by the person who asked for it; this process carries out those it began."""

    def __init__(self, shelf: Shelf, runner: Runner, clock: Clock, ids: Ids) -> None:
        self._shelf, self._runner, self._clock, self._ids = shelf, runner, clock, ids
        self._lock = threading.Lock()
        self._runs: dict[str, _Run] = {}
        self._closed = False

    def begin(self, order: Order) -> Rehearsal:
        """Start one.

        Raises:
            Refused: ``running``, the person has one already; ``crowded``, as many run as may.
            Unavailable: this process is going down, or cannot start another.
        """
        if self._closed:
            raise Unavailable("the front door is closing")
        now = self._clock.now()
        self._shelf.forget(now - KEPT_MS + 1, MOST_KEPT)
        begun = Rehearsal(self._ids.new(), order, now)
        self._shelf.begin(begun, AT_ONCE)
        run = _Run()
        with self._lock:
            self._runs[begun.id] = run
        try:
            run.stop = self._runner.start(order, self._told(run))
        except LinliError:
            self._end(begun.id, None)
            raise
        with self._lock:
            unwanted = self._closed or begun.id not in self._runs
        if unwanted:
            run.stop()
        _LOG.info("rehearsal began", rehearsal=begun.id, rule=order.rule.id, by=order.by)
        return self._shelf.get(begun.id, order.by) or begun

    def get(self, name: str, by: str) -> Rehearsal | None:
        """One of this person's, unless it was never there or its time is over."""
        found = self._shelf.get(name, by)
        over = found is not None and found.expires is not None and found.expires <= self._clock.now()
        return None if over else found

    def cancel(self, name: str, by: str) -> Rehearsal | None:
        """Stop one of this person's, whichever process carries it out; what is over stays as it is."""
        if self.get(name, by) is None:
            return None
        self._end(name, None)
        return self.get(name, by)

    def look_after(self, stop: threading.Event, health: Health) -> None:
        """The loop that tells the others how far ours are, and stops what one of them cancelled."""
        while not stop.is_set():
            self.turn()
            health.beat(LOOP)
            stop.wait(TURN_S)

    def turn(self) -> None:
        """One turn of that loop. A database that is away is told the next time: what runs goes on."""
        with self._lock:
            ours = list(self._runs.items())
        try:
            for name, run in ours:
                if run.found is not None:
                    self._end(name, run.found)
                elif not self._shelf.reach(name, run.progress, self._clock.now()):
                    self._drop(name)
            now = self._clock.now()
            for name in self._shelf.forsake(now - FORSAKEN_MS, now):
                self._counted(name, State.FAILED, forsaken().detail)
        except Unavailable as error:
            counter(LOOP_ERRORS, loop=LOOP, error="unavailable").inc()
            _LOG.warning("rehearsals are not noted for now", error=str(error))

    def close(self) -> None:
        """Stop all of ours: the process ends. What cannot be noted now is given up by another, or by the next."""
        with self._lock:
            self._closed = True
            ours = list(self._runs)
        for name in ours:
            try:
                self._end(name, None)
            except Unavailable as error:
                _LOG.warning("a rehearsal's end is not noted", rehearsal=name, error=str(error))
                self._drop(name)

    def _told(self, run: _Run) -> Told:
        def reached(share: float) -> None:
            run.progress = max(run.progress, share)

        def ended(found: Report | Refused) -> None:
            run.found = found.cut(MOST_EPISODES) if isinstance(found, Report) else found
            self.turn()

        return Told(reached, ended)

    def _end(self, name: str, outcome: Outcome) -> None:
        """The first end counts: a run that is killed reports its own failure afterwards."""
        if self._shelf.end(name, outcome, self._clock.now()):
            self._counted(name, state_of(outcome), outcome.detail if isinstance(outcome, Refused) else "")
        self._drop(name)

    def _drop(self, name: str) -> None:
        with self._lock:
            run = self._runs.pop(name, None)
        if run is not None:
            run.stop()

    @staticmethod
    def _counted(name: str, state: State, why: str) -> None:
        counter(REHEARSALS, outcome=state).inc()
        _LOG.info("rehearsal ended", rehearsal=name, state=state, why=why)
