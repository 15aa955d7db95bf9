"""The use cases over the store in memory: alarms, people and time."""

from itertools import count
from typing import Any

import msgspec
import pytest

from services.tickets import domain
from services.tickets.domain import (
    Action,
    Actor,
    Caller,
    Details,
    IllegalTransition,
    Role,
    Satisfaction,
    Source,
    Stale,
    State,
    Ticket,
    caller_for,
    masked,
)
from services.tickets.domain.incoming import Want
from services.tickets.domain.numbers import bounds_of, day_of
from services.tickets.handlers import Act, ActOnTicket, KeepTime, OpenTicket, Report, TakeAlarm
from services.tickets.ports import Spot
from streams.contracts import AlarmEvent, AlarmState, Cause, Refused, Severity, TicketPolicy
from tests.fakes.alarm_events import GRID, MAJOR, T0, acknowledged, raised, returned
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryDirectory, MemoryTicketStore

HOUR = 3_600_000
MIDNIGHT = bounds_of(T0)[1]
HANDLER = Actor("fitter", Role.UNIT_HANDLER, "gas-company")
WORKER = Actor("worker", Role.GRID_WORKER)
OPERATOR = Actor("operator", Role.OPERATOR)
DISPATCHER = Actor("dispatcher", Role.DISPATCHER)
SUPERVISOR = Actor("supervisor", Role.SUPERVISOR)
FITTER = Actor("lampman", Role.UNIT_HANDLER, "lamps")
LAMP = TicketPolicy(category="lighting", urgency=0, normal_for_ms=HOUR, reopen_ms=7 * 24 * HOUR)


class Counted:
    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> str:
        return f"t{next(self._numbers)}"


class Desk:
    """Everything that the loop is asked through, over one store and one clock."""

    def __init__(self) -> None:
        self.store = MemoryTicketStore()
        self.clock = ManualClock(T0 + 500)
        directory = MemoryDirectory(
            {("gas-leak", "990101"): "gas-company"}, {"gas-000001": Spot("1 单元 101", f"{GRID}00001")}
        )
        ids = Counted()
        self.take = TakeAlarm(self.store, directory, self.clock, ids)
        self.open = OpenTicket(self.store, self.clock, ids)
        self.act = ActOnTicket(self.store, self.clock)
        self.keep_time = KeepTime(self.store, self.clock)

    def alarm(self, event: Any) -> Ticket:
        ticket = self.take(event).ticket
        assert ticket is not None
        return ticket

    def does(self, who: Actor, ticket: Ticket, action: Action, details: Details | None = None) -> Ticket:
        return self.act(Act(ticket.id, action, ticket.version, details or Details()), who=who)

    def closed_leak(self) -> Ticket:
        ticket = self.alarm(raised())
        ticket = self.does(HANDLER, ticket, Action.ARRIVE, Details(position=(120.1, 30.2)))
        ticket = self.alarm(returned())
        self.clock.set(T0 + 2 * HOUR)
        ticket = self.does(HANDLER, ticket, Action.FINISH, Details(outcome="换阀"))
        return self.does(WORKER, ticket, Action.CHECK_OK)

    def report(self, phone: str, **changes: Any) -> Ticket:
        fields = {"area": GRID, "caller": Caller("王女士", phone)} | changes
        return self.open(Report("路灯不亮", "三号楼前", **fields), who=OPERATOR)

    def working_lamp(self) -> Ticket:
        """A caller's dark lamp, with the fitter on site."""
        ticket = self.does(OPERATOR, self.report("13812345621"), Action.ACCEPT)
        ticket = self.does(DISPATCHER, ticket, Action.CLASSIFY, Details(category="lighting", area=GRID, urgency=0))
        ticket = self.does(DISPATCHER, ticket, Action.DISPATCH, Details(unit="lamps"))
        return self.does(FITTER, ticket, Action.ARRIVE, Details(position=(120.1, 30.2)))

    def again(self, ticket: Ticket) -> Ticket:
        return self.store.state.tickets[ticket.id]

    @property
    def tickets(self) -> list[Ticket]:
        return list(self.store.state.tickets.values())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_alarm_opens_a_ticket_with_its_evidence(desk: Desk) -> None:
    ticket = desk.alarm(raised())
    assert (ticket.number, ticket.source, ticket.title) == ("LY-20261122-0001", Source.SENSOR, "燃气泄漏")
    assert (ticket.lead, ticket.place, ticket.building) == ("gas-company", "1 单元 101", f"{GRID}00001")
    assert ticket.text == "gas-000001 · ch4_lel = 62 (50)"
    assert [event.action for event in desk.store.state.sent] == ["report", "accept", "classify", "dispatch"]


