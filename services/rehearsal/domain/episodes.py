"""Episodes that a rule would have raised, and how two versions of it differ. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from streams.contracts import AlarmEvent, Cause, Refused, Severity

MOST: Final = 20_000
"""Episodes of one rehearsal: beyond that nobody reads them, and the rule is wrong."""


@dataclass(slots=True)
class Episode:
    """One alarm: raised at ``at``, over at ``ended`` (None: it stood at the end of the period)."""

    id: str
    device: str
    since: int
    at: int
    worst: Severity
    ticket: bool
    ended: int | None = None

    def overlaps(self, other: "Episode", end: int) -> bool:
        return self.at <= (other.ended or end) and other.at <= (self.ended or end)


@dataclass(slots=True)
class Ledger:
    """Folds a rule's events; what was raised before ``start`` was a warm-up and does not count."""

    rule: str
    start: int
    standing: dict[str, Episode] = field(default_factory=dict)
    raised: list[Episode] = field(default_factory=list)

    def take(self, event: AlarmEvent) -> None:
        """Raises: Refused, ``too_many``, more episodes than anybody could read."""
        if event.rule != self.rule:
            return
        known = self.standing.get(event.episode)
        if known is None:
            if not event.new.active:
                return
            known = self.standing[event.episode] = Episode(
                event.episode, event.device, event.since, event.at, event.severity, ticket=False
            )
            if event.at >= self.start:
                self.raised.append(known)
                if len(self.raised) > MOST:
                    detail = f"{self.rule} raises more than {MOST:,} alarms; narrow scope or period, or loosen the rule"
                    raise Refused("too_many", detail)
        if event.severity.rank > known.worst.rank:
            known.worst = event.severity
        known.ticket = known.ticket or (event.ticket is not None and not event.hidden and not event.list_only)
        if event.cause is Cause.REALARM:
            known.ended = None
        if event.cause is Cause.RETURNED or not event.new.active:
            known.ended = event.normal_since if event.normal_since is not None else event.at
        if not event.new.active:
            del self.standing[event.episode]


class Change(StrEnum):
    """What became of an alarm under the other version."""

    NEW = "new"
    GONE = "gone"
    EARLIER = "earlier"
    LATER = "later"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Pair:
    """``moved`` in ms: how much later (negative: earlier) the rehearsed version raises it."""

    change: Change
    rehearsed: Episode | None = None
    in_force: Episode | None = None

    @property
    def moved(self) -> int:
        return self.rehearsed.at - self.in_force.at if self.rehearsed and self.in_force else 0

    @property
    def at(self) -> int:
        episode = self.rehearsed or self.in_force
        return episode.at if episode else 0


def paired(rehearsed: Sequence[Episode], in_force: Sequence[Episode], end: int) -> list[Pair]:
    """Match alarms of one device that stood at the same time, the first with the first; by time."""
    left: dict[str, list[Episode]] = {}
    for episode in in_force:
        left.setdefault(episode.device, []).append(episode)
    pairs = []
    for episode in rehearsed:
        others = left.get(episode.device, [])
        found = next((other for other in others if episode.overlaps(other, end)), None)
        if found is None:
            pairs.append(Pair(Change.NEW, episode))
            continue
        others.remove(found)
        moved = episode.at - found.at
        change = Change.LATER if moved > 0 else Change.EARLIER if moved < 0 else Change.SAME
        pairs.append(Pair(change, episode, found))
    pairs += [Pair(Change.GONE, None, episode) for others in left.values() for episode in others]
    return sorted(pairs, key=lambda pair: pair.at)


def tickets_a_day(episodes: Iterable[Episode], length: int) -> float:
    """Before incidents join them: never fewer than there would have been."""
    return sum(episode.ticket for episode in episodes) * 86_400_000 / length
