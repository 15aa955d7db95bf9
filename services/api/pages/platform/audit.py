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
from services.api.pages.platform import audit_words as spoken
from services.api.platform.audit import read
from services.api.platform.audit_export import AuditExportQuery, exported
from services.audit import AuditFilter, Kept, detail_of
from services.paging import encode_cursor
from services.registry.domain import Permission

PAGE: Final = 60
PERIODS: Final = {"1": N_("近 24 小时"), "7": N_("近 7 天"), "30": N_("近 30 天"), "": N_("全部时间")}


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
    return by if by.isprintable() else "", did if did in spoken.DID else "", days if days in PERIODS else "7"


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
        "acts": [(name, t(word)) for name, word in spoken.DID.items()],
        "periods": [(name, t(word)) for name, word in PERIODS.items()],
        "export": f"/audit/export?{urlencode(kept)}",
        "next_page": f"/audit?{urlencode({**kept, 'cursor': cursor})}" if cursor else "",
    }


def _line(entry: Kept, people: dict[str, str], now: int, t: Words) -> Line:
    return Line(
        at=entry.at,
        who=t("未知用户") if entry.by == "-" else people.get(entry.by, entry.by),
        role=voc.say(voc.ROLES, entry.role, t) if entry.role else "",
        did=voc.say(spoken.DID, entry.did, t),
        subject=spoken.subject(entry.subject, t),
        details=tuple(spoken.detail(name, value, now, t) for name, value in detail_of(entry).items()),
        place=f"{entry.chain} {entry.number}",
        hash=entry.hash.hex()[:12],
    )
