"""One suite over the desk's stores: in memory and in PostgreSQL with the desk's own role."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.adapters.postgres import open_pool
from services.oncall.domain import Event, Incoming, Notification, NotificationFilter, State, Step
from services.oncall.handlers import acknowledge, escalate, take_in
from services.oncall.postgres import PostgresNotifications
from tests.fakes.oncall import MemoryNotifications

Store = MemoryNotifications | PostgresNotifications
ROTA = (Step("first", 60_000), Step("second", 120_000))


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryNotifications()
        return
    database = request.getfixturevalue("database")
    database.migrate("oncall")
    with open_pool(database.url("linli_oncall"), name="test", size=2) as pool:
        yield PostgresNotifications(pool)


def alert(number: int, *, ended: int | None = None, severity: str = "critical") -> Incoming:
    labels = {"alertname": f"Alert{number}", "severity": severity}
    return Incoming(f"f{number}", 1_000 * number, ended, labels, {"summary": "停止", "runbook": "docs/x.md"})


def listed(store: Store, filters: NotificationFilter) -> list[str]:
    return [one.name for one in store.list_notifications(filters, limit=100, after=None).items]


def test_the_first_rota_stays(store: Store) -> None:
    assert store.add_rota(ROTA)
    assert not store.add_rota([Step("other", 1)])
    assert store.rota() == ROTA


def test_a_notification_comes_back_as_it_was_kept(store: Store) -> None:
    store.add_rota(ROTA)
    take_in(store, [alert(1)], now=5_000)
    assert store.get_notification(alert(1).id) == Notification(
        id=alert(1).id,
        fingerprint="f1",
        name="Alert1",
        severity="critical",
        state=State.FIRING,
        started=1_000,
        received=5_000,
        labels={"alertname": "Alert1", "severity": "critical"},
        summary="停止",
        runbook="docs/x.md",
        responsible="first",
        escalate_at=65_000,
    )
    assert store.get_notification("none") is None


def test_its_whole_story_is_kept_in_order(store: Store) -> None:
    store.add_rota(ROTA)
    take_in(store, [alert(1)], now=0)
    escalate(store, now=60_000)
    acknowledge(store, alert(1).id, by="zhang", comment="在看", now=70_000)
    take_in(store, [alert(1, ended=80_000)], now=81_000)
    assert store.list_events(alert(1).id) == (
        Event(alert(1).id, 0, "received", "first"),
        Event(alert(1).id, 60_000, "escalated", "second"),
        Event(alert(1).id, 70_000, "acknowledged", "zhang", "在看"),
        Event(alert(1).id, 81_000, "resolved"),
    )


def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    take_in(store, [alert(1), alert(2, severity="warning"), alert(3, ended=9_000)], now=0)
    assert listed(store, NotificationFilter()) == ["Alert3", "Alert2", "Alert1"]
    assert listed(store, NotificationFilter(open=True)) == ["Alert2", "Alert1"]
    assert listed(store, NotificationFilter(state="resolved")) == ["Alert3"]
    assert listed(store, NotificationFilter(severity="warning")) == ["Alert2"]


def test_pages_join_without_gap_or_overlap(store: Store) -> None:
    take_in(store, [replace(alert(number), started=7) for number in range(5)], now=0)
    seen, after = [], None
    while True:
        page = store.list_notifications(NotificationFilter(), limit=2, after=after)
        seen += [one.id for one in page.items]
        if page.next is None:
            break
        after = page.next
    assert len(seen) == len(set(seen)) == 5


def test_only_what_waits_is_due(store: Store) -> None:
    store.add_rota(ROTA)
    take_in(store, [alert(1), alert(2), alert(3)], now=0)
    acknowledge(store, alert(2).id, by="a", now=1)
    take_in(store, [alert(3, ended=4_000)], now=2)
    assert store.due(59_999) == ()
    assert store.due(60_000) == (alert(1).id,)


def test_firing_and_unanswered_are_counted(store: Store) -> None:
    store.add_rota(ROTA)
    take_in(store, [alert(1), alert(2)], now=0)
    acknowledge(store, alert(2).id, by="a", now=1)
    assert store.counts() == (1, 0)
    escalate(store, now=60_000)
    escalate(store, now=180_000)
    assert store.counts() == (1, 1)


def test_the_heartbeat_is_the_last_one(store: Store) -> None:
    assert store.heartbeat() is None
    store.beat(1)
    store.beat(2)
    assert store.heartbeat() == 2


def test_a_decision_of_nothing_keeps_nothing(store: Store) -> None:
    assert store.change("none", lambda _: None) is None
    assert store.get_notification("none") is None


def test_a_later_firing_ends_the_earlier_one_whose_end_was_never_told(store: Store) -> None:
    take_in(store, [alert(1)], now=0)
    later = replace(alert(1), started=9_000)
    take_in(store, [later], now=10_000)
    earlier = store.get_notification(alert(1).id)
    assert earlier is not None
    assert (earlier.state, earlier.ended) == (State.RESOLVED, 9_000)
    take_in(store, [alert(1)], now=11_000)
    kept = store.get_notification(later.id)
    assert kept is not None
    assert kept.state is State.FIRING
