"""The catalogue as a file, out and in: a dry run that names every conflict, and the history of its lines."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.adapters import spreadsheets
from services.adapters.spreadsheets import Sheet
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, listed
from services.api.tickets.catalogue import LineShape, line_of
from services.api.tickets.tickets import actor
from services.api.words import Query, Word, place
from services.registry.domain import Permission
from services.tickets.domain.catalogue import GROUPS, LEAVES, Line
from services.tickets.domain.catalogue.exchange import COLUMNS, Conflict, Fault, Plan, Rows, cells_of, rows_of
from services.tickets.ports import Changed
from streams.contracts import Refused
from streams.contracts.areas import contains

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
REMEDIES: Final[dict[Fault, tuple[str, str]]] = {
    Fault.CATEGORY: ("没有这个类别；相近的有：{hint}。全部类别见派单目录，兜底条目写 *",
                     "There is no such category; near ones: {hint}. Write * for whatever nobody else takes."),
    Fault.AREA: ("登记册里没有这个辖区代码，请从辖区列表里抄",
                 "The registry has no such area code; copy it from the list of areas."),
    Fault.AREA_ROUNDED: ("表格软件把代码当成了数字；把这一列设为文本，再填一次代码",
                         "The spreadsheet took the code for a number; make the column text and enter it again."),
    Fault.NOT_YOURS: ("不在您的辖区 {hint} 内，请交给那里的派单员",
                      "It lies outside your area {hint}; leave it to the dispatcher there."),
    Fault.URGENCY: ("写 0 普通、1 重要、2 紧急，不限则留空", "Write 0 ordinary, 1 major or 2 critical; empty is any."),
    Fault.UNIT: ("没有这个单位；写单位代码或全称，区级兜底写 district",
                 "There is no such unit; write its code or whole name, or district for the backstop."),
    Fault.UNIT_ELSEWHERE: ("这个单位的辖区是 {hint}，不含这一条的辖区；换一个单位",
                           "This unit works in {hint}, which does not hold the line's area; name another unit."),
    Fault.OWN_HELP: ("主办不能兼协办，请删去一个", "The lead cannot assist itself; take one of them out."),
    Fault.POLICY: ("没有这套时限方案；有：{hint}，留空为现行",
                   "There is no such policy; there are: {hint}. Empty is the one in force."),
    Fault.DUPLICATE: ("与第 {hint} 行的类别、辖区、紧急程度相同，请删去一行",
                      "Row {hint} has the same category, area and urgency; take one of them out."),
}  # fmt: skip


class ExportQuery(BaseModel):
    """Which kind of file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["csv", "xlsx"] = "xlsx"


class ChangesQuery(Query):
    """A page of the history; ``line`` is one line's own."""

    line: Word = ""


class SheetAsked(Asked):
    """A file: CSV as text in ``content``, or an .xlsx in ``workbook``; the first row names the columns."""

    content: str = Field(default="", max_length=1_000_000, examples=["category,area,lead\nlighting,990101001,lighting"])
    workbook: str = Field(default="", max_length=1_000_000, description="The .xlsx, in Base64.")
    dry_run: bool = Field(default=True, description="Only say what would change and what is wrong.")
    basis: Word = Field(default="", description="The ``basis`` of the plan that was looked at: 409 where it moved.")


class ConflictShape(Shape):
    """One cell that cannot be taken, and the remedy; ``row`` as the spreadsheet counts, ``column`` its header."""

    row: int
    field: str
    column: str
    value: str
    fault: Fault
    remedy: str
    remedy_zh: str


class LineChangeShape(Shape):
    """A line before (null: it is new) and after; a new line's ``id`` comes with writing it."""

    old: LineShape | None
    new: LineShape


class PlanShape(Shape):
    """``written``: it was done; else it would be. Nothing of a file with a conflict is written.

    ``policies``: each that a changed line names, with its newest version, which is the one that tickets get.
    """

    rows: int
    same: int
    added: int
    changed: int
    basis: str
    written: bool
    policies: dict[str, int]
    changes: list[LineChangeShape]
    conflicts: list[ConflictShape]


