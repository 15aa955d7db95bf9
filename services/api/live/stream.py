"""One event stream, written as Server-Sent Events."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import anyio.to_thread

from services.api.live.hub import Hub, Subscription
from services.api.live.messages import LiveMessage
from services.api.live.vector import Vector, write
from services.ports import Clock

BEAT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Voice:
    """How a stream says things: ``text`` is what a message says.

    ``placed``: each thing comes with its place in the log, from which the stream is resumed. A place counts what
    happens in the whole city; who may not know is told none, begins with ``resync`` and reads anew.
    """

    text: Callable[[LiveMessage], str] = attrgetter("data")
    placed: bool = True

    def message(self, message: LiveMessage) -> bytes:
        return self._event(message.event, self.text(message), message.after)

    def resync(self, position: Vector) -> bytes:
        return self._event("resync", "{}", position)

    def beat(self, hub: Hub, position: Vector | None, clock: Clock) -> bytes:
        place = write(position) if self.placed and position is not None else None
        data = {"now": clock.now(), "lag": hub.lag if self.placed else None, "id": place}
        return self._event("beat", json.dumps(data), position)

    def _event(self, name: str, data: str, position: Vector | None) -> bytes:
        place = f"id: {write(position)}\n" if self.placed and position is not None else ""
        return f"{place}event: {name}\ndata: {data}\n\n".encode()


WHOLE: Final = Voice()


async def stream(
    hub: Hub, subscription: Subscription, clock: Clock, beat_s: float = BEAT_S, voice: Voice = WHOLE
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes until the reader leaves or the process ends.

    It opens with a ``beat``, whose id is the place a reader without any message resumes from, and
    sends another each ``beat_s`` seconds.
    """
    try:
        if not voice.placed:
            yield voice.resync(subscription.seen)
        async for chunk in _missed(hub, subscription, voice):
            yield chunk
        yield voice.beat(hub, subscription.seen if not subscription.waiting else None, clock)
        while not subscription.closed:
            try:
                async with asyncio.timeout(beat_s):
                    await subscription.wake.wait()
            except TimeoutError:
                yield voice.beat(hub, subscription.seen, clock)
                continue
            subscription.wake.clear()
            while subscription.waiting:
                yield voice.message(subscription.waiting.popleft())
            if subscription.lost:
                subscription.lost = False
                yield voice.resync(subscription.seen)
    finally:
        hub.unsubscribe(subscription)


async def while_allowed(
    chunks: AsyncGenerator[bytes, None], allowed: Callable[[], bool], every_s: float = BEAT_S
) -> AsyncIterator[bytes]:
    """``chunks`` until ``allowed`` says no, asked every few seconds: who was disabled stops listening as well."""
    clock = asyncio.get_running_loop().time
    asked = clock()
    async with aclosing(chunks):
        async for chunk in chunks:
            if clock() - asked >= every_s:
                if not await anyio.to_thread.run_sync(allowed):
                    return
                asked = clock()
            yield chunk


async def _missed(hub: Hub, subscription: Subscription, voice: Voice) -> AsyncIterator[bytes]:
    missed = subscription.missed
    if subscription.gap is not None:
        older = await anyio.to_thread.run_sync(hub.log.between, *subscription.gap, hub.gap)
        if older is None:
            subscription.lost = True
        else:
            missed = [*older, *missed]
    if subscription.lost:
        subscription.lost = False
        subscription.waiting.clear()
        yield voice.resync(subscription.seen)
        return
    for message in _rebased(missed, subscription.start):
        if subscription.accepts(message):
            yield voice.message(message)


def _rebased(messages: list[LiveMessage], start: Vector) -> Iterator[LiveMessage]:
    """Give each message the position of this stream's own order, so that a break in it resumes rightly."""
    position = dict(start)
    for message in messages:
        position[message.topic, message.partition] = message.offset + 1
        yield dataclasses.replace(message, after=dict(position))
