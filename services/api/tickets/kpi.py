"""The KPI of the loop 考核: three rates, durations and counts, by unit, area, category and period."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.adapters.spreadsheets import XLSX
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.door.scope import NO_UNIT, UNIT_ROLES
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.tickets.kpi_sheets import written
from services.api.words import AreaCode, Query, Word, asked_area, place
from services.registry.domain import Permission
from services.tickets.domain import Scale
from services.tickets.domain.figures import FIGURES, By, Count, Duration, Figure, FigureTicket, Measure, Scoring
from services.tickets.handlers import figures
from services.tickets.handlers.figures import Counted, Row
from streams.contracts.areas import LEVELS

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
Level = Literal["county", "street", "community", "grid"]
DIGITS = {name: digits for digits, name in LEVELS.items()}


def figure_named(name: str) -> str:
    """Raises: PydanticCustomError, no figure of the table has this name."""
    if name not in FIGURES:
        raise PydanticCustomError("enum", "Input should be the name of a figure", {"expected": ", ".join(FIGURES)})
    return name


FigureName = Annotated[
    str, AfterValidator(figure_named), WithJsonSchema({"type": "string", "enum": [*FIGURES], "examples": ["resolve"]})
]


class Narrowed(BaseModel):
    """A period and what to narrow to; an unknown name is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: Word = Field(
        default="",
        description="A statistical day, month or year, or days; empty: the month that runs.",
        examples=["2026-11", "2026-11-22", "2026-11-01..2026-11-22"],
    )
    area: AreaCode = Field(default="", description="An area code or its beginning.")
    unit: Word = Field(default="", description="The lead unit; - for tickets without one.")
    category: Word = Field(default="", description="A category; - for tickets without one.")
    version: int = Field(default=0, ge=0, le=1_000_000, description="Of the rules; 0: the newest.")


class KpiQuery(Narrowed):
    """… and what the rows are."""

    by: By = By.UNIT
    level: Level = Field(default="street", description="by=area: how far codes are cut.")


class SheetQuery(KpiQuery):
    """… and the file's form."""

    format: Literal["csv", "xlsx"] = "xlsx"


class BehindQuery(Query):
    """Which tickets: those behind one figure of the table."""

    period: Word = ""
    area: AreaCode = ""
    unit: Word = ""
    category: Word = ""
    version: int = Field(default=0, ge=0, le=1_000_000)
    measure: FigureName | None = Field(
        default=None,
        description="A count (received, accepted, closed), a share, or the mean of a duration, whose tickets come "
        "longest first; without it received, or closed where that is true.",
    )
    closed: bool = Field(default=False, description="The same as measure=closed, where no measure is named.")
    hit: bool | None = Field(default=None, description="Of a share: only those that count, or only the others.")

    @property
    def figure(self) -> Figure:
        return FIGURES[self.measure or (Count.CLOSED if self.closed else Count.RECEIVED)]


class ShareShape(Shape):
    """``hits`` of ``of`` tickets, ``half`` with the weight w; ``rate`` 0 to 1, null is no data."""

    hits: int
    half: int
    of: int
    rate: float | None


class SpanShape(Shape):
    """A mean in ms over ``tickets``; null over none."""

    tickets: int
    mean_ms: float | None


class RowShape(Shape):
    """One row; counts add up over rows. ``start`` and ``end`` (epoch ms) where the rows are periods."""

    key: str = Field(examples=["unit-gas"])
    start: int | None
    end: int | None
    received: int
    accepted: int
    closed: int
    score: float | None = Field(description="The three rates by their weights; null where one of them has no data.")
    measures: dict[Measure, ShareShape]
    durations: dict[Duration, SpanShape] = Field(
        description="discover, accept, resolve, confirm, feed_back; and in_ each of the four stages."
    )


class ScoringShape(Shape):
    """The rules of the figures; ``mostly`` is w."""

    version: int
    mostly: float
    weights: dict[Measure, float]
    day_begins: int = Field(description="Minutes after midnight of the day before; 0: at midnight of the day itself.")
    month_begins: int = Field(description="The day of the month before; 1: the calendar's months.")
    targets: dict[Measure, float]
    scale: Scale = Field(description="Between how many answers a reporter chooses.")


