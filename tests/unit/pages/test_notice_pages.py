"""The notice pages without a script."""

import httpx
import pytest

from services.notices.domain import Preference, State, Subject, Way
from tests.fakes.city import MemoryCity, incident
from tests.unit.pages.test_rule_pages import Visitor

SETTINGS = "/notices/settings"


@pytest.fixture
def city() -> MemoryCity:
    return incident(MemoryCity())


def save(visitor: Visitor, **fields: str) -> httpx.Response:
    sent = {
        **visitor.csrf,
        "version": "0",
        "language": "zh",
        "quiet": "on",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        **fields,
    }
    return visitor.send("POST", SETTINGS, sent)


def test_an_administrator_sees_all_and_sends_again_what_was_given_up(city: MemoryCity) -> None:
    boss = Visitor(city, "administrator")
    page = boss.send("GET", "/notices").text
    assert page.count("/resend") == 3
    assert "the service refused it" in page
    dead = boss.send("GET", "/notices?state=dead").text
    assert "红牌" in dead
    assert "燃气告警" not in dead
    assert boss.send("POST", "/notices/told-3/resend", boss.csrf).headers["location"] == "/notices?said=resent"
    assert city.told.messages["told-3"].state is State.WAITING


def test_everybody_else_sees_their_own(city: MemoryCity) -> None:
    handler = Visitor(city, "unit_handler").send("GET", "/notices").text
    assert "已派给您的单位" in handler
    assert "红牌：已经超时" not in handler
    assert Visitor(city, "operator").send("GET", "/notices?person=supervisor").status_code == 403
    assert Visitor(city, "operator").send("GET", f"{SETTINGS}?person=supervisor").status_code == 403


def test_the_post_box_shows_what_a_phone_would_have_got(city: MemoryCity) -> None:
    page = Visitor(city, "administrator").send("GET", "/notices/box").text
    assert "燃气告警" in page
    own = Visitor(city, "unit_handler").send("GET", "/notices/box").text
    assert "燃气告警" not in own
    assert "已派给您的单位" in own


def test_settings_are_kept_and_an_address_stays_masked(city: MemoryCity) -> None:
    visitor = Visitor(city, "supervisor")
    page = visitor.send("GET", SETTINGS).text
    assert "w***@example.org" in page
    assert "wei@" not in page
    fields = {
        "version": "1",
        "channels": "mail",
        "address.mail": "w***@example.org",
        "muted": "check",
        "language": "en",
    }
    answer = save(visitor, **fields, quiet_from="21:30")
    assert "said=preferences_kept" in answer.headers["location"]
    assert city.told.chosen["supervisor"] == Preference(
        "supervisor",
        ("mail",),
        frozenset({"check"}),
        (1290, 420),
        "en",
        {"mail": "wei@example.org"},
        2,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("fields", "said", "status"),
    [
        ({"quiet_from": "25:00"}, "免打扰时段请写成", 422),
        ({"quiet_to": ""}, "免打扰时段请写成", 422),
        ({"channels": "mail"}, "渠道 mail 的地址不对", 422),
        ({"channels": "fax"}, "没有可用的渠道", 422),
        ({"muted": "call"}, "带时限的通知不能关闭", 422),
        ({"version": "9"}, "设置已在别处改过", 409),
        ({"channels": "mail", "address.mail": "<script>alert(1)</script> x"}, "渠道 mail 的地址不对", 422),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    city: MemoryCity, fields: dict[str, str], said: str, status: int
) -> None:
    answer = save(Visitor(city, "operator"), **fields)
    assert answer.status_code == status
    assert said in answer.text
    assert "<script>alert" not in answer.text
    assert "operator" not in city.told.chosen


def test_the_test_button_says_that_it_sent_or_why_not(city: MemoryCity) -> None:
    visitor = Visitor(city, "operator")
    assert "said=test_sent" in visitor.send("POST", SETTINGS, {**visitor.csrf, "do": "test"}).headers["location"]
    city.told.known = (Way("mail", personal=True, default=True),)
    assert "没有可用的渠道" in visitor.send("POST", SETTINGS, {**visitor.csrf, "do": "test"}).text


def test_an_administrator_sets_anothers(city: MemoryCity) -> None:
    answer = save(Visitor(city, "administrator"), person="operator", version="0")
    assert "person=operator" in answer.headers["location"]
    assert city.told.chosen["operator"].version == 1


def test_one_matter_goes_elsewhere_and_a_row_without_a_tick_goes_with_the_rest(city: MemoryCity) -> None:
    visitor = Visitor(city, "operator")
    assert "said=preferences_kept" in save(visitor, **{"to.card": "box"}).headers["location"]
    assert city.told.chosen["operator"].by_subject == {Subject.CARD: ("box",)}
    page = visitor.send("GET", SETTINGS).text
    assert 'name="to.card" value="box" aria-label="黄牌与红牌：演示信箱" checked' in page
    assert 'name="to.callback" value="box" aria-label="待回访：演示信箱" checked' not in page
    assert "没有可用的渠道" in save(visitor, version="1", **{"to.card": "fax"}).text


def test_an_administrator_sets_what_holds_for_a_role(city: MemoryCity) -> None:
    boss = Visitor(city, "administrator")
    page = boss.send("GET", f"{SETTINGS}?person=role:grid_worker").text
    assert "网格员的默认设置" in page
    assert "发一条测试消息" not in page
    assert 'name="address.mail"' not in page
    save(boss, person="role:grid_worker", muted="check")
    worker = Visitor(city, "grid_worker").send("GET", SETTINGS).text
    assert "现在按角色的默认设置通知" in worker
    assert 'value="check" aria-label="待核查：不通知" checked' in worker
    assert Visitor(city, "operator").send("GET", f"{SETTINGS}?person=role:operator").status_code == 403
