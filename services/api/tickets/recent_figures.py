"""Figures that were counted a moment ago, so that a month that many look at is counted once."""

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from services.paging import Key, Page
from services.tickets.domain.figures import FigureQuery, FigureTicket, Measure, Published, Tally
from services.tickets.ports import FigureStore, Remade

AGE_MS: Final = 10_000
MOST: Final = 500
"""Answers kept; the one that was given longest ago goes first."""


@dataclass(frozen=True, slots=True, eq=False)
class RecentFigures:
    """:class:`services.tickets.ports.FigureStore` before another one; only its counts are kept.

    What may be :data:`AGE_MS` old is how many tickets are overdue or moved since; the rules are always read.
    """

    store: FigureStore
    kept: OrderedDict[FigureQuery, tuple[int, tuple[Tally, ...]]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        asked = replace(query, now=0)
        with self.lock:
            at, known = self.kept.get(asked, (-AGE_MS, ()))
        if 0 <= query.now - at < AGE_MS:
            return known
        counted = self.store.tally(query)
        with self.lock:
            self.kept[asked] = (query.now, counted)
            self.kept.move_to_end(asked)
            while len(self.kept) > MOST:
                self.kept.popitem(last=False)
        return counted

    def scorings(self) -> tuple[Published, ...]:
        return self.store.scorings()

    def publish(self, published: Published) -> None:
        self.store.publish(published)

    def behind(self, most: int) -> int:
        return self.store.behind(most)

    def remake(self, limit: int, *, without: Collection[str] = ()) -> Remade:
        return self.store.remake(limit, without=without)

    def list_tickets(
        self,
        query: FigureQuery,
        measure: Measure | None,
        *,
        closed: bool,
        hit: bool | None,
        limit: int,
        after: Key | None,
    ) -> Page[FigureTicket]:
        return self.store.list_tickets(query, measure, closed=closed, hit=hit, limit=limit, after=after)
