"""A call and an alarm become one incident by themselves, in either order; no reporter is lost."""

import itertools
from typing import Any

import pytest

from services.tickets import domain
from services.tickets.domain import (
    Action,
    Actor,
    Caller,
    Details,
    Opening,
    Role,
    Satisfaction,
    Source,
    State,
    Ticket,
    merging,
)
from services.tickets.domain.incoming import opening_of
from services.tickets.domain.profiles import DEFAULT
from services.tickets.domain.words import Clock
from services.tickets.handlers import FindAlike, FindCalls, Report
from streams.contracts import Refused, TicketPolicy
from tests.fakes.alarm_events import GRID, MAJOR, T0, raised, returned
from tests.fakes.tickets import MemoryMatchReader
from tests.unit.tickets.test_tickets_use_cases import DISPATCHER, HANDLER, HOUR, OPERATOR, WORKER, Desk

BUILDING = f"{GRID}00001"
SMELL = "楼道里燃气味很重"
LAMP = TicketPolicy("lighting", urgency=0, normal_for_ms=HOUR, reopen_ms=HOUR)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def call(desk: Desk, phone: str = "13812345621", **changes: Any) -> Ticket:
    fields = {"area": GRID, "building": BUILDING, "caller": Caller("王女士", phone)} | changes
    text = fields.pop("text", SMELL)
    return desk.open(Report(text, text, **fields), who=OPERATOR)


def test_a_call_after_the_alarm_joins_its_ticket_and_the_urgency_rises(desk: Desk) -> None:
    alarm = desk.alarm(raised(ticket=MAJOR))
    called = call(desk)
    assert (called.state, called.master) == (State.MERGED, alarm.id)
    master = desk.again(alarm)
    assert (alarm.urgency, master.urgency) == (1, 2)
    assert desk.store.state.events[called.id][-1].by == "system"


def test_a_call_before_the_alarm_joins_the_alarms_ticket(desk: Desk) -> None:
    called = call(desk)
    assert called.state is State.REPORTED
    alarm = desk.alarm(raised(ticket=MAJOR))
    assert (desk.again(called).state, desk.again(called).master) == (State.MERGED, alarm.id)
    assert alarm.urgency == 2
    assert alarm.state is State.DISPATCHED


def test_the_deadlines_of_the_joint_incident_come_nearer(desk: Desk) -> None:
    alarm = desk.alarm(raised(ticket=MAJOR))
    call(desk)
    before, after = alarm.run(Clock.SIGN), desk.again(alarm).run(Clock.SIGN)
    assert before is not None
    assert after is not None
    assert after.due < before.due


def test_a_call_that_is_classified_as_gas_later_joins_then(desk: Desk) -> None:
    alarm = desk.alarm(raised())
    called = call(desk, text="楼道里味道很怪", category="property")
    assert called.state is State.REPORTED
    called = desk.does(OPERATOR, called, Action.ACCEPT)
    called = desk.does(DISPATCHER, called, Action.CLASSIFY, Details(category="gas-leak", area=GRID, urgency=1))
    assert (called.state, called.master) == (State.MERGED, alarm.id)


def test_the_building_is_known_by_its_words_too(desk: Desk) -> None:
    desk.take.directory.spots["gas-000001"] = type(desk.take.directory.spots["gas-000001"])("纺织新村 12栋 101", "")  # type: ignore[attr-defined]
    alarm = desk.alarm(raised())
    assert call(desk, building="", place="纺织新村十二幢").master == alarm.id


@pytest.mark.parametrize(
    "changes",
    [
        {"building": f"{GRID}00002"},
        {"text": "煤气费多收了"},
        {"text": "楼道灯不亮"},
        {"category": "property"},
        {"building": ""},
    ],
    ids=["another building", "a bill", "a lamp", "another category", "no place"],
)
def test_everything_else_the_operator_decides(desk: Desk, changes: dict[str, Any]) -> None:
    desk.alarm(raised())
    assert call(desk, **changes).state is State.REPORTED


