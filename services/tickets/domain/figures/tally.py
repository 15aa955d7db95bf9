"""What is counted: over which tickets each figure is a count, a share or a mean, and how a query asks for it.

Received, signing, return and repeat count tickets by creation; everything about the end counts
them by closing. These are different sets, as the city's own reports have them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple


class Count(StrEnum):
    """A number of tickets."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Measure(StrEnum):
    """A share of tickets, 0 to 1."""

    SIGNED = "signed"
    RETURNED = "returned"
    REPEATED = "repeated"
    ON_TIME = "on_time"
    RESPONSE = "response"
    SOLUTION = "solution"
    SATISFACTION = "satisfaction"


class Duration(StrEnum):
    """A mean over the closed tickets that have it: the five firsts, then the time in each stage."""

    DISCOVER = "discover"
    ACCEPT = "accept"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    FEED_BACK = "feed_back"
    IN_DISCOVERY = "in_discovery"
    IN_DISPATCH = "in_dispatch"
    IN_RESOLVE = "in_resolve"
    IN_FEEDBACK = "in_feedback"


Figure = Count | Measure | Duration
"""What a cell of the table is, and leads to its tickets by; no two share a name."""
COUNTS: Final = tuple(Count)
MEASURES: Final = tuple(Measure)
DURATIONS: Final = tuple(Duration)
FIGURES: Final[Mapping[str, Figure]] = {
    **{str(count): count for count in COUNTS},
    **{str(measure): measure for measure in MEASURES},
    **{str(duration): duration for duration in DURATIONS},
}
BY_CREATION: Final[frozenset[Figure]] = frozenset(
    {Count.RECEIVED, Count.ACCEPTED, Measure.SIGNED, Measure.RETURNED, Measure.REPEATED}
)


class By(StrEnum):
    """What the rows of a table are."""

    WHOLE = ""
    UNIT = "unit"
    AREA = "area"
    CATEGORY = "category"
    PERIOD = "period"


class Share(NamedTuple):
    """``hits`` of ``of`` tickets; ``half`` count with the weight w (基本满意)."""

    hits: int = 0
    of: int = 0
    half: int = 0


class Span(NamedTuple):
    """A sum of ms over ``tickets``."""

    total: int = 0
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """Which tickets: [start, end) epoch ms, inside both ``scope`` and ``area``.

    ``unit`` and ``category`` None narrow nothing; empty they are the tickets that have none.
    ``by`` area cuts codes to ``digits``; ``by`` period sorts into ``edges``, the starts of the
    periods in order. ``now`` decides which unsigned tickets are overdue.
    """

    start: int
    end: int
    now: int
    scope: str = ""
    area: str = ""
    unit: str | None = None
    category: str | None = None
    by: By = By.WHOLE
    digits: int = 20
    edges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """One row: counts and sums that add up over rows. ``key`` is a unit, an area, a category or a period's number."""

    key: str = ""
    received: int = 0
    accepted: int = 0
    closed: int = 0
    shares: dict[Measure, Share] = field(default_factory=dict)
    spans: dict[Duration, Span] = field(default_factory=dict)


def added(tallies: Iterable[Tally]) -> Tally:
    """The whole that rows add up to."""
    received = accepted = closed = 0
    shares: dict[Measure, Share] = {}
    spans: dict[Duration, Span] = {}
    for tally in tallies:
        received, accepted, closed = received + tally.received, accepted + tally.accepted, closed + tally.closed
        for measure, share in tally.shares.items():
            shares[measure] = Share(*map(sum, zip(shares.get(measure, Share()), share, strict=True)))
        for name, span in tally.spans.items():
            spans[name] = Span(*map(sum, zip(spans.get(name, Span()), span, strict=True)))
    return Tally("", received, accepted, closed, shares, spans)


@dataclass(frozen=True, slots=True)
class FigureTicket:
    """A ticket behind a figure; ``hit``: whether it counts for a share, ``span``: its part in a mean, ms; else None."""

    id: str
    number: str
    title: str
    area: str
    category: str
    unit: str
    opened_at: int
    closed_at: int | None
    hit: bool | None
    span: int | None

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in its list, which goes down: by its part in a mean, else by when it was opened."""
        return (self.opened_at if self.span is None else self.span, self.id)
