"""A steady load with a ledger: ``python -m sensors.simulator.load --rate N --seconds S --ledger FILE``.

Publishes N readings a second from the district's native devices, each with its own device time, and books
what the broker acknowledged. It survives restarts of the broker: what was not acknowledged is sent again
with the same time and sequence. Prints a JSON summary; exit code 0 when everything was acknowledged.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sensors.kinds import KINDS, Moment
from sensors.simulator.dialects import speak
from sensors.simulator.district import DEFAULT_DEVICES, build
from sensors.simulator.ledger import Ledger
from sensors.simulator.live import drain
from sensors.simulator.publisher import Publisher
from sensors.simulator.scenarios import Said
from streams.contracts import Device
from streams.process import logs

TURN_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Load:
    """Devices in turn, each with its ordinary values: a load raises no alarm."""

    devices: Sequence[Device]
    seed: int

    def words(self) -> Iterator[tuple[int, Device, dict[str, float], int]]:
        """Endless (number of readings, device, values, seq)."""
        rng = random.Random(self.seed)
        seq = 0
        while True:
            for device in self.devices:
                moment = Moment(
                    at=0, lon=device.lon or 0.0, lat=device.lat or 0.0, rng=rng, attributes=device.attributes
                )
                values = KINDS[device.kind].simulate(moment)
                yield len(values), device, values, seq
            seq += 1


def run(publisher: Publisher, load: Load, *, rate: float, seconds: float, ledger: Ledger | None) -> dict[str, float]:
    """Publish for ``seconds``, in step with the clock; a broker that is away is caught up with afterwards."""
    source = load.words()
    last: dict[str, int] = {}
    start = time.monotonic()
    sent = messages = 0
    while (elapsed := time.monotonic() - start) < seconds:
        while sent < rate * elapsed and publisher.room > 0:
            readings, device, values, seq = next(source)
            at = last[device.id] = max(_now(), last.get(device.id, 0) + 1)
            publisher.put([speak(device, Said(values), at=at, seq=seq)])
            sent += readings
            messages += 1
        done = publisher.pump()
        if ledger is not None:
            ledger.write(done)
        publisher.wait(TURN_S)
    return {"readings": sent, "messages": messages, "seconds": round(time.monotonic() - start, 2)}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sensors.simulator.load", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--rate", type=float, required=True, help="readings a second")
    parser.add_argument("--seconds", type=float, required=True, help="how long to publish")
    parser.add_argument("--ledger", type=Path, help="append every acknowledged reading to this file")
    parser.add_argument(
        "--devices", type=int, default=DEFAULT_DEVICES, help="size of the district (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the district (default %(default)s)")
    parser.add_argument("--drain", type=float, default=120.0, help="seconds to wait for the last acknowledgements")
    parser.add_argument("--client-id", default=f"linli-load-{os.getpid()}", help="MQTT client id")
    parser.add_argument("--url", default=os.environ.get("MQTT_URL", "mqtt://127.0.0.1:1883"), help="default: MQTT_URL")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    wanted = _arguments(argv)
    logs.configure(process="simulator", level="info", json=True)
    devices = [device for device in build(wanted.seed, wanted.devices).devices if device.dialect == "native"]
    publisher = Publisher(wanted.url, client_id=wanted.client_id)
    with ExitStack() as resources:
        ledger = resources.enter_context(Ledger(wanted.ledger, devices)) if wanted.ledger else None
        publisher.start()
        resources.callback(publisher.stop)
        load = Load(devices, wanted.seed)
        summary: dict[str, object] = dict(run(publisher, load, rate=wanted.rate, seconds=wanted.seconds, ledger=ledger))
        left = drain(publisher, ledger, clock=_now, limit_ms=int(wanted.drain * 1000))
        summary |= {"unacknowledged": left, "refused": publisher.refused, "connections": publisher.connections}
    sys.stdout.write(json.dumps(summary) + "\n")
    return 0 if left == 0 and publisher.refused == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
