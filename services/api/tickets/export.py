"""Tickets as a file: the list that was asked for, page by page as it is read, and no telephone number whole."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from starlette.responses import Response, StreamingResponse

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Cell, Sheet
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.language import vocabulary as voc
from services.api.platform.exports import note_export
from services.api.problems import PROBLEMS, refuse
from services.api.shapes import PREFIX
from services.api.tickets.kpi_sheets import names_of
from services.api.tickets.queries import TicketQuery, found
from services.paging import MAX_LIMIT, Page, encode_cursor
from services.registry.domain import Permission
from services.tickets.domain import Caller as Reporter
from services.tickets.domain import Role, Ticket, caller_for, masked
from services.tickets.domain.figures import By
from services.tickets.domain.numbers import SHANGHAI

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
JSON_LINES: Final = "application/jsonl"
MOST_PAGES: Final = 10_000
"""Where reading ends whatever happens: ten million tickets."""


Rows = Callable[[Sequence[Ticket]], list[list[Cell]]]
"""Tickets as rows, for one reader."""


class ExportQuery(TicketQuery):
    """The filters and the order of the list; ``limit``, ``cursor`` and ``count`` do not matter here."""

    format: Literal["csv", "xlsx", "jsonl"] = "csv"


def _moment(at: int | None) -> datetime | None:
    """In the city's time, without a zone: a spreadsheet knows none."""
    return None if at is None else datetime.fromtimestamp(at / 1000, SHANGHAI).replace(tzinfo=None, microsecond=0)


def _caller(ticket: Ticket, role: Role) -> Reporter:
    """The caller as this role may see them, the number never whole: a file goes on to where nobody asks."""
    seen = caller_for(role, ticket.caller) or Reporter()
    return Reporter(seen.name, masked(seen.phone) if "*" not in seen.phone else seen.phone)


