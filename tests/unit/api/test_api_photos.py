"""Photos of tickets: sent, seen by who sees the ticket, never as anything but a picture; evidence for actions."""

import itertools
from typing import Any

import httpx
import msgspec
import pytest

from services.registry.domain import Role, Unit, User
from services.tickets.domain.photos import MOST
from tests.fakes.api import HERE, MemoryPlatform
from tests.fakes.photos import digest, picture, with_place
from tests.unit.adapters.test_darkroom import EXE, HEIC

PHOTO = with_place()


@pytest.fixture
def platform() -> MemoryPlatform:
    return MemoryPlatform()


def opened(platform: MemoryPlatform, role: str = "operator", **more: Any) -> str:
    report = {"title": "漏水", "text": "三楼", "area": HERE, **more}
    made = platform.as_(role).post("/api/v1/tickets", report)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def send(
    platform: MemoryPlatform, ticket: str, data: bytes = PHOTO, role: str = "operator", name: str = "现场.jpg"
) -> httpx.Response:
    files = {"photo": (name, data, "image/jpeg")}
    return platform.ask(
        "POST", f"/api/v1/tickets/{ticket}/photos", files=files, headers=platform.as_(role).headers
    )  # fmt: skip


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert found["remedy"]
    return found


def test_a_photo_is_kept_once_and_listed(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    first, again = (send(platform, ticket).json() for _ in range(2))
    assert first == again
    assert first["id"] == digest(PHOTO)
    assert (first["by"], first["shown_at"], first["width"], first["height"]) == ("operator", None, 48, 64)
    send(platform, ticket, picture(colour="blue"))
    listed = platform.as_("dispatcher").get(f"/api/v1/tickets/{ticket}/photos").json()["items"]
    assert [each["id"] for each in listed] == sorted([digest(PHOTO), digest(picture(colour="blue"))])


def test_a_photo_is_served_as_a_picture_and_as_nothing_else(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    photo = send(platform, ticket, name="x.html").json()["id"]
    for end in ("", "/thumbnail"):
        answer = platform.as_("dispatcher").get(f"/api/v1/tickets/{ticket}/photos/{photo}{end}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
        assert answer.headers["vary"] == "Cookie, Authorization"
        assert answer.headers["content-disposition"].startswith('inline; filename="LY-')
        assert "html" not in answer.headers["content-disposition"]
        assert b"SecretPhone" not in answer.content


@pytest.mark.parametrize(
    ("data", "status", "code", "because"),
    [
        (EXE, 415, "media", "program"),
        (HEIC, 415, "media", "heic"),
        (b"", 422, "picture", "empty"),
        (picture(size=(400, 300))[:900], 422, "picture", "broken"),
    ],
    ids=["a program named .jpg", "heic", "empty", "damaged"],
)
def test_what_is_no_photo_gets_its_own_answer_and_is_not_kept(
    platform: MemoryPlatform, data: bytes, status: int, code: str, because: str
) -> None:
    ticket = opened(platform)
    found = problem(send(platform, ticket, data), status)
    assert (found["code"], found["because"], found["field"]) == (code, because, "photo")
    assert platform.blobs.kept == {}
    assert platform.tickets.state.photos == {}


def test_a_photo_of_50_megabytes_is_413_and_says_how_much_may_come(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    found = problem(send(platform, ticket, b"\xff\xd8\xff" + bytes(50_000_000)), 413)
    assert found["code"] == "too_large"
    assert "10551296 bytes" in found["detail"]


def test_a_photo_without_a_length_is_stopped_where_its_limit_is(platform: MemoryPlatform) -> None:
    """Chunked: nobody said how much would come."""
    ticket = opened(platform)
    sent = 0

    async def body() -> Any:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\xff\xd8\xff'
        for _ in range(800):
            sent += 1 << 16
            yield bytes(1 << 16)
        yield b"\r\n--b--\r\n"

    headers = {**platform.as_("operator").headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = platform.ask("POST", f"/api/v1/tickets/{ticket}/photos", content=body(), headers=headers)
    assert problem(answer, 413)["code"] == "too_large"
    assert sent <= 10_551_296 + (1 << 17)


def test_another_address_takes_no_more_than_before(platform: MemoryPlatform) -> None:
    answer = platform.ask(
        "POST", "/api/v1/tickets", content=bytes(1_100_000),
        headers={**platform.as_("operator").headers, "Content-Type": "application/json"},
    )  # fmt: skip
    assert "1048576 bytes" in problem(answer, 413)["detail"]


def test_a_photo_is_seen_by_who_sees_its_ticket_and_on_no_other(platform: MemoryPlatform) -> None:
    platform.places.add_units([Unit("other-co", "别的公司", "Another company", "990101", ("noise",))])
    platform.people.add_user(User("far", "远", Role.GRID_WORKER, "990101002", ""), "plain:far")
    platform.people.add_user(User("other", "别家", Role.UNIT_HANDLER, "", "other-co"), "plain:other")
    platform.people.add_user(User("neighbour", "邻居", Role.CITIZEN, "", ""), "plain:neighbour")
    ticket, elsewhere = opened(platform, "citizen"), opened(platform)
    photo = send(platform, ticket, role="citizen").json()["id"]
    for name in ("far", "other", "neighbour"):
        for end in ("", f"/{photo}", f"/{photo}/thumbnail"):
            problem(platform.as_(name).get(f"/api/v1/tickets/{ticket}/photos{end}"), 404)
        problem(send(platform, ticket, role=name), 404)
    assert platform.as_("citizen").get(f"/api/v1/tickets/{ticket}/photos/{photo}").status_code == 200
    problem(platform.as_("operator").get(f"/api/v1/tickets/{elsewhere}/photos/{photo}"), 404)
    problem(platform.as_("operator").get(f"/api/v1/tickets/{ticket}/photos/{'0' * 64}"), 404)
    problem(platform.as_("operator").get(f"/api/v1/tickets/{ticket}/photos/..%2f..%2fetc"), 404)


def test_a_confidential_reporter_is_hidden_on_their_photos(platform: MemoryPlatform) -> None:
    ticket = opened(platform, "citizen", caller={"name": "王芳", "phone": "13800000000", "confidential": True})
    send(platform, ticket, role="citizen")
    seen = {
        role: platform.as_(role).get(f"/api/v1/tickets/{ticket}/photos").json()["items"][0]["by"]
        for role in ("citizen", "grid_worker")
    }
    assert seen == {"citizen": "citizen", "grid_worker": ""}


def act(platform: MemoryPlatform, ticket: str, role: str, action: str, **fields: Any) -> httpx.Response:
    version = platform.tickets.state.tickets[ticket].version
    return platform.as_(role).post(
        f"/api/v1/tickets/{ticket}/actions", {"action": action, "version": version, **fields}
    )  # fmt: skip


def to_work(platform: MemoryPlatform) -> str:
    ticket = opened(platform)
    for role, action, fields in (
        ("operator", "accept", {}),
        ("dispatcher", "classify", {"category": "noise", "area": HERE, "urgency": 0}),
        ("dispatcher", "dispatch", {"unit": "gas-co"}),
        ("unit_handler", "sign", {}),
        ("unit_handler", "arrive", {"place": "三楼"}),
    ):
        done = act(platform, ticket, role, action, **fields)
        assert done.status_code == 200, done.text
    return ticket


def test_finishing_rests_on_a_photo_of_this_very_ticket(platform: MemoryPlatform) -> None:
    ticket, other = to_work(platform), opened(platform)
    foreign = send(platform, other, picture(colour="green")).json()["id"]
    assert problem(act(platform, ticket, "unit_handler", "finish", outcome="已修"), 409)["code"] == "proof"
    found = problem(act(platform, ticket, "unit_handler", "finish", outcome="已修", photos=[foreign]), 422)
    assert (found["field"], found["value"]) == ("photos", foreign)
    problem(act(platform, ticket, "unit_handler", "finish", outcome="已修", photos=["../../etc/passwd"]), 422)
    assert platform.tickets.state.tickets[ticket].state == "in_progress"
    photo = send(platform, ticket, role="unit_handler").json()["id"]
    done = act(platform, ticket, "unit_handler", "finish", outcome="已修", photos=[photo]).json()
    assert (done["state"], done["evidence"]["photos"]) == ("checking", [photo])
    assert done["events"][-1]["evidence"]["photos"] == [photo]
    listed = platform.as_("grid_worker").get(f"/api/v1/tickets/{ticket}/photos").json()["items"]
    assert listed[0]["shown_at"] == platform.clock.now()


def test_a_bad_check_shows_a_photo(platform: MemoryPlatform) -> None:
    ticket = to_work(platform)
    act(platform, ticket, "unit_handler", "finish", outcome="已修", reading="0 %LEL")
    found = problem(act(platform, ticket, "grid_worker", "check_bad", reason="仍漏"), 422)
    assert (found["field"], found["missing"]) == ("photos|photo", ["photos|photo"])
    photo = send(platform, ticket, role="grid_worker").json()["id"]
    assert act(platform, ticket, "grid_worker", "check_bad", photos=[photo]).json()["state"] == "redo"


def test_a_ticket_that_has_ended_or_is_full_takes_no_more(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    for number in range(MOST):
        assert send(platform, ticket, picture(size=(8, 8 + number))).status_code == 200
    assert problem(send(platform, ticket), 409)["code"] == "full"
    ended = opened(platform)
    act(platform, ended, "operator", "answer", text="已答复")
    assert problem(send(platform, ended), 409)["code"] == "ended"


def test_a_body_that_is_no_form_is_422(platform: MemoryPlatform) -> None:
    ticket = opened(platform)
    for body in ({"content": b"\xff\xd8\xff"}, {"data": {"photo": "x"}}, {"files": {"other": b"x"}}):
        answer = platform.ask(
            "POST", f"/api/v1/tickets/{ticket}/photos", headers=platform.as_("operator").headers, **body
        )  # fmt: skip
        assert problem(answer, 422)["field"] == "photo"


def merged_into(platform: MemoryPlatform, ticket: str, master: str) -> None:
    assert act(platform, ticket, "operator", "merge", master=master).status_code == 200


def reported(platform: MemoryPlatform, colour: str, role: str = "operator", **more: Any) -> tuple[str, str]:
    """A report and the photo that was shown on it."""
    ticket = opened(platform, role, **more)
    photo = str(send(platform, ticket, picture(colour=colour)).json()["id"])
    assert act(platform, ticket, "operator", "note", text="看图", photos=[photo]).status_code == 200
    return ticket, photo


def test_no_photo_is_lost_behind_a_long_chain_of_masters(platform: MemoryPlatform) -> None:
    first, photo = reported(platform, "green")
    chain = [first, *(opened(platform) for _ in range(7))]
    for member, master in itertools.pairwise(chain):
        merged_into(platform, member, master)
    for role in ("dispatcher", "unit_handler"):
        platform.tickets.state.tickets[chain[-1]] = msgspec.structs.replace(
            platform.tickets.state.tickets[chain[-1]], lead="gas-co"
        )
        listed = platform.as_(role).get(f"/api/v1/tickets/{chain[-1]}/photos").json()
        assert [each["id"] for each in listed["merged"]] == [photo], role


def test_photos_of_merged_reports_stand_on_the_master_and_say_whose_they_are(platform: MemoryPlatform) -> None:
    master, own = reported(platform, "red")
    first, photo = reported(platform, "green")
    second, deeper = reported(platform, "blue")
    send(platform, first, picture(colour="yellow"))  # nobody showed it
    merged_into(platform, second, first)
    merged_into(platform, first, master)
    listed = platform.as_("dispatcher").get(f"/api/v1/tickets/{master}/photos").json()
    assert [each["id"] for each in listed["items"]] == [own]
    assert {(each["ticket"], each["id"]) for each in listed["merged"]} == {(first, photo), (second, deeper)}
    numbers = {each["ticket"]: each["number"] for each in listed["merged"]}
    assert numbers[first] == platform.tickets.state.tickets[first].number
    for each in listed["merged"]:
        seen = platform.as_("dispatcher").get(f"/api/v1/tickets/{each['ticket']}/photos/{each['id']}")
        assert seen.status_code == 200
    assert act(platform, second, "operator", "unmerge", reason="两件事").status_code == 200
    listed = platform.as_("dispatcher").get(f"/api/v1/tickets/{master}/photos").json()
    assert [each["id"] for each in listed["merged"]] == [photo]


def test_who_sees_the_master_alone_sees_its_reports_photos_without_whose_they_are(platform: MemoryPlatform) -> None:
    master = opened(platform, "citizen")
    report, secret = reported(
        platform, "green", "citizen", caller={"name": "王", "phone": "13800000000", "confidential": True}
    )
    other, photo = reported(platform, "blue")
    for each in (report, other):
        merged_into(platform, each, master)
    seen = {
        role: [
            (each["ticket"], each["by"])
            for each in platform.as_(role).get(f"/api/v1/tickets/{master}/photos").json()["merged"]
        ]
        for role in ("citizen", "grid_worker", "operator")
    }
    assert [ticket for ticket, _ in seen["citizen"]] == [report]
    assert {ticket for ticket, _ in seen["grid_worker"]} == {report, other}
    for steps in (
        ("accept", "operator", {}),
        ("classify", "dispatcher", {"category": "noise", "area": HERE, "urgency": 0}),
        ("dispatch", "dispatcher", {"unit": "gas-co"}),
    ):
        assert act(platform, master, steps[1], steps[0], **steps[2]).status_code == 200
    handler = platform.as_("unit_handler")
    assert handler.get(f"/api/v1/tickets/{other}/photos").status_code == 404, "the report itself is not its own"
    (shown,) = handler.get(f"/api/v1/tickets/{master}/photos").json()["merged"]
    assert (shown["id"], shown["ticket"], shown["number"], shown["by"]) == (photo, master, "", "")
    for size in ("", "/thumbnail"):
        assert handler.get(f"/api/v1/tickets/{master}/photos/{photo}{size}").status_code == 200
        assert handler.get(f"/api/v1/tickets/{master}/photos/{secret}{size}").status_code == 404
        assert platform.as_("citizen").get(f"/api/v1/tickets/{master}/photos/{photo}{size}").status_code == 404
    assert act(platform, other, "operator", "unmerge", reason="两件事").status_code == 200
    assert handler.get(f"/api/v1/tickets/{master}/photos").json()["merged"] == []
    assert handler.get(f"/api/v1/tickets/{master}/photos/{photo}").status_code == 404