def test_nobody_responsible_means_the_district(desk: Desk) -> None:
    assert desk.alarm(raised(grid="990202001001001")).lead == "district"


def test_the_same_alarm_again_changes_nothing(desk: Desk) -> None:
    desk.alarm(raised())
    before = desk.store.state.copy()
    assert desk.take(raised()).want is Want.NOTHING
    assert desk.store.state == before


@pytest.mark.parametrize(
    "event",
    [
        raised(ticket=None, severity=Severity.WARNING),
        acknowledged(),
        returned(),
    ],
    ids=["a warning", "an acknowledgement of the unknown", "a return of the unknown"],
)
def test_what_concerns_no_ticket_opens_none(desk: Desk, event: Any) -> None:
    if event.new is AlarmState.ACTIVE_ACK:
        event = acknowledged(ticket=None)
    assert desk.take(event).want is Want.NOTHING
    assert desk.tickets == []


def test_a_warning_that_becomes_an_alarm_opens_the_ticket_then(desk: Desk) -> None:
    desk.take(raised(ticket=None, severity=Severity.WARNING))
    desk.take(raised(number=2, old=AlarmState.ACTIVE_UNACK, cause=Cause.SEVERITY_UP))
    assert len(desk.tickets) == 1


def test_a_second_rule_of_the_incident_joins_its_ticket(desk: Desk) -> None:
    first = desk.alarm(raised("e1"))
    second = desk.alarm(raised("e2", rule="gas.alarm"))
    assert (second.id, [episode.rule for episode in second.episodes]) == (first.id, ["gas.ch4", "gas.alarm"])


def test_a_warning_beside_an_open_ticket_keeps_it_from_closing(desk: Desk) -> None:
    desk.alarm(raised("e1"))
    ticket = desk.alarm(raised("e2", ticket=None, severity=Severity.WARNING))
    assert len(ticket.episodes) == 2


def test_another_device_has_its_own_ticket(desk: Desk) -> None:
    assert desk.alarm(raised("e1")).id != desk.alarm(raised("e2", device="gas-000002")).id


def test_a_rise_raises_the_urgency(desk: Desk) -> None:
    ticket = desk.alarm(raised(ticket=MAJOR, severity=Severity.MAJOR))
    assert ticket.urgency == 1
    ticket = desk.alarm(raised(number=2, old=AlarmState.ACTIVE_UNACK, cause=Cause.SEVERITY_UP))
    assert ticket.urgency == 2


def test_an_older_transition_changes_nothing(desk: Desk) -> None:
    desk.alarm(raised(number=1))
    desk.alarm(returned(number=5))
    assert desk.take(raised(number=3, cause=Cause.REALARM)).want is Want.NOTHING


def test_a_return_is_noted_and_closes_nothing(desk: Desk) -> None:
    desk.alarm(raised())
    ticket = desk.alarm(returned())
    assert (ticket.state, ticket.sensor_normal_since) == (State.DISPATCHED, T0 + 300_000)


def test_a_latched_alarm_is_noted_as_normal_and_still_active_until_its_reset(desk: Desk) -> None:
    desk.alarm(raised())
    ticket = desk.alarm(returned(number=2, new=AlarmState.ACTIVE_UNACK, latched=True))
    assert (ticket.sensor_active, ticket.episodes[0].normal_since) == (True, T0 + 300_000)
    ticket = desk.alarm(returned(number=3, cause=Cause.RESET))
    assert (ticket.sensor_active, ticket.sensor_normal_since) == (False, T0 + 300_000)


