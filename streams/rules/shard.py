"""The grids of one partition of ``linli.inputs``: a pure function of its records, in order."""

from collections import deque
from collections.abc import Callable, Mapping

import msgspec

from streams.contracts import Action, Batch, Input, Members, Source, Tick
from streams.contracts.partition import partition_of
from streams.contracts.topics import PARTITIONS, QUARANTINE_KEY
from streams.rules.catalogue import Catalogue
from streams.rules.clock import DEFAULT_CLOCK, ClockPolicy
from streams.rules.closing import ended, forgotten
from streams.rules.grid import Grid
from streams.rules.outcome import Outcome
from streams.rules.stored import lacking, restored

FAULT_WINDOW_MS = 60_000
CLOCK_PREFIX = "#"
_encoder = msgspec.json.Encoder()


class TooManyFaults(Exception):
    """Bugs come faster than isolation may hide them: the process must stop."""


def partition_of_code(code: str, partitions: int = PARTITIONS) -> int:
    """The partition that a stored code belongs to."""
    return int(code[1:]) if code.startswith(CLOCK_PREFIX) else partition_of(code, partitions)


class Shard:
    """One partition. ``owns`` says whether a grid's key falls into it.

    ``stored`` is what :meth:`pack` gave, by the same codes; what another version left and nobody can take over is
    ``refused``, and then all of it is left, to be worked out again from the log. A catalogue given to :meth:`adopt`
    comes into force at the next Tick that every grid is still to see, and so does the first one for devices that have
    never been heard. ``lacking`` is what ``stored`` knows and the first catalogue has lost; ``lost`` are rules that the
    present one has lost, and that stay in force as they were stored, since alarms of them stood (ADR 66).
    """

    def __init__(
        self,
        partition: int,
        catalogue: Catalogue,
        *,
        owns: Callable[[str], bool],
        stored: Mapping[str, bytes] | None = None,
        policy: ClockPolicy = DEFAULT_CLOCK,
        most_faults: int = 20,
    ) -> None:
        self.partition = partition
        self.catalogue = catalogue
        self.clock_code = f"{CLOCK_PREFIX}{partition}"
        clock, self.grids, self.refused = restored(
            stored or {}, self.clock_code, lambda code, data: Grid.unpack(code, data, catalogue, policy)
        )
        self._seen, self._resumed, self.offset = clock
        for grid in self.grids.values():
            grid.resumed = self._resumed
        self._owns = owns
        self._policy = policy
        self._most_faults = most_faults
        self._faults: deque[int] = deque()
        self._kept = {name: rule for grid in self.grids.values() for name, rule in grid.told_by.items()}
        self.lost: frozenset[str] = frozenset()
        self.lacking = lacking(
            catalogue,
            (name for grid in self.grids.values() for name in grid.rules),
            (name for grid in self.grids.values() for name in grid.tracks),
        )
        self._waiting: Catalogue | None = catalogue
        self._in_force: Catalogue | None = None

    def adopt(self, catalogue: Catalogue) -> None:
        """Take ``catalogue`` up at the next Tick."""
        self._waiting = catalogue

    def apply(self, record: Input, offset: int) -> Outcome:
        """Apply one record; grids that have it already skip it.

        Raises:
            TooManyFaults: more bugs within a minute of record time than may be isolated.
        """
        outcome = Outcome(Source(self.partition, offset))
        self.pass_over(offset)
        if not isinstance(record, Action):
            self._watch_for_outage(record.at)
        match record:
            case Batch():
                self._batch(record, offset, outcome)
            case Tick():
                self._tick(record, offset, outcome)
            case Action():
                self._action(record, offset, outcome)
        if outcome.faults:
            self._count_faults(record.at, outcome)
        return outcome

    def pass_over(self, offset: int) -> None:
        """Note a record as seen; ``offset`` is the last one that the state reflects."""
        self.offset = max(self.offset, offset)

    @property
    def dirty(self) -> list[str]:
        """What has changed since it was last packed: the grids, and always the partition's clock."""
        return [*(code for code, grid in self.grids.items() if grid.dirty), self.clock_code]

    @property
    def codes(self) -> list[str]:
        """Everything that can be packed."""
        return [*self.grids, self.clock_code]

    @property
    def subjects(self) -> int:
        """How many devices are remembered here."""
        return sum(len(grid.tracks) for grid in self.grids.values())

    def pack(self, code: str) -> bytes:
        """The packed state of a grid (or of the partition's clock), which then counts as saved."""
        if code == self.clock_code:
            return _encoder.encode((self._seen, self._resumed, self.offset))
        grid = self.grids[code]
        grid.dirty = False
        return grid.pack()

    def _grid(self, code: str) -> Grid:
        grid = self.grids.get(code)
        if grid is None:
            grid = self.grids[code] = Grid(code, self.catalogue, self._policy)
            grid.resumed = self._resumed
        return grid

    def _watch_for_outage(self, at: int) -> None:
        """After a log without records every device gets its whole period to speak again."""
        if at > self._seen:
            if self._seen and at - self._seen > self._policy.outage:
                self._resumed = at
                for grid in self.grids.values():
                    grid.resumed = at
            self._seen = at

    def _batch(self, batch: Batch, offset: int, outcome: Outcome) -> None:
        if batch.grid == QUARANTINE_KEY:
            return
        grid = self._grid(batch.grid)
        if offset <= grid.offset:
            return
        grid.batch(batch.samples, outcome)
        grid.advance(batch.at, outcome)
        grid.offset = offset
        outcome.note(batch.grid)

    def _tick(self, tick: Tick, offset: int, outcome: Outcome) -> None:
        if self._waiting is not None and all(offset > grid.offset for grid in self.grids.values()):
            self._take_up(self._waiting, tick.at, outcome)
        for code in sorted(self.grids):
            grid = self.grids[code]
            if offset > grid.offset:
                grid.revisit(outcome)
                grid.advance(tick.at, outcome)
                grid.offset = offset
                outcome.note(code)
        outcome.groups.append(tick)

    def _action(self, action: Action, offset: int, outcome: Outcome) -> None:
        rule = self.catalogue.rules.get(action.rule)
        if rule is not None and isinstance(rule.measure, Members):
            outcome.groups.append(action)
            return
        grid, slot = self.grids.get(action.grid), None
        if grid is not None:
            if offset <= grid.offset:
                return
            grid.advance(action.at, outcome)
            track = grid.tracks.get(action.device)
            slot = track.slots.get(action.rule) if track is not None else None
            grid.act(action, outcome)
            grid.offset = offset
            outcome.note(action.grid)
        told = forgotten(action, slot)
        if told is not None:
            outcome.hand_on(ended(told, action, outcome.source))

    def _take_up(self, given: Catalogue, now: int, outcome: Outcome) -> None:
        catalogue = given.keeping(self._kept)
        self.lost = frozenset(catalogue.rules.keys() - given.rules.keys())
        changed = self._changed(catalogue)
        self.catalogue, self._in_force, self._waiting = catalogue, catalogue, None
        for code in sorted(set(changed) | set(self.grids)):
            self._grid(code).adopt(catalogue, sorted(changed.get(code, ())), now, outcome)
            outcome.note(code)
        outcome.adopted = True

    def _changed(self, catalogue: Catalogue) -> dict[str, set[str]]:
        """Grid -> devices for which something differs from what is in force."""
        old = self._in_force
        changed: dict[str, set[str]] = {}
        if old is None:
            for code, grid in self.grids.items():
                changed.setdefault(code, set()).update(grid.tracks)
        kinds = {
            rule.kind
            for rules, others in ((catalogue, old), (old, catalogue))
            if rules is not None
            for rule in rules.rules.values()
            if others is None or others.rules.get(rule.id) is not rule
        }
        devices = catalogue.devices
        gone = [device for key, device in old.devices.items() if key not in devices] if old else []
        for device in [*devices.values(), *gone]:
            before = old.devices.get(device.id) if old else None
            if before is device and not kinds & {device.kind, "*"} and device.id in devices:
                continue
            for area in {device.area, before.area if before else device.area}:
                if self._owns(area):
                    changed.setdefault(area, set()).add(device.id)
        return changed

    def _count_faults(self, at: int, outcome: Outcome) -> None:
        self._faults.extend([at] * len(outcome.faults))
        while self._faults and self._faults[0] < at - FAULT_WINDOW_MS:
            self._faults.popleft()
        if len(self._faults) > self._most_faults:
            raise TooManyFaults(outcome.faults[-1].trace)
