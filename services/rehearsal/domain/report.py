"""What a rehearsal tells another program: its result, and line by line how far it is. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.rehearsal.domain.episodes import Change, Episode, Pair
from services.rehearsal.domain.feed import Outages
from streams.contracts import Refused


class Sides(msgspec.Struct, frozen=True):
    """One number under each version; ``in_force`` null: there is no such rule yet."""

    rehearsed: float
    in_force: float | None


class Compared(msgspec.Struct, frozen=True):
    """One alarm under both versions; ``moved_ms`` how much later (negative: earlier) the rehearsed one raises it."""

    change: Change
    moved_ms: int
    rehearsed: Episode | None
    in_force: Episode | None

    @property
    def either(self) -> Episode:
        """The alarm as the rehearsed version has it, or else as the one in force has."""
        found = self.rehearsed or self.in_force
        if found is None:
            raise ValueError("an alarm that neither version raises was compared")
        return found


class Away(msgspec.Struct, frozen=True):
    """How often, and for how many ms in all, the platform itself had no data: no silence was counted over it.

    ``noted_from``: what was before is not known and was taken for presence (epoch ms; None: nothing is noted yet).
    """

    stretches: int
    ms: int
    noted_from: int | None

    @classmethod
    def of(cls, outages: Outages, start: int, end: int) -> "Away":
        """Of what lies within the period."""
        met = [min(until, end) - max(since, start) for since, until in outages.stretches]
        within = [length for length in met if length > 0]
        return cls(len(within), sum(within), outages.noted_from)

    def unknown_before(self, start: int) -> bool:
        """Whether the period begins earlier than what is known of the platform."""
        return self.noted_from is None or start < self.noted_from


class Report(msgspec.Struct, frozen=True):
    """Times in epoch ms; ``changes`` counts every episode, by what became of it."""

    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    devices: int
    messages: int
    away: Away
    alarms: Sides
    tickets_a_day: Sides
    changes: dict[Change, int]
    episodes: tuple[Compared, ...]

    def cut(self, most: int) -> "Report":
        """At most ``most`` episodes, those that changed before those that did not, each in order; counts stay whole."""
        ordered = sorted(self.episodes, key=lambda episode: episode.change is Change.SAME)
        return msgspec.structs.replace(self, episodes=tuple(ordered[:most]))


class Reached(msgspec.Struct, frozen=True, tag="reached", tag_field="line"):
    """Readings up to arrival ``at`` (epoch ms) have been stepped."""

    at: int


class Stopped(msgspec.Struct, frozen=True, tag="stopped", tag_field="line"):
    """It cannot go on: a refusal's code, detail and extra fields."""

    code: str
    detail: str
    extra: dict[str, Any] = {}

    @classmethod
    def of(cls, refused: Refused) -> "Stopped":
        return cls(refused.code, refused.detail, dict(refused.extra))

    def refused(self) -> Refused:
        """The refusal that :meth:`of` was given."""
        return Refused(self.code, self.detail, **self.extra)


Line = Reached | Stopped


def compared(pairs: Iterable[Pair]) -> tuple[Compared, ...]:
    return tuple(Compared(pair.change, pair.moved, pair.rehearsed, pair.in_force) for pair in pairs)


def counted(episodes: Sequence[Compared]) -> dict[Change, int]:
    """Every change, 0 where there is none."""
    counts = Counter(episode.change for episode in episodes)
    return {change: counts[change] for change in Change}
