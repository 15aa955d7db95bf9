"""The audit log as a file, chain numbers and hashes with it, so that somebody else can verify what they were given."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter
from fastapi import Query as Parameters
from starlette.responses import StreamingResponse

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Cell, Sheet
from services.api.container import Container
from services.api.door.auth import Caller
from services.api.platform.audit import Auditor, AuditQuery, filters_of, read
from services.api.platform.exports import note_export
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX
from services.audit import Kept
from services.paging import MAX_LIMIT, Page, encode_cursor
from services.tickets.domain.numbers import SHANGHAI

JSON_LINES: Final = "application/jsonl"
MOST_PAGES: Final = 10_000
HEADER: Final = ("时间", "链", "编号", "何人", "角色", "何事", "对象", "详情", "前一条哈希", "哈希")


class AuditExportQuery(AuditQuery):
    """The filters of the list; ``limit`` and ``cursor`` do not matter here."""

    format: Literal["csv", "jsonl"] = "csv"


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["audit"], responses=PROBLEMS)

    @routes.get(
        "/audit/export",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/csv": {}, JSON_LINES: {}}}},
    )
    def export_audit(caller: Auditor, query: Annotated[AuditExportQuery, Parameters()]) -> StreamingResponse:
        """Entries as CSV or JSON Lines, newest first; taking them is an entry itself."""
        return exported(container, caller, query)

    return routes


def exported(container: Container, caller: Caller, query: AuditExportQuery) -> StreamingResponse:
    """The file as an answer; its first page is read before it begins.

    Raises:
        ProblemError: 403, as the list.
    """
    first = read(container, caller, filters_of(query), None, MAX_LIMIT)
    asked = query.model_dump(exclude={"limit", "cursor"}, exclude_defaults=True, mode="json")
    note_export(container, caller, "registry", "audit", **asked | {"format": query.format})
    pages = _pages(container, caller, query, first)
    return StreamingResponse(
        _csv(pages) if query.format == "csv" else _jsonl(pages),
        media_type=spreadsheets.CSV if query.format == "csv" else JSON_LINES,
        headers={"Content-Disposition": f'attachment; filename="linli-audit.{query.format}"'},
    )


def _pages(container: Container, caller: Caller, query: AuditExportQuery, page: Page[Kept]) -> Iterator[Page[Kept]]:
    for _ in range(MOST_PAGES):
        yield page
        if page.next is None:
            return
        page = read(container, caller, filters_of(query), encode_cursor(page.next), MAX_LIMIT)


def _csv(pages: Iterator[Page[Kept]]) -> Iterator[bytes]:
    head = spreadsheets.to_csv(Sheet("", HEADER, ()))
    yield head
    for page in pages:
        rows: list[list[Cell]] = [
            [
                datetime.fromtimestamp(entry.at / 1000, SHANGHAI).replace(tzinfo=None), entry.chain, entry.number,
                entry.by, entry.role, entry.did, entry.subject, entry.detail, entry.previous.hex(), entry.hash.hex(),
            ]
            for entry in page.items
        ]  # fmt: skip
        yield spreadsheets.to_csv(Sheet("", HEADER, rows)).removeprefix(head)


def _jsonl(pages: Iterator[Page[Kept]]) -> Iterator[bytes]:
    for page in pages:
        yield "".join(json.dumps(_object(entry), ensure_ascii=False) + "\n" for entry in page.items).encode()


def _object(entry: Kept) -> dict[str, object]:
    """Every field that the hash covers, as it stands: ``detail`` stays the text that was hashed."""
    return {
        "chain": entry.chain, "number": entry.number, "at": entry.at, "by": entry.by, "role": entry.role,
        "did": entry.did, "subject": entry.subject, "detail": entry.detail, "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }  # fmt: skip
