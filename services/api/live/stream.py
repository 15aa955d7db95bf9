"""One event stream, written as Server-Sent Events."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Final

import anyio.to_thread

from services.api.live.hub import Hub, Subscription
from services.api.live.messages import LiveMessage
from services.api.live.vector import Vector, write
from services.ports import Clock

BEAT_S: Final = 5.0


async def stream(
    hub: Hub, subscription: Subscription, clock: Clock, beat_s: float = BEAT_S
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes until the reader leaves or the process ends.

    It opens with a ``beat``, whose id is the place a reader without any message resumes from, and
    sends another each ``beat_s`` seconds.
    """
    try:
        async for chunk in _missed(hub, subscription):
            yield chunk
        yield _beat(hub, subscription.seen if not subscription.waiting else None, clock)
        while not subscription.closed:
            try:
                async with asyncio.timeout(beat_s):
                    await subscription.wake.wait()
            except TimeoutError:
                yield _beat(hub, subscription.seen, clock)
                continue
            subscription.wake.clear()
            while subscription.waiting:
                yield _message(subscription.waiting.popleft())
            if subscription.lost:
                subscription.lost = False
                yield _resync(subscription.seen)
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


async def _missed(hub: Hub, subscription: Subscription) -> AsyncIterator[bytes]:
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
        yield _resync(subscription.seen)
        return
    for message in _rebased(missed, subscription.start):
        if subscription.accepts(message):
            yield _message(message)


def _rebased(messages: list[LiveMessage], start: Vector) -> Iterator[LiveMessage]:
    """Give each message the position of this stream's own order, so that a break in it resumes rightly."""
    position = dict(start)
    for message in messages:
        position[message.topic, message.partition] = message.offset + 1
        yield dataclasses.replace(message, after=dict(position))


def _message(message: LiveMessage) -> bytes:
    return f"id: {write(message.after)}\nevent: {message.event}\ndata: {message.data}\n\n".encode()


def _resync(position: Vector) -> bytes:
    return f"id: {write(position)}\nevent: resync\ndata: {{}}\n\n".encode()


def _beat(hub: Hub, position: Vector | None, clock: Clock) -> bytes:
    place = f"id: {write(position)}\n" if position is not None else ""
    data = {"now": clock.now(), "lag": hub.lag, "id": write(position) if position is not None else None}
    return f"{place}event: beat\ndata: {json.dumps(data)}\n\n".encode()
