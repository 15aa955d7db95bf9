"""Composition root of ``linli-simulator``."""

import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from queue import SimpleQueue

import structlog

from sensors.simulator.district import build
from sensors.simulator.ledger import Ledger
from sensors.simulator.live import drain, play
from sensors.simulator.orders import CONTROL_TOPIC
from sensors.simulator.publisher import Publisher
from sensors.simulator.settings import load
from sensors.simulator.town import Town
from sensors.simulator.truth import Chronicle
from sensors.simulator.watch import Watch
from streams.process import logs
from streams.process.health import serve


def main(argv: Sequence[str] | None = None) -> int:
    settings = load(argv)
    logs.configure(process="simulator", level=settings.log_level, json=settings.log_json)
    log = structlog.get_logger("simulator")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    orders: SimpleQueue[bytes] = SimpleQueue()
    district = build(settings.simulator_seed, settings.simulator_devices)
    town = Town(district, start=_now(), rate=settings.simulator_rate)
    url = settings.mqtt_url.get_secret_value()
    publisher = Publisher(url, client_id="linli-simulator", subscribe=CONTROL_TOPIC, on_order=orders.put)
    watch = Watch(lambda: publisher.connected)
    with ExitStack() as resources:
        book, truth = settings.simulator_ledger, settings.simulator_truth
        ledger = resources.enter_context(Ledger(book, district.devices)) if book else None
        chronicle = resources.enter_context(Chronicle(truth)) if truth else None
        server = serve(watch.report, settings.metrics_host, settings.metrics_port)
        resources.callback(server.shutdown)
        publisher.start()
        resources.callback(publisher.stop)
        log.info("started", devices=len(district.devices), metrics_port=server.server_address[1])
        play(town, publisher, watch, orders, clock=_now, stop=stop, ledger=ledger, chronicle=chronicle)
        left = drain(publisher, ledger, clock=_now, limit_ms=2_000)
    log.info("stopped", unacknowledged=left)
    return 0


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