def test_the_same_cause_of_the_same_device_merges_by_itself(desk: Desk) -> None:
    alarm = desk.alarm(raised())
    manager = Actor("manager", Role.GRID_WORKER)
    report = Report("探测器在响", "红灯一直闪", area=GRID, device="gas-000001", category="gas-leak")
    assert desk.open(report, who=manager).master == alarm.id
    other = Report("探测器外壳坏了", "外壳", area=GRID, device="gas-000001", category="device-upkeep")
    assert desk.open(other, who=manager).state is State.REPORTED


def test_a_master_that_is_withdrawn_gives_every_standing_alarm_back(desk: Desk) -> None:
    """The lamp's own ticket sees again that it is dark, and that it shines: nothing watched it otherwise."""
    dark = raised(device="lamp-1", kind="light", ticket=LAMP)
    alarm = desk.alarm(dark)
    called = call(desk, text="路灯不亮", category="lighting")
    desk.does(OPERATOR, alarm, Action.MERGE, Details(master=called.id))
    assert [each.episode for each in desk.again(called).episodes] == ["e1"]
    desk.does(OPERATOR, desk.again(called), Action.WITHDRAW, Details(reason="来电人说看错了"))
    alone = desk.again(alarm)
    assert (alone.state, alone.sensor_active) == (State.DISPATCHED, True)
    assert desk.alarm(returned(device="lamp-1", kind="light", ticket=LAMP)).id == alarm.id
    assert not desk.again(alarm).sensor_active
    assert domain.replay(desk.store.state.events[alarm.id]) == desk.again(alarm)


def test_a_master_that_is_rejected_and_appealed_waits_for_no_alarm_that_it_gave_back(desk: Desk) -> None:
    alarm = desk.alarm(raised(device="lamp-1", kind="light", ticket=LAMP))
    called = call(desk, text="路灯不亮", category="lighting")
    desk.does(OPERATOR, alarm, Action.MERGE, Details(master=called.id))
    desk.does(OPERATOR, desk.again(called), Action.REJECT, Details(reason="不属本区", told="已告知"))
    assert desk.again(alarm).sensor_active
    appealed = desk.does(OPERATOR, desk.again(called), Action.APPEAL, Details(reason="确属本区"))
    assert not appealed.sensor_active
    assert desk.alarm(returned(device="lamp-1", kind="light", ticket=LAMP)).id == alarm.id


def test_an_alarm_that_ended_while_it_was_merged_comes_back_ended(desk: Desk) -> None:
    alarm = desk.alarm(raised(device="lamp-1", kind="light", ticket=LAMP))
    called = call(desk, text="路灯不亮", category="lighting")
    desk.does(OPERATOR, alarm, Action.MERGE, Details(master=called.id))
    desk.alarm(returned(device="lamp-1", kind="light", ticket=LAMP))
    desk.alarm(raised("e2", device="lamp-1", kind="light", ticket=LAMP, at=T0 + 900_000))
    desk.alarm(returned("e2", device="lamp-1", kind="light", ticket=LAMP, normal_since=T0 + 950_000))
    assert {each.episode for each in desk.again(called).episodes} == {"e1", "e2"}
    desk.does(OPERATOR, desk.again(called), Action.WITHDRAW, Details(reason="来电人说看错了"))
    alone = desk.again(alarm)
    assert (alone.sensor_active, alone.sensor_normal_since) == (False, T0 + 950_000)


@pytest.mark.parametrize("first", ["alarm", "call"])
def test_a_caller_who_finds_a_devices_lesser_alarm_critical_joins_it_and_it_rises(desk: Desk, first: str) -> None:
    """Refusing the merge would refuse the call, or end the process that takes the alarm."""
    live = Report("灯杆漏电", "有人被电到", area=GRID, device="lamp-1", category="lighting", urgency=2,
                  caller=Caller("王女士", "13812345621"))  # fmt: skip
    dark = raised(device="lamp-1", kind="light", ticket=LAMP)
    if first == "alarm":
        alarm, called = desk.alarm(dark), desk.open(live, who=OPERATOR)
    else:
        called, alarm = desk.open(live, who=OPERATOR), desk.alarm(dark)
    assert (desk.again(called).master, desk.again(alarm).urgency) == (alarm.id, 2)


