"""What the API's description shows is what the API takes: every example is sent as it stands."""

from typing import Any

import pytest

from services.api.description import described
from services.api.examples import BODIES, PARAMETERS
from services.registry.domain import Role
from tests.fakes.city import MemoryCity, incident
from tests.fakes.web import ask, token
from tests.unit.api.doors import DOORS

JSON = "application/json"
HERE = {"unit": "gas-repair", "code": "990101001", "person": "unit_handler", "rule": "gas.ch4"}
"""What is there in the city; anything else is an address where nothing stands."""
SECRET = "current"
"""Nobody's password stands in an example, so that it is another one is all that may be wrong with it."""


@pytest.fixture(scope="module")
def city() -> MemoryCity:
    return incident(MemoryCity())


@pytest.fixture(scope="module")
def operations(city: MemoryCity) -> list[tuple[str, str, dict[str, Any]]]:
    paths = described(city.app)["paths"]
    return [
        (method.upper(), path, operation) for path, methods in paths.items() for method, operation in methods.items()
    ]


def test_every_body_has_an_example_and_every_parameter_a_meaning(
    operations: list[tuple[str, str, dict[str, Any]]],
) -> None:
    bodies = [
        (method, path, each["requestBody"]["content"]) for method, path, each in operations if "requestBody" in each
    ]
    assert len(bodies) > 40
    assert [(method, path) for method, path, body in bodies if JSON in body and "example" not in body[JSON]] == []
    dumb = [
        (method, path, parameter["name"])
        for method, path, each in operations
        for parameter in each.get("parameters", ())
        if not parameter.get("description")
    ]
    assert dumb == []


def test_no_example_and_no_meaning_is_of_nothing(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    shapes = {
        content["schema"].get("$ref", "").rpartition("/")[2]
        for _, _, each in operations
        for content in each.get("requestBody", {}).get("content", {}).values()
    }
    assert BODIES.keys() - shapes == set()
    names = {parameter["name"] for _, _, each in operations for parameter in each.get("parameters", ())}
    assert PARAMETERS.keys() - names == set()


def test_every_example_is_taken_as_it_stands(
    city: MemoryCity, operations: list[tuple[str, str, dict[str, Any]]]
) -> None:
    """Somebody who may sends it; that there is no such thing, or another version of it, is no fault of its form."""
    wrong = []
    for method, path, each in operations:
        body = each.get("requestBody", {}).get("content", {}).get(JSON, {}).get("example")
        if body is None:
            continue
        roles = DOORS[f"{method} {path}"].roles if f"{method} {path}" in DOORS else frozenset(Role)
        role = Role.ADMINISTRATOR if Role.ADMINISTRATOR in roles else min(roles)
        address = path
        for name in [part.split("}")[0] for part in path.split("{")[1:]]:
            address = address.replace(f"{{{name}}}", HERE.get(name, "x"))
        headers = {"Authorization": f"Bearer {token(city, role)}", "Idempotency-Key": f"{method} {path}"}
        answer = ask(city, method, address, json=body, headers=headers)
        if answer.status_code in (400, 422) and answer.json()["field"] != SECRET:
            wrong.append((method, path, answer.json()["detail"]))
    assert wrong == []
