"""Holding alarms back (alarms.md rule 11): an end, a reason, an author, and for critical gas a second person."""

from typing import Any

import msgspec
import pytest

from services.adapters.clock import RandomIds
from services.alarms.domain import HoldKind, HoldState
from services.alarms.handlers import HoldAlarm, Holding, RecordTransitions
from services.audit import detail_of
from streams.contracts import ActionName, Refused
from tests.fakes.alarm_events import GRID, T0, raised, returned
from tests.fakes.alarms import MemoryAlarmReader, MemoryAlarmStore
from tests.fakes.clock import ManualClock
from tests.fakes.registry import MemoryRules, rule

HOUR = 3_600_000


class Desk:
    """Two people before one alarm whose rule may be shelved for two hours."""

    def __init__(self, **changes: Any) -> None:
        self.clock = ManualClock(T0)
        self.store = MemoryAlarmStore()
        self.rules = MemoryRules()
        self.rules.put_rule(rule(**{"max_shelve_ms": 2 * HOUR, **changes}), by="seed", now=T0)
        self.hold = HoldAlarm(self.store, self.clock, self.rules)
        RecordTransitions(self.store, RandomIds())([raised("e1")])

    def ask(self, action: ActionName, *, command: str = "c1", **more: Any) -> Any:
        return self.hold(Holding("e1", action, more.pop("by", "ann"), command, **more)).hold

    def shelve(self, until: int | None = T0 + HOUR, **more: Any) -> Any:
        return self.ask(ActionName.SHELVE, until=until, why=more.pop("why", "动火作业"), **more)

    def refused(self, action: ActionName, **more: Any) -> Refused:
        with pytest.raises(Refused) as refusal:
            self.ask(action, **more)
        return refusal.value

    @property
    def sent(self) -> list[Any]:
        return self.store.state.sent


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def gas() -> Desk:
    return Desk(second_approver=True)


def test_rule_11_shelving_tells_the_engine_with_end_reason_and_author(desk: Desk) -> None:
    hold = desk.shelve()
    assert hold.state(T0) is HoldState.IN_FORCE
    (action,) = desk.sent
    assert (action.action, action.grid, action.rule, action.episode) == (ActionName.SHELVE, GRID, "gas.ch4", "e1")
    assert (action.until, action.why, action.by, action.second) == (T0 + HOUR, "动火作业", "ann", "")
    assert MemoryAlarmReader(desk.store).list_holds(scope="990101", now=T0) == (hold,)
    assert not MemoryAlarmReader(desk.store).list_holds(scope="990101", now=T0 + HOUR)
    assert not MemoryAlarmReader(desk.store).list_holds(scope="990102", now=T0)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"until": None, "why": "动火"}, "fields", "until"),
        ({"until": T0 + HOUR, "why": " "}, "fields", "reason"),
        ({"until": T0, "why": "动火"}, "invalid", "until"),
        ({"until": T0 + 2 * HOUR + 1, "why": "动火"}, "invalid", "until"),
    ],
)
def test_rule_11_a_shelving_without_end_or_reason_or_beyond_the_longest_is_refused(
    desk: Desk, more: dict[str, Any], code: str, field: str
) -> None:
    refusal = desk.refused(ActionName.SHELVE, **more)
    assert refusal.code == code
    assert field in refusal.extra.get("missing", [refusal.extra.get("field")])  # type: ignore[operator]
    assert refusal.extra["remedy"]
    assert not desk.sent


def test_what_no_rule_allows_to_be_shelved_is_refused() -> None:
    assert Desk(max_shelve_ms=0).refused(ActionName.SHELVE, until=T0 + 1, why="x").code == "unshelvable"
    desk = Desk()
    RecordTransitions(desk.store, RandomIds())([msgspec.structs.replace(raised("e1", number=2), rule="device.clock")])
    assert desk.refused(ActionName.SHELVE, until=T0 + 1, why="x").code == "unshelvable"


def test_rule_11_critical_gas_waits_for_a_second_person_before_the_engine_is_told(gas: Desk) -> None:
    hold = gas.shelve()
    assert (hold.state(T0), gas.sent) == (HoldState.WAITING, [])
    with pytest.raises(Refused) as refusal:
        gas.hold.approve("e1", by="ann", command="c2")
    assert refusal.value.code == "second"
    gas.clock.advance(60_000)
    agreed = gas.hold.approve("e1", by="bob", command="c3").hold
    assert agreed is not None
    assert (agreed.state(T0), agreed.second, agreed.approved_at) == (HoldState.IN_FORCE, "bob", T0 + 60_000)
    (action,) = gas.sent
    assert (action.by, action.second, action.until, action.at) == ("ann", "bob", T0 + HOUR, T0 + 60_000)
    assert gas.hold.approve("e1", by="bob", command="c3").hold == agreed
    assert len(gas.sent) == 1
    with pytest.raises(Refused) as refusal:
        gas.hold.approve("e1", by="cid", command="c4")
    assert refusal.value.code == "state"


def test_a_shelving_that_ran_out_while_it_waited_is_not_approved(gas: Desk) -> None:
    gas.shelve()
    gas.clock.advance(HOUR)
    with pytest.raises(Refused) as refusal:
        gas.hold.approve("e1", by="bob", command="c2")
    assert refusal.value.code == "state"
    assert gas.shelve(until=T0 + HOUR + 60_000, command="c5").state(gas.clock.now()) is HoldState.WAITING


