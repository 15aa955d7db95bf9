"""A shard on a table: feed it readings and time, look at the alarms."""

from dataclasses import dataclass, field
from typing import Any

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    Batch,
    Device,
    GroupRecord,
    Input,
    Level,
    Op,
    Quality,
    Rule,
    Sample,
    Severity,
    Tick,
    TicketPolicy,
    time_flag,
)
from streams.rules import Catalogue, ClockPolicy, Outcome, Shard

GRID = "990101001001001"
OTHER_GRID = "990101001001002"
T0 = 1_790_000_000_000
S = 1_000
MIN = 60 * S
HOUR = 60 * MIN
SPARSE_TICKS = ClockPolicy(outage=1_000 * HOUR)
"""On a table nobody ticks each second."""

CH4 = Rule(
    id="gas.ch4",
    version=1,
    kind="gas",
    metric="ch4_lel",
    op=Op.GE,
    levels=(
        Level(Severity.CRITICAL, 50, 5, 10 * S, 2, 90 * S, 5 * MIN, latch=True, ticket=TicketPolicy("gas", 2)),
        Level(Severity.MAJOR, 25, 5, 30 * S, 2, 10 * MIN, 5 * MIN, ticket=TicketPolicy("gas", 1)),
        Level(Severity.WARNING, 10, 2, 60 * S, 2, None, 10 * MIN),
    ),
    cause="gas-leak",
    name_zh="燃气泄漏",
    name_en="Gas leak",
    latch_over_range=True,
)
PLAIN = Rule(
    id="gas.plain",
    version=1,
    kind="gas",
    metric="ch4_lel",
    op=Op.GE,
    levels=(Level(Severity.MAJOR, 25, 5, 30 * S, 2, 10 * MIN, 5 * MIN, ticket=TicketPolicy("gas", 1)),),
    cause="gas-leak",
    name_zh="燃气",
    name_en="Gas",
)
SILENT = Rule(
    id="gas.silent",
    version=1,
    kind="gas",
    metric="",
    op=Op.SILENT,
    levels=(Level(Severity.MINOR),),
    cause="silent",
    name_zh="失联",
    name_en="Silent",
    no_data_periods=3,
    no_data_after_ms=HOUR,
)
BROKEN = Rule(
    "gas.broken",
    1,
    "gas",
    "ch4_lel",
    Op.GE,
    (Level(Severity.MAJOR, 20, repeat="two"),),  # type: ignore[arg-type]
    "broken",
    "坏",
    "Broken",
)
"""A rule whose step raises as soon as its condition is met."""


def gas(device: str = "g1", **more: Any) -> Device:
    return Device(device, "gas", more.pop("area", GRID), period_s=more.pop("period_s", 600), **more)


@dataclass
class Table:
    """One shard; times are ms after T0. ``restart_every`` packs and unpacks after that many records."""

    rules: list[Rule] = field(default_factory=lambda: [CH4])
    devices: list[Device] = field(default_factory=lambda: [gas()])
    restart_every: int = 0
    most_faults: int = 20
    policy: ClockPolicy = SPARSE_TICKS
    events: list[AlarmEvent] = field(default_factory=list)
    groups: list[GroupRecord] = field(default_factory=list)
    last: Outcome | None = None

    def __post_init__(self) -> None:
        self.offset = -1
        self.catalogue = Catalogue.of(self.rules, self.devices)
        self.shard = self._make({})

    def _make(self, stored: dict[str, bytes]) -> Shard:
        return Shard(
            0, self.catalogue, owns=lambda _: True, stored=stored, most_faults=self.most_faults, policy=self.policy
        )

    def restart(self) -> None:
        self.shard = self._make({code: self.shard.pack(code) for code in self.shard.codes})

    def feed(self, record: Input) -> list[AlarmEvent]:
        self.offset += 1
        self.last = self.shard.apply(record, self.offset)
        self.events += self.last.events
        self.groups += [record for record in self.last.groups if not isinstance(record, Tick)]
        if self.restart_every and self.offset % self.restart_every == 0:
            self.restart()
        return self.last.events

    def tick(self, after: int) -> list[AlarmEvent]:
        return self.feed(Tick("gw", T0 + after))

    def send(
        self,
        after: int,
        value: float | None = None,
        *,
        ts: int | None = None,
        device: str = "g1",
        metric: str = "ch4_lel",
        quality: Quality | None = None,
        flags: tuple[str, ...] = (),
        kind: str = "gas",
    ) -> list[AlarmEvent]:
        """One sample arrives ``after`` ms; ``ts`` is the device's own time, ms after T0 too."""
        at = T0 + after
        stamp = at if ts is None else T0 + ts
        flag = time_flag(stamp, at)
        sample = Sample(
            device,
            kind,
            stamp,
            at,
            {} if value is None else {metric: value},
            {metric: quality} if quality else {},
            (*flags, flag) if flag else flags,
        )
        return self.feed(Batch("gw", GRID, at, (sample,)))

    def say(self, after: int, values: dict[str, float], *, device: str = "g1", **more: Any) -> list[AlarmEvent]:
        """One sample with several metrics, stamped with its arrival."""
        kind = self.catalogue.devices[device].kind
        sample = Sample(device, kind, T0 + after, T0 + after, values, **more)
        return self.feed(Batch("gw", GRID, T0 + after, (sample,)))

    def stamped(self, after: int, values: dict[str, float], ts: int) -> list[AlarmEvent]:
        """One sample with several metrics, stamped by the device with ``ts`` ms after T0."""
        return self.feed(Batch("gw", GRID, T0 + after, (Sample("g1", "gas", T0 + ts, T0 + after, values),)))

    def do(
        self,
        action: ActionName,
        after: int,
        *,
        episode: str | None = None,
        until: int | None = None,
        second: str = "",
        by: str = "wang",
        told: AlarmEvent | None = None,
        **more: str,
    ) -> list[AlarmEvent]:
        """A person's act; ``until`` is ms after T0."""
        last = self.events[-1] if self.events else None
        return self.feed(
            Action(
                id=f"act-{self.offset}",
                action=action,
                grid=GRID,
                device=more.get("device", last.device if last else "g1"),
                rule=more.get("rule", last.rule if last else "gas.ch4"),
                episode=episode or (last.episode if last else ""),
                by=by,
                at=T0 + after,
                why="because",
                until=None if until is None else T0 + until,
                second=second,
                told=told,
            )
        )

    def adopt(self, *, rules: list[Rule] | None = None, devices: list[Device] | None = None) -> None:
        self.catalogue = Catalogue.of(
            self.rules if rules is None else rules, self.devices if devices is None else devices
        )
        self.shard.adopt(self.catalogue)

    def leak(self, start: int = 0, value: float = 60.0) -> AlarmEvent:
        """A confirmed critical alarm, 10 s after ``start``."""
        self.send(start, value)
        raised = self.send(start + 10 * S, value)
        assert len(raised) == 1
        return raised[0]

    @property
    def story(self) -> list[tuple[str, str, str]]:
        return [(event.old, event.new, event.cause) for event in self.events]
