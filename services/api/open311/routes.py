"""The addresses of GeoReport v2 under ``/open311``. Reading takes no key; a key is a bearer token of the platform."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.api.container import Container
from services.api.door.auth import Caller
from services.api.door.scope import bounded, reach_of, reaching
from services.api.language.vocabulary import NOTES
from services.api.language.words import Words, words
from services.api.open311 import offered
from services.api.open311.errors import GeoReportRoute, NoReportError, wrong
from services.api.open311.reporting import report_of
from services.api.open311.requests import filters_of, numbers_of, part_of, request_of, visible
from services.api.open311.sending import NO_KEY, form_of, key_of
from services.api.open311.where import spot_of
from services.api.open311.writing import Format, answered, spoken
from services.api.problems import ProblemError
from services.api.tickets.tickets import actor, ticket_for
from services.api.words import Word
from services.paging import MAX_LIMIT
from services.registry.domain import Permission
from services.tickets.domain import Source, Ticket
from services.tickets.domain.reach import Reach

ROOT: Final = "/open311"
V2: Final = f"{ROOT}/v2"
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGED: Final = "2026-11-24T00:00:00+08:00"
"""When the services or their questions changed last: clients read them again."""
ENTRANCES: Final = frozenset({"", "v2"})
"""Where somebody tries first, who knows that there is an Open311 here and not what it holds."""


def router(container: Container) -> APIRouter:
    routes = APIRouter(route_class=GeoReportRoute, include_in_schema=False)
    _offer(routes, container)
    _read(routes, container)
    _report(routes, container)

    @routes.get(f"{ROOT}/{{rest:path}}")
    def nothing(rest: str) -> Response:
        if rest.strip("/") in ENTRANCES:
            return RedirectResponse(f"{ROOT}/discovery.xml", 307)
        there = f"{ROOT}/discovery.xml"
        raise wrong(
            404,
            (
                f"这里没有 {rest[:100]}；有什么请看 {there}",
                f"There is no {rest[:100]} here; {there} names what there is",
            ),
        )

    return routes


def _offer(routes: APIRouter, container: Container) -> None:
    """What may be reported, and how."""

    @routes.get(f"{ROOT}/discovery.{{form}}")
    def discovery(request: Request, form: str) -> Response:
        base = container.settings.public_url or str(request.base_url)
        return answered(_format(form), "discovery", _discovery(base.rstrip("/")))

    @routes.get(f"{V2}/services.{{form}}")
    def list_services(form: str, request: Request) -> Response:
        t = _asked(container, request.query_params.get("jurisdiction_id", ""), request)
        return answered(_format(form), "services", [offered.service(code, t.lang) for code in offered.codes()])

    @routes.get(f"{V2}/services/{{service_code}}.{{form}}")
    def get_definition(form: str, service_code: Annotated[Word, Path()], request: Request) -> Response:
        t = _asked(container, request.query_params.get("jurisdiction_id", ""), request)
        if service_code not in offered.codes():
            raise wrong(404, offered.unknown(service_code))
        return answered(_format(form), "service_definition", offered.definition(service_code, t.lang))


def _read(routes: APIRouter, container: Container) -> None:
    """What became of it."""
    Reader = Annotated[Caller | None, Depends(key_of(container))]  # noqa: N806 - an annotation

    @routes.get(f"{V2}/requests.{{form}}")
    def list_requests(form: str, caller: Reader, request: Request) -> Response:
        query = request.query_params
        t = _asked(container, query.get("jurisdiction_id", ""), request)
        named = numbers_of(query)
        with reaching(_reach(caller)):
            found = _each(container, caller, named) if named else _several(container, caller, request)
            return answered(_format(form), "service_requests", _shown(container, caller, found, t, request))

    @routes.get(f"{V2}/requests/{{service_request_id}}.{{form}}")
    def get_request(
        form: str, service_request_id: Annotated[Word, Path()], caller: Reader, request: Request
    ) -> Response:
        t = _asked(container, request.query_params.get("jurisdiction_id", ""), request)
        with reaching(_reach(caller)):
            found = [_one(container, caller, service_request_id)]
            return answered(_format(form), "service_requests", _shown(container, caller, found, t, request))

    @routes.get(f"{V2}/tokens/{{token}}.{{form}}")
    def get_token(form: str, token: Annotated[Word, Path()], request: Request) -> Response:
        """A token is the ticket's id: ours are known at once, so nobody has to wait for one."""
        _asked(container, request.query_params.get("jurisdiction_id", ""), request)
        with reaching(Reach("open311")):
            found = container.tickets.get_ticket(token, scope="")
        if found is None or found[0].id != token:
            raise wrong(404, (f"没有 token {token}", f"token {token} was not found"))
        pair = {"service_request_id": found[0].number, "token": token}
        return answered(_format(form), "service_requests", [pair])