@pytest.mark.parametrize("category", ["lighting", "gas-leak", "septic-gas", "fire-lane", "device-upkeep"])
@pytest.mark.parametrize("urgency", [0, 1, 2])
@pytest.mark.parametrize("lesser", [0, 1, 2])
def test_what_opens_is_never_refused_by_what_it_joins(desk: Desk, category: str, urgency: int, lesser: int) -> None:
    policy = TicketPolicy(category, urgency=lesser, normal_for_ms=HOUR, reopen_ms=HOUR)
    report = Report("设备有异常", "一直在响", area=GRID, device="d-1", category=category, urgency=urgency)
    alarm = desk.alarm(raised(device="d-1", ticket=policy))
    called = desk.open(report, who=OPERATOR)
    assert (called.master, desk.again(alarm).urgency >= max(urgency, lesser)) == (alarm.id, True)


def test_the_same_cause_of_the_same_device_is_one_ticket_for_any_number_of_episodes(desk: Desk) -> None:
    first = desk.alarm(raised("e1"))
    assert desk.alarm(raised("e2", number=9, at=T0 + 1)).id == first.id
    assert len(desk.tickets) == 1


def test_twenty_five_callers_are_twenty_five_call_backs(desk: Desk) -> None:
    early = [call(desk, f"138000000{number:02}") for number in range(12)]
    alarm = desk.alarm(raised())
    late = [call(desk, f"139000000{number:02}") for number in range(13)]
    assert all(desk.again(each).state is State.MERGED for each in (*early, *late))
    ticket = desk.does(HANDLER, desk.again(alarm), Action.ARRIVE, Details(position=(120.1, 30.2)))
    desk.alarm(returned())
    desk.clock.set(T0 + 2 * HOUR)
    ticket = desk.does(HANDLER, desk.again(ticket), Action.FINISH, Details(outcome="换阀"))
    desk.does(WORKER, ticket, Action.CHECK_OK)
    waiting = [each for each in desk.tickets if each.state is State.CALLBACK]
    assert len({each.caller.phone for each in waiting if each.caller}) == 25
    assert all(each.told == "换阀" for each in waiting)
    happy = Details(contacted=True, solved=True, satisfied=Satisfaction.SATISFIED)
    closed = [desk.does(OPERATOR, each, Action.CALLBACK, happy) for each in waiting]
    assert all(each.state is State.CLOSED for each in closed)


def test_what_a_person_took_apart_is_not_joined_again(desk: Desk) -> None:
    desk.alarm(raised())
    called = call(desk)
    apart = desk.does(OPERATOR, called, Action.UNMERGE, Details(reason="另一家的油漆味"))
    apart = desk.does(OPERATOR, apart, Action.ACCEPT)
    again = desk.does(DISPATCHER, apart, Action.CLASSIFY, Details(category="gas-leak", area=GRID, urgency=1))
    assert again.state is State.TO_DISPATCH


def test_what_already_waits_for_its_proof_is_a_former_occasion(desk: Desk) -> None:
    called = call(desk, category="gas-leak")
    called = desk.does(OPERATOR, called, Action.ACCEPT)
    called = desk.does(DISPATCHER, called, Action.CLASSIFY, Details(category="gas-leak", area=GRID, urgency=1))
    called = desk.does(DISPATCHER, called, Action.DISPATCH, Details(unit="gas-company"))
    called = desk.does(HANDLER, called, Action.ARRIVE, Details(position=(120.1, 30.2)))
    desk.does(HANDLER, called, Action.FINISH, Details(outcome="换软管", photo="照片"))
    desk.alarm(raised())
    assert desk.again(called).state is State.CHECKING


def test_suggestions_are_open_tickets_within_the_askers_area(desk: Desk) -> None:
    find = FindAlike(MemoryMatchReader(desk.store), desk.clock)
    first = call(desk, text="下水道堵了", category="drainage", place="棉纺二村4栋", building="")
    second = call(desk, text="污水倒灌", category="drainage", place="棉纺二村4栋", building="")
    assert [match.ticket.id for match in find.to_ticket(second, scope="")] == [first.id]
    assert find.to_ticket(second, scope="990199") == ()
    merged = desk.does(OPERATOR, first, Action.MERGE, Details(master=second.id))
    assert find.to_ticket(second, scope="") == ()
    assert find.to_ticket(merged, scope="") == ()


