"""What a rehearsal costs: readings a second on one core, and peak memory for two lengths of period.

The readings are made as they are taken (a month of them is never held), in the order history gives
them; PostgreSQL's own share is not measured here. Each length runs in a process of its own, so that
its peak is its own. Usage: bench/rehearsal.py [devices] [days].
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

from sensors.kinds.gas import RULES
from services.rehearsal.domain import Side, Stored, by_arrival, concerned, records, rehearse, samples
from streams.contracts import Device

GRID = "990101001001001"
T0 = 1_795_312_800_000
HOUR, DAY, PERIOD = 3_600_000, 86_400_000, 60_000
LIMIT = 200_000
GAS = next(rule for rule in RULES if rule.id == "gas.ch4")


def stretches(devices: int, end: int) -> Iterator[tuple[int, Iterator[Stored]]]:
    names = [f"gas-{number:05d}" for number in range(devices)]

    def stretch(since: int) -> Iterator[Stored]:
        for at in range(since, since + HOUR, PERIOD):
            leak = at // HOUR % 50 == 7
            for number, name in enumerate(names):
                value = 40.0 if leak and number % 100 == 0 else 1.0
                yield Stored(at + 100, name, at, "ch4_lel", value, "good", ())

    for since in range(T0, end, HOUR):
        yield since + HOUR, stretch(since)


def run(devices: int, days: int) -> dict[str, float]:
    known = [Device(f"gas-{number:05d}", "gas", GRID, period_s=60) for number in range(devices)]
    kinds, grids, end = {d.id: d.kind for d in known}, {d.id: d.area for d in known}, T0 + days * DAY
    rules = concerned(GAS, {GAS.id: GAS})
    sides = [Side.of(rules, known, GAS.id, T0), Side.of(rules, known, GAS.id, T0)]
    begun = time.process_time()
    rehearse(records(samples(by_arrival(stretches(devices, end)), kinds), grids, T0, end), sides)
    took = time.process_time() - begun
    readings = devices * days * DAY // PERIOD
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"readings": readings, "per_s": readings / took, "peak_mb": peak, "alarms": len(sides[0].ledger.raised)}


def main() -> None:
    devices, days = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (50, 10)
    for length in (days, 3 * days):
        done = subprocess.run(
            [sys.executable, __file__, str(devices), str(length), "--one"], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        share = found["per_s"] / LIMIT
        print(
            f"{devices} devices, {length:3d} days: {found['readings']:>12,.0f} readings, twice, at "
            f"{found['per_s']:>9,.0f}/s ({share:.2f}), peak {found['peak_mb']:.0f} MB, {found['alarms']} found"
        )


if __name__ == "__main__":
    if "--one" in sys.argv:
        print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]))))
    else:
        main()