COLUMNS: Final[tuple[tuple[str, str, Callable[[Ticket, Role], Cell]], ...]] = (
    ("number", "编号", lambda ticket, _: ticket.number),
    ("state", "状态", lambda ticket, _: str(ticket.state)),
    ("stage", "阶段", lambda ticket, _: str(ticket.stage)),
    ("source", "来源", lambda ticket, _: str(ticket.source)),
    ("title", "标题", lambda ticket, _: ticket.title),
    ("text", "内容", lambda ticket, _: ticket.text),
    ("place", "地点", lambda ticket, _: ticket.place),
    ("area", "区划代码", lambda ticket, _: ticket.area),
    ("category", "类别", lambda ticket, _: ticket.category),
    ("urgency", "紧急程度", lambda ticket, _: ticket.urgency),
    ("lead", "主办单位", lambda ticket, _: ticket.lead),
    ("caller_name", "称呼", lambda ticket, role: _caller(ticket, role).name),
    ("caller_phone", "电话", lambda ticket, role: _caller(ticket, role).phone),
    ("opened_at", "登记时间", lambda ticket, _: _moment(ticket.opened_at)),
    ("deadline", "时限", lambda ticket, _: _moment(ticket.deadline)),
    ("closed_at", "办结时间", lambda ticket, _: _moment(ticket.closed_at)),
    ("outcome", "处理结果", lambda ticket, _: ticket.outcome),
    ("satisfied", "满意度", lambda ticket, _: str(ticket.satisfied or "")),
)
"""The name in JSON Lines, the header in CSV and Excel, and what a role reads there."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "state": voc.TICKET_STATES,
    "stage": voc.STAGES,
    "source": voc.SOURCES,
    "urgency": voc.URGENCIES,
    "satisfied": voc.SATISFACTION,
}
"""How the codes of a column read: a person opens CSV and Excel, a program the JSON Lines, which keep them."""
WIDTHS: Final = {
    "编号": 20, "标题": 32, "内容": 48, "地点": 28, "区划代码": 18, "主办单位": 18, "电话": 14, "登记时间": 20,
    "时限": 20, "办结时间": 20, "处理结果": 32,
}  # fmt: skip
MOST_ROWS: Final = 20_000
"""Tickets in one workbook, which is made whole before it is sent; the other formats flow and have no such end."""
MAKING: Final = threading.BoundedSemaphore(1)
"""A workbook takes seconds of processor time, in the process that pushes alarms: one after the other."""
PATIENCE_S: Final = 20.0
MEDIA: Final = {"csv": spreadsheets.CSV, "xlsx": spreadsheets.XLSX, "jsonl": JSON_LINES}


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.get(
        "/tickets/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}, spreadsheets.XLSX: {}, JSON_LINES: {}}}},
    )
    def export_tickets(caller: Reader, query: Annotated[ExportQuery, Parameters()]) -> Response:
        """The same list whole: CSV or Excel with Chinese headers, or JSON Lines. No cell of it starts a formula."""
        return exported(container, caller, query)

    return routes


def exported(container: Container, caller: Caller, query: ExportQuery) -> Response:
    """The file as an answer; its first page is read before it begins, so that a wrong query is still answered.

    That it was taken is in the audit log before its first byte.

    Raises:
        ProblemError, Refused: as the list itself; 422, more tickets than a workbook has; 429, others are being made.
    """
    whole = query.model_copy(update={"limit": MAX_LIMIT, "cursor": None})
    pages = _pages(container, caller, whole, found(container, caller, whole))
    role = Role(caller.role)
    rows = partial(_rows, role, _read_by(container))
    made = _xlsx(pages, rows) if query.format == "xlsx" else b""
    asked = query.model_dump(exclude={"limit", "cursor", "count", "area", "format"}, exclude_defaults=True, mode="json")
    note_export(container, caller, "tickets", "tickets", **asked, format=query.format, within=query.area)
    headers = {"Content-Disposition": f'attachment; filename="linli-tickets.{query.format}"'}
    if made:
        return Response(made, media_type=spreadsheets.XLSX, headers=headers)
    lines = _csv(pages, rows) if query.format == "csv" else _jsonl(pages, role)
    return StreamingResponse(lines, media_type=MEDIA[query.format], headers=headers)


def _pages(container: Container, caller: Caller, query: TicketQuery, page: Page[Ticket]) -> Iterator[Page[Ticket]]:
    for _ in range(MOST_PAGES):
        yield page
        if page.next is None:
            return
        page = found(container, caller, query.model_copy(update={"cursor": encode_cursor(page.next)}))


def _csv(pages: Iterator[Page[Ticket]], rows: Rows) -> Iterator[bytes]:
    header = [zh for _, zh, _ in COLUMNS]
    head = spreadsheets.to_csv(Sheet("", header, ()))
    yield head
    for page in pages:
        yield spreadsheets.to_csv(Sheet("", header, rows(page.items))).removeprefix(head)


def _xlsx(pages: Iterator[Page[Ticket]], rows: Rows) -> bytes:
    """Raises: ProblemError, 422 and 429."""
    lines = list(_bounded(pages, rows))  # whole, before a workbook is begun that would not come to its end
    if not MAKING.acquire(timeout=PATIENCE_S):
        raise refuse(
            429, "crowded", "Other workbooks are being made.", "Ask again in a minute, or take format=csv.",
            field="format", value="xlsx", headers={"Retry-After": "60"},
        )  # fmt: skip
    try:
        return spreadsheets.to_xlsx([Sheet("工单", [zh for _, zh, _ in COLUMNS], lines, widths=WIDTHS)])
    finally:
        MAKING.release()


def _bounded(pages: Iterator[Page[Ticket]], rows: Rows) -> Iterator[list[Cell]]:
    """Raises: ProblemError, 422."""
    count = 0
    for page in pages:
        count += len(page.items)
        if count > MOST_ROWS:
            raise refuse(
                422, "file", f"More than {MOST_ROWS:,} tickets are in reach of these filters; a workbook has no more.",
                f"Narrow the filters to {MOST_ROWS:,} tickets, or take format=csv, which has no limit.",
                field="format", value="xlsx",
            )  # fmt: skip
        yield from rows(page.items)


def _rows(role: Role, read: Mapping[str, Callable[[str], str]], tickets: Sequence[Ticket]) -> list[list[Cell]]:
    return [[read[key](str(cell)) if key in read else cell for key, cell in _cells(ticket, role)] for ticket in tickets]


def _read_by(container: Container) -> dict[str, Callable[[str], str]]:
    units, leaves = names_of(container, By.UNIT), names_of(container, By.CATEGORY)
    return {column: partial(_looked_up, table) for column, table in WORDS.items()} | {
        "lead": lambda code: units(code) if code else "",
        "category": lambda code: leaves(code) if code else "",
    }


def _looked_up(table: Mapping[str, str], code: str) -> str:
    return table.get(code, code)


def _cells(ticket: Ticket, role: Role) -> Iterator[tuple[str, Cell]]:
    return ((key, value(ticket, role)) for key, _, value in COLUMNS)


def _jsonl(pages: Iterator[Page[Ticket]], role: Role) -> Iterator[bytes]:
    for page in pages:
        yield "".join(json.dumps(_object(ticket, role), ensure_ascii=False) + "\n" for ticket in page.items).encode()


def _object(ticket: Ticket, role: Role) -> dict[str, Any]:
    """The columns by name; moments as epoch ms, as everywhere in this API."""
    made: dict[str, Any] = dict(_cells(ticket, role))
    return made | {"opened_at": ticket.opened_at, "deadline": ticket.deadline, "closed_at": ticket.closed_at}
