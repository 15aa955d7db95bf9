"""The hotline's intake: one form for a call, what is known of it beside, and its end, a ticket or an answer at once."""

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.language import vocabulary as voc
from services.api.language.initials import initials
from services.api.language.words import N_
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing.placemap import HEIGHT, WIDTH, drawn, window_of
from services.api.pages.entrance import Sent
from services.api.pages.frames import common
from services.api.pages.tickets import intake_form as forms
from services.api.pages.tickets import photos
from services.api.pages.tickets.cautions import cautions
from services.api.pages.tickets.citing import words_of
from services.api.pages.tickets.intake_form import Call, call_of, errors_of, settled
from services.api.pages.tickets.merging import MergeDesk, listed, shown
from services.api.pages.tickets.places import search_places
from services.api.pages.tickets.responsibility import REASONS
from services.api.pages.tickets.ticket_forms import LABELS, Field
from services.api.problems import refuse
from services.api.tickets.tickets import actor
from services.registry.domain import Permission
from services.registry.domain import Role as Registered
from services.tickets.domain import Caller as ReportedBy
from services.tickets.domain import Details, Ticket
from services.tickets.domain.catalogue import DISTRICT, GROUPS, LEAVES
from services.tickets.domain.merging import Sighting
from services.tickets.handlers import Act, Report
from streams.contracts import Refused
from streams.contracts.areas import contains

TITLE: Final = 60
"""Characters of a ticket's title, which is the place and the first words."""
AGAIN: Final = N_("这张表刚才已经登记过一次，内容又改了。若是另一件事，请再按一次登记；若是同一件，请看工单列表。")


def routes(desk: Desk, container: Container) -> APIRouter:
    reporter = Depends(allow(Permission.TICKETS, Permission.REPORT))
    router = APIRouter(include_in_schema=False, dependencies=[reporter])
    shelf = MergeDesk(container)

    @router.get("/tickets/new")
    def new(request: Request) -> Response:
        return _show(desk, container, _reporting(desk, request), call_of({}), {}, fresh=True)

    @router.post("/tickets/new")
    def take(request: Request, form: Sent) -> Response:
        """Whatever button was pressed: the map, a search, a look, or the end of the call."""
        visit = _reporting(desk, request)
        call, step = call_of(_texts(form)), str(form.get("step", "save"))
        again = {"photos": visit.t("照片没有保存，请重新选")} if photos.chosen(form) else {}
        if step == "calls":
            return _reveal(desk, container, visit, call, again, shelf)
        moved = _moved(container, visit, call, step, form)
        if moved is not None:
            return _show(desk, container, visit, moved, again, shelf)
        call = settled(container, visit, call)
        pictures, wrong = photos.developed(container, form, visit.t)
        errors = errors_of(container, visit, call, answering=step == "answer") | ({"photos": wrong} if wrong else {})
        if errors:
            errors = again | errors
            away = bool(call.code) and not contains(visit.caller.scope, call.code)
            return _show(desk, container, visit, call, errors, shelf, status=403 if away else 422)
        try:
            ticket = _open(container, visit.caller, call)
        except Refused as refused:
            if refused.code != "idempotency":
                raise
            return _show(desk, container, visit, call.with_(key=""), {"": visit.t(AGAIN)}, shelf, status=409)
        photos.attached(container, visit.caller, ticket.id, pictures, reported=True)
        said = _answer(container, visit.caller, call, ticket) if step == "answer" else "created"
        return RedirectResponse(f"/tickets/{ticket.id}?said={said}", 303)

    _looks(router, desk, container, shelf)
    return router


def _looks(router: APIRouter, desk: Desk, container: Container, shelf: MergeDesk) -> None:
    """What a call that is being written down looks at and changes nothing by."""

    @router.post("/tickets/new/preview")
    def preview(request: Request, form: Sent) -> Response:
        """What is known already of a call that is being written down; the form itself stays in the browser."""
        visit = desk.visit(request)
        if not visit.may(Permission.TICKETS):
            raise refuse(403, "role", "Your role sees no other tickets.", "Ask an operator.", field="role")
        call = settled(container, visit, call_of(_texts(form)))
        return desk.show(visit, "ticket-new-preview.html", beside=_beside(container, visit, call, shelf))

    @router.get("/tickets/new/map")
    def picture(request: Request) -> Response:
        """The map of a window, with the chosen point."""
        visit = _reporting(desk, request)
        query = request.query_params
        call = call_of(dict(query))
        window = window_of(call.values["view"]) or forms.window_for(container, visit, call)
        image = drawn(window, desk.source.layers(), call.position, query.get("theme", visit.theme))
        return Response(image, media_type="image/svg+xml")


def _reporting(desk: Desk, request: Request) -> Visit:
    visit = desk.visit(request)
    if not visit.may(Permission.REPORT):
        raise refuse(403, "role", "Your role opens no tickets.", "Ask an operator.", field="role")
    return visit


