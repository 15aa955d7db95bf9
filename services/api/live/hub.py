"""The fan-out: one bounded ring that the follower fills, any number of streams that read it.

A stream that resumes gets what it missed from the ring; what the ring no longer holds is read from
Kafka again; what cannot be had exactly becomes a ``resync``, which tells the page to fetch anew.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from services.adapters.metrics import counter, gauge
from services.api.live.messages import LiveMessage
from services.api.live.vector import Place, Vector
from streams.contracts.metrics import LIVE_CLIENTS, LIVE_DROPPED

RING: Final = 4_096
WAITING: Final = 256
GAP: Final = 2_000
Accepts = Callable[[LiveMessage], bool]


class Log(Protocol):
    """The topics behind the ring."""

    def between(self, start: Vector, end: Vector, limit: int) -> list[LiveMessage] | None:
        """Every message from ``start`` up to ``end``; None where they are gone or more than ``limit``."""


@dataclass(eq=False)
class Subscription:
    """One stream's place: what it missed, then what waits for it.

    ``start`` is the place it asked for, or the head it began at; ``seen`` the position after everything
    that was offered, ``gap`` the range that only Kafka still has; ``lost`` is set when the reader
    was too slow or its place cannot be found.
    """

    accepts: Accepts
    loop: asyncio.AbstractEventLoop
    start: Vector
    seen: Vector
    missed: list[LiveMessage] = field(default_factory=list)
    gap: tuple[Vector, Vector] | None = None
    lost: bool = False
    closed: bool = False
    waiting: deque[LiveMessage] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, message: LiveMessage) -> None:
        """Take a new message (on the stream's own event loop)."""
        self.seen = message.after
        if self.accepts(message):
            if len(self.waiting) >= WAITING:
                self.waiting.clear()
                self.lost = True
                counter(LIVE_DROPPED).inc()
            if not self.lost:
                self.waiting.append(message)
            self.wake.set()

    def close(self) -> None:
        self.closed = True
        self.wake.set()


class Hub:
    """Ring and subscribers; the follower's thread writes, event loops read."""

    def __init__(self, log: Log, *, ring: int = RING, gap: int = GAP) -> None:
        self.log = log
        self.gap = gap
        self.lag: int | None = None
        self._ring: deque[LiveMessage] = deque()
        self._size = ring
        self._floor: dict[Place, int] = {}
        self._head: dict[Place, int] = {}
        self._subscriptions: set[Subscription] = set()
        self._started = self._closed = False
        self._lock = threading.Lock()

    def start_at(self, vector: Vector) -> None:
        """Where the follower begins; earlier messages are Kafka's to tell."""
        with self._lock:
            self._ring.clear()
            self._floor, self._head = dict(vector), dict(vector)
            self._started = True

    @property
    def head(self) -> Vector:
        with self._lock:
            return dict(self._head)

    @property
    def streams(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._subscriptions)

    def publish(self, message: LiveMessage) -> None:
        """Put a message into the ring and hand it to every stream."""
        with self._lock:
            self._head = dict(message.after)
            self._ring.append(message)
            if len(self._ring) > self._size:
                old = self._ring.popleft()
                self._floor[old.topic, old.partition] = old.offset + 1
            for subscription in self._subscriptions:
                subscription.loop.call_soon_threadsafe(subscription.offer, message)

    def subscribe(self, accepts: Accepts, after: Vector | None) -> Subscription:
        """Open a stream behind ``after``, or at the head (call on the event loop)."""
        loop = asyncio.get_running_loop()
        with self._lock:
            head = dict(self._head)
            subscription = Subscription(accepts, loop, head, head, closed=self._closed)
            if after is not None:
                self._resume(subscription, after)
            self._subscriptions.add(subscription)
            gauge(LIVE_CLIENTS).set(len(self._subscriptions))
        return subscription

    def _resume(self, subscription: Subscription, after: Vector) -> None:
        if not self._started or any(offset > self._head.get(place, 0) for place, offset in after.items()):
            subscription.lost = True
            return
        subscription.start = after
        subscription.missed = [
            message for message in self._ring if message.offset >= after.get((message.topic, message.partition), 0)
        ]
        if any(after.get(place, 0) < offset for place, offset in self._floor.items()):
            subscription.gap = (dict(after), dict(self._floor))

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)
            gauge(LIVE_CLIENTS).set(len(self._subscriptions))

    def close(self) -> None:
        """End every stream: the process is going down, browsers will come back."""
        with self._lock:
            self._closed = True
            for subscription in self._subscriptions:
                subscription.loop.call_soon_threadsafe(subscription.close)
