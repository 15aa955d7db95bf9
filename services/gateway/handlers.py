"""Use cases: a message came in, a moment passed, the connection went, a letter is to be read again."""

import traceback
from collections.abc import Callable, Sequence

from sensors.codecs import ROUTES, RouteTable, read
from services.adapters import logging
from services.gateway.domain.letters import SOURCE, letter
from services.gateway.domain.limits import MAX_RECORD_BYTES, Limits
from services.gateway.domain.linger import Linger
from services.gateway.domain.sequence import Seen, SequenceLedger
from services.gateway.domain.ticks import Ticker
from services.gateway.domain.window import Arrival, Window
from services.gateway.ports import FindDevice, Parcel, RecordLog
from services.gateway.tally import Tally
from services.ports import Clock
from streams.contracts import Batch, DeadLetter, Sample, Tick, Undecodable, encode
from streams.contracts.topics import DEAD_LETTERS, INPUTS

BUG = "bug"


class Gateway:
    """The pipeline between two connections; one thread calls it, and it never waits.

    Everything that a message becomes (batches of several grids, a dead letter) is owed by its
    :class:`Arrival`; :meth:`turn` says which arrivals owe nothing any more, in arrival order.
    """

    def __init__(
        self,
        *,
        name: str,
        log: RecordLog,
        find: FindDevice,
        clock: Clock,
        beat: Callable[[], None],
        linger: Linger | None = None,
        limits: Limits | None = None,
        routes: RouteTable = ROUTES,
    ) -> None:
        self._name = name
        self._log = log
        self._find = find
        self._clock = clock
        self._beat = beat
        self._linger = linger or Linger()
        self._limits = limits or Limits()
        self._routes = routes
        self._window = Window()
        self._ledger = SequenceLedger()
        self._ticker = Ticker(INPUTS.partitions)
        self._tally = Tally()

    @property
    def full(self) -> bool:
        """Whether nothing more may be read from the broker for now."""
        return len(self._window) >= self._limits.messages or self.waiting_bytes >= self._limits.bytes

    @property
    def drained(self) -> bool:
        """Whether Kafka has answered for everything but the last ticks: time to connect again after fullness."""
        return self._log.waiting <= INPUTS.partitions

    @property
    def waiting(self) -> int:
        """Messages not yet acknowledged."""
        return len(self._window)

    @property
    def waiting_bytes(self) -> int:
        return self._window.bytes + self._log.waiting_bytes

    def receive(self, mid: int, topic: str, payload: bytes) -> None:
        """Take one message; whatever it contains, it ends in a batch or in a dead letter."""
        at = self._clock.now()
        arrival = self._window.arrive(mid, len(payload), at)
        try:
            reception = read(self._routes, topic, payload, at=at, lookup=self._find)
        except Undecodable as error:
            self._bury(arrival, letter(topic, payload, error.reason, error.detail, at=at))
            return
        except Exception as error:  # noqa: BLE001 - poison must not stop the flow, whatever it trips over
            logging.get(__name__).exception("a message met a bug; it is kept as a dead letter", topic=topic)
            text = f"{type(error).__name__}: {error}"
            self._bury(arrival, letter(topic, payload, BUG, text, at=at, trace=traceback.format_exc()))
            return
        self._tally.received(reception)
        for grid, sample in reception.samples:
            self._linger.add(grid, sample, arrival, at)
            if sample.seq is not None:
                seen, count = self._ledger.enter(sample.device, sample.seq)
                if seen is not Seen.NEXT:
                    self._tally.sequence(seen, count)

    def turn(self) -> list[Arrival]:
        """Move everything that can move; returns the messages to acknowledge now, in order."""
        now = self._clock.now()
        for parcel in self._log.delivered():
            for arrival in parcel.arrivals:
                arrival.owed -= 1
            if parcel.partition is not None:
                self._ticker.delivered((parcel.partition,))
                self._beat()
        for bundle in self._linger.take(now):
            self._dispatch(bundle.grid, bundle.samples, bundle.arrivals, now)
        if not self._ticker.due_in(now):
            self._tick(now)
        ready = self._window.acknowledgeable()
        if ready:
            self._tally.acknowledged(now - ready[0].at)
        return ready

    def wait_ms(self) -> int:
        """How long nothing is due, if nothing arrives."""
        now = self._clock.now()
        due = self._ticker.due_in(now)
        if self._linger.due is not None:
            due = min(due, max(0, self._linger.due - now))
        return due

    def flush(self) -> None:
        """Send what lingers at once: the process is about to end."""
        now = self._clock.now()
        for bundle in self._linger.take_all():
            self._dispatch(bundle.grid, bundle.samples, bundle.arrivals, now)

    def disconnected(self) -> None:
        """The broker will send again everything that was not acknowledged."""
        self._linger.forget()
        self._window.forget()

    def _tick(self, now: int) -> None:
        # Whatever came before this moment travels before it.
        self.flush()
        value = encode(Tick(gateway=self._name, at=now))
        for partition in self._ticker.take(now):
            self._log.send(Parcel(INPUTS.name, self._name.encode(), value, partition))
        self._tally.publish(waiting=self.waiting)

    def _dispatch(self, grid: str, samples: Sequence[Sample], arrivals: list[Arrival], now: int) -> None:
        """Send one bundle, halved until each record fits into Kafka."""
        value = encode(Batch(gateway=self._name, grid=grid, at=now, samples=tuple(samples)))
        if len(value) <= MAX_RECORD_BYTES:
            self._log.send(Parcel(INPUTS.name, grid.encode(), value, None, arrivals))
        elif len(samples) > 1:
            for arrival in arrivals:
                arrival.owed += 1
            middle = len(samples) // 2
            self._dispatch(grid, samples[:middle], arrivals, now)
            self._dispatch(grid, samples[middle:], arrivals, now)
        else:
            detail = f"one sample of {samples[0].device} takes {len(value)} bytes as a record"
            self._send_letter(letter(samples[0].device, value, "too_large", detail, at=now), arrivals)

    def _bury(self, arrival: Arrival, dead: DeadLetter) -> None:
        arrival.owed += 1
        self._send_letter(dead, [arrival])

    def _send_letter(self, dead: DeadLetter, arrivals: list[Arrival]) -> None:
        self._tally.letter(dead)
        self._log.send(Parcel(DEAD_LETTERS.name, SOURCE.encode(), encode(dead), None, arrivals))
