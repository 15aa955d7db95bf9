"""The rules of the figures as versioned data, and the rates that follow from counts.

Sources: one district's report service has w = 0.9, the weights 0.1, 0.4 and 0.5, days from noon and months from
the 19th; it turns an empty denominator into 0, which is not done here. The targets are judgement after the
published results of several cities (97 % solved and satisfied, 98.9 % on time).
"""

from types import MappingProxyType
from typing import Final

import msgspec

from services.tickets.domain.errors import Wrong
from services.tickets.domain.figures.tally import Duration, Measure, Share, Tally
from services.tickets.domain.words import Scale

_THREE: Final = (Measure.RESPONSE, Measure.SOLUTION, Measure.SATISFACTION)
_TARGETS: Final = {
    Measure.SIGNED: 0.98, Measure.ON_TIME: 0.98, Measure.RESPONSE: 0.98, Measure.SOLUTION: 0.95,
    Measure.SATISFACTION: 0.95,
}  # fmt: skip


class Scoring(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One version. ``mostly``: the weight w of 基本满意. ``weights`` of the three rates add up to 1.

    ``day_begins``: minutes after midnight of the day before (0: the calendar's days).
    ``month_begins``: the day of the month before (1: the calendar's months). ``targets``: what a
    rate should reach, for the pages. ``scale``: what reporters are asked from then on; answers by either
    scale are counted, 非常满意 and 满意 whole.

    Raises:
        Refused: ``fields``, names what does not fit.
    """

    version: int
    mostly: float = 0.9
    weights: dict[Measure, float] = msgspec.field(
        default_factory=lambda: {Measure.RESPONSE: 0.1, Measure.SOLUTION: 0.5, Measure.SATISFACTION: 0.4}
    )
    day_begins: int = 720
    month_begins: int = 19
    targets: dict[Measure, float] = msgspec.field(default_factory=lambda: dict(_TARGETS))
    scale: Scale = Scale.THREE

    def __post_init__(self) -> None:
        if set(self.weights) != set(_THREE) or not _adds_up(self.weights):
            raise Wrong(
                "weights", _said(self.weights), f"weights name {', '.join(_THREE)}", "Give each 0 to 1, 1 in all."
            )
        if not 0 <= self.mostly <= 1:
            raise Wrong("mostly", self.mostly, f"mostly is {self.mostly}", "Give 0 to 1.")
        if not 0 <= self.day_begins < 24 * 60:
            raise Wrong("day_begins", self.day_begins, "day_begins is minutes after midnight", "Give 0 to 1439.")
        if not 1 <= self.month_begins <= 28:
            raise Wrong("month_begins", self.month_begins, "every month has that day", "Give 1 to 28.")
        if any(not 0 <= target <= 1 for target in self.targets.values()):
            raise Wrong("targets", _said(self.targets), "targets are shares", "Give 0 to 1.")
        if self.version < 1:
            raise Wrong("version", self.version, "version counts from 1", "Give the next one.")


class Published(msgspec.Struct, frozen=True):
    """A version with who put it in force, when (epoch ms) and why; the shipped one has none of these."""

    scoring: Scoring
    by: str = ""
    at: int = 0
    reason: str = ""


class Figures(msgspec.Struct, frozen=True):
    """What a row says. Rates 0 to 1, durations mean ms; None is no data, which is not zero."""

    rates: MappingProxyType[Measure, float | None]
    score: float | None
    durations: MappingProxyType[Duration, float | None]


def figures_of(tally: Tally, scoring: Scoring) -> Figures:
    """The rates, the weighted score of the three, and mean durations."""
    rates = {measure: _rate(tally.shares.get(measure, Share()), scoring) for measure in Measure}
    three = [(weight, rates[measure]) for measure, weight in scoring.weights.items()]
    known = [(weight, rate) for weight, rate in three if rate is not None]
    score = sum(weight * rate for weight, rate in known) if len(known) == len(three) else None
    durations = {name: span.total / span.tickets if span.tickets else None for name, span in tally.spans.items()}
    return Figures(MappingProxyType(rates), score, MappingProxyType(durations))


def _rate(share: Share, scoring: Scoring) -> float | None:
    return (share.hits + scoring.mostly * share.half) / share.of if share.of else None


def _adds_up(weights: dict[Measure, float]) -> bool:
    return all(0 <= weight <= 1 for weight in weights.values()) and abs(sum(weights.values()) - 1) < 1e-9


def _said(shares: dict[Measure, float]) -> str:
    return ", ".join(f"{measure} {share:g}" for measure, share in shares.items())


SHIPPED: Final = Scoring(version=1)
