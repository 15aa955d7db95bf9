"""The catalogue's file on its page: bring it, see the plan with every conflict, apply it; and the history of lines."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from services.adapters import spreadsheets
from services.api.container import Container
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.pages.tickets.responsibility import CatalogueDesk, LineView, view_of, visit_of
from services.api.problems import refuse
from services.api.tickets.catalogue_sheet import REMEDIES, rows_in
from services.api.tickets.tickets import actor
from services.api.words import place
from services.paging import encode_cursor
from services.tickets.domain.catalogue import DISTRICT, Line
from services.tickets.domain.catalogue.exchange import COLUMNS, Change, Conflict, Plan, Rows, cells_of
from services.tickets.domain.words import Role
from services.tickets.handlers.catalogue import MAY_CHANGE
from streams.contracts import Refused

SHOWN: Final = 200
"""Changes and conflicts that a page lists; how many there are in all stands above."""
MOST_CARRIED: Final = 1_000_000
EMPTY: Final = N_("请先选一个文件：从“导出”得到的表改好后带回来")
UNREADABLE: Final = N_("这个文件读不出来：{why}")


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    book = CatalogueDesk(container)

    @router.get("/catalogue/import")
    def bring(request: Request) -> Response:
        return _page(desk, _changing(desk, request), book, None, "")

    @router.post("/catalogue/import")
    def judge(request: Request, form: Sent) -> Response:
        """The plan of a file, or of what is left of it to apply; with ``apply`` it is written."""
        visit = _changing(desk, request)
        who, scope = actor(visit.caller), visit.caller.scope
        try:
            rows = _rows(form)
        except Refused as refused:
            return _page(desk, visit, book, None, visit.t(UNREADABLE, why=refused.detail), status=422)
        if rows is None:
            return _page(desk, visit, book, None, visit.t(EMPTY), status=422)
        if not text_of(form, "apply"):
            return _page(desk, visit, book, container.catalogue.plan(rows, who=who, scope=scope), "")
        try:
            container.catalogue.apply(rows, basis=text_of(form, "basis"), who=who, scope=scope)
        except Refused as refused:
            if refused.code not in {"basis", "conflicts"}:
                raise
            said = visit.t("看过计划之后，有人改了派单目录，这次没有写入。下面是新的计划，请看后再写入。")
            plan = container.catalogue.plan(rows, who=who, scope=scope)
            return _page(desk, visit, book, plan, said, status=409)
        return RedirectResponse("/catalogue?said=catalogue#lines", 303)

    @router.get("/catalogue/history")
    def history(request: Request) -> Response:
        visit = visit_of(desk, request)
        query = request.query_params
        page = container.catalogue.changes(
            scope=visit.caller.scope, line=query.get("line", "")[:100], limit=50,
            after=place(query.get("cursor"), (int,)),
        )  # fmt: skip
        lines = [line for each in page.items for line in (each.old, each.new) if line]
        views = _views(book, visit, lines, {})
        people = {user.id: user.name for user in container.people.list_users()}
        rows = [
            {"at": each.at, "by": people.get(each.by, each.by), "line": each.line,
             "old": views[each.old] if each.old else None, "new": views[each.new] if each.new else None}
            for each in page.items
        ]  # fmt: skip
        return desk.show(
            visit, "catalogue-history.html", **common(visit), rows=rows, next=encode_cursor(page.next),
            line=query.get("line", ""),
        )  # fmt: skip

    return router


def _changing(desk: Desk, request: Request) -> Visit:
    visit = visit_of(desk, request)
    if Role(visit.caller.role) not in MAY_CHANGE:
        said = f"Your role {visit.caller.role} does not change the catalogue."
        raise refuse(403, "role", said, f"It is changed by {', '.join(sorted(MAY_CHANGE))}.", field="role")
    return visit


def _rows(form: FormData) -> Rows | None:
    """The rows of the file that was brought, else those that an earlier plan carried along; None for neither.

    Raises:
        Refused: ``file``.
    """
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return rows_in(file.file.read(spreadsheets.MAX_BYTES + 1))
    carried = text_of(form, "rows", MOST_CARRIED)
    if not carried:
        return None
    try:
        packed = zlib.decompressobj().decompress(base64.b64decode(carried, validate=True), spreadsheets.MAX_BYTES)
        return msgspec.json.decode(packed, type=list[tuple[int, dict[str, str]]])
    except (msgspec.DecodeError, binascii.Error, zlib.error, ValueError):
        raise Refused("file", "the plan was cut short on its way; bring the file again") from None


def _page(
    desk: Desk, visit: Visit, book: CatalogueDesk, plan: Plan | None, wrong: str, *, status: int = 200
) -> Response:
    return desk.show(
        visit, "catalogue-import.html", status=status, **common(visit), plan=plan, wrong=wrong, most=SHOWN,
        conflicts=[_conflict(each, visit) for each in plan.conflicts[:SHOWN]] if plan else [],
        changes=_changes(book, visit, plan.changes[:SHOWN]) if plan else [],
        rows=_carried(plan) if plan else "", columns=list(COLUMNS.items()),
    )  # fmt: skip


def _carried(plan: Plan) -> str:
    """Only what would change goes along in the page, packed, so that applying needs no second upload."""
    rows = [(change.row, cells_of(change.new)) for change in plan.changes]
    return base64.b64encode(zlib.compress(msgspec.json.encode(rows))).decode()


def _conflict(conflict: Conflict, visit: Visit) -> dict[str, Any]:
    remedy = visit.t.either(*REMEDIES[conflict.fault]).format(hint=conflict.hint or "—")
    column = visit.t.either(COLUMNS[conflict.field], conflict.field)
    return {"row": conflict.row, "column": column, "value": conflict.value, "remedy": remedy}


def _changes(book: CatalogueDesk, visit: Visit, changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    lines = [line for change in changes for line in (change.old, change.new) if line]
    views = _views(book, visit, lines, book.container.policies.newest())
    return [{"old": views[each.old] if each.old else None, "new": views[each.new]} for each in changes]


def _views(book: CatalogueDesk, visit: Visit, lines: list[Line], newest: Mapping[str, int]) -> dict[Line, LineView]:
    names = book.names({line.area for line in lines}, visit.t)
    units = {name: visit.t.either(*both) for name, both in book.units().items()} | {DISTRICT: visit.t("区级兜底")}
    return {line: view_of(line, names, units, newest, visit.t) for line in lines}
