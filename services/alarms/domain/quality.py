"""Alarm quality of positions over a period, from the stored transitions in one pass. Pure.

The table of alarms.md: rates, floods, the busiest sources, stale, chattering and fleeting alarms, the
mix of priorities, and how long answers and returns take.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, TypeVar

from services.alarms.domain.quality_figures import (
    CLASSES,
    ZONE_MS,
    Counted,
    Mean,
    Period,
    Point,
    Quality,
    Rate,
    Source,
    Stale,
    nothing,
    slots,
)
from services.alarms.domain.quality_meters import Burst, Flood, Span, overlap
from services.alarms.domain.quality_steps import Episode, Meaning, Step
from services.alarms.domain.quality_targets import DAY, HOUR, TEN_MINUTES, Bound, Targets
from streams.contracts import AlarmState

T = TypeVar("T")
LEAD_MS: Final = HOUR
"""How much earlier than the period its transitions are read, so that a flood or burst on its edge is seen."""
LISTED: Final = 50
"""At most so many stale alarms, chattering or fleeting sources are named; the counts are whole."""


@dataclass(slots=True)
class _Tally:
    """What is counted of one position while the transitions pass."""

    targets: Targets
    known: Span
    flood: Flood = field(init=False)
    came: list[tuple[int, str]] = field(default_factory=list)
    hidden: int = 0
    sources: Counter[Source] = field(default_factory=Counter)
    bursts: dict[Source, Burst] = field(default_factory=dict)
    fleeting: Counter[Source] = field(default_factory=Counter)
    classes: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in CLASSES})
    stale: list[Stale] = field(default_factory=list)
    answers: list[tuple[int, int]] = field(default_factory=list)
    returns: list[int] = field(default_factory=list)
    waiting: int = 0

    def __post_init__(self) -> None:
        self.flood = Flood(self.targets.flood_enter, self.targets.flood_leave, self.targets.flood_window_ms)

    def take(self, step: Step, meaning: Meaning) -> None:
        inside, source = self.known[0] <= step.at < self.known[1], Source(step.device, step.rule)
        if meaning.came:
            self.flood.add(step.at)
            burst = self.bursts.setdefault(source, Burst(self.targets.chatter_window_ms))
            burst.add(step.at, counts=inside)
        if not inside:
            return
        if meaning.came:
            self.came.append((step.at, step.rule))
            self.sources[source] += 1
            self.classes[_class_of(self.targets, step)][step.rule] += 1
        self.hidden += meaning.came_hidden
        if meaning.went is not None:
            self.returns.append(meaning.went)
            if meaning.unseen and meaning.went < self.targets.fleeting_ms:
                self.fleeting[source] += 1
        if meaning.answered is not None:
            self.answers.append((step.at, meaning.answered))
        if meaning.stood is not None:
            self.stood(source, step.episode, meaning.stood, step.at)

    def stood(self, source: Source, episode: str, since: int, until: int | None) -> None:
        if (self.known[1] if until is None else until) - since > self.targets.stale_ms:
            self.stale.append(Stale(source, episode, since, until))


def measure(
    steps: Iterable[Step],
    period: Period,
    targets: Targets,
    *,
    length: int,
    positions: Sequence[str] = (),
    slot: int = DAY,
) -> dict[str, Quality]:
    """The quality of each position: the first ``length`` digits of an area, and at least ``positions``.

    ``steps`` are in the order of their time and begin ``LEAD_MS`` before the period, after those of
    the episodes that stood then. ``slot`` is the trend's step, ms.
    """
    known = period.known
    if known is None:
        return {position: nothing(position, period, slot) for position in positions}
    tallies = {position: _Tally(targets, known) for position in positions}
    episodes: dict[str, Episode] = {}
    for step in steps:
        if step.at >= known[1]:
            continue
        episode = episodes.get(step.episode)
        if episode is None:
            episode = episodes[step.episode] = Episode.before(step)
        meaning = episode.take(step)
        position = step.area[:length]
        if position not in tallies:
            tallies[position] = _Tally(targets, known)
        tallies[position].take(step, meaning)
        if step.new is AlarmState.NORMAL:
            del episodes[step.episode]
    for name, episode in episodes.items():
        tally = tallies[episode.area[:length]]
        tally.waiting += episode.waiting is not None
        if episode.listed is not None:
            tally.stood(Source(episode.device, episode.rule), name, episode.listed, None)
    return {position: _summed(position, tally, period, slot) for position, tally in sorted(tallies.items())}


def _summed(position: str, tally: _Tally, period: Period, slot: int) -> Quality:
    targets, (low, high) = tally.targets, tally.known
    times = [at for at, _ in tally.came]
    spans = tally.flood.finished(high)
    seen = [(start, end) for start, end in spans if end > low]
    total = len(times)
    top = tally.sources.most_common(targets.top)
    bursts = {source: burst.most for source, burst in tally.bursts.items() if burst.most >= targets.chatter_count}
    window = targets.flood_window_ms
    in_flood = Counter(rule for at, rule in tally.came if any(start - window < at <= end for start, end in seen))
    tally.stale.sort(key=lambda stale: (stale.since, stale.episode))
    return Quality(
        position=position,
        known=tally.known,
        alarms=total,
        hidden=tally.hidden,
        rates=(
            _rate(times, tally.known, DAY, targets.per_day),
            _rate(times, tally.known, HOUR, targets.per_hour),
            _rate(times, tally.known, TEN_MINUTES, targets.per_ten_minutes),
        ),
        floods=len(seen),
        in_flood=tally.flood.began is not None,
        flood_share=overlap(spans, low, high) / (high - low),
        flood_rules=_of_rules(in_flood),
        top=tuple(Counted(source, number) for source, number in top),
        top_share=sum(number for _, number in top) / total if total else None,
        stale=tuple(tally.stale[:LISTED]),
        stale_count=len(tally.stale),
        chattering=_most(Counter(bursts)),
        chattering_count=len(bursts),
        fleeting=_most(tally.fleeting),
        fleeting_count=tally.fleeting.total(),
        mix={name: count.total() / total if total else None for name, count in tally.classes.items()},
        by_class={name: next(iter(_of_rules(count)), None) for name, count in tally.classes.items()},
        rules=_of_rules(Counter(rule for _, rule in tally.came)),
        answers=_mean([waited for _, waited in tally.answers]),
        waiting=tally.waiting,
        returns=_mean(tally.returns),
        trend=tuple(_point(span, tally, spans) for span in slots(period, slot)),
    )


def _rate(times: Sequence[int], known: Span, window: int, bound: Bound) -> Rate:
    """By slots of the wall clock; a mean only where at least one whole window is known."""
    low, high = known
    found = Counter((at + ZONE_MS) // window for at in times)
    number = (high - 1 + ZONE_MS) // window - (low + ZONE_MS) // window + 1
    mean = len(times) * window / (high - low) if high - low >= window else None
    over = sum(count > bound.limit for count in found.values()) / number
    last = sum(at >= high - window for at in times)
    return Rate(window, last, mean, max(found.values(), default=0), over, bound.judge(mean))


def _point(span: Span, tally: _Tally, floods: list[Span]) -> Point:
    low, high = max(span[0], tally.known[0]), min(span[1], tally.known[1])
    if low >= high:
        return Point(*span, None, None, None)
    answers = _mean([waited for _, waited in _within(tally.answers, low, high)])
    return Point(*span, len(_within(tally.came, low, high)), overlap(floods, low, high) / (high - low), answers.mean)


def _within(counted: Sequence[tuple[int, T]], low: int, high: int) -> Sequence[tuple[int, T]]:
    """Those from ``low`` to ``high`` of what was counted in the order of time."""
    return counted[bisect_left(counted, low, key=itemgetter(0)) : bisect_left(counted, high, key=itemgetter(0))]


def _mean(durations: Sequence[int]) -> Mean:
    count = len(durations)
    return Mean(count, sum(durations) / count if count else None, max(durations, default=None))


def _most(counts: Counter[Source]) -> tuple[Counted, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Counted(source, number) for source, number in ordered[:LISTED])


def _of_rules(counts: Counter[str]) -> tuple[Counted, ...]:
    """By rule alone: no device is to blame for a rule's limit."""
    return _most(Counter({Source("", rule): number for rule, number in counts.items()}))


def _class_of(targets: Targets, step: Step) -> str:
    classes = targets.classes
    return next((name for name in ("high", "medium") if step.severity in getattr(classes, name)), "low")
