"""The pure rule step on one core: readings a second, what a device costs, and how soon it is back.

    python bench/step.py [--devices 2000] [--rounds 200] [--batch 100] [--repeat 3]
    python bench/step.py --curve              cost of a reading from 1,000 to 1,000,000 devices
    python bench/step.py --million [1000000]  memory and restart with so many devices' states

One reading is one sample with one metric. ``one rule`` is a rule with three levels; ``five rules``
adds the slope over five minutes, the jump, over-range and silence; ``all`` is every default rule.
``calm`` is daily life, ``spread`` puts one reading in a hundred over the limit, ``alarming`` all of
them. Processor time counts, so that a busy machine gives the same figure; the best of ``--repeat``.
"""

import argparse
import gc
import resource
import time
from collections.abc import Iterator, Sequence

from sensors.kinds import default_rules
from streams.contracts import Batch, Device, Rule, Sample, Tick
from streams.rules import Catalogue, Shard

FLOOR = 150_000
START = 1_790_000_000_000
GRIDS = [f"9901010010{number:05d}" for number in range(1_000)]
SETS: dict[str, Sequence[Rule]] = {
    "one rule": [rule for rule in default_rules() if rule.id == "gas.ch4"],
    "five rules": [
        rule
        for rule in default_rules()
        if rule.id in {"gas.ch4", "gas.rising", "gas.jump", "gas.over_range", "gas.silent"}
    ],
    "all": default_rules(),
}
MB = 1_048_576


def value(number: int, odd: int) -> float:
    """A household's trace of gas, or over the limit for every ``odd``-th reading (0: none)."""
    return 30.0 if odd and number % odd == 0 else 0.2 + number % 7 * 0.2