def test_a_callers_earlier_tickets_are_shown_to_those_who_see_callers(desk: Desk) -> None:
    find = FindCalls(MemoryMatchReader(desk.store), desk.store, desk.clock)
    mine = [call(desk, "13800001111", text="路灯不亮"), call(desk, "13800001111", text="井盖没了")]
    call(desk, "13900002222")
    assert {ticket.id for ticket in find("13800001111", who=OPERATOR, scope="")} == {each.id for each in mine}
    with pytest.raises(Refused, match="caller's tickets"):
        find("13800001111", who=HANDLER, scope="")
    with pytest.raises(Refused, match="telephone number"):
        find("王女士", who=OPERATOR, scope="")
    assert not desk.store.state.audit.entries


def test_a_confidential_report_is_shown_as_a_numbers_for_a_reason_that_is_kept(desk: Desk) -> None:
    find = FindCalls(MemoryMatchReader(desk.store), desk.store, desk.clock)
    open_, hidden = (
        call(desk, "13800001111", text="路灯不亮"),
        call(desk, "13800001111", text="举报邻居群租", caller=Caller("匿名", "13800001111", confidential=True)),
    )
    assert [each.id for each in find("13800001111", who=OPERATOR, scope="")] == [open_.id]
    assert not desk.store.state.audit.entries
    with pytest.raises(Refused, match="reason has"):
        find("13800001111", who=OPERATOR, scope="", why="x")
    shown = find("13800001111", who=OPERATOR, scope="", why="来电人本人问起")
    assert {each.id for each in shown} == {open_.id, hidden.id}
    (entry,) = desk.store.state.audit.entries
    assert (entry.by, entry.did, entry.role) == (OPERATOR.by, "unmask", "operator")
    assert hidden.number in entry.detail
    assert "来电人本人问起" in entry.detail
    assert "13800001111" not in entry.detail + entry.subject


def _one(number: int, device: str, category: str, text: str, *, alarmed: bool) -> Ticket:
    if alarmed:
        policy = TicketPolicy(category=category, urgency=1, normal_for_ms=1, reopen_ms=1)
        opening = opening_of(
            raised(device=device, ticket=policy), number=f"LY-{number}", place="", building=BUILDING,
            deadlines=DEFAULT,
        )  # fmt: skip
        return domain.open_for_alarm(opening, id=f"id-{number}", now=T0, lead="unit-a")[0]
    opening = Opening(
        number=f"LY-{number}", source=Source.HOTLINE, title=text, text=text, policy=DEFAULT, area=GRID,
        building=BUILDING, device=device, category=category,
    )  # fmt: skip
    return domain.report(opening, id=f"id-{number}", now=T0, who=OPERATOR)[0]


def test_whatever_merges_by_itself_is_looked_for_from_both_sides() -> None:
    devices, categories, texts = ("", "gas-000001", "lamp-1"), ("", "gas-leak", "lighting"), (SMELL, "路灯不亮")
    every = itertools.product(devices, categories, texts, (True, False))
    kinds = [kind for kind in every if kind[1] or not kind[3]]  # an alarm names its category
    tickets = [_one(number, *kind[:3], alarmed=kind[3]) for number, kind in enumerate(kinds)]
    pairs = [
        (one, other) for one, other in itertools.permutations(tickets, 2)
        if bool(one.episodes) is not bool(other.episodes) and merging.master_for(one, other) is not None
    ]  # fmt: skip
    assert len(pairs) > 20
    for one, other in pairs:
        seeks = merging.sought(one)
        assert seeks is not None
        assert (other.device and other.device == seeks.device) or other.category in seeks.categories


def test_a_dark_lamp_looks_at_nothing_but_its_own_reports() -> None:
    lamp = _one(1, "lamp-1", "lighting", "路灯不亮", alarmed=True)
    assert merging.sought(lamp) == merging.Sought("lamp-1", ())
    assert merging.sought(_one(2, "", "lighting", "路灯不亮", alarmed=False)) is None
