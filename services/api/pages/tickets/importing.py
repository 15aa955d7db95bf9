"""Another system's tickets from a file: read, mapped by its columns, tried with every fault listed, then taken over."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from services import rowfiles
from services.api.container import Container
from services.api.door.auth import allow
from services.api.language.words import N_, Words
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of
from services.api.pages.frames import common
from services.api.tickets.importing import MOST, FaultShape, ImportAsked, ImportShape, Rows, rows_of, take_over
from services.registry.domain import Permission
from services.tickets.domain.imports import FIELDS, REQUIRED
from streams.contracts import Refused

AT: Final = "/tickets/import"
MOST_BYTES: Final = 1_000_000
SHOWN: Final = 5
NAMES: Final = {
    "number": N_("原系统编号"),
    "title": N_("标题"),
    "text": N_("诉求"),
    "place": N_("地点"),
    "area": N_("区划代码"),
    "category": N_("类别代码"),
    "caller_name": N_("来电人"),
    "caller_phone": N_("联系电话"),
}
GUESSES: Final = {
    "number": ("工单编号", "编号", "单号", "number", "id"),
    "title": ("标题", "主题", "title", "subject"),
    "text": ("诉求内容", "诉求", "内容", "描述", "text", "description"),
    "place": ("地点", "地址", "place", "address"),
    "area": ("区划代码", "区划", "网格", "area"),
    "category": ("类别代码", "类别", "category"),
    "caller_name": ("来电人", "姓名", "联系人", "caller_name"),
    "caller_phone": ("联系电话", "电话", "手机", "caller_phone", "phone"),
}
FAULTS: Final = {
    "empty": N_("不能为空"),
    "long": N_("有 {n} 个字，最多 {most} 个"),
    "control": N_("含有控制字符"),
    "area": N_("不是 6、9、12、15 或 20 位区划代码"),
    "rounded": N_("被表格软件当成了数字，后几位已丢；请把这一列设为文本，再导出一次"),
    "alone": N_("诉求和地点至少要有一个"),
    "twice": N_("与第 {n} 行编号相同"),
    "idempotency": N_("这个编号以前导入过，内容不一样"),
    "forbidden": N_("地点在您的区域之外"),
    "fields": N_("平台不接受：{why}"),
}
UNREADABLE: Final = {
    "quotes": N_("引号没有成对（{what}）"),
    "wide": N_("比表头多列，请核对这一行的分隔符"),
    "columns": N_("表头有两列都叫“{what}”，请改一个名字"),
    "json": N_("不是一行 JSON（{what}）"),
    "object": N_("不是 JSON 对象，每行要是一件工单"),
    "value": N_("“{what}”不是文字或数字"),
}


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.CALLERS))])

    @router.get(AT)
    def form(request: Request) -> Response:
        return _show(desk, desk.visit(request), {}, [])

    @router.post(AT)
    def take(request: Request, form: Sent) -> Response:
        visit = desk.visit(request)
        values = {"system": text_of(form, "system", 40), **{name: text_of(form, f"map.{name}", 200) for name in FIELDS}}
        content, wrong = _content(form, visit.t)
        if wrong:
            return _show(desk, visit, values, [], wrong=wrong)
        values |= {"content": content, "format": "jsonl" if content.lstrip().startswith(("{", "[")) else "csv"}
        try:
            asked = _asked(values, apply=False)
            rows = rows_of(asked)
            if not values["number"]:
                values |= _guessed(rows)
            found = take_over(container, visit.caller, _asked(values, apply=text_of(form, "do") == "apply"))
        except Refused as refused:
            return _show(desk, visit, values, _rows(values), wrong=_said(refused, visit.t))
        return _show(desk, visit, values, rows, found=found, applied=text_of(form, "do") == "apply")

    return router


def _content(form: FormData, t: Words) -> tuple[str, str]:
    """The file's text, sent now or carried along from the trial; and what is wrong with it."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not (file.filename or file.size):
        carried = form.get("content", "")
        text = carried if isinstance(carried, str) else ""
        return text.replace("\r\n", "\n"), "" if text.strip() else t("请选一个文件")
    data = file.file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return "", t("文件超过 1 MB。请分成几份，或用命令 linli-import")
    read = rowfiles.decoded(data)
    if read is None:
        return "", t("文件既不是 UTF-8 也不是 GB18030 编码。请另存为 CSV UTF-8 再选")
    return read.replace("\r\n", "\n"), "" if read.strip() else t("文件是空的")


def _asked(values: dict[str, str], *, apply: bool) -> ImportAsked:
    """What the form asks of the import. A system's name is checked here as the API checks it.

    Raises:
        Refused: ``invalid``, the name or the file is none.
    """
    mapping = {name: values[name] for name in FIELDS if values[name]}
    made: dict[str, Any] = {
        "system": values["system"], "format": values["format"], "content": values["content"], "dry_run": not apply,
        "mapping": mapping or {"number": "?"},
    }  # fmt: skip
    try:
        return ImportAsked(**made)
    except ValueError as error:
        raise Refused("invalid", "the system's name", field="system", remedy="a-z, 0-9, -") from error


def _guessed(rows: Rows) -> dict[str, str]:
    """Columns by what they are usually called."""
    columns = {column.strip().lower(): column for _, row in rows[:SHOWN] for column in row}
    found = {name: next((columns[word] for word in words if word in columns), "") for name, words in GUESSES.items()}
    return {name: column for name, column in found.items() if column}


def _rows(values: dict[str, str]) -> Rows:
    """The rows again, where it was the mapping that was refused."""
    try:
        return rows_of(_asked(values, apply=False))
    except Refused:
        return []


def _said(refused: Refused, t: Words) -> str:
    field = str(refused.extra.get("field", ""))
    if field == "system":
        return t("请写原系统的代号：小写字母、数字和连字符，例如 kaifeng")
    if field.startswith("mapping."):
        name = field.removeprefix("mapping.")
        return t("请选“{field}”是文件的哪一列", field=t(NAMES.get(name, name)))
    if refused.extra.get("because") == "many":
        return t("文件有 {most} 件以上。请分成几份，或用命令 linli-import", most=MOST)
    if words := UNREADABLE.get(str(refused.extra.get("because", ""))):
        why = t(words, what=refused.extra.get("what", ""))
        return t("文件第 {n} 行无法读取：{why}", n=refused.extra.get("line"), why=why)
    return t("文件无法读取：{why}", why=refused.detail)


def _fault(fault: FaultShape, t: Words) -> dict[str, Any]:
    why = t(FAULTS.get(fault.because, N_("平台不接受：{why}")), n=fault.n, most=fault.most, why=fault.detail)
    return {"line": fault.line, "column": fault.column, "value": fault.value, "why": why}


def _show(
    desk: Desk, visit: Visit, values: dict[str, str], rows: Rows, *, wrong: str = "",
    found: ImportShape | None = None, applied: bool = False,
) -> Response:  # fmt: skip
    t = visit.t
    columns = list(dict.fromkeys(column for _, row in rows for column in row))
    mapped = [(name, t(NAMES[name]), name in REQUIRED, values.get(name, "")) for name in FIELDS]
    return desk.show(
        visit,
        "ticket-import.html",
        status=422 if wrong else 200,
        **common(visit),
        values=values,
        wrong=wrong,
        columns=columns,
        mapped=mapped,
        found=found,
        applied=applied,
        most=MOST,
        faults=[_fault(fault, t) for fault in found.faults] if found else [],
        sample=[[row.get(values.get(name, ""), "") for name, *_ in mapped] for _, row in rows[:SHOWN]],
    )
