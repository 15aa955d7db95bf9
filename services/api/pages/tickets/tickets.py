"""The ticket list, one ticket, and what people do to tickets."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.door.auth import allow
from services.api.door.sessions import safe_next
from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.alarms.members import members_of
from services.api.pages.desk import Desk, Visit
from services.api.pages.entrance import Sent, text_of, version_of
from services.api.pages.frames import common, names_of, scope_names
from services.api.pages.ports import TicketFilter, TicketRow
from services.api.pages.tickets import entry_views, photos, proof_views, ticket_forms, ticket_said, ticket_views
from services.api.pages.tickets.citing import words_of
from services.api.pages.tickets.evidence import evidence, extras
from services.api.pages.tickets.merging import MergeDesk, beside
from services.api.pages.tickets.refusals import field_of, refused_text
from services.api.problems import refuse
from services.registry.domain import EntryCard, Permission
from services.tickets.domain import Scale
from streams.contracts import Refused

TABS: Final = (
    ("open", N_("在办")),
    ("discovery", N_("发现")),
    ("dispatch", N_("派遣")),
    ("resolve", N_("处置")),
    ("feedback", N_("反馈")),
    ("late", N_("黄红牌")),
    ("all", N_("全部")),
)
WRITTEN: Final = ("reason", "text", "plan", "outcome", "told", "reading")
"""Fields in which people write sentences."""
FAR: Final = 9_000_000_000_000_000
VIEWS: Final = frozenset(name for name, _ in TABS)


def routes(desk: Desk, book: AlarmBook) -> APIRouter:
    reader = Depends(allow(Permission.TICKETS, Permission.REPORT))
    router = APIRouter(include_in_schema=False, dependencies=[reader])

    @router.get("/tickets")
    def tickets(request: Request) -> Response:
        visit = desk.visit(request)
        return desk.show(visit, "tickets.html", **_list(desk, visit))

    @router.get("/tickets/{ticket}")
    def ticket_page(request: Request, ticket: str) -> Response:
        visit = desk.visit(request)
        row = found(desk, visit, ticket)
        base = f"/tickets/{row.id}?"
        parts = detail(desk, visit, row, base)
        return desk.show(
            visit,
            "ticket.html",
            **common(visit, live=True),
            **parts,
            **around(desk, book, visit, row),
        )

    @router.post("/tickets/{ticket}/actions")
    def act(request: Request, ticket: str, form: Sent) -> Response:
        visit = desk.visit(request)
        row = found(desk, visit, ticket)
        action = text_of(form, "action", 40)
        sent, values, errors = _said(book, visit, row, action, form)
        next_ = safe_next(text_of(form, "next") or f"/tickets/{row.id}?")
        if not errors:
            try:
                desk.source.act(visit.caller, row.id, action, version_of(form), values)
            except (Refused, ValueError) as error:
                asked = ticket_forms.asked(row.state, action)
                name = field if (field := field_of(error)) in {*asked[0], *asked[1]} else ""
                errors = {name: refused_text(error, visit.now, visit.t)}
            else:
                return RedirectResponse(f"{next_}{'' if next_[-1] in '?&' else '&'}said=done", 303)
        return _again(desk, visit, row.id, action, sent, errors, next_, around(desk, book, visit, row))

    return router


def _said(
    book: AlarmBook, visit: Visit, row: TicketRow, action: str, form: FormData
) -> tuple[dict[str, str], dict[str, Any], dict[str, str]]:
    """What a form holds as text and as the action's fields, its photos kept by now; and what is wrong with it."""
    sent = {name: value for name, value in form.items() if isinstance(value, str)}
    if action not in row.allowed:
        return sent, ticket_forms.answers(row.state, action, sent), {}
    kept, wrong = photos.received(book.container, visit.caller, row.id, form, visit.t)
    sent[photos.KEPT] = " ".join(kept)
    if action == "answer" and not sent.get("text", "").strip():
        sent["text"] = words_of(book.container, sent.get("cites", ""))
    sent["assisting"] = " ".join(str(unit) for unit in form.getlist("assisting"))
    values = ticket_forms.answers(row.state, action, sent)
    errors = ticket_forms.missing(row.state, action, values, visit.t)
    return sent, values, errors | ({photos.KEPT: wrong} if wrong else {})


def around(desk: Desk, book: AlarmBook, visit: Visit, row: TicketRow, card: EntryCard | None = None) -> dict[str, Any]:
    """What stands beside a ticket: its incident, its entry ``card``, tickets like it, its caller's others."""
    shelf = MergeDesk(book.container)
    return {
        "members": members_of(desk, book, visit, row.incident),
        "entry": entry_views.of_ticket(book.container, visit, row, card),
        "beside": beside(shelf, visit, row.id),
    }


def found(desk: Desk, visit: Visit, ticket: str) -> TicketRow:
    row = desk.source.ticket(visit.caller, ticket)
    if row is None:
        raise refuse(404, "not_found", "No such ticket in your area.", "Look at the list of tickets.", field="ticket")
    return row


