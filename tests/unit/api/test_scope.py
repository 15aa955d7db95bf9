"""Every route × role × scope: who is let in, and that nothing of another area, unit or person comes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from services.api.door.auth import CSRF_FIELD, Caller
from services.api.door.scope import NO_UNIT, bounded, hears, told
from services.api.live.messages import LiveMessage
from services.paging import Page
from services.registry.domain import Role, Unit, User
from services.tickets.domain import Ticket, TicketFilters
from services.tickets.domain.reach import Reach
from streams.contracts import DeadLetter
from tests.fakes.api import HERE, NOW, THERE, MemoryPlatform
from tests.fakes.tickets import MemoryTicketReader
from tests.unit.api.doors import DOORS, LIST, ONE, PUBLIC, Door

NEAR = HERE[:9]
UNITS = (Role.UNIT_HANDLER, Role.UNIT_LEADER)


@dataclass
class City:
    """A platform with an alarm, a ticket, a device and a dead letter in another street."""

    platform: MemoryPlatform
    ids: dict[str, str]
    secrets: tuple[str, ...]

    def addresses(self) -> Iterator[tuple[str, str, str]]:
        """(method, template, the address of something in the other street), by the application's own routes."""
        for method, template in routes(self.platform.app.routes):
            path = template
            for name in [part.split("}")[0].split(":")[0] for part in template.split("{")[1:]]:
                path = path.replace(f"{{{name}}}", self.ids.get(name, "x")).replace(f"{{{name}:path}}", "x")
            yield method, template, path

    def ask(self, who: User, method: str, path: str, door: Door, *, page: bool) -> Any:
        """As the person's browser or program would: cookie and form for a page, token and JSON for the API."""
        return self.platform.ask(method, path + door.query, **self.credentials(who, door, page=page))

    def credentials(self, who: User, door: Door, *, page: bool) -> dict[str, Any]:
        people = self.platform.container().identities
        kind = "session" if page else "api"
        grant = people.sign_in(who.id, str(who.id), kind, now=NOW)  # type: ignore[arg-type]
        assert grant is not None
        if not page:
            return {"headers": {"Authorization": f"Bearer {grant.token}"}, "json": door.body}
        headers = {"Cookie": f"linli_session={grant.token}", "Accept": "text/html"}
        return {"headers": headers, "data": {CSRF_FIELD: grant.csrf, **(door.body or {})}}


def routes(listed: list[Any]) -> Iterator[tuple[str, str]]:
    for route in listed:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        elif not isinstance(route, Mount):
            assert isinstance(route, APIRoute | Route), route
            yield from (
                (method, route.path) for method in sorted(route.methods or ()) if method not in {"HEAD", "OPTIONS"}
            )


@pytest.fixture(scope="module")
def city() -> City:
    platform = MemoryPlatform()
    platform.leak("e2", "gas-2", THERE, incident="gas-leak:gas-2")
    topic = f"linli/v1/{THERE}/gas/x/telemetry"
    platform.history.bury([DeadLetter("letter-2", "gateway", topic, "json", "no", b"{", NOW)])
    platform.places.add_units([Unit("other-co", "别的公司", "Another company", "990101", ("noise",))])
    for role in Role:
        for name, area, unit in (("near", NEAR, "gas-co"), ("aside", "", "other-co"), ("unbound", "", "")):
            platform.people.add_user(User(f"{role}-{name}", name, role, area, unit), f"plain:{role}-{name}")
    ticket = platform.tickets.state.tickets[platform.tickets_of["e2"]]
    ids = {
        "code": THERE, "device": "gas-2", "alarm": "e2", "ticket": ticket.id, "letter": "letter-2",
        "metric": "ch4_lel", "photo": "0" * 64, "rule": "gas.ch4", "notification": "f1", "notice": "f1",
        "action": "shelve", "version": "1",
    }  # fmt: skip
    return City(platform, ids, (THERE, "gas-2", "letter-2", ticket.id, ticket.number))


def person(city: City, role: Role, name: str) -> User:
    found = city.platform.people.get_user(f"{role}-{name}")
    assert found is not None
    return found


def test_every_address_has_its_line(city: City) -> None:
    """Generated from the application: an address that nobody described is closed until somebody does."""
    known = {f"{method} {template}" for method, template, _ in city.addresses()}
    unknown = sorted(known - DOORS.keys() - PUBLIC)
    assert not unknown, (
        "say in tests/unit/api/doors.py who may pass and what keeps it to the area, one line each:\n"
        + (
            "\n".join(
                f'    "{address}": Door(WATCH, LIST),  # or ONE, with a body that is in form; or NONE'
                for address in unknown
            )
        )
    )
    assert not sorted((DOORS.keys() | PUBLIC) - known), "these lines describe no address any more"


def test_the_published_description_has_no_other_address(city: City) -> None:
    token = city.platform.as_("administrator")
    paths = token.get("/api/v1/openapi.json").json()["paths"]
    published = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert len(published) > 50
    assert published <= DOORS.keys() | PUBLIC