def test_a_waiting_shelving_is_withdrawn_without_the_engine(gas: Desk) -> None:
    gas.shelve()
    ended = gas.ask(ActionName.UNSHELVE, command="c2", by="bob")
    assert (ended.state(T0), ended.ended_by, gas.sent) == (HoldState.ENDED, "bob", [])


def test_a_shelving_ends_early_and_a_new_one_takes_its_place(desk: Desk) -> None:
    desk.shelve()
    second = desk.shelve(until=T0 + 2 * HOUR, command="c2", by="bob")
    assert MemoryAlarmReader(desk.store).list_holds(scope="", now=T0) == (second,)
    desk.ask(ActionName.UNSHELVE, command="c3")
    assert [action.action for action in desk.sent] == [ActionName.SHELVE, ActionName.SHELVE, ActionName.UNSHELVE]
    assert desk.refused(ActionName.UNSHELVE, command="c4").code == "state"


def test_a_repeated_command_is_answered_as_before_and_sends_nothing(desk: Desk) -> None:
    first = desk.shelve()
    assert desk.shelve() == first
    assert len(desk.sent) == 1
    assert desk.refused(ActionName.SHELVE, until=T0 + 2 * HOUR, why="动火作业").code == "idempotency"
    assert desk.refused(ActionName.SHELVE, until=T0 + HOUR, why="动火作业", by="bob").code == "idempotency"


def test_out_of_service_needs_a_reason_and_lasts_until_somebody_ends_it(desk: Desk) -> None:
    assert desk.refused(ActionName.OUT_OF_SERVICE).extra["missing"] == ["reason"]
    hold = desk.ask(ActionName.OUT_OF_SERVICE, why="换探头")
    assert hold.state(T0 + 10**12) is HoldState.IN_FORCE
    desk.ask(ActionName.IN_SERVICE, command="c2", by="bob")
    assert [action.action for action in desk.sent] == [ActionName.OUT_OF_SERVICE, ActionName.IN_SERVICE]
    assert desk.refused(ActionName.IN_SERVICE, command="c3").code == "state"


def test_rule_11_critical_gas_goes_out_of_service_by_two_people_only(gas: Desk) -> None:
    hold = gas.ask(ActionName.OUT_OF_SERVICE, why="换探头")
    assert (hold.state(T0 + 10**12), gas.sent) == (HoldState.WAITING, [])
    kind = HoldKind.OUT_OF_SERVICE
    with pytest.raises(Refused) as refusal:
        gas.hold.approve("e1", by="ann", command="c2", kind=kind)
    assert refusal.value.code == "second"
    with pytest.raises(Refused) as refusal:
        gas.hold.approve("e1", by="bob", command="c2")
    assert refusal.value.code == "state", "no shelving waits"
    agreed = gas.hold.approve("e1", by="bob", command="c3", kind=kind).hold
    assert agreed is not None
    assert agreed.state(T0) is HoldState.IN_FORCE
    (action,) = gas.sent
    assert (action.action, action.by, action.second, action.until) == (ActionName.OUT_OF_SERVICE, "ann", "bob", None)
    assert gas.hold.approve("e1", by="bob", command="c3", kind=kind).hold == agreed
    assert len(gas.sent) == 1


def test_who_holds_an_alarm_back_who_agrees_and_who_lets_it_go_is_audited(gas: Desk) -> None:
    gas.shelve()
    gas.hold.approve("e1", by="bob", command="c2")
    gas.ask(ActionName.UNSHELVE, command="c3", by="cid")
    gas.shelve(command="c1")
    entries = gas.store.state.audit.entries
    assert [(entry.by, detail_of(entry)["act"]) for entry in entries] == [
        ("ann", "shelve"), ("bob", "agree_shelve"), ("cid", "unshelve"),
    ], "a repeated request is none"  # fmt: skip
    assert detail_of(entries[1]) == {
        "act": "agree_shelve", "rule": "gas.ch4", "device": raised("e1").device, "why": "动火作业", "until": T0 + HOUR,
    }  # fmt: skip
    assert {entry.did for entry in entries} == {"hold"}
    with pytest.raises(Refused):
        gas.hold.approve("e1", by="bob", command="c9")
    assert len(gas.store.state.audit.entries) == 3, "what was refused is none"


def test_a_rule_that_is_quiet_now_may_be_shelved_too(desk: Desk) -> None:
    RecordTransitions(desk.store, RandomIds())([returned("e1")])
    assert desk.shelve().state(T0) is HoldState.IN_FORCE


def test_what_hides_an_alarm_is_kept_with_it(desk: Desk) -> None:
    hidden = raised("e1", number=2, shelved_until=T0 + HOUR, suppressed_by="e9", out_of_service=True, maintenance=True)
    RecordTransitions(desk.store, RandomIds())([hidden])
    alarm = desk.store.state.alarms["e1"]
    assert (alarm.shelved_until, alarm.suppressed_by, alarm.out_of_service, alarm.maintenance) == (
        T0 + HOUR, "e9", True, True,
    )  # fmt: skip
    assert desk.ask(ActionName.UNSHELVE) is None
    assert desk.sent[-1].action is ActionName.UNSHELVE
