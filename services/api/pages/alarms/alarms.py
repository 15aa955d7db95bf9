"""Alarms: the list with its filters, and one alarm with its evidence and every step it took."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from sensors.kinds import KINDS
from services.alarms.domain import AlarmFilters, HoldKind
from services.api.door.auth import require
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages import maintenance, rows
from services.api.pages.alarms import acting, alarm_story, alarm_views, ladder_views, reason_views
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.alarms.members import hides, members_of
from services.api.pages.alarms.named import Named
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing import graphs
from services.api.pages.frames import common, names_of
from services.api.pages.rules.rule_source import RuleDesk
from services.api.pages.tickets.works import works_at
from services.api.problems import refuse
from services.api.words import asked_area
from services.paging import encode_cursor
from services.registry.domain import Permission
from streams.contracts import AlarmEvent, AlarmState, Rule, Severity

STATES: Final = {
    "open": N_("未结束"),
    "active_unack": N_("未确认"),
    "active_ack": N_("已确认"),
    "rtn_unack": N_("已恢复，未确认"),
    "shelved": N_("已搁置"),
    "normal": N_("已结束"),
    "all": N_("全部"),
}
OPEN: Final = (AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.RTN_UNACK)
FILTERS: Final = ("state", "severity", "kind", "area", "rule", "device", "incident", "suppressed_by")


def routes(desk: Desk, book: AlarmBook, rules: RuleDesk) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/alarms")
    def alarms(request: Request) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.WATCH)
        return desk.show(visit, "alarms.html", **_list(desk, book, rules, visit))

    @router.get("/alarms/{alarm}")
    def alarm_page(request: Request, alarm: str) -> Response:
        visit = desk.visit(request)
        require(visit.caller, Permission.WATCH)
        return desk.show(visit, "alarm.html", **page_of(desk, book, rules, visit, alarm))

    return router


def _list(desk: Desk, book: AlarmBook, rule_desk: RuleDesk, visit: Visit) -> dict[str, Any]:
    query, t, who = visit.request.query_params, visit.t, visit.caller
    chosen = {name: query.get(name, "") for name in FILTERS}
    chosen["state"] = chosen["state"] or "open"
    flood = chosen["state"] == "open" and not chosen["incident"] and book.in_flood(who, visit.now)
    page = book.listed(who, _filters(visit, chosen, collapsed=flood), query.get("cursor"))
    places = {device.id: device.place for device in desk.source.fleet(who)} if page.items else {}
    listed = [rows.of_alarm(row, who, places.get(row.alarm.device, "")) for row in page.items]
    rules = {rule.id: rule for rule in desk.source.rules()}
    titles = book.titles(who, listed, rules, t)
    asked = {name: value for name, value in chosen.items() if value and (name, value) != ("state", "open")}
    onward = {**asked, "cursor": encode_cursor(page.next)}
    areas = [area for area in desk.source.areas(who) if area.code.startswith(who.scope)]
    return {
        **common(visit, live=True),
        "requests": _requests(desk, rules, rule_desk, visit),
        "alarms": [
            (alarm_views.view(row, rules, visit.now, t, titles), alarm_story.lasted(row, visit.now, t))
            for row in listed
        ],
        "together": {item.alarm.id: (item.together, item.alarm.incident) for item in page.items if item.together > 1},
        "flood": flood,
        "maintenance": maintenance.summary(book.container, who, visit.now, t),
        "chosen": chosen,
        "narrowed": bool(asked),
        "states": STATES,
        "severities": list(Severity),
        "kinds": list(KINDS),
        "areas": sorted((area.code, t.either(area.name_zh, area.name_en)) for area in areas),
        "first_page": "cursor" not in query,
        "next_page": f"/alarms?{urlencode(onward)}" if page.next else "",
        "top": f"/alarms?{urlencode(asked)}" if asked else "/alarms",
    }


def _requests(desk: Desk, rules: Mapping[str, Rule], rule_desk: RuleDesk, visit: Visit) -> list[dict[str, Any]]:
    """What waits for a second person, for those who could be that one: nobody else would see it in time."""
    if not visit.may(Permission.RESET):
        return []
    waiting = rule_desk.waiting(visit.caller)
    places = {device.id: device.place for device in desk.source.fleet(visit.caller)} if waiting else {}
    people = rule_desk.names() if waiting else {}
    return [
        {
            "alarm": hold.episode,
            "place": places.get(hold.device) or alarm_views.called(hold.device, visit.t),
            "rule": alarm_views.rule_name(hold.rule, rules, visit.t),
            "what": visit.t("搁置") if hold.kind is HoldKind.SHELVE else visit.t("停用"),
            "by": people.get(hold.by, hold.by),
            "own": hold.by == visit.caller.id,
            "at": hold.at,
        }
        for hold in waiting
    ]


def _filters(visit: Visit, chosen: dict[str, str], *, collapsed: bool) -> AlarmFilters:
    """What the address asks for.

    Raises:
        ProblemError: 422, a word that is no state or severity; 403, an area outside the person's own.
    """
    known = {"state": list(STATES), "severity": ["", *Severity]}
    for name, words in known.items():
        if chosen[name] not in words:
            remedy = f"Use one of: {', '.join(words).strip(', ')}."
            raise refuse(422, "invalid", f"{name} cannot be that.", remedy, field=name, value=chosen[name])
    state = chosen["state"]
    return AlarmFilters(
        states={"open": OPEN, "shelved": OPEN, "all": ()}.get(state, (state,)),
        shelved=True if state == "shelved" else None,
        severity=chosen["severity"],
        kind=chosen["kind"],
        area=asked_area(visit.caller, chosen["area"]),
        rule=chosen["rule"],
        device=chosen["device"],
        incident=chosen["incident"],
        suppressed_by=chosen["suppressed_by"],
        collapsed=collapsed,
    )


def page_of(desk: Desk, book: AlarmBook, rule_desk: RuleDesk, visit: Visit, name: str) -> dict[str, Any]:
    """Everything the page of one alarm says.

    Raises:
        ProblemError: 404; 403 outside the person's area.
    """
    who, now, t, source = visit.caller, visit.now, visit.t, desk.source
    found = book.story(who, name)
    if found is None:
        raise refuse(404, "not_found", "No such alarm.", "Look at the list of alarms.", field="alarm", value=name)
    listed, events = found
    ticket = source.ticket_behind(who, listed.ticket_id) if listed.ticket_id else None
    place = next((device.place for device in source.fleet(who) if device.id == listed.alarm.device), "")
    row = rows.of_alarm(listed, who, place)
    rules = {rule.id: rule for rule in source.rules()}
    until = min(now, row.ended + 5 * fmt.MINUTE) if row.ended else None
    called = book.ladder(listed.alarm.incident)
    named = book.named(who, [event.suppressed_by for event in reversed(events) if event.suppressed_by])
    chart = graphs.of_alarm(
        source, who, row, now, t, events=ticket.events if ticket else (), width=760, height=220, until=until
    )
    return {
        **common(visit, live=True),
        "a": alarm_views.view(row, rules, now, t, named.titles(t)),
        "alarm": listed.alarm,
        "area_name": names_of(source.areas(who), t).get(row.area[:15], row.area),
        "read_at": fmt.near(listed.alarm.ts, now, t) if listed.alarm.ts is not None else "",
        "chart": chart,
        "ladder": ladder_views.view(called, named, t) if called else None,
        "path": alarm_story.path(events, now, t),
        "steps": alarm_story.steps(events, row, named, t),
        "samples": alarm_story.samples(events, row, t),
        "ticket": ticket,
        "maintenance": maintenance.of_device(book.container, row.device, now, t) if row.maintenance else None,
        "works": works_at(book.container, visit, row.area),
        "lasted": alarm_story.lasted(row, now, t),
        "members": members_of(desk, book, visit, listed.alarm.incident) if listed.alarm.group else None,
        "hides": hides(desk, book, visit, listed.alarm.episode),
        "own": listed.alarm.device == listed.alarm.group,
        **acting.panel(rule_desk, visit, listed.alarm),
        "named": named,
        "people": named.people,
        "refused": "",
        "act": "",
        "typed": "",
        "reason": _reason(desk, book, events, row, named, visit),
    }


def _reason(
    desk: Desk, book: AlarmBook, events: Sequence[AlarmEvent], row: AlarmRow, named: Named, visit: Visit
) -> reason_views.ReasonView | None:
    """Why it fired; an alarm without a stored transition has nothing to say."""
    if not events:
        return None

    def series(start: int, end: int) -> Sequence[tuple[int, float]]:
        return desk.source.series(row.device, row.metric, start, end)

    place = row.place or alarm_views.called(row.device, visit.t)
    return reason_views.view(place, events, book.rules_of(events), series, visit.now, visit.t, named)
