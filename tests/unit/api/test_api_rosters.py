"""A unit's roster by the API: written by its leader, read by everybody who works with tickets."""

import msgspec
import pytest

from services.registry.domain import Role, Unit, User
from tests.fakes.api import NOW, MemoryPlatform, Person

HOUR = 3_600_000
UNIT = "/api/v1/units/gas-co"
WEEKLY = {"person": "unit_handler", "days": [1, 2, 3, 4, 5, 6, 7], "begins": "00:00", "ends": "24:00"}
DATED = {"person": "unit_leader", "since": NOW - HOUR, "until": NOW + HOUR}
AWAY = {"person": "unit_handler", "substitute": "unit_leader", "since": NOW, "until": NOW + HOUR}


@pytest.fixture
def platform() -> MemoryPlatform:
    made = MemoryPlatform()
    made.places.add_units([Unit("lamps", "路灯", "Lamps", "990101")])
    made.people.add_user(User("lamp", "灯", Role.UNIT_LEADER, unit="lamps"), "plain:lamp")
    return made


@pytest.fixture
def leader(platform: MemoryPlatform) -> Person:
    return platform.as_("unit_leader")


def on_duty(person: Person, **query: int) -> list[str]:
    return [one["person"] for one in person.get(f"{UNIT}/roster", **query).json()["on_duty"]]


def test_a_leader_writes_the_week_a_single_day_and_a_substitute(leader: Person, platform: MemoryPlatform) -> None:
    assert on_duty(leader) == []
    weekly = leader.post(f"{UNIT}/duties", WEEKLY, Idempotency_Key="k")
    assert weekly.status_code == 201, weekly.text
    assert weekly.json() == leader.post(f"{UNIT}/duties", WEEKLY, Idempotency_Key="k").json()
    assert on_duty(platform.as_("operator")) == ["unit_handler"]
    assert leader.post(f"{UNIT}/duties", DATED).status_code == 201
    assert on_duty(leader) == ["unit_leader"], "a dated duty replaces the weekly ones"
    assert on_duty(leader, at=NOW + HOUR) == ["unit_handler"]
    away = leader.post(f"{UNIT}/substitutions", AWAY)
    assert on_duty(leader, at=NOW + HOUR - 1) == ["unit_leader"]
    roster = leader.get(f"{UNIT}/roster").json()
    for duty in roster["duties"]:
        assert leader.delete(f"{UNIT}/duties/{duty['id']}").status_code == 200
    assert leader.delete(f"{UNIT}/substitutions/{away.json()['id']}").status_code == 200
    assert leader.delete(f"{UNIT}/substitutions/{away.json()['id']}").status_code == 404
    log = [entry.did for entry in platform.people.chain.entries if entry.subject == "unit gas-co"]
    assert log == ["duty"] * 6


@pytest.mark.parametrize("who", ["unit_handler", "operator", "supervisor", "lamp"])
def test_nobody_else_writes_it(leader: Person, platform: MemoryPlatform, who: str) -> None:
    duty = leader.post(f"{UNIT}/duties", WEEKLY).json()["id"]
    person = platform.as_(who)
    for answer in (
        person.post(f"{UNIT}/duties", DATED),
        person.post(f"{UNIT}/substitutions", AWAY),
        person.delete(f"{UNIT}/duties/{duty}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert platform.as_("administrator").delete(f"{UNIT}/duties/{duty}").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (WEEKLY | {"person": "lamp"}, "person"),
        (WEEKLY | {"days": []}, "days"),
        (WEEKLY | {"days": [8]}, "days.0"),
        (WEEKLY | {"begins": "25:00"}, "begins"),
        (WEEKLY | {"begins": None}, "days"),
        (WEEKLY | {"since": NOW, "until": NOW + HOUR}, "days"),
        (DATED | {"until": NOW - HOUR}, "until"),
        (DATED | {"since": NOW - 3 * HOUR, "until": NOW - HOUR}, "until"),
        (DATED | {"until": NOW + 370 * 24 * HOUR}, "until"),
    ],
)
def test_a_duty_that_cannot_stand_names_the_field(leader: Person, body: dict[str, object], field: str) -> None:
    answer = leader.post(f"{UNIT}/duties", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert answer.json()["remedy"]


def test_what_contradicts_the_roster_is_a_conflict(leader: Person) -> None:
    assert leader.post(f"{UNIT}/duties", DATED).status_code == 201
    assert leader.post(f"{UNIT}/duties", DATED).json()["code"] == "overlap"
    assert leader.post(f"{UNIT}/substitutions", AWAY).status_code == 201
    back = {"person": "unit_leader", "substitute": "unit_handler", "since": NOW, "until": NOW + HOUR}
    ring = leader.post(f"{UNIT}/substitutions", back)
    assert (ring.status_code, ring.json()["code"]) == (409, "ring")
    assert "unit_leader → unit_handler → unit_leader" in ring.json()["detail"]
    own = leader.post(f"{UNIT}/substitutions", AWAY | {"substitute": "unit_handler"})
    assert (own.status_code, own.json()["field"]) == (422, "substitute")


def test_there_is_no_roster_of_nobody(leader: Person) -> None:
    assert leader.get("/api/v1/units/nobody/roster").status_code == 404
    assert leader.post("/api/v1/units/nobody/duties", WEEKLY).status_code == 404


def test_a_key_is_good_for_one_entry(leader: Person) -> None:
    assert leader.post(f"{UNIT}/duties", WEEKLY, Idempotency_Key="k").status_code == 201
    other = leader.post(f"{UNIT}/duties", DATED, Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency")


def test_who_stands_in_for_the_leader_has_the_leaders_right_while_it_lasts(platform: MemoryPlatform) -> None:
    """A unit whose only leader is on leave can still return what is not its own, and ask for more time."""
    ticket = platform.as_("dispatcher").get(f"/api/v1/tickets/{platform.tickets_of['e1']}").json()
    leak = platform.tickets.state.tickets[ticket["id"]]
    platform.tickets.state.tickets[leak.id] = msgspec.structs.replace(leak, urgency=1)

    def actions(name: str) -> set[str]:
        seen = platform.as_(name).get(f"/api/v1/tickets/{leak.id}").json()
        return {each["action"] for each in seen["actions"]}

    assert "return" not in actions("unit_handler")
    away = {"person": "unit_leader", "substitute": "unit_handler", "since": NOW, "until": NOW + HOUR}
    assert platform.as_("unit_leader").post(f"{UNIT}/substitutions", away).status_code == 201
    assert "return" in actions("unit_handler")
    asked = {"action": "return", "version": ticket["version"], "reason": "归路灯所", "unit": "lamps"}
    answer = platform.as_("unit_handler").post(f"/api/v1/tickets/{leak.id}/actions", asked)
    assert answer.status_code == 200, answer.text
    last = answer.json()["events"][-1]
    assert (last["by"], last["role"]) == ("unit_handler", "unit_leader")
    platform.clock.set(NOW + HOUR)
    assert platform.as_("unit_handler").get("/api/v1/me").json()["role"] == "unit_handler"
