"""Messages and preferences over the front door: whose they are, what is masked, what is refused."""

from typing import Any

import pytest

from services.notices.domain import Message, Preference, State, Subject, Urgency, Way
from services.registry.domain import Role
from tests.fakes.api import NOW, MemoryPlatform

AT = "/api/v1/notices"


@pytest.fixture
def platform() -> MemoryPlatform:
    made = MemoryPlatform()
    made.told.known = (Way("box", default=True), Way("mail", personal=True))
    made.told.keep([message(1, "operator"), message(2, "supervisor", state=State.DEAD, settled=NOW, error="refused")])
    return made


def message(number: int, person: str, **more: Any) -> Message:
    values: dict[str, Any] = {"created": NOW + number, "due": NOW, "expires": NOW + 9_000_000, "ticket": f"t{number}"}
    return Message(
        f"m{number}", f"e{number}", person, "box", Subject.CARD, Urgency.PROMPT, "黄牌", "", **{**values, **more}
    )


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def put(platform: MemoryPlatform, role: str, person: str, **body: Any) -> Any:
    headers = platform.as_(role).headers
    return platform.ask("PUT", f"{AT}/preferences/{person}", json={"version": 0, **body}, headers=headers)


@pytest.mark.parametrize("role", sorted(Role))
def test_everybody_sees_their_own_and_an_administrator_all(platform: MemoryPlatform, role: str) -> None:
    person = platform.as_(role)
    own = {"operator": ["m1"], "supervisor": ["m2"], "administrator": ["m2", "m1"]}.get(role, [])
    assert ids(person.get(AT)) == own
    assert (person.get(f"{AT}/m1").status_code == 200) is ("m1" in own)
    assert (person.get(AT, person="operator").status_code == 200) is (role in {"operator", "administrator"})


def test_the_list_is_narrowed_by_state_person_channel_and_ticket(platform: MemoryPlatform) -> None:
    boss = platform.as_("administrator")
    assert ids(boss.get(AT, state="dead")) == ids(boss.get(AT, person="supervisor")) == ["m2"]
    assert ids(boss.get(AT, ticket="t1")) == ["m1"]
    assert ids(boss.get(AT, channel="mail")) == []
    assert boss.get(AT, state="lost").status_code == 422
    first = boss.get(AT, limit=1).json()
    assert ids(boss.get(AT, limit=1, cursor=first["next"])) == ["m1"]


def test_what_was_given_up_is_sent_again_by_its_owner_once(platform: MemoryPlatform) -> None:
    assert platform.as_("operator").post(f"{AT}/m2/resend").status_code == 404
    owner = platform.as_("supervisor")
    assert owner.post(f"{AT}/m2/resend").json()["state"] == "waiting"
    again = owner.post(f"{AT}/m2/resend")
    assert (again.status_code, again.json()["code"]) == (409, "waiting")


def test_preferences_are_ones_own_or_the_administrators(platform: MemoryPlatform) -> None:
    assert put(platform, "operator", "operator", quiet={"from": 60, "to": 120}).status_code == 200
    assert put(platform, "operator", "supervisor").status_code == 403
    assert put(platform, "administrator", "supervisor", language="en").status_code == 200
    assert put(platform, "administrator", "nobody").status_code == 404
    assert put(platform, "administrator", "reporter:t1").status_code == 404
    assert platform.told.chosen["operator"].quiet == (60, 120)
    assert platform.as_("operator").get(f"{AT}/preferences/operator").json()["quiet"] == {"from": 60, "to": 120}


def test_an_address_comes_back_masked_and_a_mask_leaves_it_as_it_is(platform: MemoryPlatform) -> None:
    whole = put(platform, "operator", "operator", channels=["mail"], addresses={"mail": "zheng@example.org"})
    shown = whole.json()["addresses"]
    assert shown == {"mail": "z***@example.org"}
    kept = put(platform, "operator", "operator", version=1, channels=["mail"], addresses=shown)
    assert kept.status_code == 200, kept.text
    assert platform.told.chosen["operator"].addresses == {"mail": "zheng@example.org"}
    forged = put(platform, "operator", "operator", version=2, addresses={"mail": "x***@example.org"})
    assert (forged.status_code, forged.json()["field"]) == (422, "address.mail")
    gone = put(platform, "operator", "operator", version=2, addresses={"mail": ""})
    assert gone.json()["addresses"] == {}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"muted": ["call"]}, 422, "muted"),
        ({"channels": ["fax"]}, 422, "channels"),
        ({"channels": ["mail"]}, 422, "address.mail"),
        ({"language": "fr"}, 422, "language"),
        ({"version": 7}, 409, "version"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(
    platform: MemoryPlatform, body: dict[str, Any], status: int, field: str
) -> None:
    answer = put(platform, "operator", "operator", **body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert answer.json()["remedy"]


def test_the_test_button_sends_by_every_way_that_serves(platform: MemoryPlatform) -> None:
    person = platform.as_("operator")
    assert person.post(f"{AT}/preferences/operator/test").json() == {"messages": 1}
    platform.told.known = (Way("mail", personal=True, default=True),)
    refused = person.post(f"{AT}/preferences/operator/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "channel")
    assert platform.as_("supervisor").post(f"{AT}/preferences/operator/test").status_code == 403


def test_channels_are_named_and_their_addresses_are_not(platform: MemoryPlatform) -> None:
    items = platform.as_("operator").get(f"{AT}/channels").json()["items"]
    assert items == [
        {"name": "box", "personal": False, "default": True},
        {"name": "mail", "personal": True, "default": False},
    ]


def test_a_citizen_with_an_account_has_settings_too(platform: MemoryPlatform) -> None:
    assert platform.as_("citizen").get(f"{AT}/preferences/citizen").json()["version"] == Preference("x").version


def test_a_roles_wishes_are_an_administrators_and_hold_for_whoever_chose_nothing(platform: MemoryPlatform) -> None:
    assert put(platform, "operator", "role:operator").status_code == 403
    assert put(platform, "administrator", "role:nobody").status_code == 404
    kept = put(platform, "administrator", "role:operator", by_subject={"card": ["mail"]}, muted=["callback"])
    assert kept.status_code == 200, kept.text
    mine = platform.as_("operator").get(f"{AT}/preferences/operator").json()
    assert (mine["version"], mine["by_subject"], mine["muted"]) == (0, {"card": ["mail"]}, ["callback"])
    assert put(platform, "operator", "operator", by_subject={"card": []}).status_code == 200
    mine = platform.as_("operator").get(f"{AT}/preferences/operator").json()
    assert (mine["version"], mine["by_subject"], mine["muted"]) == (1, {}, [])
    assert platform.as_("administrator").post(f"{AT}/preferences/role:operator/test").status_code == 422


def test_what_an_administrator_chose_for_others_is_in_the_audit_log(platform: MemoryPlatform) -> None:
    put(platform, "administrator", "role:operator", muted=["callback"])
    put(platform, "administrator", "supervisor", language="en")
    put(platform, "operator", "operator")
    entries = platform.as_("administrator").get("/api/v1/audit", did="person").json()["items"]
    assert [(entry["subject"], entry["detail"]["what"]) for entry in entries] == [
        ("person supervisor", "notices changed"),
        ("role operator", "notices changed"),
    ]
