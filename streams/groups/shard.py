"""The groups of one partition of ``linli.groups``: a pure function of its records, in order."""

from collections.abc import Mapping
from typing import Final

import msgspec

from streams.contracts import Action, Candidate, GroupRecord, Member, Rule, Source, Tick
from streams.groups.group import Group
from streams.groups.roster import roster_of
from streams.rules import Catalogue, Outcome, TooManyFaults
from streams.rules.stored import lacking, restored

CLOCK_PREFIX: Final = "#"
TIDY_EVERY_MS: Final = 3_600_000
MOST_FAULTS: Final = 20
_encoder = msgspec.json.Encoder()


class GroupShard:
    """One partition: the groups whose keys fall into it. ``stored`` is what :meth:`pack` gave, by the same codes.

    Stored state of another version that cannot be taken over is ``refused``: then all of it is left, to be worked out
    again from the log.
    A catalogue given to :meth:`adopt` comes into force at the next Tick that every group is still to see, as in the
    first stage; the first one judges from the beginning, and alarms whose rule was withdrawn end at that Tick.
    ``lacking`` and ``lost`` are as in the first stage.
    """

    def __init__(
        self,
        partition: int,
        catalogue: Catalogue,
        *,
        stored: Mapping[str, bytes] | None = None,
    ) -> None:
        self.partition = partition
        self.catalogue = catalogue
        self.clock_code = f"{CLOCK_PREFIX}{partition}"
        clock, self.groups, self.refused = restored(stored or {}, self.clock_code, Group.unpack)
        self._now, self._tidied, self.offset = clock
        self._roster = roster_of(catalogue)
        self._awake = {code for code, group in self.groups.items() if group.awake}
        self._known: dict[str, Rule] = {}
        self._kept = {name: rule for group in self.groups.values() for name, rule in group.state.told_by.items()}
        self.lost: frozenset[str] = frozenset()
        held = [group.state.members for group in self.groups.values()]
        self.lacking = lacking(
            catalogue, [*self._kept, *(rule for one in held for rule in one)],
            (device for one in held for members in one.values() for device in members),
        )  # fmt: skip
        self._faults = 0
        self._waiting: Catalogue | None = catalogue

    def adopt(self, catalogue: Catalogue) -> None:
        """Take ``catalogue`` up at the next Tick."""
        self._waiting = catalogue

    def apply(self, record: GroupRecord, offset: int) -> Outcome:
        """Apply one record; groups that have it already skip it.

        Raises:
            TooManyFaults: more bugs than may be isolated.
        """
        outcome = Outcome(Source(self.partition, offset))
        self.pass_over(offset)
        match record:
            case Tick():
                self._tick(record.at, offset, outcome)
            case Candidate() | Member():
                self._one(record.group, record, offset, outcome)
            case Action():
                self._one(record.device, record, offset, outcome)
        self._faults += len(outcome.faults)
        if self._faults > MOST_FAULTS:
            raise TooManyFaults(outcome.faults[-1].trace)
        return outcome

    def pass_over(self, offset: int) -> None:
        """Note a record as seen; ``offset`` is the last one that the state reflects."""
        self.offset = max(self.offset, offset)

    @property
    def dirty(self) -> list[str]:
        """What has changed since it was last packed: groups, and always the partition's clock."""
        return [*(code for code, group in self.groups.items() if group.dirty), self.clock_code]

    @property
    def codes(self) -> list[str]:
        """Everything that can be packed."""
        return [*self.groups, self.clock_code]

    @property
    def subjects(self) -> int:
        """How many groups are remembered here."""
        return len(self.groups)

    def pack(self, code: str) -> bytes:
        """The packed state of a group (or of the partition's clock), which then counts as saved."""
        if code == self.clock_code:
            return _encoder.encode((self._now, self._tidied, self.offset))
        group = self.groups[code]
        group.dirty = False
        return group.pack()

    def _one(self, code: str, record: Candidate | Member | Action, offset: int, outcome: Outcome) -> None:
        group = self.groups.get(code)
        if group is None:
            group = self.groups[code] = Group.new(code)
        if offset <= group.state.offset:
            return
        match record:
            case Candidate():
                group.candidate(record, outcome)
            case Member():
                group.member(record, self._roster, outcome)
            case Action():
                group.act(record, self._roster, outcome)
        group.state.offset = offset
        outcome.note(code)
        if group.awake:
            self._awake.add(code)

    def _tick(self, at: int, offset: int, outcome: Outcome) -> None:
        if self._waiting is not None and all(offset > group.state.offset for group in self.groups.values()):
            self._take_up(self._waiting, max(at, self._now), outcome)
        if at <= self._now:
            return  # a second gateway's clock, or a repetition: time has been here already
        self._now = at
        for code in sorted(self._awake):
            group = self.groups[code]
            if offset > group.state.offset:
                group.tick(at, self._roster, outcome)
                group.state.offset = offset
                outcome.note(code)
            if not group.awake:
                self._awake.discard(code)
        if at - self._tidied >= TIDY_EVERY_MS:
            self._tidied = at
            self._faults = 0
            for group in self.groups.values():
                group.tidy(at)

    def _take_up(self, given: Catalogue, now: int, outcome: Outcome) -> None:
        catalogue = given.keeping(self._kept)
        self.lost = frozenset(catalogue.rules.keys() - given.rules.keys())
        self._known |= self._roster.rules
        self.catalogue, self._waiting = catalogue, None
        self._roster = roster_of(catalogue)
        for code in sorted(self._awake):
            self.groups[code].adopt(catalogue, self._roster, self._known, now, outcome)
            outcome.note(code)
        outcome.adopted = True