def _report(routes: APIRouter, container: Container) -> None:
    Reporter = Annotated[Caller | None, Depends(key_of(container))]  # noqa: N806 - an annotation

    @routes.post(f"{V2}/requests.{{form}}")
    def post_request(
        form: str,
        sent: Annotated[FormData, Depends(form_of)],
        caller: Reporter,
        request: Request,
        idempotency_key: Annotated[Word, Header()] = "",
    ) -> Response:
        if caller is None:
            raise wrong(403, NO_KEY)
        if not caller.may(Permission.REPORT):
            raise wrong(
                403,
                (
                    f"这个 api_key 的角色 {caller.role} 不能上报，请换市民的",
                    f"The role {caller.role} of this api_key may not report; use a citizen's",
                ),
            )
        t = _asked(container, str(sent.get("jurisdiction_id", "")), request)
        report = report_of(sent, container.places)
        opened = container.open_ticket(
            report, who=actor(caller), key=idempotency_key, scope=caller.scope, source=Source.OPEN311
        )
        notice = t(NOTES["taken"])
        made = {
            "service_request_id": opened.number,
            "service_notice": notice,
            "account_id": str(sent.get("account_id", ""))[:200] or None,
        }
        return answered(_format(form), "service_requests", [made], status=201)


def _reach(caller: Caller | None) -> Reach | None:
    """A stranger reaches what came in through this interface; a key reaches what its person does."""
    return reach_of(caller) if caller else Reach("open311")


def _format(named: str) -> Format:
    if named not in set(Format):
        forms = ", ".join(Format)
        raise wrong(
            404,
            (f"没有 {named[:20]} 格式，请用 {forms}", f"There is no format {named[:20]}; use one of: {forms}"),
        )
    return Format(named)


def _asked(container: Container, jurisdiction: str, request: Request) -> Words:
    """Checks the jurisdiction, which is optional where a server has one, and picks the language.

    Raises:
        NoReportError: 404.
    """
    ours = container.settings.open311_jurisdiction
    if jurisdiction and ours and jurisdiction != ours:
        raise wrong(
            404,
            (
                f"没有 jurisdiction_id {jurisdiction[:50]}；这里是 {ours}",
                f"jurisdiction_id {jurisdiction[:50]} was not found; here it is {ours}",
            ),
        )
    return words(spoken(request))


def _several(container: Container, caller: Caller | None, request: Request) -> list[Ticket]:
    filters = filters_of(request.query_params, container.clock.now())
    narrowed = replace(filters, source=str(Source.OPEN311)) if caller is None else bounded(caller, filters)
    scope = caller.scope if caller else ""
    part = part_of(request.query_params, MAX_LIMIT)
    page = container.tickets.list_tickets(narrowed, scope=scope, limit=MAX_LIMIT, after=None)
    return [ticket for ticket in page.items if visible(ticket, caller)][part]


def _each(container: Container, caller: Caller | None, names: Sequence[str]) -> list[Ticket]:
    """Those of the named requests that are there: one that has gone does not hide the others.

    Raises:
        NoReportError: 404, there is none of them.
    """
    found, gone = [], None
    for name in names:
        try:
            found.append(_one(container, caller, name))
        except NoReportError as error:
            gone = gone or error
    if gone and not found:
        raise gone
    return found


def _one(container: Container, caller: Caller | None, name: str) -> Ticket:
    """Raises: NoReportError, 404: it is not there, or not for this caller to know of."""
    gone = wrong(404, (f"没有 service_request_id {name[:50]}", f"service_request_id {name[:50]} was not found"))
    if caller is None:
        found = container.tickets.get_ticket(name, scope="")
        ticket = found[0] if found else None
    else:
        try:
            ticket = ticket_for(container, caller, name)[0]
        except ProblemError:
            raise gone from None
    if ticket is None or not visible(ticket, caller):
        raise gone
    return ticket


def _shown(
    container: Container, caller: Caller | None, tickets: Sequence[Ticket], t: Words, request: Request
) -> list[dict[str, Any]]:
    changed = container.tickets.last_changes([ticket.id for ticket in tickets])
    units = {unit.id: t.either(unit.name_zh, unit.name_en) for unit in container.places.list_units(scope="")}
    extended = request.query_params.get("extensions") == "true"
    names: dict[str, str] = {}
    for code in {ticket.building or ticket.area for ticket in tickets} - {""}:
        area = container.places.get_area(code)
        names[code] = spot_of(container.places, area).name if area else ""
    return [
        request_of(
            ticket, caller, t, changed=changed.get(ticket.id, ticket.opened_at), agency=units.get(ticket.lead, ""),
            address=names.get(ticket.building or ticket.area, ""), extended=extended,
        )
        for ticket in tickets
    ]  # fmt: skip


def _discovery(base: str) -> dict[str, Any]:
    """Where this server's endpoint is, and what it speaks (the Service Discovery specification)."""
    return {
        "changeset": CHANGED,
        "contact": f"12345; {base}/",
        "key_service": f"POST {base}/api/v1/tokens",
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": f"{base}{V2}",
                "changeset": CHANGED,
                "type": "production",
                "formats": [form.media_type for form in Format],
            }
        ],
    }