def test_a_latched_alarm_that_stands_again_is_not_normal_any_more(desk: Desk) -> None:
    desk.alarm(raised())
    desk.alarm(returned(number=2, new=AlarmState.ACTIVE_UNACK, latched=True))
    ticket = desk.alarm(raised(number=3, old=AlarmState.ACTIVE_UNACK, cause=Cause.REALARM))
    assert ticket.episodes[0].normal_since is None


def test_the_whole_way_of_a_leak_closes_it(desk: Desk) -> None:
    assert desk.closed_leak().state is State.CLOSED


@pytest.mark.parametrize(("after", "same"), [(HOUR, True), (24 * HOUR - 1, True), (24 * HOUR, False)])
def test_a_re_alarm_within_its_window_reopens_and_later_opens_anew(desk: Desk, after: int, same: bool) -> None:
    closed = desk.closed_leak()
    assert closed.closed_at is not None
    ticket = desk.alarm(raised("e9", at=closed.closed_at + after))
    assert (ticket.id == closed.id) is same
    assert (ticket.state, ticket.recurrences) == ((State.REDO, 1) if same else (State.DISPATCHED, 0))


def test_an_episodes_own_ticket_takes_it_back_at_any_time(desk: Desk) -> None:
    closed = desk.closed_leak()
    ticket = desk.alarm(raised("e1", number=9, at=T0 + 900 * HOUR, cause=Cause.REALARM))
    assert (ticket.id, ticket.state) == (closed.id, State.REDO)


# People


def test_a_call_becomes_a_hotline_ticket(desk: Desk) -> None:
    report = Report("路灯不亮", "三号楼前", area=GRID, caller=Caller("王女士", "13812345621"))
    ticket = desk.open(report, who=OPERATOR)
    assert (ticket.source, ticket.state, ticket.has_reporter, ticket.reporter) == (
        Source.HOTLINE, State.REPORTED, True, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "source"), [(Role.CITIZEN, Source.CITIZEN), (Role.GRID_WORKER, Source.PATROL)], ids=str
)
def test_a_page_and_a_patrol_have_their_own_source_and_reporter(desk: Desk, role: Role, source: Source) -> None:
    ticket = desk.open(Report("积水", "门口"), who=Actor("ann", role))
    assert (ticket.source, ticket.reporter) == (source, "ann")


