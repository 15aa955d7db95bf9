"""Every make of channel against a real server that checks signature and form."""

import base64
import email
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from email.policy import default
from pathlib import Path

import pytest

from services.notices.channels import open_channels, ways_of
from services.notices.channels.kept import Service, Unusable
from services.notices.channels.robots import LARGEST_ANSWER, Robot
from services.notices.domain import Failed, Sent, Way
from services.notices.ports import Letter
from services.notices.settings import NoticesSettings
from tests.fakes.notices import MemoryNotices
from tests.fakes.servers import Call, mail_server, webhook

AT = 1_795_311_683_000
LETTER = Letter("m1", "handler", "", "工单 20261122-0001 已派给您的单位", "时限 11-22 10:05。", AT)
TEXT = f"{LETTER.title}\n{LETTER.body}"
SECRET = "SECtest"


def signed(key: str, message: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), message.encode(), hashlib.sha256)).decode()


def dingtalk(call: Call) -> tuple[int, bytes]:
    """As its documentation says: the sign of time and secret in the address, else 310000."""
    expected = signed(SECRET, f"{call.query['timestamp']}\n{SECRET}")
    fine = call.query["sign"] == expected and call.query["access_token"] == "T" and call.body["msgtype"] == "text"
    return 200, json.dumps({"errcode": 0 if fine else 310000, "errmsg": ""}).encode()


def feishu(call: Call) -> tuple[int, bytes]:
    expected = signed(f"{call.body['timestamp']}\n{SECRET}", "")
    return 200, json.dumps({"code": 0 if call.body["sign"] == expected else 19021}).encode()


def answers(status: int, body: bytes = b"{}") -> object:
    return lambda _: (status, body)


@pytest.fixture
def robots() -> Iterator[list[Robot]]:
    made: list[Robot] = []
    yield made
    for robot in made:
        robot.close()


def robot(made: list[Robot], kind: str, url: str, secret: str = "") -> Robot:
    made.append(Robot(kind, url, secret))
    return made[-1]


def test_dingtalk_accepts_our_signature_and_text(robots: list[Robot]) -> None:
    with webhook(dingtalk) as hook:
        sent = robot(robots, "dingtalk", f"{hook.base}/robot/send?access_token=T", SECRET).send(LETTER)
    assert sent == Sent()
    assert hook.calls[0].query["timestamp"] == str(AT)
    assert hook.calls[0].body == {"msgtype": "text", "text": {"content": TEXT}}


def test_dingtalks_refusal_in_a_200_is_a_failure(robots: list[Robot]) -> None:
    with webhook(dingtalk) as hook:
        said = robot(robots, "dingtalk", f"{hook.base}/robot/send?access_token=T", "SECother").send(LETTER)
    assert said == Failed("the robot refused with errcode 310000", retry=False)