class KpiShape(Shape):
    """The figures: ``whole`` is what the rows add up to. Received by creation, closed by closing."""

    period: str = Field(examples=["2026-11"])
    start: int
    end: int
    by: By
    rules: ScoringShape
    whole: RowShape
    rows: list[RowShape]


class BehindShape(Shape):
    """A ticket behind a figure; ``hit`` null where it is no share, ``span_ms`` where it is no mean."""

    id: str
    number: str
    title: str
    area: str
    category: str
    unit: str
    opened_at: int
    closed_at: int | None
    hit: bool | None
    span_ms: int | None = Field(description="What the ticket adds to the mean.", examples=[5_400_000])


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["kpi"], responses=PROBLEMS)

    @routes.get("/kpi")
    def get_kpi(caller: Reader, query: Annotated[KpiQuery, Parameters()]) -> KpiShape:
        """Rates, durations and counts of the caller's area or unit. No data is null, never 0."""
        return kpi_of(container.figures(asked_of(caller, query)), query.by)

    @routes.get(
        "/kpi/export",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}, XLSX: {}}}},
    )
    def export_kpi(caller: Reader, query: Annotated[SheetQuery, Parameters()]) -> Response:
        """The same table as CSV or .xlsx with Chinese headers; an empty cell is no data."""
        counted = container.figures(asked_of(caller, query))
        return written(container, caller, counted, query.by, query.format)

    @routes.get("/kpi/tickets")
    def list_kpi_tickets(caller: Reader, query: Annotated[BehindQuery, Parameters()]) -> Listed[BehindShape]:
        """The tickets that one figure is made of: newest first, or of a mean longest first, each with its own time.

        A mean is the sum of ``span_ms`` over all pages by the number of tickets, of the same period and filters.
        """
        narrowed = KpiQuery(
            period=query.period, area=query.area, unit=query.unit, category=query.category, version=query.version
        )
        page = container.figures.tickets(
            asked_of(caller, narrowed), query.figure, hit=query.hit, limit=query.limit,
            after=place(query.cursor, (int, str)),
        )  # fmt: skip
        return listed(page, behind_of)

    return routes


def asked_of(caller: Caller, query: KpiQuery) -> figures.Asked:
    """What the caller may ask: the own area always applies, and unit people see their unit.

    Raises:
        ProblemError: 403 outside the caller's area.
    """
    unit = (caller.unit or NO_UNIT) if caller.role in UNIT_ROLES else query.unit
    return figures.Asked(
        query.period, caller.scope, asked_area(caller, query.area), unit, query.category, query.by,
        DIGITS[query.level], query.version,
    )  # fmt: skip


def kpi_of(counted: Counted, by: By) -> KpiShape:
    window = counted.window
    return KpiShape(
        period=window.name, start=window.start, end=window.end, by=by, rules=scoring_of(counted.scoring),
        whole=row_of(counted.whole), rows=[row_of(row) for row in counted.rows],
    )  # fmt: skip


def row_of(row: Row) -> RowShape:
    tally, rates = row.tally, row.figures.rates
    return RowShape(
        key=tally.key,
        start=row.window.start if row.window else None,
        end=row.window.end if row.window else None,
        received=tally.received,
        accepted=tally.accepted,
        closed=tally.closed,
        score=row.figures.score,
        measures={name: ShareShape(**share._asdict(), rate=rates[name]) for name, share in tally.shares.items()},
        durations={
            name: SpanShape(tickets=span.tickets, mean_ms=row.figures.durations[name])
            for name, span in tally.spans.items()
        },
    )


def scoring_of(scoring: Scoring) -> ScoringShape:
    return ScoringShape(**msgspec.structs.asdict(scoring))


def behind_of(ticket: FigureTicket) -> BehindShape:
    return BehindShape(
        **{name: getattr(ticket, "span" if name == "span_ms" else name) for name in BehindShape.model_fields}
    )
