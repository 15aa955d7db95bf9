"""What is refused on an alarm's page says why in the reader's language and loses nothing of what was typed."""

from collections.abc import Callable

import pytest

from services.alarms.domain import Alarm
from streams.contracts import AlarmEvent, AlarmState, Cause
from tests.fakes.city import MemoryCity, incident
from tests.unit.pages.test_rule_pages import Visitor


@pytest.fixture
def city() -> MemoryCity:
    return incident(MemoryCity())


def critical(city: MemoryCity) -> tuple[Alarm, AlarmEvent]:
    alarm = next(a for a in city.alarms.state.alarms.values() if a.severity == "critical")
    return alarm, next(e for e in city.alarms.state.events.values() if e.episode == alarm.episode)


def cleared(city: MemoryCity, event: AlarmEvent) -> None:
    city.step(event, AlarmState.NORMAL, Cause.RETURNED, normal_since=event.at)


def seen(city: MemoryCity, event: AlarmEvent) -> None:
    city.step(event, AlarmState.ACTIVE_ACK, Cause.ACKNOWLEDGED, by="grid_worker")


def nothing(_: MemoryCity, __: AlarmEvent) -> None:
    pass


@pytest.mark.parametrize(
    ("before", "act", "typed", "status", "zh", "en"),
    [
        (cleared, "acknowledge", {"comment": "看到了"}, 409, "告警已经结束", "The alarm has ended meanwhile"),
        (seen, "acknowledge", {"comment": "看到了"}, 409, " 已经确认过", " has acknowledged it already"),
        (nothing, "reset", {"comment": "已关阀"}, 409, "条件仍然成立，不能复位", "Its condition still stands"),
        (nothing, "close", {"reason": ""}, 422, "请写理由", "Give the reason"),
        (
            nothing,
            "hold/shelve",
            {"length": "540000000", "reason": "动火"},
            422,
            "搁置最多到 ",
            "at the latest",
        ),
        (nothing, "hold/shelve", {"reason": "动火"}, 422, "请选搁置多久", "Choose for how long"),
        (nothing, "hold/unshelve", {}, 409, "这条告警没有搁置", "The alarm is not shelved"),
        (nothing, "hold/in-service", {}, 409, "这条规则没有停用", "The rule is not out of service"),
        (nothing, "approve", {}, 409, "没有在等第二人同意的申请", "No request waits for a second person"),
    ],
)
def test_a_refusal_comes_back_on_the_alarms_page(
    city: MemoryCity,
    before: Callable[[MemoryCity, AlarmEvent], None],
    act: str,
    typed: dict[str, str],
    status: int,
    zh: str,
    en: str,
) -> None:
    alarm, event = critical(city)
    before(city, event)
    manager = Visitor(city, "grid_manager")
    for lang, said in (("zh", zh), ("en", en)):
        manager.cookies["linli_language"] = lang
        answer = manager.send("POST", f"/alarms/{alarm.id}/{act}", {**manager.csrf, **typed})
        assert answer.status_code == status
        assert said in answer.text
        assert 'id="refused"' in answer.text
        if "reason" in typed:
            assert f'value="{typed["reason"]}"' in answer.text, "what was typed is still in its field"


def test_whoever_acted_is_called_by_name(city: MemoryCity) -> None:
    alarm, event = critical(city)
    city.step(event, AlarmState.ACTIVE_ACK, Cause.ACKNOWLEDGED, by="grid_worker", why="已通知")
    page = Visitor(city, "grid_manager").send("GET", f"/alarms/{alarm.id}").text
    name = next(user.name for user in city.people.list_users() if user.id == "grid_worker")
    assert f"{name} 在 " in page
    assert "grid_worker" not in page
