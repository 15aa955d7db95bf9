"""A district of its own on the log: its rules, grids, devices and life, and what the pure code makes of it."""

import time

from streams.contracts import (
    AlarmEvent,
    Batch,
    Device,
    Input,
    Level,
    Op,
    Rule,
    Sample,
    Severity,
    Tick,
    decode,
    encode,
)
from streams.contracts.topics import DEVICES, GROUPS, INPUTS, PARTITIONS, RULES, Topic
from streams.groups import alarms, replay
from streams.rules import Catalogue, replay_bytes
from tests.integration.streams_rig import Log

S = 1_000


class District:
    """Rules, grids and devices that belong to one test alone, and a life for them."""

    def __init__(self, log: Log, grids: int, each: int, *, mains: int = 0) -> None:
        self.log = log
        self.name = f"streams-{log.run}"
        number = int(log.run[:6], 16) % 900_000
        self.grids = [f"990102{number:06d}{grid:03d}" for grid in range(1, grids + 1)]
        self.rule = Rule(
            f"{self.name}.ch4", 1, self.name, "ch4_lel", Op.GE,
            (
                Level(Severity.CRITICAL, 50, 5, 10 * S, 2, 90 * S, 60 * S, latch=True),
                Level(Severity.MAJOR, 25, 5, 30 * S, 2, 600 * S, 60 * S),
            ),
            "gas-leak", "燃气", "Gas", group=("main",),
        )  # fmt: skip
        self.devices = [
            Device(
                f"{self.name}-{place}-{number:03d}", self.name, grid, period_s=60,
                attributes={"main": f"{self.name}-M{number % mains}"} if mains and number % 2 else {},
            )
            for place, grid in enumerate(self.grids)
            for number in range(each)
        ]  # fmt: skip
        self.start = time.time_ns() // 1_000_000
        log.register([self.rule], self.devices)

    def ticks(self, after: int) -> None:
        for number in range(PARTITIONS):
            self.log.put(Tick("gw", self.start + after), grid="", partition=number)

    def round(self, step: int) -> None:
        """Ten seconds of life: every device says something; each third leaks for a while."""
        at = self.start + step * 10 * S
        for grid in self.grids:
            samples = tuple(
                Sample(device.id, self.name, at - 100, at, {"ch4_lel": self._value(number, step)})
                for number, device in enumerate(self.devices)
                if device.area == grid
            )
            self.put(Batch("gw", grid, at, samples), grid)
        self.ticks(step * 10 * S + S)

    def put(self, record: Input, grid: str) -> None:
        self.log.put(record, grid=grid)

    def expected(self) -> list[bytes]:
        """What the pure code makes of the whole log under all rules and devices there are."""
        return [value for value in replay_bytes(self._log_of(INPUTS), self._catalogue()) if self._mine(value)]

    def expected_of_groups(self) -> list[bytes]:
        """What the second stage, alone and undisturbed, makes of its own log."""
        outcomes = replay(self._log_of(GROUPS), self._catalogue())
        return [value for outcome in outcomes for event in outcome.events if self._mine(value := encode(event))]

    def undisturbed(self) -> list[AlarmEvent]:
        """Both stages in one process, on nothing but the inputs."""
        events = alarms(self._log_of(INPUTS), self._catalogue())
        return [event for event in events if event.group and event.device.startswith(self.name)]

    def _mine(self, value: bytes) -> bool:
        return decode(value, AlarmEvent).device.startswith(self.name)

    def _log_of(self, topic: Topic) -> list[tuple[int, int, bytes]]:
        return [(one.partition, one.offset, one.value) for one in self.log.read(topic) if one.value]

    def _catalogue(self) -> Catalogue:
        rules = {stored.key: decode(stored.value, Rule) for stored in self.log.read(RULES) if stored.value}
        devices = {stored.key: decode(stored.value, Device) for stored in self.log.read(DEVICES) if stored.value}
        return Catalogue.of(rules.values(), devices.values())

    @staticmethod
    def _value(number: int, step: int) -> float:
        leaking = number % 3 == 0 and 3 <= (step - number % 5) % 40 < 9
        return (60.0 if number % 2 else 35.0) if leaking else 2.0