class HistoryShape(Shape):
    """Who changed which line, when (epoch ms), from what to what; null where there was or is none."""

    number: int
    at: int
    by: str
    line: str
    old: LineShape | None
    new: LineShape | None


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["catalogue"], responses=PROBLEMS)

    @routes.get(
        "/catalogue/export",
        response_class=Response,
        responses={200: {"content": {"text/csv": {}, spreadsheets.XLSX: {}}}},
    )
    def export_catalogue(caller: Reader, query: Annotated[ExportQuery, Parameters()]) -> Response:
        """The written lines of the caller's area as a file that comes back in as it is."""
        return exported(container, caller, query.format)

    @routes.post("/catalogue/import", responses=documented(403, 409))
    def import_catalogue(caller: Reader, asked: SheetAsked) -> PlanShape:
        """Try a file (``dry_run``), or write its lines, all of them or none; lines it does not name stay."""
        rows = rows_in(asked.content.encode() if asked.content else _unpacked(asked.workbook))
        who, keep = actor(caller), container.catalogue
        newest = container.policies.newest()
        if asked.dry_run:
            return plan_of(keep.plan(rows, who=who, scope=caller.scope), newest, written=False)
        try:
            return plan_of(keep.apply(rows, basis=asked.basis, who=who, scope=caller.scope), newest, written=True)
        except Refused as refused:
            raise _listed(refused) from None

    @routes.get("/catalogue/changes")
    def list_changes(caller: Reader, query: Annotated[ChangesQuery, Parameters()]) -> Listed[HistoryShape]:
        """The history of the lines that concern the caller's area, newest first."""
        page = container.catalogue.changes(
            scope=caller.scope, line=query.line, limit=query.limit, after=place(query.cursor, (int,))
        )
        return listed(page, history_of)

    return routes


def exported(container: Container, caller: Caller, form: Literal["csv", "xlsx"]) -> Response:
    """The written lines inside the caller's area; codes to come back in, names to be read."""
    lines = [line for line in container.catalogue.lines(scope=caller.scope) if not line.own]
    sheet = table(container, [line for line in lines if contains(caller.scope, line.area)])
    return Response(
        spreadsheets.to_csv(sheet) if form == "csv" else spreadsheets.to_xlsx([sheet]),
        media_type=spreadsheets.CSV if form == "csv" else spreadsheets.XLSX,
        headers={"Content-Disposition": f'attachment; filename="linli-catalogue.{form}"'},
    )


def table(container: Container, lines: list[Line]) -> Sheet:
    units = {unit.id: unit.name_zh for unit in container.places.list_units(scope="")}
    areas = container.places.areas_named(sorted({line.area for line in lines}))
    categories = {each.code: each.name_zh for each in (*GROUPS.values(), *LEAVES.values())} | {"": "其余全部"}
    rows = []
    for line in lines:
        named = areas.get(line.area)
        cells = cells_of(line) | {
            "category_name": categories.get(line.category, line.category),
            "area_name": named.name_zh if named else "",
            "lead_name": units.get(line.lead, ""),
        }
        rows.append([cells[name] for name in COLUMNS])
    return Sheet("派单目录", list(COLUMNS.values()), rows)


def rows_in(data: bytes) -> Rows:
    """Raises: Refused, ``file``."""
    return rows_of(spreadsheets.numbered(data))


def plan_of(plan: Plan, newest: Mapping[str, int], *, written: bool) -> PlanShape:
    changes = [
        LineChangeShape(old=line_of(each.old) if each.old else None, new=line_of(each.new)) for each in plan.changes
    ]
    named = sorted({change.new.policy for change in plan.changes} & newest.keys())
    return PlanShape(
        rows=plan.rows, same=plan.same, added=plan.added, changed=len(plan.changes) - plan.added, basis=plan.basis,
        written=written, policies={name: newest[name] for name in named},
        changes=changes, conflicts=[conflict_of(each) for each in plan.conflicts],
    )  # fmt: skip


def conflict_of(conflict: Conflict) -> ConflictShape:
    zh, en = (text.format(hint=conflict.hint or "—") for text in REMEDIES[conflict.fault])
    return ConflictShape(
        row=conflict.row, field=conflict.field, column=COLUMNS[conflict.field], value=conflict.value,
        fault=conflict.fault, remedy=en, remedy_zh=zh,
    )  # fmt: skip


def history_of(change: Changed) -> HistoryShape:
    return HistoryShape(
        number=change.number, at=change.at, by=change.by, line=change.line,
        old=line_of(change.old) if change.old else None, new=line_of(change.new) if change.new else None,
    )  # fmt: skip


def _unpacked(workbook: str) -> bytes:
    try:
        return base64.b64decode(workbook, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(
            "file", "workbook is no Base64; send an .xlsx so encoded, or CSV in content", wrong=["workbook"]
        ) from None


def _listed(refused: Refused) -> Refused:
    """The plan in a refusal becomes what a program reads."""
    extra: dict[str, object] = dict(refused.extra)
    plan = extra.pop("plan", None)
    if isinstance(plan, Plan):
        extra["conflicts"] = [conflict_of(each).model_dump(mode="json") for each in plan.conflicts]
    return Refused(refused.code, refused.detail, **extra)