def _reveal(
    desk: Desk, container: Container, visit: Visit, call: Call, again: dict[str, str], shelf: MergeDesk
) -> Response:
    """The same form with what its number reported confidentially, in the answer to this very request and no other."""
    try:
        found = shelf.revealed(visit.caller, call.values["phone"], call.values["why"])
    except Refused as refused:
        wrong = refused.extra.get("wrong")
        if refused.code != "fields" or not isinstance(wrong, list):
            raise
        name = "why" if wrong == ["reason"] else "phone"
        errors = again | {name: visit.t(forms.ERRORS[name])}
        return _show(desk, container, visit, call, errors, shelf, status=422)
    return _show(desk, container, visit, call.with_(why=""), again, shelf, revealed=listed(found, visit.t))


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _moved(container: Container, visit: Visit, call: Call, step: str, form: FormData) -> Call | None:
    """The call after a button that ends nothing; None for one that does."""
    x, y = _pixels(form)
    if x is not None and y is not None:
        return forms.pressed(container, visit, call, x, y)
    if code := str(form.get("pick", "")):
        return forms.picked(container, visit, call, code)
    if cited := str(form.get("cite", "")):
        return _cited(container, call, cited)
    if step == "find":
        found = search_places(container, visit.caller, call.values["place"], visit.t)
        return Call(call.values, tuple(found))
    if step == "wider":
        return forms.wider(container, visit, call)
    return settled(container, visit, call) if step == "look" or "map.x" in form else None


def _pixels(form: FormData) -> tuple[float | None, float | None]:
    """Where the map was pressed; the keyboard presses it at its corner, which chooses nothing."""
    given = [str(form.get(f"map.{axis}", "")) for axis in "xy"]
    if not all(text.isascii() and text.isdigit() and len(text) < 5 for text in given) or given == ["0", "0"]:
        return None, None
    return float(given[0]), float(given[1])


def _cited(container: Container, call: Call, cited: str) -> Call:
    """The words of the knowledge base become the answer, with the version that was said."""
    text = words_of(container, cited)
    return call.with_(answer=text, cites=cited) if text else call


def _open(container: Container, who: Caller, call: Call) -> Ticket:
    values = call.values
    given = values["name"] or values["phone"]
    caller = ReportedBy(values["name"], values["phone"], confidential=bool(values["confidential"])) if given else None
    report = Report(
        title=f"{values['place']} {values['text']}".splitlines()[0][:TITLE],
        text=values["text"],
        place=values["place"],
        area=call.code,
        category=values["category"],
        building=values["building"] if values["building"].startswith(call.code) else "",
        caller=caller,
        position=call.position,
        urgency=int(values["urgency"]) if who.role is Registered.OPERATOR else 0,
    )
    return container.open_ticket(report, who=actor(who), key=values["key"], scope=who.scope)


def _answer(container: Container, who: Caller, call: Call, ticket: Ticket) -> str:
    """Close the call with what was said; the ticket stands even where it cannot be closed so."""
    act = Act(ticket.id, "answer", ticket.version, Details(text=call.values["answer"], cites=call.values["cites"]))
    key = f"{call.values['key']}:answer" if call.values["key"] else ""
    try:
        container.act_on_ticket(act, who=actor(who), key=key, scope=who.scope)
    except Refused:
        return "unanswered"
    return "answered"


def _show(
    desk: Desk,
    container: Container,
    visit: Visit,
    call: Call,
    errors: dict[str, str],
    shelf: MergeDesk | None = None,
    *,
    status: int = 200,
    revealed: list[dict[str, Any]] | None = None,
    fresh: bool = False,
) -> Response:
    t, values = visit.t, dict(call.values)
    values["key"] = values["key"] or desk.ids.new()
    if call.outside and "place" not in errors:
        errors = {**errors, "place": t(forms.OUTSIDE)}
    groups = [
        (
            voc.category_name(group, t),
            [
                (code, voc.category_name(code, t), initials(leaf.name_zh))
                for code, leaf in LEAVES.items()
                if leaf.parent == group
            ],
        )
        for group in GROUPS
    ]
    window = forms.window_for(container, visit, call)
    beside = _beside(container, visit, call, shelf) if shelf is not None and visit.may(Permission.TICKETS) else None
    return desk.show(
        visit, "ticket-new.html", status=status, **common(visit), values=values, errors=errors, groups=groups,
        photos=Field("photos", t(LABELS[photos.KEPT]), "photos", required=False),
        urgencies=[(code, t(word)) for code, word in voc.URGENCIES.items()], found=call.found, beside=beside,
        revealed=revealed, fresh=fresh,
        window=window.written(), map_size=(WIDTH, HEIGHT), operator=visit.caller.role is Registered.OPERATOR,
    )  # fmt: skip


def _beside(container: Container, visit: Visit, call: Call, shelf: MergeDesk) -> dict[str, Any]:
    """Who is responsible, tickets like this one, the caller's others, what to say, and works there."""
    values, who = call.values, visit.caller
    report = Sighting(
        0, values["text"], values["place"], call.code, values["building"], values["category"], position=call.position
    )
    told = bool(report.text or report.place or report.building)
    mine = contains(who.scope, report.area) or contains(report.area, who.scope)
    alike = shelf.alike(who, report) if told and mine else ()
    calls = shelf.calls(who, values["phone"])
    return (
        shown(alike, calls, visit.t)
        | shelf.known(visit, report)
        | {
            "lead": _lead(container, visit, call),
            "caution": cautions(values["category"], values["urgency"], visit.t),
        }
    )


def _lead(container: Container, visit: Visit, call: Call) -> dict[str, Any] | None:
    """Who would get it and why; None until a category and a place are known."""
    t = visit.t
    try:
        found = container.catalogue.who(call.values["category"], call.code, int(call.values["urgency"]))
    except Refused:
        return None
    units = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in container.places.list_units(scope="")}
    units[DISTRICT] = t("区级兜底")
    return {
        "name": units.get(found.lead, found.lead), "because": t(REASONS[found.reason]), "policy": found.policy,
        "assisting": t("、").join(units.get(unit, unit) for unit in found.assisting),
    }  # fmt: skip
