"""The desk's rules, over the twin store."""

import pytest

from services.oncall import alertmanager
from services.oncall.domain import WATCHDOG, Incoming, State, Step
from services.oncall.handlers import acknowledge, escalate, take_in
from streams.contracts import Refused, Undecodable
from tests.fakes.oncall import MemoryNotifications

ROTA = (Step("first", 60_000), Step("second", 120_000))
DOWN = {"alertname": "ProcessDown", "severity": "critical", "process": "history"}


def alert(*, ended: int | None = None, name: str = "ProcessDown", started: int = 1_000) -> Incoming:
    return Incoming("f00d", started, ended, {**DOWN, "alertname": name}, {"summary": "停止", "summary_en": "Down"})


def desk() -> MemoryNotifications:
    return MemoryNotifications(steps=ROTA)


def happened(store: MemoryNotifications) -> list[tuple[str, str]]:
    return [(event.what, event.person) for event in store.events]


def test_the_example_reads_as_one_firing() -> None:
    (incoming,) = alertmanager.read(alertmanager.EXAMPLE)
    assert incoming.name == "ProcessDown"
    assert incoming.started == 1_795_315_267_123
    assert incoming.ended is None
    assert incoming.annotations["summary"] == "进程 history 已停止"


def test_a_resolved_alert_has_its_end() -> None:
    body = alertmanager.EXAMPLE.replace(b'"status": "firing", "fingerprint"', b'"status": "resolved", "fingerprint"')
    (incoming,) = alertmanager.read(body.replace(b"0001-01-01T00:00:00Z", b"2026-11-22T02:42:07.123Z"))
    assert incoming.ended == incoming.started + 60_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"version": "4"}',
        b'{"version": "3", "alerts": []}',
        alertmanager.EXAMPLE.replace(b"02:41:07.123Z", b"02:41:07.123"),
        alertmanager.EXAMPLE.replace(b'"history"', b"7"),
    ],
)
def test_what_is_not_a_webhook_call_is_refused(body: bytes) -> None:
    with pytest.raises(Undecodable):
        alertmanager.read(body)


def test_a_firing_asks_the_first_person_of_the_rota() -> None:
    store = desk()
    assert take_in(store, [alert()], now=5_000) == 1
    (kept,) = store.notifications.values()
    assert (kept.state, kept.responsible, kept.escalate_at) == (State.FIRING, "first", 65_000)
    assert (kept.summary, kept.severity, kept.labels["process"]) == ("停止", "critical", "history")
    assert happened(store) == [("received", "first")]


def test_a_repeated_delivery_changes_nothing() -> None:
    store = desk()
    take_in(store, [alert()], now=5_000)
    assert take_in(store, [alert(), alert()], now=9_000) == 0
    assert len(store.notifications) == len(store.events) == 1


def test_a_new_firing_of_the_same_alert_is_a_notification_of_its_own() -> None:
    store = desk()
    take_in(store, [alert(), alert(ended=2_000), alert(started=3_000)], now=5_000)
    assert sorted(one.state.value for one in store.notifications.values()) == ["firing", "resolved"]


def test_resolved_stays_resolved_though_an_old_delivery_comes_late() -> None:
    store = desk()
    take_in(store, [alert(ended=2_000)], now=5_000)
    assert take_in(store, [alert()], now=6_000) == 0
    (kept,) = store.notifications.values()
    assert (kept.state, kept.ended, kept.escalate_at) == (State.RESOLVED, 2_000, None)


def test_each_step_of_the_rota_is_asked_in_its_time_and_once() -> None:
    store = desk()
    take_in(store, [alert()], now=0)
    for now in (59_999, 60_000, 60_000, 179_999, 180_000, 999_999):
        escalate(store, now=now)
    assert happened(store) == [("received", "first"), ("escalated", "second"), ("exhausted", "second")]
    assert store.counts() == (1, 1)


def test_the_alarm_about_unanswered_alarms_does_not_count_itself() -> None:
    store = desk()
    take_in(store, [alert(name="NobodyAnswers")], now=0)
    for now in (60_000, 180_000):
        escalate(store, now=now)
    assert store.counts() == (1, 0)


def test_an_acknowledgement_stops_the_escalation() -> None:
    store = desk()
    take_in(store, [alert()], now=0)
    taken = acknowledge(store, alert().id, by="zhang", comment="正在看", now=30_000)
    escalate(store, now=999_999)
    assert (taken.state, taken.acknowledged_by, taken.responsible) == (State.ACKNOWLEDGED, "zhang", "zhang")
    assert happened(store) == [("received", "first"), ("acknowledged", "zhang")]
    assert store.counts() == (0, 0)


def test_an_acknowledged_notification_still_learns_that_it_is_over() -> None:
    store = desk()
    take_in(store, [alert()], now=0)
    acknowledge(store, alert().id, by="zhang", now=1)
    take_in(store, [alert(ended=2_000)], now=3_000)
    (kept,) = store.notifications.values()
    assert (kept.state, kept.acknowledged_by, kept.ended) == (State.RESOLVED, "zhang", 2_000)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        ([], "not_found"),
        ([alert(ended=2_000)], "resolved"),
    ],
)
def test_what_is_not_waiting_cannot_be_acknowledged(prepare: list[Incoming], code: str) -> None:
    store = desk()
    take_in(store, prepare, now=0)
    with pytest.raises(Refused) as caught:
        acknowledge(store, alert().id, by="li", now=1)
    assert caught.value.code == code


def test_a_second_person_learns_who_was_first() -> None:
    store = desk()
    take_in(store, [alert()], now=0)
    acknowledge(store, alert().id, by="zhang", now=1)
    with pytest.raises(Refused) as caught:
        acknowledge(store, alert().id, by="li", now=2)
    assert (caught.value.code, caught.value.extra["by"]) == ("acknowledged", "zhang")


def test_the_watchdog_is_a_heartbeat_and_wakes_nobody() -> None:
    store = desk()
    assert take_in(store, [alert(name=WATCHDOG)], now=7_000) == 0
    assert (store.heartbeat(), store.notifications) == (7_000, {})


def test_without_a_rota_a_firing_waits_for_anyone() -> None:
    store = MemoryNotifications()
    take_in(store, [alert()], now=0)
    escalate(store, now=999_999)
    assert store.counts() == (1, 0)
