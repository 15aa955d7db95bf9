"""Tickets as a file: the list that was asked for, page by page as it is read, and no telephone number whole."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from starlette.responses import StreamingResponse

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Cell, Sheet
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.platform.exports import note_export
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX
from services.api.tickets.queries import TicketQuery, found
from services.paging import MAX_LIMIT, Page, encode_cursor
from services.registry.domain import Permission
from services.tickets.domain import Ticket, masked
from services.tickets.domain.numbers import SHANGHAI

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
JSON_LINES: Final = "application/jsonl"
MOST_PAGES: Final = 10_000
"""Where reading ends whatever happens: ten million tickets."""


class ExportQuery(TicketQuery):
    """The filters and the order of the list; ``limit``, ``cursor`` and ``count`` do not matter here."""

    format: Literal["csv", "jsonl"] = "csv"


def _moment(at: int | None) -> datetime | None:
    """In the city's time, without a zone: a spreadsheet knows none."""
    return None if at is None else datetime.fromtimestamp(at / 1000, SHANGHAI).replace(tzinfo=None, microsecond=0)


def _name(ticket: Ticket) -> str:
    if ticket.caller is None:
        return ""
    return "***" if ticket.caller.confidential else ticket.caller.name


COLUMNS: Final[tuple[tuple[str, str, Callable[[Ticket], Cell]], ...]] = (
    ("number", "编号", lambda ticket: ticket.number),
    ("state", "状态", lambda ticket: str(ticket.state)),
    ("stage", "阶段", lambda ticket: str(ticket.stage)),
    ("source", "来源", lambda ticket: str(ticket.source)),
    ("title", "标题", lambda ticket: ticket.title),
    ("text", "内容", lambda ticket: ticket.text),
    ("place", "地点", lambda ticket: ticket.place),
    ("area", "区划代码", lambda ticket: ticket.area),
    ("category", "类别", lambda ticket: ticket.category),
    ("urgency", "紧急程度", lambda ticket: ticket.urgency),
    ("lead", "主办单位", lambda ticket: ticket.lead),
    ("caller_name", "称呼", _name),
    ("caller_phone", "电话", lambda ticket: masked(ticket.caller.phone) if ticket.caller else ""),
    ("opened_at", "登记时间", lambda ticket: _moment(ticket.opened_at)),
    ("deadline", "时限", lambda ticket: _moment(ticket.deadline)),
    ("closed_at", "办结时间", lambda ticket: _moment(ticket.closed_at)),
    ("outcome", "处理结果", lambda ticket: ticket.outcome),
    ("satisfied", "满意度", lambda ticket: str(ticket.satisfied or "")),
)
"""The name in JSON Lines, the header in CSV, and what stands there."""


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)

    @routes.get(
        "/tickets/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}, JSON_LINES: {}}}},
    )
    def export_tickets(caller: Reader, query: Annotated[ExportQuery, Parameters()]) -> StreamingResponse:
        """The same list whole, as CSV with Chinese headers or as JSON Lines; no cell of it starts a formula."""
        return exported(container, caller, query)

    return routes


def exported(container: Container, caller: Caller, query: ExportQuery) -> StreamingResponse:
    """The file as an answer; its first page is read before it begins, so that a wrong query is still answered.

    That it was taken is in the audit log before its first byte.

    Raises:
        ProblemError, Refused: as the list itself.
    """
    whole = query.model_copy(update={"limit": MAX_LIMIT, "cursor": None})
    first = found(container, caller, whole)
    asked = query.model_dump(exclude={"limit", "cursor", "count", "area", "format"}, exclude_defaults=True, mode="json")
    note_export(container, caller, "tickets", "tickets", **asked, format=query.format, within=query.area)
    pages = _pages(container, caller, whole, first)
    lines = _csv(pages) if query.format == "csv" else _jsonl(pages)
    return StreamingResponse(
        lines,
        media_type=spreadsheets.CSV if query.format == "csv" else JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="linli-tickets.{query.format}"'},
    )


def _pages(container: Container, caller: Caller, query: TicketQuery, page: Page[Ticket]) -> Iterator[Page[Ticket]]:
    for _ in range(MOST_PAGES):
        yield page
        if page.next is None:
            return
        page = found(container, caller, query.model_copy(update={"cursor": encode_cursor(page.next)}))


def _csv(pages: Iterator[Page[Ticket]]) -> Iterator[bytes]:
    header = [zh for _, zh, _ in COLUMNS]
    head = spreadsheets.to_csv(Sheet("", header, ()))
    yield head
    for page in pages:
        rows = [[value(ticket) for _, _, value in COLUMNS] for ticket in page.items]
        yield spreadsheets.to_csv(Sheet("", header, rows)).removeprefix(head)


def _jsonl(pages: Iterator[Page[Ticket]]) -> Iterator[bytes]:
    for page in pages:
        yield "".join(json.dumps(_object(ticket), ensure_ascii=False) + "\n" for ticket in page.items).encode()


def _object(ticket: Ticket) -> dict[str, Any]:
    """The columns by name; moments as epoch ms, as everywhere in this API."""
    made: dict[str, Any] = {key: value(ticket) for key, _, value in COLUMNS}
    return made | {"opened_at": ticket.opened_at, "deadline": ticket.deadline, "closed_at": ticket.closed_at}
