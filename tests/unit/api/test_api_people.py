"""People by the API: entries, a password that is good once and what it opens, lock-outs."""

import pytest

from services.audit import Did
from tests.fakes.api import MemoryPlatform, Person

NEW = {"id": "chen.qiang", "name": "陈强", "role": "unit_handler", "unit": "gas-co"}
OWN = "three words in a row"


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def token_of(platform: MemoryPlatform, name: str, password: str) -> Person:
    made = platform.ask("POST", "/api/v1/tokens", json={"name": name, "password": password})
    assert made.status_code == 201, made.text
    return Person(platform, {"Authorization": f"Bearer {made.json()['token']}"})


def test_a_repeated_request_makes_one_person(platform: MemoryPlatform) -> None:
    admin = platform.as_("administrator")
    first, again = (admin.post("/api/v1/people", NEW, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == "/api/v1/people/chen.qiang"
    assert admin.post("/api/v1/people", NEW, Idempotency_Key="other").status_code == 409
    assert "chen.qiang" in [item["id"] for item in admin.get("/api/v1/people").json()["items"]]


def test_a_given_password_opens_the_choice_of_ones_own_and_nothing_else(platform: MemoryPlatform) -> None:
    admin = platform.as_("administrator")
    admin.post("/api/v1/people", NEW)
    given = admin.post("/api/v1/people/chen.qiang/password")
    assert given.headers["cache-control"] == "no-store"
    chen = token_of(platform, "chen.qiang", given.json()["password"])
    refused = chen.get("/api/v1/tickets")
    assert (refused.status_code, refused.json()["code"]) == (403, "password_once")
    body = {"current": given.json()["password"], "password": OWN}
    assert platform.ask("PUT", "/api/v1/me/password", json=body, headers=chen.headers).status_code == 200
    assert token_of(platform, "chen.qiang", OWN).get("/api/v1/tickets").status_code == 200
    entries = [entry.detail for entry in platform.people.chain.entries if entry.did == Did.PERSON]
    assert len(entries) == 3
    assert not any(given.json()["password"] in detail or OWN in detail for detail in entries)


def test_a_change_holds_at_the_next_request_and_a_disabled_person_is_out(platform: MemoryPlatform) -> None:
    admin, operator = platform.as_("administrator"), platform.as_("operator")
    changed = admin.patch("/api/v1/people/operator", {"version": 1, "role": "oncall"})
    assert changed.json()["version"] == 2
    assert operator.get("/api/v1/tickets").status_code == 403
    stale = admin.patch("/api/v1/people/operator", {"version": 1, "active": False})
    assert (stale.status_code, stale.json()["current"]) == (409, 2)
    assert admin.patch("/api/v1/people/operator", {"version": 2, "active": False}).status_code == 200
    assert operator.get("/api/v1/me").status_code == 401


def test_what_nobody_may_do_says_what_to_do_instead(platform: MemoryPlatform) -> None:
    admin = platform.as_("administrator")
    own = admin.patch("/api/v1/people/administrator", {"version": 1, "active": False})
    assert (own.status_code, own.json()["code"]) == (409, "own_role")
    assert "another administrator" in own.json()["remedy"]
    wrong = admin.post("/api/v1/people", NEW | {"unit": "water"})
    assert (wrong.status_code, wrong.json()["field"], wrong.json()["value"]) == (422, "unit", "water")


def test_a_lock_is_listed_and_released(platform: MemoryPlatform) -> None:
    admin = platform.as_("administrator")
    for _ in range(5):
        platform.ask("POST", "/api/v1/tokens", json={"name": "operator", "password": "wrong"})
    assert [lock["name"] for lock in admin.get("/api/v1/sign-in-locks").json()["items"]] == ["operator"]
    body = {"kind": "account", "name": "operator"}
    assert admin.post("/api/v1/sign-in-locks/release", body).status_code == 200
    assert admin.post("/api/v1/sign-in-locks/release", body).status_code == 404
    assert platform.as_("operator").get("/api/v1/me").status_code == 200
