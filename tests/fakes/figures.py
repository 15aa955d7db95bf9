"""Figures in memory: every ticket's record made from its log, and counted one by one."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection

from services.paging import Key, Page
from services.tickets.domain import Satisfaction
from services.tickets.domain.figures import (
    BY_CREATION,
    DURATIONS,
    By,
    Count,
    Duration,
    Figure,
    FigureQuery,
    FigureTicket,
    Measure,
    Published,
    Record,
    Share,
    Span,
    Tally,
    record_of,
)
from services.tickets.ports import Remade
from services.transactions import Clash
from tests.fakes.tickets import MemoryTicketStore


class MemoryFigures:
    def __init__(self, store: MemoryTicketStore) -> None:
        self._store = store
        self._scorings: dict[int, Published] = {}

    def scorings(self) -> tuple[Published, ...]:
        return tuple(published for _, published in sorted(self._scorings.items()))

    def publish(self, published: Published) -> None:
        version = published.scoring.version
        if version in self._scorings:
            raise Clash(str(version))
        self._scorings[version] = published

    def behind(self, most: int) -> int:
        return 0

    def remake(self, limit: int, *, without: Collection[str] = ()) -> Remade:
        return Remade(0)

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        received, closed = self._sorted(query, closed=False), self._sorted(query, closed=True)
        return tuple(_tally(key, received[key], closed[key], query.now) for key in sorted({*received, *closed}))

    def _sorted(self, query: FigureQuery, *, closed: bool) -> dict[str, list[Record]]:
        rows: dict[str, list[Record]] = defaultdict(list)
        for record in self._found(query, closed=closed):
            rows[_key(record, query, (record.closed_at or 0) if closed else record.opened_at)].append(record)
        return rows

    def _found(self, query: FigureQuery, *, closed: bool) -> list[Record]:
        state = self._store.state
        records = [record_of(ticket, state.events[ticket.id]) for ticket in state.tickets.values()]
        return [
            record
            for record in records
            if (at := record.closed_at if closed else record.opened_at) is not None
            and query.start <= at < query.end
            and record.area.startswith(query.scope)
            and record.area.startswith(query.area)
            and query.unit in {None, record.unit}
            and query.category in {None, record.category}
        ]

    def list_tickets(
        self, query: FigureQuery, figure: Figure, *, hit: bool | None, limit: int, after: Key | None
    ) -> Page[FigureTicket]:
        rows = []
        for record in self._found(query, closed=figure not in BY_CREATION):
            behind, good, span = _behind(record, figure, query.now)
            if not behind:
                continue
            ticket = self._store.state.tickets[record.ticket]
            rows.append(
                FigureTicket(
                    ticket.id, ticket.number, ticket.title, record.area, record.category, record.unit,
                    record.opened_at, record.closed_at, good, span,
                )
            )  # fmt: skip
        rows = [row for row in rows if hit is None or row.hit is hit]
        rows = [row for row in rows if after is None or row.place < after]
        rows.sort(key=lambda row: row.place, reverse=True)
        items = tuple(rows[:limit])
        return Page(items, items[-1].place if len(rows) > limit else None)


def _key(record: Record, query: FigureQuery, at: int) -> str:
    return {
        By.WHOLE: "",
        By.UNIT: record.unit,
        By.AREA: record.area[: query.digits],
        By.CATEGORY: record.category,
        By.PERIOD: str(bisect_right(query.edges, at) - 1),
    }[query.by]


def _behind(record: Record, figure: Figure, now: int) -> tuple[bool, bool | None, int | None]:
    """Whether it is behind the figure, whether it counts for a share, and its part in a mean."""
    if isinstance(figure, Measure):
        behind, hit, half = _counts(record, figure, now)
        return behind, hit or half, None
    if isinstance(figure, Duration):
        span = record.spans()[figure]
        return span is not None, None, span
    return figure is not Count.ACCEPTED or record.accepted_at is not None, None, None


def _counts(record: Record, measure: Measure, now: int) -> tuple[bool, bool, bool]:
    """Whether it is among the measure's tickets, whether it counts, and whether it counts with w."""
    overdue = record.sign_due is not None and record.sign_due < now
    return {
        Measure.SIGNED: (record.sign_decided or overdue, not record.sign_missed and not overdue, False),
        Measure.RETURNED: (record.dispatched_at is not None, record.returned, False),
        Measure.REPEATED: (True, record.repeated, False),
        Measure.ON_TIME: (True, not record.late, False),
        Measure.RESPONSE: (record.valid, record.contacted, False),
        Measure.SOLUTION: (record.judged, record.was_solved, False),
        Measure.SATISFACTION: (
            record.valid,
            record.satisfied in {Satisfaction.VERY_SATISFIED, Satisfaction.SATISFIED},
            record.satisfied is Satisfaction.MOSTLY,
        ),
    }[measure]


def _share(records: list[Record], measure: Measure, now: int) -> Share:
    counts = [_counts(record, measure, now) for record in records]
    mine = [count for count in counts if count[0]]
    return Share(sum(count[1] for count in mine), len(mine), sum(count[2] for count in mine))


def _tally(key: str, received: list[Record], closed: list[Record], now: int) -> Tally:
    shares = {m: _share(received if m in BY_CREATION else closed, m, now) for m in Measure}
    spans = {}
    for name in DURATIONS:
        known = [span for record in closed if (span := record.spans()[name]) is not None]
        spans[name] = Span(sum(known), len(known))
    accepted = sum(record.accepted_at is not None for record in received)
    return Tally(key, len(received), accepted, len(closed), shares, spans)
