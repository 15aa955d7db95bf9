"""One suite over the alarm store in memory and in PostgreSQL, used as its two roles use it."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import open_pool
from services.alarms.domain import AlarmFilters, Hold, HoldKind, HoldState
from services.alarms.handlers import AskOfAlarm, HoldAlarm, Holding, RecordTransitions
from services.alarms.ports import AlarmReader, AlarmStore
from services.alarms.postgres import PostgresAlarmReader, PostgresAlarmStore
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import TakeAlarm
from services.tickets.postgres import PostgresTicketStore
from services.transactions import Clash
from streams.contracts import ActionName, AlarmEvent, AlarmState, Cause, Refused, Severity
from streams.rules import Catalogue, Shard
from tests.fakes.alarm_events import GRID, T0, acknowledged, raised, returned
from tests.fakes.alarms import MemoryAlarmReader, MemoryAlarmStore
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryRules, rule
from tests.fakes.tickets import MemoryDirectory

SCHEMAS = ("registry", "alarms", "tickets")


@dataclass
class Side:
    """``store`` as the alarms process has it, ``front`` and ``reader`` as the front door does."""

    store: AlarmStore
    front: AlarmStore
    reader: AlarmReader
    ticket: str | None = None

    def record(self, *events: object) -> int:
        return RecordTransitions(self.store, RandomIds())(events)  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        memory = MemoryAlarmStore()
        yield Side(memory, memory, MemoryAlarmReader(memory, {"e1": "ticket-1"}), "ticket-1")
        return
    database = request.getfixturevalue("migrated")
    with ExitStack() as stack:
        stack.callback(empty, database.admin_url, "alarms", "tickets")
        alarms, tickets, front = (
            stack.enter_context(
                open_pool(database.url(f"linli_{role}"), name="contract", size=2, tell=EVERYTHING.settings)
            )
            for role in ("alarms", "tickets", "api")
        )
        taken = TakeAlarm(PostgresTicketStore(tickets), MemoryDirectory(), ManualClock(T0), RandomIds())(raised("e1"))
        assert taken.ticket is not None
        yield Side(PostgresAlarmStore(alarms), PostgresAlarmStore(front), PostgresAlarmReader(front), taken.ticket.id)


def test_a_transition_is_kept_once_and_makes_one_row(side: Side) -> None:
    assert side.record(raised("e1"), raised("e1")) == 1
    assert side.record(raised("e1")) == 0
    found = side.reader.get_alarm("e1", scope="")
    assert found is not None
    listed, events = found
    assert (listed.alarm.state, listed.alarm.severity, listed.alarm.value) == ("active_unack", "critical", 62.0)
    assert events == (raised("e1"),)
    assert side.reader.get_alarm(listed.alarm.id, scope="") == found


def household(number: int, **changes: object) -> AlarmEvent:
    """A member of one incident."""
    fields: dict[str, object] = {
        "device": f"gas-{number:06d}", "incident": "gas-leak:main:M7:h00", "group": "main:M7",
        "severity": Severity.MAJOR, "since": T0 + number, "at": T0 + number, "first_out": number == 0,
    }  # fmt: skip
    return raised(f"h{number:02d}", **(fields | changes))


def test_an_incident_is_its_members_and_knows_who_was_first(side: Side) -> None:
    side.record(*(household(number) for number in range(40)), raised("e1"))
    page = side.reader.list_alarms(AlarmFilters(incident="gas-leak:main:M7:h00"), scope="", limit=60, after=None)
    assert len(page.items) == 40
    assert {listed.alarm.group for listed in page.items} == {"main:M7"}
    assert [listed.alarm.episode for listed in page.items if listed.alarm.first_out] == ["h00"]


def test_a_collapsed_list_keeps_critical_rows_and_one_row_for_the_rest_of_each_incident(side: Side) -> None:
    critical = household(3, severity=Severity.CRITICAL)
    ended = household(9, new=AlarmState.NORMAL, old=AlarmState.ACTIVE_ACK)
    side.record(*(household(number) for number in range(3)), critical, raised("e1", severity=Severity.MINOR), ended)
    states = (AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK)
    page = side.reader.list_alarms(AlarmFilters(states=states, collapsed=True), scope="", limit=9, after=None)
    assert [(listed.alarm.episode, listed.together) for listed in page.items] == [("h03", 1), ("h02", 3), ("e1", 1)]


def test_what_came_is_told_without_what_was_hidden_or_old(side: Side) -> None:
    side.record(
        household(1), household(2, suppressed_by="f1"), household(3, backlog=True), acknowledged("h01"),
        household(4, grid="990102001001001"), household(5, at=T0 - 1),
    )  # fmt: skip
    assert side.reader.came(scope="990101", since=T0) == (T0 + 1,)


def test_an_alarm_knows_its_ticket(side: Side) -> None:
    side.record(raised("e1"), raised("e2", device="gas-000002"))
    tickets = {
        listed.alarm.episode: listed.ticket_id
        for listed in side.reader.list_alarms(AlarmFilters(), scope="", limit=9, after=None).items
    }
    assert tickets == {"e1": side.ticket, "e2": None}


def test_a_late_transition_is_logged_and_changes_no_row(side: Side) -> None:
    side.record(raised("e1"), returned("e1", number=3))
    assert side.record(acknowledged("e1", number=2)) == 1
    found = side.reader.get_alarm("e1", scope="")
    assert found is not None
    assert found[0].alarm.state is AlarmState.NORMAL
    assert [event.id for event in found[1]] == ["e1-1", "e1-2", "e1-3"]


def test_what_raises_leaves_nothing(side: Side) -> None:
    def broken() -> None:
        with side.store.transaction() as work:
            work.log(raised("e1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert side.record(raised("e1")) == 1


def test_a_request_is_taken_once_with_its_record_for_the_engine(side: Side) -> None:
    side.record(raised("e1"))
    ask = AskOfAlarm(side.front, ManualClock(T0 + 9))
    first = ask("e1", ActionName.ACKNOWLEDGE, by="ann", command="c1", why="去看", scope="990101")
    assert ask("e1", ActionName.ACKNOWLEDGE, by="ann", command="c1") == first
    assert (first.command.grid, first.command.episode, first.command.at) == (GRID, "e1", T0 + 9)
    with pytest.raises(Refused) as refusal:
        ask("e1", ActionName.ACKNOWLEDGE, by="bob", command="c1")
    assert refusal.value.code == "idempotency"


def test_with_a_closing_goes_what_was_last_told_and_that_ends_an_alarm_the_engine_has_forgotten(side: Side) -> None:
    side.record(raised("e1"), acknowledged("e1"), raised("e2"))
    ask = AskOfAlarm(side.front, ManualClock(T0 + 9))
    asked = ask("e1", ActionName.CLOSE, by="ann", command="c1", why="到场查看，无燃气").command
    assert asked.told == acknowledged("e1")
    assert ask("e2", ActionName.ACKNOWLEDGE, by="ann", command="c2").command.told is None
    outcome = Shard(0, Catalogue.of([], []), owns=lambda _: True).apply(asked, 0)
    assert side.record(*outcome.events) == 1
    row, events = side.reader.get_alarm("e1", scope="")  # type: ignore[misc]
    assert (row.alarm.state, events[-1].cause, events[-1].by) == (AlarmState.NORMAL, Cause.CLOSED, "ann")
    assert (events[-1].why, row.alarm.normal_since) == ("到场查看，无燃气", T0 + 9)


def test_a_cleared_alarm_cannot_be_acknowledged(side: Side) -> None:
    side.record(raised("e1"), acknowledged("e1"), returned("e1"))
    with pytest.raises(Refused) as refusal:
        AskOfAlarm(side.front, ManualClock(T0))("e1", ActionName.ACKNOWLEDGE, by="ann", command="c1")
    assert (refusal.value.code, refusal.value.extra["state"]) == ("cleared", "normal")


def test_a_shelving_waits_for_its_second_person_and_only_one_is_open(side: Side) -> None:
    rules = MemoryRules()
    rules.put_rule(rule(max_shelve_ms=3_600_000, second_approver=True), by="seed", now=T0)
    side.record(raised("e1"))
    hold = HoldAlarm(side.front, ManualClock(T0), rules)
    wish = Holding("e1", ActionName.SHELVE, "ann", "c1", why="动火", until=T0 + 60_000)
    assert side.store.unapproved_since(T0) is None
    waiting = hold(wish).hold
    assert side.store.unapproved_since(T0 + 59_999) == T0
    assert side.store.unapproved_since(T0 + 60_000) is None, "a wish whose end has passed waits no more"
    assert hold(wish).hold == waiting
    assert side.reader.list_holds(scope="990101", now=T0, rule="gas.ch4") == (waiting,)
    agreed = hold.approve("e1", by="bob", command="c2").hold
    assert side.store.unapproved_since(T0) is None
    assert side.reader.list_holds(scope="", now=T0, device="gas-000001") == (agreed,)
    second = hold(dataclasses.replace(wish, command="c3", by="bob")).hold
    assert side.reader.list_holds(scope="", now=T0) == (second,)
    assert not side.reader.list_holds(scope="", now=T0 + 60_000)
    assert not side.reader.list_holds(scope="990102", now=T0)
    assert not side.reader.list_holds(scope="", now=T0, device="other")
    assert side.store.count_held(T0) == {HoldState.WAITING: 1, HoldState.IN_FORCE: 0}
    assert sum(side.store.count_held(T0 + 60_000).values()) == 0


def test_alarms_are_counted_by_rule(side: Side) -> None:
    side.record(raised("e1"), raised("e2", device="d2"), raised("e3", device="d3", rule="gas.alarm"))
    assert dict(side.reader.count_by_rule(scope="990101", since=T0 - 10_000)) == {"gas.ch4": 2, "gas.alarm": 1}
    assert not side.reader.count_by_rule(scope="990101", since=T0)
    assert not side.reader.count_by_rule(scope="990102", since=0)


def test_two_open_shelvings_of_one_rule_clash(side: Side) -> None:
    hold = Hold(
        id="c1", kind=HoldKind.SHELVE, rule="gas.ch4", device="d1", area=GRID, episode="e1", by="ann", at=T0,
        why="动火", until=T0 + 1,
    )  # fmt: skip
    with side.front.transaction() as work:
        work.keep_hold(hold)
    with pytest.raises(Clash), side.front.transaction() as work:
        work.keep_hold(msgspec.structs.replace(hold, id="c2"))
    with side.front.transaction() as work:
        work.keep_hold(msgspec.structs.replace(hold, ended_by="bob", ended_at=T0))
        work.keep_hold(msgspec.structs.replace(hold, id="c2"))
        assert work.hold_of("c1") == msgspec.structs.replace(hold, ended_by="bob", ended_at=T0)


def test_what_hides_an_alarm_stands_in_its_row(side: Side) -> None:
    side.record(raised("e1", shelved_until=T0 + 9, suppressed_by="e0", out_of_service=True, maintenance=True))
    found = side.reader.get_alarm("e1", scope="")
    assert found is not None
    alarm = found[0].alarm
    assert (alarm.shelved_until, alarm.suppressed_by, alarm.out_of_service, alarm.maintenance) == (
        T0 + 9,
        "e0",
        True,
        True,
    )


def test_what_stands_is_counted_by_severity(side: Side) -> None:
    side.record(raised("e1"), raised("e2", device="d2", severity=Severity.MAJOR), returned("e3", device="d3"))
    expected = {Severity.CRITICAL: 1, Severity.MAJOR: 1, Severity.MINOR: 0, Severity.WARNING: 0}
    assert side.store.count_active() == side.reader.count_by_severity(scope="9901") == expected
    assert sum(side.reader.count_by_severity(scope="9902").values()) == 0


def test_a_list_goes_page_by_page_newest_first(side: Side) -> None:
    side.record(*(raised(f"e{number}", device=f"d{number}", since=T0 + number // 2) for number in range(5)))
    seen: list[str] = []
    after: tuple[str | int, ...] | None = None
    while True:
        page = side.reader.list_alarms(AlarmFilters(), scope="", limit=2, after=after)
        seen += [listed.alarm.episode for listed in page.items]
        after = page.next
        if after is None:
            break
    assert seen == ["e4", "e3", "e2", "e1", "e0"]


def test_a_scope_hides_what_lies_outside(side: Side) -> None:
    side.record(raised("e1"))
    assert side.reader.get_alarm("e1", scope="990102") is None
    assert side.reader.list_alarms(AlarmFilters(), scope="990102", limit=9, after=None).items == ()
    with pytest.raises(Refused) as refusal:
        AskOfAlarm(side.front, ManualClock(T0))("e1", ActionName.ACKNOWLEDGE, by="a", command="c", scope="990102")
    assert refusal.value.code == "not-found"


FILTERS = [
    (AlarmFilters(states=("normal", "active_ack")), 1),
    (AlarmFilters(active=True), 1),
    (AlarmFilters(active=False), 1),
    (AlarmFilters(shelved=True), 1),
    (AlarmFilters(shelved=False), 1),
    (AlarmFilters(shelved=True, active=False), 0),
    (AlarmFilters(severity="critical"), 1),
    (AlarmFilters(severity="warning"), 0),
    (AlarmFilters(device="d2"), 1),
    (AlarmFilters(kind="gas"), 2),
    (AlarmFilters(kind="septic"), 0),
    (AlarmFilters(area="990101001"), 2),
    (AlarmFilters(area="990101002"), 0),
    (AlarmFilters(rule="gas.ch4"), 2),
    (AlarmFilters(metric="ch4_lel"), 2),
    (AlarmFilters(metric="alarm"), 0),
    (AlarmFilters(incident="gas-leak:d2"), 1),
    (AlarmFilters(suppressed_by="e9"), 1),
    (AlarmFilters(suppressed_by="e1"), 0),
    (AlarmFilters(since=T0), 1),
    (AlarmFilters(until=T0), 1),
]


@pytest.mark.parametrize(("filters", "count"), FILTERS, ids=str)
def test_every_filter_narrows(side: Side, filters: AlarmFilters, count: int) -> None:
    side.record(
        raised("e1", shelved_until=T0 + 60_000, suppressed_by="e9"),
        returned("e2", device="d2", severity=Severity.MAJOR, since=T0, cause=Cause.RETURNED),
    )
    assert len(side.reader.list_alarms(filters, scope="", limit=9, after=None).items) == count