@pytest.mark.parametrize(
    ("report", "who", "scope", "code"),
    [
        (Report("x", "y"), HANDLER, "", "forbidden"),
        (Report("x", "y", area="9901"), OPERATOR, "", "fields"),
        (Report("x", "y", area=GRID), OPERATOR, "990102", "forbidden"),
        (Report("", "y"), OPERATOR, "", "fields"),
        (Report("x\0", "y"), OPERATOR, "", "fields"),
    ],
    ids=["role", "area", "scope", "title", "NUL"],
)
def test_a_report_that_cannot_be_taken_says_why(desk: Desk, report: Report, who: Actor, scope: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        desk.open(report, who=who, scope=scope)
    assert refusal.value.code == code
    assert desk.tickets == []


def test_the_same_key_opens_one_ticket_and_gives_the_same_answer(desk: Desk) -> None:
    first = desk.open(Report("积水", "门口"), who=OPERATOR, key="k1")
    desk.does(OPERATOR, first, Action.ACCEPT)
    assert desk.open(Report("积水", "门口"), who=OPERATOR, key="k1") == first
    assert len(desk.tickets) == 1


def test_the_same_key_acts_once_and_gives_the_same_answer(desk: Desk) -> None:
    ticket = desk.open(Report("积水", "门口"), who=OPERATOR)
    act = Act(ticket.id, Action.ACCEPT, ticket.version)
    first = desk.act(act, who=OPERATOR, key="k2")
    assert desk.act(act, who=OPERATOR, key="k2") == first
    with pytest.raises(Stale):
        desk.act(act, who=OPERATOR, key="k3")


def test_a_key_of_another_request_is_refused_and_anothers_key_is_not(desk: Desk) -> None:
    desk.open(Report("积水", "门口"), who=OPERATOR, key="k1")
    with pytest.raises(Refused) as refusal:
        desk.open(Report("路灯", "门口"), who=OPERATOR, key="k1")
    assert refusal.value.code == "idempotency"
    desk.open(Report("路灯", "门口"), who=Actor("ann", Role.CITIZEN), key="k1")


def test_a_stale_version_says_the_current_one(desk: Desk) -> None:
    ticket = desk.alarm(raised())
    with pytest.raises(Stale) as refusal:
        desk.act(Act(ticket.id, Action.SIGN, 1), who=HANDLER)
    assert (refusal.value.code, refusal.value.extra) == ("conflict", {"version": 4, "value": "1"})


def test_an_unknown_action_says_what_is_possible(desk: Desk) -> None:
    ticket = desk.alarm(raised())
    with pytest.raises(IllegalTransition) as refusal:
        desk.act(Act(ticket.id, "explode", ticket.version), who=HANDLER)
    assert refusal.value.extra["allowed"] == ["sign", "arrive", "note"]


def test_a_ticket_outside_ones_area_does_not_exist(desk: Desk) -> None:
    ticket = desk.alarm(raised())
    with pytest.raises(Refused) as refusal:
        desk.act(Act(ticket.id, Action.NOTE, ticket.version, Details(text="x")), who=WORKER, scope="990102")
    assert refusal.value.code == "not-found"


def test_control_characters_are_refused_before_the_database_would(desk: Desk) -> None:
    ticket = desk.alarm(raised())
    with pytest.raises(Refused) as refusal:
        desk.does(WORKER, ticket, Action.NOTE, Details(text="a\0b"))
    assert refusal.value.code == "fields"


# Time


def test_cards_are_shown_once_across_a_restart(desk: Desk) -> None:
    desk.alarm(raised())
    desk.clock.advance(10 * 60_000)
    mark, escalation = desk.keep_time()
    assert (mark.evidence["clock"], mark.evidence["card"]) == ("sign", "red")
    assert escalation.evidence["level"] == "community"
    assert KeepTime(desk.store, desk.clock)() == ()


def test_a_closed_ticket_is_archived_after_its_window(desk: Desk) -> None:
    desk.closed_leak()
    desk.clock.advance(7 * 24 * HOUR - 1)
    assert desk.keep_time() == ()
    desk.clock.advance(1)
    assert [event.action for event in desk.keep_time()] == ["archive"]
    assert desk.tickets[0].state is State.ARCHIVED


def test_time_ends_a_wait_that_nobody_ended(desk: Desk) -> None:
    ticket = desk.working_lamp()
    desk.does(FITTER, ticket, Action.WAIT, Details(text="几号楼？", until=desk.clock.now() + HOUR))
    desk.clock.advance(HOUR)
    assert "wait_end" in [event.action for event in desk.keep_time()]


# Merging


def test_twenty_five_callers_are_twenty_five_call_backs(desk: Desk) -> None:
    """Each is told the master's result in the very step that closes it."""
    master = desk.working_lamp()
    callers = [desk.report(f"138123400{number:02}") for number in range(25)]
    for ticket in callers:
        merged = desk.does(OPERATOR, ticket, Action.MERGE, Details(master=master.number))
        assert (merged.state, merged.master) == (State.MERGED, master.id)
    master = desk.does(FITTER, master, Action.FINISH, Details(outcome="已换灯", photo="照片"))
    master = desk.does(WORKER, master, Action.CHECK_OK)
    assert {desk.again(ticket).state for ticket in callers} == {State.MERGED}, "never resolved by itself"
    contacted = Details(contacted=True, solved=True, satisfied=Satisfaction.SATISFIED)
    desk.does(OPERATOR, master, Action.CALLBACK, contacted)
    told = [desk.again(ticket) for ticket in callers]
    assert [(ticket.state, ticket.told) for ticket in told] == [(State.CALLBACK, "已换灯")] * 25
    for ticket in told:
        assert desk.does(OPERATOR, ticket, Action.CALLBACK, contacted).state is State.CLOSED


def test_the_end_of_a_master_reaches_those_who_wait_for_what_was_merged_into_it(desk: Desk) -> None:
    first, second, last = (desk.report(f"1381234000{number}") for number in range(3))
    second = desk.does(OPERATOR, second, Action.MERGE, Details(master=first.id))
    first = desk.does(OPERATOR, first, Action.MERGE, Details(master=last.id))
    desk.does(OPERATOR, last, Action.WITHDRAW, Details(reason="误报"))
    assert (desk.again(first).state, desk.again(second).state) == (State.REPORTED, State.MERGED)
    desk.does(OPERATOR, desk.again(first), Action.ANSWER, Details(text="已答复"))
    assert (desk.again(second).state, desk.again(second).told) == (State.CALLBACK, "已答复")


def test_a_smell_of_gas_and_an_alarm_become_one_incident_led_by_the_danger(desk: Desk) -> None:
    smell = desk.report("13812340001", category="gas-leak")
    leak = desk.alarm(raised(ticket=MAJOR, severity=Severity.MAJOR))
    merged = desk.does(OPERATOR, smell, Action.MERGE, Details(master=leak.id))
    assert (merged.state, desk.again(leak).state) == (State.MERGED, State.DISPATCHED)


def test_a_more_urgent_ticket_raises_its_master(desk: Desk) -> None:
    urgent = desk.does(OPERATOR, desk.report("13812340001"), Action.ACCEPT)
    urgent = desk.does(DISPATCHER, urgent, Action.CLASSIFY, Details(category="lighting", area=GRID, urgency=1))
    master = desk.working_lamp()
    desk.does(OPERATOR, urgent, Action.MERGE, Details(master=master.id))
    assert desk.again(master).urgency == 1


def test_a_merged_tickets_standing_alarm_goes_to_its_master_and_so_does_its_end(desk: Desk) -> None:
    lamp = desk.alarm(raised("e1", device="lamp-1", ticket=LAMP, incident="lamp-out:lamp-1"))
    master = desk.working_lamp()
    desk.does(OPERATOR, lamp, Action.MERGE, Details(master=master.id))
    assert (desk.again(lamp).sensor_active, desk.again(master).sensor_active) == (False, True)
    desk.alarm(returned("e1", device="lamp-1", ticket=LAMP, incident="lamp-out:lamp-1"))
    assert desk.again(master).sensor_normal_since == T0 + 300_000


def test_a_later_alarm_of_a_merged_incident_goes_to_the_master(desk: Desk) -> None:
    lamp = desk.alarm(raised("e1", device="lamp-1", ticket=LAMP, incident="lamp-out:lamp-1"))
    desk.alarm(returned("e1", device="lamp-1", ticket=LAMP, incident="lamp-out:lamp-1"))
    master = desk.working_lamp()
    desk.does(OPERATOR, desk.again(lamp), Action.MERGE, Details(master=master.id))
    joined = desk.alarm(raised("e2", device="lamp-1", ticket=LAMP, incident="lamp-out:lamp-1"))
    assert joined.id == master.id
    assert len(desk.tickets) == 2


def test_a_master_outside_ones_area_does_not_exist(desk: Desk) -> None:
    ticket, master = desk.report("13800000001"), desk.report("13800000002", area="990102001001001")
    act = Act(ticket.id, Action.MERGE, ticket.version, Details(master=master.id))
    with pytest.raises(Refused) as refusal:
        desk.act(act, who=OPERATOR, scope="990101")
    assert refusal.value.extra["wrong"] == ["master"]


# Names and numbers


def test_a_day_turns_over_at_midnight_in_the_city() -> None:
    assert [day_of(1_795_276_799_999), day_of(1_795_276_800_000)] == ["20261121", "20261122"]


@pytest.mark.parametrize(("phone", "shown"), [("13812345621", "138****5621"), ("12345", "***45"), ("", "")])
def test_a_phone_is_masked(phone: str, shown: str) -> None:
    assert masked(phone) == shown


def test_only_those_who_call_back_see_a_callers_number() -> None:
    caller = Caller("王女士", "13812345621")
    for role in Role:
        whole = role in {Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR}
        assert caller_for(role, caller) == (caller if whole else Caller("王女士", "138****5621"))
    assert caller_for(Role.OPERATOR, None) is None


def member(household: int, **changes: Any) -> Any:
    """A household on one main, as the group stage sends it."""
    fields: dict[str, Any] = {"device": f"gas-{household:06d}", "incident": "gas-leak:main:M7:e1", "group": "main:M7"}
    return raised(f"e{household}", **(fields | changes))


def test_forty_households_of_one_incident_are_one_ticket_that_lists_them_all() -> None:
    desk = Desk()
    for number in range(1, 41):
        desk.alarm(member(number))
    (ticket,) = desk.tickets
    assert [episode.device for episode in ticket.episodes] == [f"gas-{number:06d}" for number in range(1, 41)]
    assert ticket.recurrences == 0


def test_the_sensors_proof_of_an_incident_needs_every_member_to_be_normal() -> None:
    desk = Desk()
    for number in (1, 2):
        desk.alarm(member(number))
    gone = {"normal_since": T0 + 60_000, "old": AlarmState.ACTIVE_UNACK, "new": AlarmState.RTN_UNACK}
    ended = {**gone, "cause": Cause.RETURNED, "latched": False, "number": 2}
    assert desk.alarm(member(1, **ended)).sensor_normal_since is None
    assert desk.alarm(member(2, **ended)).sensor_normal_since == T0 + 60_000


def test_a_second_detector_of_the_building_raises_the_tickets_urgency() -> None:
    desk = Desk()
    first = desk.alarm(member(1, ticket=MAJOR, severity=Severity.MAJOR))
    assert (first.urgency, desk.alarm(member(2, severity=Severity.MAJOR)).urgency) == (1, 2)


def test_what_a_groups_alarm_hides_opens_no_ticket_until_it_is_shown() -> None:
    desk = Desk()
    lamp = {"device": "lamp-1", "rule": "light.out", "incident": "lamp-out:feeder:F1:x"}
    assert desk.take(raised("l1", suppressed_by="f1", **lamp)).want is Want.NOTHING
    assert desk.tickets == []
    shown = raised("l1", number=2, old=AlarmState.ACTIVE_UNACK, cause=Cause.SHOWN, **lamp)
    assert desk.take(shown).want is Want.OPEN


def test_an_alarm_that_gets_worse_while_it_is_hidden_changes_its_ticket_only_when_shown() -> None:
    desk = Desk()
    before = desk.alarm(raised(ticket=MAJOR, severity=Severity.MAJOR))
    worse = {"old": AlarmState.ACTIVE_UNACK, "cause": Cause.SEVERITY_UP}
    assert desk.take(raised(number=2, maintenance=True, **worse)).ticket == before
    shown = raised(number=3, old=AlarmState.ACTIVE_UNACK, cause=Cause.SHOWN)
    assert desk.alarm(shown).urgency == 2


def test_a_silence_during_an_alarm_is_noted_on_its_ticket_and_keeps_the_sensor_from_proving_anything() -> None:
    desk = Desk()
    opened = desk.alarm(raised())
    silence = raised(
        "s1", rule="gas.silent", incident="silent:gas-000001", joins="e1", severity=Severity.MINOR, value=None
    )
    assert desk.alarm(silence).id == opened.id
    desk.alarm(returned())
    (ticket,) = desk.tickets
    assert ticket.sensor_normal_since is None
    alone = raised("s2", rule="gas.silent", incident="silent:gas-9", device="gas-9", joins="never-had-a-ticket")
    assert desk.take(alone).want is Want.NOTHING


def test_a_groups_own_ticket_says_in_words_which_group_it_is() -> None:
    desk = Desk()
    ticket = desk.alarm(raised("f1", device="feeder:F-07", group="feeder:F-07", kind="light"))
    assert (ticket.place, ticket.device) == ("馈线 F-07", "feeder:F-07")


# A fire lane that is blocked again and again


def car(number: int, *, hours: float, device: str = "park-000001", **changes: Any) -> AlarmEvent:
    """The ``number``-th car in a fire lane, ``hours`` after midnight in Shanghai."""
    at = MIDNIGHT + int(hours * HOUR)
    fields: dict[str, Any] = {
        "rule": "parking.fire_lane", "kind": "parking", "metric": "occupied", "severity": Severity.MAJOR,
        "incident": f"fire-lane:{device}", "cause_of_alarm": "fire-lane", "at": at, "since": at - 10_000,
        "ticket": TicketPolicy(category="fire-lane", urgency=1, normal_for_ms=600_000), "latched": False,
    }  # fmt: skip
    return raised(f"car-{number}", device=device, **{**fields, **changes})


def towed(desk: Desk, event: AlarmEvent) -> Ticket:
    """Its ticket, after the car has gone and a person has closed it."""
    desk.clock.set(event.at + 700_000)
    ticket = desk.alarm(event)
    gone = msgspec.structs.replace(
        event, id=f"{event.episode}-3", new=AlarmState.NORMAL, old=AlarmState.ACTIVE_UNACK, cause=Cause.RETURNED,
        at=event.at + 600_000, normal_since=event.at + 600_000,
    )  # fmt: skip
    desk.alarm(gone)
    told = Details(reason="已处理", told="现场告知")
    handler = Actor("handler", Role.UNIT_HANDLER, ticket.lead)
    desk.does(handler, desk.again(ticket), Action.ARRIVE, Details(position=(120.1, 30.2)))
    return desk.does(SUPERVISOR, desk.again(ticket), Action.CLOSE_UNRESOLVED, told)


def test_the_days_third_car_and_every_later_one_join_one_hot_spot_ticket(desk: Desk) -> None:
    first, second = towed(desk, car(1, hours=8)), towed(desk, car(2, hours=9))
    assert first.id != second.id
    third = towed(desk, car(3, hours=10))
    fourth = desk.alarm(car(4, hours=23.9))
    assert (third.id, fourth.id, len(desk.tickets)) == (second.id, second.id, 2)
    assert (fourth.state, fourth.hot_spot, fourth.recurrences) == (State.REDO, "20261123", 2)
    assert [episode.episode for episode in fourth.episodes] == ["car-2", "car-3", "car-4"]
    assert domain.replay(desk.store.state.events[fourth.id]) == fourth


def test_the_same_third_car_again_changes_nothing(desk: Desk) -> None:
    for number in (1, 2):
        towed(desk, car(number, hours=8 + number))
    desk.alarm(car(3, hours=12))
    before = desk.store.state.copy()
    assert desk.take(car(3, hours=12)).want is Want.NOTHING
    assert desk.store.state == before


@pytest.mark.parametrize(
    "third",
    [
        car(3, hours=24.01),
        car(3, hours=12, device="park-000002"),
        car(3, hours=12, rule="parking.forbidden", ticket=TicketPolicy(category="illegal-parking", urgency=1)),
    ],
    ids=["on the next day", "in another lane", "of a rule that counts no days"],
)
def test_another_matter_is_no_hot_spot(desk: Desk, third: AlarmEvent) -> None:
    for number in (1, 2):
        towed(desk, car(number, hours=8 + number))
    ticket = desk.alarm(third)
    assert (len(desk.tickets), ticket.state, ticket.hot_spot) == (3, State.DISPATCHED, "")


def test_three_cars_on_one_open_ticket_make_it_the_hot_spot(desk: Desk) -> None:
    cars = [desk.alarm(car(number, hours=8 + number)) for number in (1, 2, 3)]
    assert [ticket.hot_spot for ticket in cars] == ["", "", "20261123"]
    assert len(desk.tickets) == 1