def _again(
    desk: Desk,
    visit: Visit,
    ticket: str,
    action: str,
    sent: dict[str, str],
    errors: dict[str, str],
    next_: str,
    around: dict[str, Any],
) -> Response:
    """The same page with the form open, every character kept."""
    row = found(desk, visit, ticket)
    extra = {"doing": action, "errors": errors, "values": sent, **around}
    template = "task.html" if next_.startswith("/tasks") else "ticket.html"
    base = f"/tasks/{row.id}?" if template == "task.html" else f"/tickets/{row.id}?"
    values = {**common(visit, live=True), **detail(desk, visit, row, base), **extra}
    if template == "task.html":
        values |= extras(desk, visit, row)
    offered = {form.name for form in values["actions"]}
    if action not in offered:
        values |= {"said": errors.get("", ""), "doing": ""}
        if "note" in offered and (written := _written(sent)):
            why = visit.t("{why}。您写的内容放进了备注，要留就提交", why=errors.get("", "").rstrip("。."))
            values |= {"doing": "note", "values": {"text": written}, "errors": {"": why}}
    return desk.show(visit, template, status=409 if "" in errors else 422, **values)


def _written(sent: dict[str, str]) -> str:
    """What somebody wrote in a form that is not offered any more: a step came between, or a deadline passed."""
    return "\n".join(text for name in WRITTEN if (text := sent.get(name, "").strip()))


def _list(desk: Desk, visit: Visit) -> dict[str, Any]:
    query = visit.request.query_params
    view = query.get("view", "open")
    view = view if view in VIEWS else "open"
    source = query.get("source", "")
    wanted = TicketFilter(view, source=source if source in voc.SOURCES else "", cursor=query.get("cursor"))
    page = desk.source.tickets(visit.caller, wanted)
    rows = sorted(page.rows, key=urgent)
    asked = query.get("ticket", "")
    row = found(desk, visit, asked) if asked else None
    if row is None and rows:
        row = desk.source.ticket(visit.caller, rows[0].id)
    kept = {name: value for name, value in (("view", view), ("source", source)) if value}
    base = f"/tickets?{urlencode(kept | {'ticket': row.id})}&" if row else "/tickets?"
    return {
        **common(visit, live=True),
        **scope_names(visit.caller, desk.source.areas(visit.caller), visit.t),
        "tickets": [ticket_views.view(each, visit.now, visit.t) for each in rows],
        "next": page.next,
        "view": view,
        "source": source,
        "query": f"{urlencode(kept)}&",
        "tabs": _tabs(desk, visit),
        "picked": bool(asked),
        **(detail(desk, visit, row, base, width=420) if row else {"selected": None}),
    }


def urgent(row: TicketRow) -> tuple[bool, int, int]:
    """Critical first, then by time left, then the newest."""
    return (row.urgency < 2, row.deadline if row.deadline is not None else FAR, -row.opened)


def _tabs(desk: Desk, visit: Visit) -> list[dict[str, Any]]:
    found = desk.source.stage_counts(visit.caller)
    counts: dict[str, int | None] = dict.fromkeys(ticket_views.ORDER, 0)
    counts |= {str(count.stage): count.tickets for count in found}
    counts["open"] = sum(count.tickets for count in found)
    counts["late"] = sum(count.red + count.yellow for count in found)
    counts["all"] = None
    return [{"name": name, "label": visit.t(label), "count": counts[name]} for name, label in TABS]


def detail(desk: Desk, visit: Visit, row: TicketRow, base: str, *, width: int = 720) -> dict[str, Any]:
    """Everything that the ticket's own part of a page shows."""
    source, who, now, t = desk.source, visit.caller, visit.now, visit.t
    view = ticket_views.view(row, now, t)
    row = view.row
    chart, caption = evidence(desk, visit, row, width=width, height=170 + width // 12)
    areas = source.areas(who)
    units = source.units()
    names = ticket_said.unit_names(units, t)
    rules = {rule.id: rule for rule in source.rules()}
    scale = source.scale() if ticket_forms.asks(row, "satisfied") else Scale.THREE
    return {
        "selected": view,
        "v": view,
        "log": ticket_views.log(row.events, names, now, t),
        "chart": chart,
        "chart_caption": caption,
        "actions": ticket_forms.actions(row, units, areas, now, t, scale),
        "proofs": proof_views.proofs(row, _places(desk, visit, row), rules, now, t),
        "facts": _facts(row, names, names_of(areas, t), visit),
        "action_base": base,
        "doing": visit.request.query_params.get("do", ""),
        "errors": {},
        "values": {},
    }


def _places(desk: Desk, visit: Visit, row: TicketRow) -> dict[str, str]:
    """Where the devices that still alarm stand, as far as the reader sees them."""
    wanted = {each.device for each in row.proof.standing} if row.proof else set()
    fleet = desk.source.fleet(visit.caller) if wanted else ()
    return {device.id: device.place for device in fleet if device.id in wanted}


def _facts(row: TicketRow, units: dict[str, str], areas: dict[str, str], visit: Visit) -> list[tuple[str, str]]:
    t = visit.t
    secret = t("（要求保密）") if row.confidential else ""
    caller = f"{row.caller_name or t('未留称呼')} {row.caller_phone}".strip() + secret
    facts = [
        (t("地点"), row.place or "—"),
        (t("网格"), " ".join(areas[code] for code in (row.area[:9], row.area) if code in areas) or row.area),
        (t("类别"), voc.category_name(row.category, t) if row.category else t("未归类")),
        (t("主办"), units.get(row.lead, row.lead) or t("未派单")),
        *([(t("协办"), t("、").join(units.get(unit, unit) for unit in row.assisting))] if row.assisting else []),
        (t("登记"), fmt.near(row.opened, visit.now, t)),
        *ticket_views.standing(row, units, visit.now, t),
    ]
    if row.erased is not None:
        return [*facts, (t("个人信息"), t("{time} 已清除，无法恢复", time=fmt.near(row.erased, visit.now, t)))]
    return [*facts, (t("来电人"), caller)] if row.caller_name or row.caller_phone else facts
