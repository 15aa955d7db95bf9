"""The audit log's page: who did what to people's data and to what the platform goes by."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import require
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.desk import Desk, Visit
from services.api.pages.frames import common
from services.api.platform.audit import read
from services.api.platform.audit_export import AuditExportQuery, exported
from services.audit import AuditFilter, Did, Kept, detail_of
from services.paging import encode_cursor
from services.registry.domain import Permission

PAGE: Final = 60
PERIODS: Final = {"1": N_("近 24 小时"), "7": N_("近 7 天"), "30": N_("近 30 天"), "": N_("全部时间")}
DID: Final[dict[str, str]] = {
    Did.SIGN_IN: N_("登录"),
    Did.SIGN_IN_REFUSED: N_("登录失败"),
    Did.SIGN_OUT: N_("退出登录"),
    Did.TOKEN: N_("生成接口令牌"),
    Did.UNMASK: N_("查看隐去的个人信息"),
    Did.EXPORT: N_("导出"),
    Did.RULE: N_("改规则"),
    Did.POLICY: N_("改时限"),
    Did.CATALOGUE: N_("改职责目录"),
    Did.PERSON: N_("改人员"),
    Did.DUTY: N_("改排班"),
    Did.ERASE: N_("清除个人信息"),
    Did.ENTRY_CARD: N_("改入户卡"),
    Did.HOLD: N_("搁置、停用告警"),
    Did.MAINTENANCE: N_("设备检修"),
}
SAID: Final = {
    "why": N_("事由"),
    "number": N_("工单"),
    "version": N_("版本"),
    "address": N_("来自"),
    "locked_until": N_("锁定到"),
    "expires": N_("有效至"),
    "fields": N_("字段"),
    "what": N_("内容"),
    "name": N_("姓名"),
    "role": N_("角色"),
    "scope": N_("辖区"),
    "unit": N_("单位"),
    "active": N_("启用"),
    "person": N_("人员"),
    "substitute": N_("代班人"),
    "since": N_("自"),
    "until": N_("至"),
    "days": N_("星期"),
    "begins": N_("自"),
    "ends": N_("至"),
    "act": N_("何事"),
    "rule": N_("规则"),
    "device": N_("设备"),
}
HELD: Final = {
    "shelve": N_("搁置"),
    "unshelve": N_("结束搁置"),
    "out_of_service": N_("停用"),
    "in_service": N_("恢复使用"),
    "agree_shelve": N_("同意搁置"),
    "agree_out_of_service": N_("同意停用"),
}
MOMENTS: Final = frozenset({"locked_until", "expires", "since", "until"})


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the table shows it."""

    at: int
    who: str
    role: str
    did: str
    subject: str
    details: tuple[tuple[str, str], ...]
    place: str
    hash: str


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/audit")
    def audit(request: Request) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.AUDIT)
        return desk.show(visit, "audit.html", **_list(container, visit))

    @router.get("/audit/export")
    def export(request: Request) -> Response:
        """What the filter shows, as a file."""
        visit = desk.visit(request)
        require(visit.caller, Permission.AUDIT)
        by, did, days = _asked(visit)
        since = visit.now - int(days) * fmt.DAY if days else None
        query = AuditExportQuery.model_validate({"by": by, "did": did or None, "from": since})
        return exported(container, visit.caller, query)

    return router


def _asked(visit: Visit) -> tuple[str, str, str]:
    """(by, did, days) of the filter; what is none of its words is left out."""
    query = visit.request.query_params
    by, did, days = query.get("by", "").strip()[:100], query.get("did", ""), query.get("days", "7")
    return by if by.isprintable() else "", did if did in DID else "", days if days in PERIODS else "7"


def _list(container: Container, visit: Visit) -> dict[str, Any]:
    query, t = visit.request.query_params, visit.t
    by, did, days = _asked(visit)
    since = visit.now - int(days) * fmt.DAY if days else None
    page = read(container, visit.caller, AuditFilter(by, did, since=since), query.get("cursor"), PAGE)
    people = {user.id: user.name for user in container.people.list_users()}
    kept = {name: value for name, value in (("by", by), ("did", did)) if value} | {"days": days}
    cursor = encode_cursor(page.next)
    return {
        **common(visit),
        "rows": [_line(entry, people, visit.now, t) for entry in page.items],
        "by": by,
        "did": did,
        "days": days,
        "people": sorted(people.items()),
        "acts": [(name, t(word)) for name, word in DID.items()],
        "periods": [(name, t(word)) for name, word in PERIODS.items()],
        "export": f"/audit/export?{urlencode(kept)}",
        "next_page": f"/audit?{urlencode({**kept, 'cursor': cursor})}" if cursor else "",
    }


def _line(entry: Kept, people: dict[str, str], now: int, t: Words) -> Line:
    return Line(
        at=entry.at,
        who=t("未知用户") if entry.by == "-" else people.get(entry.by, entry.by),
        role=voc.say(voc.ROLES, entry.role, t) if entry.role else "",
        did=voc.say(DID, entry.did, t),
        subject=entry.subject,
        details=tuple((voc.say(SAID, name, t), _said(name, value, now, t)) for name, value in detail_of(entry).items()),
        place=f"{entry.chain} {entry.number}",
        hash=entry.hash.hex()[:12],
    )


def _said(name: str, value: object, now: int, t: Words) -> str:
    if name in MOMENTS and isinstance(value, int):
        return fmt.moment(value, now, t)
    if name == "act":
        return voc.say(HELD, str(value), t)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
