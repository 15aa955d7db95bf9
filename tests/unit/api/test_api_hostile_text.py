"""Script and SQL in every text field that the API takes: words like any other, or a clear refusal; on no page code.

The fields are those of the description's own examples, so a new one is tried as soon as it is described.
"""

import copy
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from services.api.description import described
from services.registry.domain import Role
from tests.fakes.city import MemoryCity, incident
from tests.fakes.web import ask, token
from tests.unit.api.doors import DOORS, PUBLIC

HOSTILE: Final = "\"'><script>alert(1)</script>'; DROP TABLE tickets.tickets; --"
RAW, ESCAPED = "<script>alert(1)", "&lt;script&gt;alert(1)"
SIGNS: Final = frozenset({"POST /api/v1/tokens", "PUT /api/v1/me/password", "POST /api/v1/sign-in-locks/release"})
"""What would end the sweep's own sign-ins; tests/unit/api/test_api_privacy.py and test_api_people.py send it there."""
MADE: Final = {"answers": "answer", "works": "works", "shifts": "shift", "duties": "duty"}
"""Nouns whose id an answer gives, and the name that it has in an address."""

Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    return incident(MemoryCity())


def texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where a text stands in a body."""
    if isinstance(value, str):
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from texts(each, (*path, name))


def hostile(body: Any, path: Path) -> Any:
    """The body with that one text replaced."""
    made = copy.deepcopy(body)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = HOSTILE
    return made


def address(template: str, here: dict[str, str]) -> str:
    for name in [part.split("}")[0] for part in template.split("{")[1:]]:
        template = template.replace(f"{{{name}}}", here.get(name.removesuffix(":path"), "x"))
    return template


def send(city: MemoryCity, door: str, place: str, body: Any, bearers: dict[str, dict[str, str]]) -> httpx.Response:
    """What the first of the door's people answered whom the use case does not turn away; at the version there is."""
    method = door.split(" ", maxsplit=1)[0]
    for role in (Role.OPERATOR, Role.ADMINISTRATOR, Role.SUPERVISOR, Role.UNIT_HANDLER):
        if role not in DOORS[door].roles:
            continue
        answer = ask(city, method, place, json=body, headers=bearers[role])
        if answer.status_code == 409 and isinstance(current := answer.json().get("current"), int):
            answer = ask(city, method, place, json={**body, "version": current}, headers=bearers[role])
        if answer.status_code != 403:
            break
    return answer


def sweep(city: MemoryCity, here: dict[str, str]) -> tuple[list[str], list[str]]:
    """Send every example with one text after the other replaced: (what was taken, what failed or said nothing)."""
    taken: list[str] = []
    wrong: list[str] = []
    bearers = {str(role): {"Authorization": f"Bearer {token(city, role)}"} for role in Role}
    for template, methods in described(city.app)["paths"].items():
        for method, operation in methods.items():
            door = f"{method.upper()} {template}"
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            if body is None or door in SIGNS:
                continue
            for path in texts(body):
                answer = send(city, door, address(template, here), hostile(body, path), bearers)
                where = f"{door} {'.'.join(map(str, path))}"
                if answer.status_code < 300:
                    taken.append(where)
                    if (noun := MADE.get(template.rpartition("/")[2])) and method == "post":
                        here[noun] = str(answer.json()["id"])
                elif answer.status_code >= 500 or not answer.json()["remedy"]:
                    wrong.append(f"{where} {answer.status_code} {answer.text[:200]}")
    return taken, wrong


def test_script_and_sql_in_any_text_field_are_words_or_are_refused_and_no_page_runs_them(city: MemoryCity) -> None:
    ticket = next(iter(city.tickets_of.values()))
    alarm = next(iter(city.alarms.state.alarms))
    here = {
        "unit": "gas-repair", "code": "990101001001001", "person": "unit_handler", "rule": "gas.ch4", "alarm": alarm,
        "ticket": ticket, "device": city.of_kind("gas").id, "name": "default", "metric": "ch4_lel",
    }  # fmt: skip
    taken, wrong = sweep(city, here)
    assert wrong == []
    assert len(taken) > 40, taken
    for noun in ("tickets text", "answers question", "works text", "shifts text", "people name", "entry-card valve"):
        assert any(where.endswith(noun) for where in taken), (noun, taken)

    seen = 0
    for role in ("operator", "supervisor", "administrator", "grid_manager"):
        headers = {"Cookie": f"linli_session={city.session(role)}", "Accept": "text/html"}
        for door in sorted({*DOORS, *PUBLIC}):
            method, template = door.split(" ")
            if method != "GET" or template.startswith(("/api/", "/open311", "/static", "/sign", "/cockpit/")):
                continue
            page = ask(city, "GET", address(template, here), headers=headers)
            assert page.status_code < 500, (role, door)
            if not page.headers.get("content-type", "").startswith("text/html"):
                continue  # a file, which its own tests open
            assert RAW not in page.text, (role, door)
            seen += ESCAPED in page.text
    assert seen > 10, "the words stand on the pages, as words"
