"""Alarm quality as a table: each measure with its figure, its verdict, and the rules that would calm it. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from services.alarms.domain.quality_figures import CLASSES, Counted, Quality, Source
from services.alarms.domain.quality_targets import Bound, Targets, Verdict

NAMED: Final = 3
"""Rules and sources that a finding names."""
MEASURES: Final = (
    "per_day", "per_hour", "per_ten_minutes", "flood_share", "top_share", "stale", "chattering", "fleeting", "mix",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure. ``causes`` are sources (or rules on any device), the heaviest first."""

    measure: str
    value: float | None
    bound: Bound
    verdict: Verdict
    causes: tuple[Counted, ...]


def findings(quality: Quality, targets: Targets) -> tuple[Finding, ...]:
    """Every measure of ``MEASURES``, in that order; causes stand only where something is to be done."""
    rates = [
        Finding(name, rate.mean, bound, rate.verdict, quality.rules)
        for name, rate, bound in zip(
            MEASURES, quality.rates, (targets.per_day, targets.per_hour, targets.per_ten_minutes), strict=False
        )
    ]
    stale = Counter(stale.source for stale in quality.stale)
    rest = [
        _found("flood_share", quality.flood_share, targets.flood_share, quality.flood_rules),
        _top(quality, targets),
        _found("stale", quality.stale_count, targets.stale, tuple(Counted(*one) for one in stale.most_common())),
        _found("chattering", quality.chattering_count, targets.chattering, quality.chattering),
        _found("fleeting", quality.fleeting_count, targets.fleeting, quality.fleeting),
        _mix(quality, targets),
    ]
    return tuple(_trimmed(finding) for finding in (*rates, *rest))


def _found(measure: str, value: float | None, bound: Bound, causes: tuple[Counted, ...]) -> Finding:
    return Finding(measure, value, bound, bound.judge(value), causes)


def _top(quality: Quality, targets: Targets) -> Finding:
    """Where each alarm had a source of its own, the top ones would still hold ``top`` of them."""
    found = _found("top_share", quality.top_share, targets.top_share, quality.top)
    few = quality.alarms is not None and quality.alarms * targets.top_share.limit < targets.top
    return Finding(found.measure, found.value, found.bound, _unless_few(found.verdict, few=few), found.causes)


def _mix(quality: Quality, targets: Targets) -> Finding:
    """The largest difference from the wanted mix, and the rule that weighs most where there is too much."""
    shares = {name: share for name, share in quality.mix.items() if share is not None}
    if not shares or quality.alarms is None:
        return _found("mix", None, targets.mix_tolerance, ())
    excess = {name: shares[name] - getattr(targets.mix, name) for name in CLASSES}
    most = max(excess, key=lambda name: excess[name])
    heaviest = quality.by_class[most]
    found = _found("mix", max(map(abs, excess.values())), targets.mix_tolerance, (heaviest,) if heaviest else ())
    few = quality.alarms * min(targets.mix.high, targets.mix.medium, targets.mix.low) < 1
    return Finding(found.measure, found.value, found.bound, _unless_few(found.verdict, few=few), found.causes)


def _unless_few(verdict: Verdict, *, few: bool) -> Verdict:
    return Verdict.FEW if few and verdict in {Verdict.FAIR, Verdict.POOR} else verdict


def _trimmed(finding: Finding) -> Finding:
    calm = finding.verdict in {Verdict.GOOD, Verdict.NONE}
    causes = () if calm else finding.causes[:NAMED]
    return Finding(finding.measure, finding.value, finding.bound, finding.verdict, causes)


def rules_of(finding: Finding) -> tuple[str, ...]:
    """The rules to look at, each once, heaviest first."""
    return tuple(dict.fromkeys(counted.source.rule for counted in finding.causes if counted.source != Source("", "")))
