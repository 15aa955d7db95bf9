"""Supervision 督办: what carries a card or has been raised, whose it is, how long over, and how far up it has come."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import allow
from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import rows
from services.api.pages.desk import Desk, Visit
from services.api.pages.frames import common, names_of
from services.api.pages.tickets import ticket_views
from services.api.pages.tickets.tickets import detail, found
from services.api.tickets.queries import MOST_COUNTED, filters_of, query_of
from services.api.tickets.queries import found as listed
from services.paging import encode_cursor
from services.registry.domain import Permission, Unit
from services.tickets.domain import Level, Responsible, Role, Ticket, responsible

HERE: Final = "/tickets/supervision"
PAGE: Final = "100"
SHOWN: Final = {
    "": N_("黄红牌和督办"),
    "red": N_("红牌"),
    "yellow": N_("黄牌"),
    "supervised": N_("已列督办"),
}
KEPT: Final = ("show", "unit", "area", "level")


def routes(desk: Desk, container: Container) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(allow(Permission.TICKETS))])

    @router.get("/tickets/supervision")
    def page(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "supervision.html", **_page(desk, container, visit))

    return router


def _page(desk: Desk, container: Container, visit: Visit) -> dict[str, Any]:
    given, t = visit.request.query_params, visit.t
    kept = {name: value for name in KEPT if (value := given.get(name, "").strip())}
    asked = _asked(kept) | {"limit": PAGE, "cursor": given.get("cursor", "")}
    page = listed(container, visit.caller, query_of(asked))
    units = {unit.id: unit for unit in container.places.list_units(scope="")}
    chosen = given.get("ticket", "") or (page.items[0].id if page.items else "")
    row = found(desk, visit, chosen) if chosen else None
    base = f"{HERE}?{urlencode(kept | {'ticket': row.id})}&" if row else f"{HERE}?"
    return {
        **common(visit, live=True),
        "tickets": [_row(ticket, units, visit) for ticket in page.items],
        "totals": _totals(container, visit, kept),
        "shown": [(code, t(word)) for code, word in SHOWN.items()],
        "levels": [(str(level), t(voc.ESCALATION[level])) for level in Level],
        "units": [(unit.id, t.either(unit.name_zh, unit.name_en)) for unit in units.values()],
        "areas": _areas(desk, visit),
        "kept": {name: kept.get(name, "") for name in KEPT},
        "query": f"{urlencode(kept)}&" if kept else "",
        "next": encode_cursor(page.next) or "" if page.next else "",
        "picked": bool(given.get("ticket")),
        **(detail(desk, visit, row, base, width=420) if row else {"selected": None}),
    }


def _asked(kept: Mapping[str, str]) -> dict[str, str]:
    """The page's filters as the list's: open, late ones first."""
    shown = kept.get("show", "")
    which = {"red": {"card": "red"}, "yellow": {"card": "yellow"}, "supervised": {"supervised": "true"}}
    narrowed = {name: kept[name] for name in ("unit", "area", "level") if name in kept}
    return {"open": "true", "sort": "deadline", **which.get(shown, {"watched": "true"}), **narrowed}


def _totals(container: Container, visit: Visit, kept: Mapping[str, str]) -> dict[str, int]:
    """How many each choice of ``show`` has, by the other filters."""
    totals = {}
    for shown in SHOWN:
        filters = filters_of(visit.caller, query_of(_asked({**kept, "show": shown})))
        totals[shown] = container.tickets.count_tickets(filters, scope=visit.caller.scope, most=MOST_COUNTED)
    return totals


def _areas(desk: Desk, visit: Visit) -> Sequence[tuple[str, str]]:
    """Streets and communities of the person's area."""
    names = names_of(desk.source.areas(visit.caller), visit.t)
    return sorted((code, name) for code, name in names.items() if len(code) in {9, 12})


def _row(ticket: Ticket, units: Mapping[str, Unit], visit: Visit) -> dict[str, Any]:
    t = visit.t
    row = rows.of_ticket(ticket, role=Role(visit.caller.role), unit=units.get(ticket.lead))
    return {
        "v": ticket_views.view(row, visit.now, t),
        "whose": _whose(responsible(ticket), units, t),
        "level": ticket.level,
        "reached": list(Level).index(ticket.level),
        "supervised": ticket.supervised,
        "counts": _counts(ticket, t),
    }


def _whose(who: Responsible | None, units: Mapping[str, Unit], t: Words) -> str:
    if who is None:
        return ""
    unit = units.get(who.unit)
    name = t.either(unit.name_zh, unit.name_en) if unit else who.unit
    return f"{name} {t(voc.ROLES[who.role])}".strip()


def _counts(ticket: Ticket, t: Words) -> str:
    """Reminders, returns and extensions, where there were any; and a request that waits for an answer."""
    said = (
        (t("催办"), ticket.urges),
        (t("退单"), ticket.returns),
        (t("延期"), ticket.extensions),
        (t("重办"), ticket.redos),
    )
    parts = [f"{word} {number}" for word, number in said if number]
    if ticket.asked_until is not None:
        parts.append(t("延期待批"))
    return " · ".join(parts)
