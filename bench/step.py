"""Readings a second through the pure rule step, on one core, against the floor of 150,000.

python bench/step.py [--devices 2000] [--rounds 200] [--batch 100]

One reading is one sample with one metric, watched by one rule with three levels. ``calm`` is daily
life, ``spread`` puts one reading in a hundred into the careful path, ``alarming`` all of them.
Processor time counts, so that a busy machine gives the same figure.
"""

import argparse
import gc
import time
from collections.abc import Iterator

from streams.contracts import Batch, Device, Level, Op, Rule, Sample, Severity
from streams.rules import Catalogue, Shard

FLOOR = 150_000
GRID = "990101001001001"
START = 1_790_000_000_000
RULE = Rule(
    id="gas.ch4",
    version=1,
    kind="gas",
    metric="ch4_lel",
    op=Op.GE,
    levels=(
        Level(Severity.CRITICAL, 50.0, 5.0, 10_000, 2, 90_000, 300_000, latch=True),
        Level(Severity.MAJOR, 25.0, 5.0, 30_000, 2, 600_000, 300_000),
        Level(Severity.WARNING, 10.0, 2.0, 60_000, 2, None, 600_000),
    ),
    cause="gas-leak",
    name_zh="燃气泄漏",
    name_en="Gas leak",
)


def batches(devices: int, rounds: int, size: int, odd: int) -> Iterator[Batch]:
    """Every device reports each second; every ``odd``-th reading (0: none) is over the limit."""
    number = 0
    for second in range(rounds):
        for start in range(0, devices, size):
            at = START + second * 1000 + start
            samples = []
            for index in range(start, min(start + size, devices)):
                number += 1
                value = 30.0 if odd and number % odd == 0 else 3.0
                samples.append(Sample(f"bench-{index:05d}", "gas", at - 100, at, {"ch4_lel": value}))
            yield Batch("bench", GRID, at, tuple(samples))


def measure(devices: int, rounds: int, size: int, odd: int) -> float:
    catalogue = Catalogue.of([RULE], [Device(f"bench-{index:05d}", "gas", GRID) for index in range(devices)])
    shard = Shard(0, catalogue, owns=lambda _: True)
    records = list(batches(devices, rounds, size, odd))
    gc.freeze()
    begin = time.process_time()
    for offset, record in enumerate(records):
        shard.apply(record, offset)
    return devices * rounds / (time.process_time() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--batch", type=int, default=100)
    arguments = parser.parse_args()
    print(f"{'readings':<10} {'readings/s':>12} {'ratio to ' + format(FLOOR, ','):>18}")
    for name, odd in (("calm", 0), ("spread", 100), ("alarming", 1)):
        rate = measure(arguments.devices, arguments.rounds, arguments.batch, odd)
        print(f"{name:<10} {rate:>12,.0f} {rate / FLOOR:>17.2f}x")


if __name__ == "__main__":
    main()