@pytest.mark.parametrize("role", list(Role))
def test_a_role_passes_its_own_doors_and_no_other(city: City, role: Role) -> None:
    who, wrong = person(city, role, "near"), []
    for method, template, path in city.addresses():
        door = DOORS.get(f"{method} {template}")
        if door is None or template == "/sign-out" or (template.endswith("/events") and role in door.roles):
            continue
        answer = city.ask(who, method, path, door, page=not template.startswith("/api/"))
        if not fits(city, role, door, method, answer.status_code, answer.text):
            wrong.append((method, template, answer.status_code, answer.text[:200]))
    assert not wrong


def fits(city: City, role: Role, door: Door, method: str, status: int, said: str) -> bool:
    """Whether an answer is what the table of doors promises."""
    if role not in door.roles:
        return status == 403
    if door.place is ONE:
        return status in {403, 404}
    if door.place is LIST:
        return status == 200 and not any(secret in said for secret in city.secrets)
    return status < 500 if method != "GET" else status in {200, 303, 404, 422}


@pytest.mark.parametrize("role", UNITS)
@pytest.mark.parametrize("name", ["aside", "unbound"])
def test_the_people_of_a_unit_see_no_ticket_of_another_unit(city: City, role: Role, name: str) -> None:
    """Their area is the whole district; whose unit nobody entered sees none at all."""
    who, number = person(city, role, name), city.secrets[-1]
    for address in ("/api/v1/tickets/{ticket}", "/tickets/{ticket}", "/tasks/{ticket}"):
        path = address.replace("{ticket}", city.ids["ticket"])
        assert city.ask(who, "GET", path, DOORS[f"GET {address}"], page="/api/" not in path).status_code == 404
    for address in (
        "/api/v1/tickets",
        "/api/v1/tickets?unit=gas-co",
        "/tickets",
        "/tickets?view=all",
        "/tasks",
        "/alarms/e2",
        "/cockpit",
    ):
        answer = city.ask(who, "GET", address, Door(frozenset()), page="/api/" not in address)
        assert answer.status_code == 200, address
        assert number not in answer.text, address
    desk = city.platform.tickets.state.tickets.values()
    assert any(ticket.lead == "gas-co" for ticket in desk)


def test_counts_are_of_what_a_person_sees(city: City) -> None:
    """The tabs of the list tell a unit how much is its own, not how busy the others are."""
    reader = city.platform.container().tickets

    def counted(role: Role, name: str) -> int:
        user = person(city, role, name)
        who = Caller(user.id, user.name, user.role, user.scope, user.unit, "token")
        return sum(each.tickets for each in reader.count_by_stage(bounded(who, TicketFilters()), scope=who.scope))

    assert (counted(Role.UNIT_HANDLER, "aside"), counted(Role.UNIT_HANDLER, "unbound")) == (0, 0)
    assert (counted(Role.CITIZEN, "unbound"), counted(Role.DISPATCHER, "unbound")) == (0, 2)
    assert counted(Role.DISPATCHER, "near") == 1


TICKET = LiveMessage("linli.tickets", 0, 1, {}, "ticket", THERE, "{}", units=("gas-co",))


@pytest.mark.parametrize(
    ("role", "scope", "unit", "heard"),
    [
        (Role.DISPATCHER, "", "", True),
        (Role.DISPATCHER, NEAR, "", False),
        (Role.UNIT_HANDLER, "", "gas-co", True),
        (Role.UNIT_HANDLER, "", "other-co", False),
        (Role.UNIT_LEADER, "", "", False),
        (Role.UNIT_LEADER, NEAR, "gas-co", False),
        (Role.ONCALL, "", "", False),
        (Role.CITIZEN, "", "", False),
    ],
)
def test_the_live_stream_tells_of_a_ticket_whom_the_list_shows_it(
    role: Role, scope: str, unit: str, heard: bool
) -> None:
    caller = Caller("x", "x", role, scope, unit, "session")
    assert hears(caller, TICKET) is heard
    alarm = replace(TICKET, event="alarm", units=())
    assert hears(caller, alarm) is (not scope)


def test_every_door_tells_the_database_who_asks_and_forgets_it(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """API, page, streamed export and the doors without a sign-in: each transaction is told its own caller's reach."""
    heard: list[Mapping[str, str]] = []
    plain = MemoryTicketReader.list_tickets

    def listening(self: MemoryTicketReader, *given: Any, **named: Any) -> Page[Ticket]:
        heard.append(told())
        return plain(self, *given, **named)

    monkeypatch.setattr(MemoryTicketReader, "list_tickets", listening)
    for who, reach in (
        (person(city, Role.UNIT_HANDLER, "near"), Reach("unit", NEAR, "gas-co")),
        (person(city, Role.UNIT_LEADER, "unbound"), Reach("unit", "", NO_UNIT)),
        (person(city, Role.OPERATOR, "near"), Reach("area", NEAR)),
        (person(city, Role.CITIZEN, "aside"), Reach("reporter", "", "citizen-aside")),
    ):
        for address in ("/api/v1/tickets", "/api/v1/tickets/export", "/tickets"):
            heard.clear()
            page = "/api/" not in address
            assert city.ask(who, "GET", address, DOORS[f"GET {address}"], page=page).status_code == 200
            assert heard, address
            assert all(each == reach.settings() for each in heard), (address, heard)
    heard.clear()
    assert city.platform.ask("GET", "/open311/v2/requests.json").status_code == 200
    assert heard == [Reach("open311").settings()]
    assert told() == {}, "nothing is left behind"
