"""The loop that lets a town speak in real time, and takes orders."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

import structlog

from sensors.simulator.ledger import Ledger
from sensors.simulator.orders import read_order
from sensors.simulator.publisher import Publisher
from sensors.simulator.town import Town
from sensors.simulator.truth import Chronicle
from sensors.simulator.watch import Watch
from streams.contracts import Undecodable

TURN_S: Final = 0.05
SLICE_MS: Final = 1_000
"""How far a town that has fallen behind is let speak before the publisher's room is looked at again."""

log: Final = structlog.get_logger(__name__)


def play(
    town: Town,
    publisher: Publisher,
    watch: Watch,
    orders: SimpleQueue[bytes],
    *,
    clock: Callable[[], int],
    stop: threading.Event,
    ledger: Ledger | None,
    chronicle: Chronicle | None = None,
) -> None:
    """Publish what is due until ``stop``; with the broker away the town waits and then catches up in its own time."""
    told = clock()
    while not stop.is_set():
        now = clock()
        if told >= now - SLICE_MS:
            _take(orders, town, now)
        while told < now and publisher.room > 0:
            told = min(now, told + SLICE_MS)
            publisher.put(town.until(told))
        done = publisher.pump()
        for message in done:
            watch.acknowledged(message.kind)
        if ledger is not None:
            ledger.write(done)
        if chronicle is not None:
            chronicle.write(town.over(told))
        watch.waiting(publisher.unacknowledged)
        watch.beat()
        publisher.wait(TURN_S)
    if chronicle is not None:
        chronicle.write(town.unfinished(told))


def _take(orders: SimpleQueue[bytes], town: Town, now: int) -> None:
    while True:
        try:
            payload = orders.get_nowait()
            order = read_order(payload, town.devices)
            struck = town.order(order, now=now)
        except Empty:
            return
        except Undecodable as refused:
            log.warning("order refused", detail=refused.detail)
        else:
            log.info("order taken", scenario=order.scenario, devices=[device.id for device in struck][:20])


def drain(publisher: Publisher, ledger: Ledger | None, *, clock: Callable[[], int], limit_ms: int) -> int:
    """Wait for what is in flight; returns how many messages were not acknowledged in time."""
    deadline = clock() + limit_ms
    while publisher.unacknowledged and clock() < deadline:
        done = publisher.pump()
        if ledger is not None:
            ledger.write(done)
        publisher.wait(TURN_S)
    return publisher.unacknowledged
