"""Deadlines through the JSON API: who wrote what and why, a draft's dates, and refusals that name their field."""

from typing import Any

import msgspec
import pytest

from services.tickets.domain.profiles import DEFAULT
from tests.fakes.api import NOW, MemoryPlatform, Person

AT = "/api/v1/policies"
WHY = "市里 2026 年的决定"
EVE = "2026-09-30T10:00:00+08:00"


@pytest.fixture
def supervisor() -> Person:
    return MemoryPlatform().as_("supervisor")


def draft(**ordinary: str) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(DEFAULT, str_keys=True)
    body["limits"]["0"] |= ordinary
    return body | {"version": 2}


def test_a_version_says_who_wrote_it_when_and_why_and_so_does_each_time_in_force(supervisor: Person) -> None:
    made = supervisor.post(AT, {**draft(finish="3wd"), "reason": WHY}).json()
    assert (made["by"], made["at"], made["reason"], made["in_force"]) == ("supervisor", NOW, WHY, True)
    shipped = {**draft(), "version": 1, "reason": "先按老办法"}
    assert (supervisor.post(AT, shipped).json()["by"]) == "", "putting it in force makes nobody its author"
    listed = {(each["name"], each["version"]): each for each in supervisor.get(AT).json()["items"]}
    assert (listed["default", 2]["by"], listed["default", 2]["in_force"]) == ("supervisor", False)
    assert (listed["default", 1]["by"], listed["default", 1]["at"]) == ("", 0)
    history = supervisor.get(f"{AT}/history").json()["items"]
    assert [(each["version"], each["reason"]) for each in history] == [(2, WHY), (1, "先按老办法")]


def test_a_version_is_published_and_not_in_force_until_it_is_sent_again(supervisor: Person) -> None:
    body = {**draft(finish="3wd"), "name": "chengdu-gas", "version": 1, "reason": WHY}
    made = supervisor.post(AT, {**body, "enforce": False}).json()
    assert (made["in_force"], made["by"], made["at"], made["reason"]) == (False, "supervisor", NOW, WHY)
    listed = {(each["name"], each["version"]): each["in_force"] for each in supervisor.get(AT).json()["items"]}
    assert (listed["chengdu-gas", 1], listed["default", 1]) == (False, True)
    assert supervisor.get(f"{AT}/history").json()["items"] == []
    chosen = supervisor.post(AT, {**body, "reason": "试行期满"}).json()
    assert (chosen["in_force"], chosen["reason"]) == (True, WHY), "why it was written"
    history = supervisor.get(f"{AT}/history").json()["items"]
    assert [(each["name"], each["reason"]) for each in history] == [("chengdu-gas", "试行期满")]
    kept = supervisor.post(AT, {**body, "enforce": False}).json()
    assert kept["in_force"], "publishing what is in force takes nothing out of it"
    changed = supervisor.post(AT, {**body, "wait": "1wd", "enforce": False})
    assert (changed.status_code, changed.json()["remedy"]) == (409, "Publish your change as version 2.")


def test_a_drafts_dates_are_told_and_nothing_is_kept(supervisor: Person) -> None:
    seen = supervisor.post(f"{AT}/preview", {**draft(finish="3wd"), "opens_at": EVE}).json()
    ordinary, before = seen["drafted"][-1], seen["in_force"][-1]
    assert ordinary["urgency"] == 0
    day = 86_400_000
    assert before["due"]["finish"] - ordinary["due"]["finish"] == 3 * day, "the 12th and 13th, behind a Sunday"
    assert ordinary["return_until"] is not None
    assert seen["drafted"][0]["extended_until"] is None
    assert [each["day"] for each in seen["days"] if each["works"]] == ["2026-10-10"]
    assert supervisor.post(f"{AT}/preview", draft()).json()["opens_at"] == NOW
    assert supervisor.get(f"{AT}/history").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        (draft(sign="soon"), "limits.0.sign", "soon"),
        (draft(finish="9999wd"), "limits.0.finish", "9999wd"),
        ({**draft(), "returns": {"0": "2wd"}}, "returns.1", ""),
        ({**draft(), "hours": [[700, 600]]}, "hours", "((700, 600),)"),
        ({**draft(), "name": "a/b"}, "name", "a/b"),
        ({**draft(), "name": "Gas_1", "version": 1}, "name", "Gas_1"),
        ({**draft(), "reason": "急"}, "reason", "急"),
    ],
    ids=["no limit", "too long", "missing", "hours", "no word", "no name", "reason"],
)
def test_a_refusal_names_field_value_and_remedy(
    supervisor: Person, body: dict[str, Any], field: str, value: str
) -> None:
    answer = supervisor.post(AT, {"reason": WHY, **body})
    said = answer.json()
    assert (answer.status_code, said["field"], said["value"]) == (422, field, value)
    assert said["remedy"]


def test_a_moment_that_no_calendar_foresees_is_refused(supervisor: Person) -> None:
    for moment, field in ((4_000_000_000_000, ""), (5_000_000_000_000, "opens_at")):
        answer = supervisor.post(f"{AT}/preview", {**draft(), "opens_at": moment})
        assert answer.status_code == 422
        assert answer.json().get("field", "") == field
