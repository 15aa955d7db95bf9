"""How soon is a changed rule live? From the request for the change to the alarms of its new version.

    python bench/rules_live.py [--changes 100] [--rate 0] [--data DIR]

Starts the platform with the launcher (without its simulator) and registers one detector for every
partition of the log. Each says one value, once; each change then moves the limit of one rule for the
whole kind to the other side of that value, so that whoever takes up the new version judges the last
value of its detector anew and tells. Time runs from before the request goes out to the record time in
``linli.alarms`` of the first event of that version, and of the last detector's: then every agent has it.
Changes come at random moments between two ticks. ``--rate`` adds a load of so many readings a second.
"""

import argparse
import random
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from chain import load, running
from kafka import KafkaConsumer, TopicPartition

from services.stack.client import Client
from services.stack.platform import Platform
from services.stack.publish import publisher
from streams.contracts import AlarmEvent, decode
from streams.contracts.topics import ALARMS, PARTITIONS
from streams.rules import partition_of

LIMIT_MS = 2_000
VALUE, BELOW, ABOVE = 5.0, 3.0, 8.0
PATIENCE_S = 60.0


class Bench:
    """The detectors, the rule that is changed again and again, and a reader of what comes of it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._administrator = Client(platform, "administrator")
        run = uuid.uuid4().hex[:6]
        self._rule = f"bench.live-{run}"
        self._version = 0
        self._consumer = KafkaConsumer(bootstrap_servers=platform.kafka.split(","))
        self._consumer.assign([TopicPartition(ALARMS.name, number) for number in range(ALARMS.partitions)])
        self._consumer.seek_to_end()
        self._consumer.poll(timeout_ms=0)
        self.detectors = self._register(f"bench-live-{run}")

    def _register(self, name: str) -> dict[str, str]:
        """A detector in one grid of each partition that the district has grids in; device to grid."""
        grids: dict[int, str] = {}
        for found in self._administrator.get("/devices", limit=500)["items"]:
            grids.setdefault(partition_of(found["area"]), found["area"])
        detectors = {f"{name}-{number}": grid for number, grid in sorted(grids.items())}
        for device, grid in detectors.items():
            body: dict[str, object] = {"id": device, "kind": "gas", "area": grid, "period_s": 3600}
            self._administrator.post("/devices", body, key=device)
        return detectors

    def begin(self) -> None:
        """Every detector speaks, and the first version of the rule raises an alarm of each."""
        with publisher(self._platform.mqtt("demo")) as broker:
            for device, grid in self.detectors.items():
                values = {"ts": time.time_ns() // 1_000_000, "values": {"ch4_lel": VALUE}}
                broker.send(f"linli/v1/{grid}/gas/{device}/telemetry", values)
        rule: dict[str, Any] = {
            "id": self._rule, "kind": "gas", "metric": "ch4_lel", "op": "ge", "levels": _levels(BELOW),
            "cause": "gas-leak", "name_zh": "试规则", "name_en": "Rule under test",
        }  # fmt: skip
        self._administrator.post("/rules", {"rule": rule, "reason": "bench"}, key=self._rule)
        self._version = 1
        self._await_all(1)

    def change(self) -> tuple[int, int]:
        """One change: ms to the first event of the new version, and to the last detector's."""
        limit = ABOVE if self._version % 2 else BELOW
        asked = time.time_ns() // 1_000_000
        answer = httpx.patch(
            f"{self._platform.web}/api/v1/rules/{self._rule}",
            json={"version": self._version, "rule": {"levels": _levels(limit)}, "reason": "bench"},
            headers={"Authorization": f"Bearer {self._administrator.token}"},
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        self._version = answer.json()["version"]
        told = self._await_all(self._version)
        return min(told.values()) - asked, max(told.values()) - asked

    def _await_all(self, version: int) -> dict[str, int]:
        """Device to the record time of its first event of the version.

        Raises:
            TimeoutError: an agent has not told of it; which detectors are missing is named.
        """
        told: dict[str, int] = {}
        deadline = time.monotonic() + PATIENCE_S
        while told.keys() != self.detectors.keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"version {version}: nothing of {sorted(self.detectors.keys() - told.keys())}")
            for records in self._consumer.poll(timeout_ms=100).values():
                for record in records:
                    event = decode(record.value, AlarmEvent)
                    mine = event.rule == self._rule and event.device in self.detectors
                    if mine and event.rule_version == version:
                        told.setdefault(event.device, record.timestamp)
        return told


def _levels(limit: float) -> list[dict[str, Any]]:
    return [{"severity": "warning", "limit": limit}]


def report(name: str, waits: list[int]) -> None:
    ordered = sorted(waits)
    p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99))
    print(f"{name:<14}{len(waits):>8}{p50:>9}{p95:>7}{p99:>7}{ordered[-1]:>7}   {p99 / LIMIT_MS:>6.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--rate", type=int, default=0, help="readings a second beside the changes")
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    folder = arguments.data or Path(tempfile.mkdtemp(prefix="linli-bench-"))
    folder.chmod(0o755)
    with running(folder / "data") as platform:
        bench = Bench(platform)
        bench.begin()
        generator = load(platform, arguments.rate, arguments.changes * 3.0) if arguments.rate else None
        waits = []
        for _ in range(arguments.changes):
            time.sleep(random.random())  # where between two ticks a change falls
            waits.append(bench.change())
        if generator is not None:
            generator.terminate()
            generator.wait()
    print(f"live in        changes   p50 ms    p95    p99    max   p99 / {LIMIT_MS} ms")
    report("first agent", [first for first, _ in waits])
    report(f"all {len(bench.detectors)} of {PARTITIONS}", [every for _, every in waits])


if __name__ == "__main__":
    main()