def batches(devices: int, rounds: int, size: int, odd: int, step_ms: int = 1000) -> Iterator[Batch]:
    """Every device reports once a round; a batch is of one grid, as a gateway makes them."""
    number = 0
    for turn in range(rounds):
        for start in range(0, devices, size):
            at = START + turn * step_ms + start * step_ms // devices
            samples = []
            for index in range(start, min(start + size, devices)):
                number += 1
                samples.append(Sample(f"bench-{index:07d}", "gas", at - 100, at, {"ch4_lel": value(number, odd)}))
            yield Batch("bench", GRIDS[start // 1_000 % len(GRIDS)], at, tuple(samples))


def registered(devices: int, *, period_s: int = 60) -> list[Device]:
    return [
        Device(f"bench-{index:07d}", "gas", GRIDS[index // 1_000 % len(GRIDS)], period_s=period_s)
        for index in range(devices)
    ]


def measure(rules: Sequence[Rule], devices: int, rounds: int, size: int, odd: int) -> float:
    """Readings a second of processor time."""
    shard = Shard(0, Catalogue.of(rules, registered(devices)), owns=lambda _: True)
    shard.apply(Tick("bench", START - 1_000), 0)
    records = list(batches(devices, rounds, size, odd))
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    for offset, record in enumerate(records, start=1):
        shard.apply(record, offset)
    spent = time.process_time() - begin
    gc.unfreeze()
    return devices * rounds / spent


def table(devices: int, rounds: int, size: int, repeat: int) -> None:
    print(f"{'rules':<12} {'readings':<10} {'readings/s':>12} {'ratio to ' + format(FLOOR, ','):>18}")
    for name, rules in SETS.items():
        for kind, odd, part in (("calm", 0, 1), ("spread", 100, 1), ("alarming", 1, 10)):
            rate = max(measure(rules, devices, max(2, rounds // part), size, odd) for _ in range(repeat))
            print(f"{name:<12} {kind:<10} {rate:>12,.0f} {rate / FLOOR:>17.2f}x", flush=True)


def curve(repeat: int) -> None:
    """Cost of a reading against the number of devices: five rules, each device once a minute."""
    print(f"{'devices':>10} {'readings':>10} {'µs a reading':>14} {'to 1,000':>10}")
    costs: list[float] = []
    for devices in (1_000, 10_000, 100_000, 1_000_000):
        costs.append(min(_minutes(devices) for _ in range(repeat if devices < 1_000_000 else 1)))
        ratio = costs[-1] / costs[0]
        print(f"{devices:>10,} {_turns(devices) * devices:>10,} {costs[-1]:>14.2f} {ratio:>9.2f}x", flush=True)
    apart = (max(costs) - min(costs)) / (max(costs) + min(costs))
    print(f"all within ±{apart:.1%} of their middle (aim: ±10%)")


def _turns(devices: int) -> int:
    return max(2, 2_000_000 // devices)


def _minutes(devices: int) -> float:
    """Microseconds of processor time a reading, ticks and timers included, once every window is full."""
    shard = Shard(0, Catalogue.of(SETS["five rules"], registered(devices)), owns=lambda _: True)
    shard.apply(Tick("bench", START - 1_000), 0)
    offset, spent, counted = 0, 0.0, 0
    warm = 6
    rounds = warm + min(_turns(devices), 20)
    gc.collect()
    gc.freeze()
    gc.disable()
    for turn in range(rounds):
        records = list(_minute(devices, turn))
        begin = time.process_time()
        for record in records:
            offset += 1
            shard.apply(record, offset)
        if turn >= warm:
            spent += time.process_time() - begin
            counted += devices
    gc.enable()
    gc.unfreeze()
    return spent / counted * 1e6


def _minute(devices: int, turn: int) -> Iterator[Batch]:
    for start in range(0, devices, 100):
        at = START + turn * 60_000 + start * 60_000 // devices
        samples = [
            Sample(f"bench-{index:07d}", "gas", at - 100, at, {"ch4_lel": value(index + turn, 0)})
            for index in range(start, min(start + 100, devices))
        ]
        yield Batch("bench", GRIDS[start // 1_000 % len(GRIDS)], at, tuple(samples))


def resident() -> float:
    """Megabytes of this process now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a line of a pseudo-file
        return int(file.read().split()[1]) * resource.getpagesize() / MB


def million(devices: int) -> None:
    """What the states of so many devices weigh, and how long a restart takes to its first decision."""
    gc.disable()
    known = registered(devices)
    catalogue = Catalogue.of(SETS["five rules"], known)
    registry = resident()
    shard = Shard(0, catalogue, owns=lambda _: True)
    shard.apply(Tick("bench", START - 1_000), 0)
    offset = 0
    for turn in range(8):
        for record in _minute(devices, turn):
            offset += 1
            shard.apply(record, offset)
    state = resident() - registry
    print(f"registry of {devices:,} devices: {registry:,.0f} MB; their states: {state:,.0f} MB", flush=True)
    begin = time.process_time()
    stored = {code: shard.pack(code) for code in shard.codes}
    size = sum(map(len, stored.values())) / MB
    print(f"packed in {time.process_time() - begin:.1f} s to {size:,.0f} MB", flush=True)
    del shard
    begin, wall = time.process_time(), time.monotonic()
    shard = Shard(0, catalogue, owns=lambda _: True, stored=stored)
    at = START + 9 * 60_000
    offset += 1
    shard.apply(Tick("bench", at), offset)
    for second in (0, 11):
        offset += 1
        sample = Sample("bench-0000000", "gas", at + second * 1_000, at + second * 1_000, {"ch4_lel": 70.0})
        outcome = shard.apply(Batch("bench", GRIDS[0], sample.at, (sample,)), offset)
    decided = [event.rule for event in outcome.events]
    print(f"restart to the first decision ({', '.join(decided)}): {time.process_time() - begin:.1f} s of processor, "
          f"{time.monotonic() - wall:.1f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--million", type=int, nargs="?", const=1_000_000)
    arguments = parser.parse_args()
    if arguments.curve:
        curve(arguments.repeat)
    elif arguments.million:
        million(arguments.million)
    else:
        table(arguments.devices, arguments.rounds, arguments.batch, arguments.repeat)


if __name__ == "__main__":
    main()