def test_feishu_accepts_our_signature_and_text(robots: list[Robot]) -> None:
    with webhook(feishu) as hook:
        assert robot(robots, "feishu", f"{hook.base}/open-apis/bot/v2/hook/T", SECRET).send(LETTER) == Sent()
        wrong = robot(robots, "feishu", f"{hook.base}/open-apis/bot/v2/hook/T", "other").send(LETTER)
    assert wrong == Failed("the robot refused with code 19021", retry=False)
    assert hook.calls[0].body["content"] == {"text": TEXT}
    assert hook.calls[0].body["timestamp"] == str(AT // 1000)


def test_wecom_is_written_to_by_its_key(robots: list[Robot]) -> None:
    with webhook(answers(200, b'{"errcode": 0}')) as hook:  # type: ignore[arg-type]
        assert robot(robots, "wecom", f"{hook.base}/cgi-bin/webhook/send?key=K").send(LETTER) == Sent()
    assert (hook.calls[0].query, hook.calls[0].body["msgtype"]) == ({"key": "K"}, "text")


@pytest.mark.parametrize(
    ("status", "body", "again"),
    [
        (200, b'{"errcode": 45009}', True),
        (200, b'{"errcode": 93000}', False),
        (200, b"{}", False),
        (200, b"<html>", True),
        (200, b"[]", True),
        (200, b"x" * (LARGEST_ANSWER + 1), True),
        (302, b"", False),
        (400, b"{}", False),
        (404, b"{}", False),
        (429, b"{}", True),
        (500, b"{}", True),
        (503, b"{}", True),
    ],
)
def test_every_other_answer_is_a_failure_that_says_whether_to_try_again(
    robots: list[Robot], status: int, body: bytes, again: bool
) -> None:
    with webhook(answers(status, body)) as hook:  # type: ignore[arg-type]
        said = robot(robots, "wecom", f"{hook.base}/send?key=SECRETKEY").send(LETTER)
    assert isinstance(said, Failed)
    assert said.retry is again
    assert "SECRETKEY" not in said.why
    assert [call.path for call in hook.calls] == ["/send"]


def test_a_server_that_is_away_is_tried_again(robots: list[Robot]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = robot(robots, "wecom", f"http://127.0.0.1:{port}/send?key=K").send(LETTER)
    assert isinstance(said, Failed)
    assert said.retry


# Apprise


def mail(port: int) -> Service:
    return Service(f"mailto://127.0.0.1:{port}?from=linli@example.org&to={{address}}")


def test_a_mail_reaches_the_persons_own_address() -> None:
    with mail_server() as box:
        sent = mail(box.port).send(Letter("m1", "h", "chen@example.org", LETTER.title, LETTER.body, AT))
    assert sent == Sent()
    ((to, raw),) = box.mails
    read = email.message_from_bytes(raw, policy=default)
    assert to == ["chen@example.org"]
    assert LETTER.title in str(read["subject"])
    assert "11-22 10:05" in str(read.get_body())


def test_a_mail_server_that_refuses_is_a_failure() -> None:
    with mail_server() as box:
        box.refuse = True
        said = mail(box.port).send(Letter("m1", "h", "chen@example.org", LETTER.title, LETTER.body, AT))
    assert isinstance(said, Failed)
    assert box.mails == []


def test_an_address_cannot_name_another_server_or_another_recipient() -> None:
    with mail_server() as box:
        for bad in ("a@example.org&smtp=evil.example.org", "a@example.org?smtp=evil.example.org", "@evil/x?to=b@x.org"):
            mail(box.port).send(Letter("m1", "h", bad, LETTER.title, LETTER.body, AT))
    assert box.mails
    assert all(len(recipients) == 1 for recipients, _ in box.mails)
    assert "b@x.org" not in [to for recipients, _ in box.mails for to in recipients]


def test_an_sms_gateway_is_posted_to_and_its_redirect_not_followed() -> None:
    letter = Letter("m1", "reporter:t1", "13812345678", LETTER.title, LETTER.body, AT)
    for status, outcome in ((200, Sent), (302, Failed), (500, Failed)):
        with webhook(answers(status)) as hook:  # type: ignore[arg-type]
            said = Service(f"{hook.base.replace('http', 'json')}/sms?:phone={{address}}").send(letter)
        assert isinstance(said, outcome)
        assert [call.path for call in hook.calls] == ["/sms"]
        assert hook.calls[0].body["phone"] == "13812345678"
        assert hook.calls[0].body["message"] == LETTER.body


def test_without_an_address_nothing_is_sent() -> None:
    with mail_server() as box:
        assert mail(box.port).send(LETTER) == Failed("the person has no address for this channel", retry=False)
    assert box.mails == []


def test_nothing_that_is_logged_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    with mail_server() as box:
        box.refuse = True
        mail(box.port).send(Letter("m1", "h", "chen@example.org", LETTER.title, LETTER.body, AT))
    assert "chen@" not in caplog.text


# Configuration


def test_channels_are_opened_from_the_settings() -> None:
    given = (
        "box=box:// ding=dingtalk+https://oapi.dingtalk.com/robot/send?access_token=T#SECx "
        "mail=mailto://smtp.example.org?from=linli@example.org&to={address}"
    )
    settings = NoticesSettings(notice_channels=given, notice_defaults="box,ding")  # type: ignore[arg-type]
    with ExitStack() as resources:
        opened = open_channels(settings.addresses, MemoryNotices(), resources)
    assert sorted(opened) == ["box", "ding", "mail"]
    assert ways_of(settings.addresses, settings.defaults) == (
        Way("box", default=True),
        Way("ding", default=True),
        Way("mail", personal=True),
    )


@pytest.mark.parametrize(
    "address",
    ["dingtalk+http://oapi.dingtalk.com/x#s", "dingtalk+file:///etc/passwd", "nonsense://x?k=hidden", "feishu+hidden"],
)
def test_an_address_that_is_none_ends_the_start_and_tells_no_secret(address: str) -> None:
    with ExitStack() as resources, pytest.raises(ValueError, match="channel ding") as refused:
        open_channels({"ding": address}, MemoryNotices(), resources)
    assert "hidden" not in str(refused.value)


def test_apprise_says_what_it_does_not_know() -> None:
    with pytest.raises(Unusable):
        Service("nonsense://x")


@pytest.mark.parametrize("given", ["box", "Box=box://", "a b=box://", "=box://"])
def test_a_setting_that_is_no_list_of_channels_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="name=address"):
        NoticesSettings(notice_channels=given)  # type: ignore[arg-type]


def test_the_post_box_keeps_a_letter_once() -> None:
    store = MemoryNotices()
    with ExitStack() as resources:
        box = open_channels({"box": "box://"}, store, resources)["box"]
        assert box.send(LETTER) == box.send(LETTER) == Sent()
    assert [one.title for one in store.posted(person="", limit=9)] == [LETTER.title]


def test_every_address_of_the_howto_is_one() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/howto/add-a-channel.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith(("sms=", "mail=", "duty="))]
    assert len(lines) >= 4
    for line in lines:
        name, _, url = line.partition("=")
        with ExitStack() as resources:
            assert name in open_channels({name: url}, MemoryNotices(), resources)
