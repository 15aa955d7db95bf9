"""Figures for people: a period, what the rows are, the rules that apply; and publishing new rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from services.paging import Key, Page
from services.ports import Clock
from services.remembered import Remembered
from services.tickets.domain import Actor, Role, Scale
from services.tickets.domain.figures import (
    SHIPPED,
    By,
    Figure,
    FigureQuery,
    Figures,
    FigureTicket,
    Measure,
    Published,
    Scoring,
    Tally,
    Window,
    added,
    days_of,
    figures_of,
    months_of,
    window_of,
)
from services.tickets.domain.figures.windows import before, month_at
from services.tickets.ports import FigureStore
from services.transactions import Clash
from streams.contracts import Refused

MAY_CHANGE: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
NOTHING: Final = "-"
"""Asked as a unit or a category: the tickets that have none."""
SHORTEST: Final = 4
LONGEST: Final = 200
"""Characters of the reason that stays with a version."""
RECENT_MS: Final = 10_000
"""How old a count may be where counts are remembered; the rules and the tickets behind one are always read."""
_FEW_DAYS: Final = 62
"""A longer period is shown by its months."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks: a period by name (empty: this month), and what to narrow to; ``version`` 0 is the newest."""

    period: str = ""
    scope: str = ""
    area: str = ""
    unit: str = ""
    category: str = ""
    by: By = By.WHOLE
    digits: int = 20
    version: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. ``window`` where the rows are periods."""

    tally: Tally
    figures: Figures
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows, and the whole that they add up to."""

    window: Window
    scoring: Scoring
    whole: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class CountFigures:
    """Answers with figures and with the tickets behind them; without ``remembered`` it counts each time."""

    store: FigureStore
    clock: Clock
    remembered: Remembered | None = None

    def known(self) -> tuple[Published, ...]:
        """The shipped rules and every version since."""
        stored = self.store.scorings()
        return stored if stored and stored[0].scoring.version == SHIPPED.version else (Published(SHIPPED), *stored)

    def scale(self) -> Scale:
        """Between how many answers a reporter chooses now."""
        return self.scoring().scale

    def scoring(self, version: int = 0) -> Scoring:
        """Raises: Refused, ``not-found``."""
        known = {each.scoring.version: each.scoring for each in self.known()}
        found = known.get(version or max(known))
        if found is None:
            raise Refused("not-found", f"the rules of the figures have no version {version}", version=max(known))
        return found

    def publish(self, scoring: Scoring, *, who: Actor, reason: str) -> Published:
        """Put the next version in force; figures by an older one can still be asked for.

        Raises:
            Refused: ``forbidden``; ``fields``, no reason; ``conflict``, it is not the next version.
        """
        why = " ".join(reason.split())
        _changes(who)
        if not SHORTEST <= len(why) <= LONGEST:
            raise Refused(
                "fields", f"reason has {len(why)} characters; it is kept, and has {SHORTEST} to {LONGEST}",
                wrong=["reason"], value=why[:80], remedy="Say by which decision the rules change.",
            )  # fmt: skip
        newest = self.scoring().version
        if scoring.version != newest + 1:
            raise _taken(newest, scoring.version)
        try:
            published = Published(scoring, who.by, self.clock.now(), why)
            self.store.publish(published)
        except Clash:
            raise _taken(newest + 1, scoring.version) from None
        return published

    def preview(self, draft: Scoring, *, who: Actor, scope: str, by: By = By.WHOLE) -> tuple[Counted, Counted]:
        """The last whole month by the rules in force, and by ``draft``, which nobody has published.

        Raises:
            Refused: ``forbidden``, to whoever could not publish it.
        """
        _changes(who)
        force = self.scoring()
        month = before(month_at(self.clock.now(), force))
        asked = Asked(period=month, scope=scope, by=by)
        return self._counted(asked, force), self._counted(asked, draft)

    def __call__(self, asked: Asked) -> Counted:
        """Count.

        Raises:
            Refused: ``fields``, the period is none; ``not-found``, no such version.
        """
        return self._counted(asked, self.scoring(asked.version))

    def _counted(self, asked: Asked, scoring: Scoring) -> Counted:
        window, query = self._query(asked, scoring)
        windows = _periods(window, scoring) if asked.by is By.PERIOD else ()
        tallies = self._tallies(replace(query, edges=tuple(each.start for each in windows)))
        made = _row_of(scoring)
        total = made(added(tallies), None)  # every ticket is in one row, so the rows are read once for both
        if asked.by is By.WHOLE:
            return Counted(window, scoring, total, ())
        if asked.by is not By.PERIOD:
            return Counted(window, scoring, total, tuple(made(tally, None) for tally in tallies))
        by_number = {int(tally.key): tally for tally in tallies}
        rows = (replace(by_number.get(number, Tally()), key=each.name) for number, each in enumerate(windows))
        return Counted(window, scoring, total, tuple(map(made, rows, windows)))

    def _tallies(self, query: FigureQuery) -> tuple[Tally, ...]:
        if self.remembered is None:
            return self.store.tally(query)
        timeless = replace(query, now=0)
        return self.remembered.get(("tally", timeless), RECENT_MS, lambda: self.store.tally(query))

    def tickets(
        self,
        asked: Asked,
        figure: Figure,
        *,
        hit: bool | None = None,
        limit: int,
        after: Key | None,
    ) -> Page[FigureTicket]:
        """The tickets that one figure is made of; of a share only those that count, or only the others, by ``hit``.

        Raises:
            Refused: ``fields``, the period is none, or ``hit`` of what is no share; ``not-found``, no such version.
        """
        if hit is not None and not isinstance(figure, Measure):
            said = str(hit).lower()
            raise Refused(
                "fields", f"hit is {said}, but all tickets behind {figure} count; only a share has others",
                wrong=["hit"], value=said, remedy=f"Leave hit out, or ask for one of {', '.join(Measure)}.",
            )  # fmt: skip
        _, query = self._query(asked, self.scoring(asked.version))
        return self.store.list_tickets(query, figure, hit=hit, limit=limit, after=after)

    def _query(self, asked: Asked, scoring: Scoring) -> tuple[Window, FigureQuery]:
        now = self.clock.now()
        window = window_of(asked.period or month_at(now, scoring), scoring)
        query = FigureQuery(
            window.start,
            window.end,
            now,
            asked.scope,
            asked.area,
            _narrowed(asked.unit),
            _narrowed(asked.category),
            asked.by,
            asked.digits,
        )
        return window, query


def _changes(who: Actor) -> None:
    if who.role not in MAY_CHANGE:
        raise Refused("forbidden", f"the rules of the figures are changed by {' or '.join(sorted(MAY_CHANGE))}")


def _periods(window: Window, scoring: Scoring) -> tuple[Window, ...]:
    """Every period of the window, those without tickets too."""
    days = (window.last - window.first).days + 1
    return (days_of if days <= _FEW_DAYS else months_of)(window, scoring)


def _narrowed(word: str) -> str | None:
    return "" if word == NOTHING else word or None


def _row_of(scoring: Scoring) -> Callable[[Tally, Window | None], Row]:
    return lambda tally, window: Row(tally, figures_of(tally, scoring), window)


def _taken(newest: int, asked: int) -> Refused:
    return Refused(
        "conflict",
        f"the rules of the figures are at version {newest}, and what a version says never changes; "
        f"publish your change as version {newest + 1}",
        version=newest, value=str(asked), remedy=f"Publish your change as version {newest + 1}.",
    )  # fmt: skip
