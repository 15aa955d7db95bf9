"""The actions of the whole loop, sentence by sentence: what each needs, allows, starts and ends."""

import msgspec
import pytest

from services.tickets import domain
from services.tickets.domain import Action, Clock, Details, Level, Role, Satisfaction, Source, Stage, State
from services.tickets.domain.responsible import share_of
from streams.contracts import Refused
from tests.fakes.alarm_events import MAJOR, T0
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, Story, called, given, leak, rebuilt, to

UNSOLVED = Details(contacted=True, solved=False, satisfied=Satisfaction.DISSATISFIED)


def clocks(story: Story) -> set[str]:
    return {run.name for run in story.ticket.clocks if run.running}


def paused(story: Story) -> set[str]:
    return {run.name for run in story.ticket.clocks if not run.running}


def due(story: Story, clock: Clock) -> int:
    run = story.ticket.run(clock)
    assert run is not None
    return run.due


def refused(story: Story, role: Role, action: Action, details: Details | None = None, **who: str) -> Refused:
    before = story.ticket
    with pytest.raises(Refused) as refusal:
        story.does(role, action, details, **who)
    assert story.ticket is before
    return refusal.value


def because(story: Story, role: Role, action: Action, details: Details | None = None, **who: str) -> object:
    return refused(story, role, action, details, **who).extra["because"]


def dangerous(state: State = State.REPORTED) -> Story:
    """A citizen smells gas."""
    story = called(category="gas-leak")
    if state is State.ACCEPTED:
        story.does(Role.OPERATOR, Action.ACCEPT)
    return story


# Verifying


def test_a_citizens_report_may_need_a_look_on_site_first() -> None:
    story = to(State.REPORTED, Source.CITIZEN).does(Role.OPERATOR, Action.VERIFY)
    assert (story.state, story.ticket.stage, clocks(story)) == (
        State.VERIFYING, Stage.DISCOVERY, {"accept", "finish", "review"},
    )  # fmt: skip


def test_what_is_found_on_site_is_accepted_and_what_is_not_is_rejected() -> None:
    found = to(State.VERIFYING).does(Role.GRID_WORKER, Action.VERIFIED)
    assert (found.state, clocks(found)) == (State.ACCEPTED, {"dispatch", "finish"})
    nothing = Details(found=False, photo="空地", position=(120.1, 30.2))
    missing = to(State.VERIFYING).does(Role.GRID_WORKER, Action.VERIFIED, nothing)
    assert (missing.state, clocks(missing)) == (State.REJECTED, set())


def test_a_look_shows_a_photo_and_a_position() -> None:
    refusal = refused(to(State.VERIFYING), Role.GRID_WORKER, Action.VERIFIED, Details(found=True))
    assert refusal.extra["missing"] == ["photos|photo", "position|place"]


def test_a_danger_that_a_look_does_not_find_is_still_a_supervisors_to_reject() -> None:
    story = dangerous().does(Role.OPERATOR, Action.VERIFY)
    story.does(Role.GRID_WORKER, Action.VERIFIED, Details(found=False, photo="无味", position=(120.1, 30.2)))
    assert (story.state, story.ticket.found) == (State.ACCEPTED, False)


# Direct answer, transfer


def test_more_than_half_of_all_calls_are_answered_at_once() -> None:
    story = to(State.REPORTED).does(Role.OPERATOR, Action.ANSWER)
    assert (story.state, story.ticket.clocks, story.ticket.outcome) == (State.CLOSED, (), "已答复")


def test_a_danger_is_not_answered_away() -> None:
    assert because(dangerous(), Role.OPERATOR, Action.ANSWER) == "danger"


def test_a_call_handed_to_119_is_noted_with_whom_when_and_their_number() -> None:
    story = to(State.SIGNED)
    before = story.ticket
    story.does(Role.OPERATOR, Action.TRANSFER)
    assert (story.state, story.ticket.clocks) == (before.state, before.clocks)
    assert story.events[-1].evidence == {"to": "119", "at": T0, "reference": "119-0007"}
    assert refused(story, Role.OPERATOR, Action.TRANSFER, Details(to="119")).extra["missing"] == ["at", "reference"]
    for wrong in (story.now + MINUTE + 1, 0):
        given = Details(to="119", at=wrong, reference="1")
        assert refused(story, Role.OPERATOR, Action.TRANSFER, given).extra["wrong"] == ["at"]
    ahead = Details(to="119", at=story.now + MINUTE, reference="1")
    assert story.does(Role.OPERATOR, Action.TRANSFER, ahead).events[-1].evidence["at"] == story.now + MINUTE


# Rejecting and the one appeal


def test_a_rejection_has_a_reason_and_is_told() -> None:
    refusal = refused(to(State.REPORTED), Role.OPERATOR, Action.REJECT, Details(reason="不属本区"))
    assert refusal.extra["missing"] == ["told"]
    blank = refused(to(State.REPORTED), Role.OPERATOR, Action.REJECT, Details(reason=" \u3000\n", told="\t"))
    assert blank.extra["missing"] == ["reason", "told"], "spaces are no reason"


def test_a_safety_ticket_is_rejected_by_a_supervisor_and_never_while_in_alarm() -> None:
    assert refused(dangerous(), Role.OPERATOR, Action.REJECT).code == "forbidden"
    assert dangerous().does(Role.SUPERVISOR, Action.REJECT).state is State.REJECTED
    alarmed = dangerous(State.ACCEPTED).alarms("e1")
    assert because(alarmed, Role.SUPERVISOR, Action.REJECT) == "alarm"


def test_a_reporter_appeals_once_and_the_finishing_clock_goes_on_with_what_was_left() -> None:
    story = to(State.REJECTED, Source.CITIZEN)
    assert (clocks(story), paused(story)) == (set(), {"finish"})
    story.after(3 * DAY).does(Role.CITIZEN, Action.APPEAL)
    assert (story.state, clocks(story), story.ticket.closed_at) == (State.REPORTED, {"accept", "finish"}, None)
    story.does(Role.OPERATOR, Action.REJECT)
    assert because(story, Role.CITIZEN, Action.APPEAL) == "once"


def test_an_appeal_comes_within_seven_days() -> None:
    in_time = to(State.REJECTED, Source.CITIZEN).after(7 * DAY).does(Role.CITIZEN, Action.APPEAL)
    assert in_time.state is State.REPORTED
    assert because(to(State.REJECTED, Source.CITIZEN).after(7 * DAY + 1), Role.CITIZEN, Action.APPEAL) == "seven_days"


def test_a_rejected_ticket_is_archived_after_the_longest_window() -> None:
    story = to(State.REJECTED).waits(7 * DAY)
    assert story.state is State.ARCHIVED


# Classifying


def test_classifying_takes_the_nearer_deadline() -> None:
    story = to(State.ACCEPTED)
    before = due(story, Clock.FINISH)
    story.does(Role.DISPATCHER, Action.CLASSIFY, Details(category="lighting", area="990101", urgency=1))
    assert due(story, Clock.FINISH) == story.now + DAY < before


def test_classifying_never_makes_less_urgent_what_an_alarm_raised() -> None:
    story = dangerous(State.ACCEPTED).alarms("e1")
    story.does(Role.DISPATCHER, Action.CLASSIFY, Details(category="lighting", area="990101", urgency=0))
    assert story.ticket.urgency == 2


# Returns have a limit, reassignments an end


def test_a_return_is_a_unit_leaders() -> None:
    assert refused(to(State.SIGNED), Role.UNIT_HANDLER, Action.RETURN).code == "forbidden"


def test_a_return_comes_within_two_working_days_and_an_urgent_one_within_two_hours() -> None:
    in_time = to(State.SIGNED).after(2 * DAY)  # Sunday to Tuesday
    assert in_time.does(Role.UNIT_LEADER, Action.RETURN).state is State.RETURN_REVIEW
    assert because(to(State.SIGNED).after(3 * DAY), Role.UNIT_LEADER, Action.RETURN) == "return_late"
    urgent = to(State.ACCEPTED).does(
        Role.DISPATCHER, Action.CLASSIFY, Details(category="lighting", area="990101", urgency=1)
    )
    urgent.does(Role.DISPATCHER, Action.DISPATCH).after(2 * HOUR)
    assert Action.RETURN in domain.allowed_actions(
        urgent.ticket, Role.UNIT_LEADER, by="leader", unit="unit-a", now=urgent.now
    )
    urgent.after(1)
    assert because(urgent, Role.UNIT_LEADER, Action.RETURN) == "return_late"


@pytest.mark.parametrize(
    ("state", "role", "action"),
    [
        (State.SIGNED, Role.UNIT_LEADER, Action.RETURN),
        (State.SIGNED, Role.DISPATCHER, Action.REASSIGN),
        (State.SIGNED, Role.DISPATCHER, Action.WHISTLE),
    ],
)
def test_whoever_has_a_ticket_is_none_to_hand_it_to(state: State, role: Role, action: Action) -> None:
    """Handed to itself, a unit that is late would have its clocks anew."""
    story = to(state)
    wanted = given(action, story.ticket, story.now)
    refusal = refused(story, role, action, msgspec.structs.replace(wanted, unit="unit-a"))
    assert (refusal.extra["wrong"], refusal.extra["named"]) == (["unit"], "same_unit")


def test_who_leads_does_not_assist_itself() -> None:
    helped = Details(unit="unit-a", assisting=("unit-a", "unit-b"))
    assert to(State.TO_DISPATCH).does(Role.DISPATCHER, Action.DISPATCH, helped).ticket.assisting == ("unit-b",)


def test_a_reassignment_starts_signing_and_contact_anew() -> None:
    story = to(State.IN_PROGRESS)
    story.after(HOUR).does(Role.DISPATCHER, Action.REASSIGN, Details(unit="unit-c", reason="职责调整"))
    assert (story.state, story.ticket.lead, story.ticket.reassigns) == (State.DISPATCHED, "unit-c", 1)
    assert {run.clock for run in story.ticket.clocks if run.started == story.now} == {Clock.SIGN, Clock.CONTACT}


def test_a_reassignment_takes_a_parked_ticket_up_again() -> None:
    story = to(State.PARKED).does(Role.DISPATCHER, Action.REASSIGN)
    assert (story.state, paused(story)) == (State.DISPATCHED, set())
    assert "review" not in clocks(story)


def test_the_fourth_reassignment_is_a_supervisors_and_the_last() -> None:
    story = to(State.DISPATCHED)
    for _ in range(3):
        story.does(Role.DISPATCHER, Action.REASSIGN)
    assert refused(story, Role.DISPATCHER, Action.REASSIGN).code == "forbidden"
    story.does(Role.SUPERVISOR, Action.REASSIGN)
    assert because(story, Role.SUPERVISOR, Action.REASSIGN) == "final"


# 街道吹哨、部门报到


def test_a_whistle_gives_another_unit_a_sub_task_with_its_own_clock() -> None:
    story = to(State.IN_PROGRESS)
    before = clocks(story)
    story.does(Role.DISPATCHER, Action.WHISTLE)
    assert (story.state, clocks(story) - before) == (State.IN_PROGRESS, {"task-1"})
    assert (story.ticket.lead, story.ticket.assisting) == ("unit-a", ("unit-b",))
    assert story.ticket.deadline == story.now + HOUR


def test_a_sub_task_ends_before_its_master_does() -> None:
    story = to(State.IN_PROGRESS)
    late = Details(unit="unit-b", text="围挡", until=due(story, Clock.FINISH) + 1)
    refusal = refused(story, Role.DISPATCHER, Action.WHISTLE, late)
    assert (refusal.code, refusal.extra["most"]) == ("fields", due(story, Clock.FINISH))


def test_a_sub_task_of_a_ticket_that_is_late_has_a_date_of_its_own() -> None:
    story = to(State.IN_PROGRESS)
    story.now = due(story, Clock.FINISH)
    beyond = Details(unit="unit-b", text="围挡", until=story.now + 90 * DAY + 1)
    assert refused(story, Role.DISPATCHER, Action.WHISTLE, beyond).extra["most"] == story.now + 90 * DAY
    assert story.does(Role.DISPATCHER, Action.WHISTLE).ticket.tasks[0].until == story.now + HOUR


def test_a_sub_task_ends_before_a_master_that_waits_would() -> None:
    story = to(State.IN_PROGRESS)
    most = due(story, Clock.FINISH)
    story.does(Role.UNIT_HANDLER, Action.WAIT)
    late = Details(unit="unit-b", text="围挡", until=most + 1)
    assert refused(story, Role.DISPATCHER, Action.WHISTLE, late).extra["most"] == most


def test_of_several_sub_tasks_only_what_would_outlast_the_master_comes_nearer() -> None:
    story = to(State.IN_PROGRESS)
    for until in (due(story, Clock.FINISH), story.now + HOUR):
        story.does(Role.DISPATCHER, Action.WHISTLE, Details(unit="unit-b", text="围挡", until=until))
    before = {run.name: run for run in story.ticket.clocks}
    story.rises_to(2)
    after = {run.name: run for run in story.ticket.clocks}
    assert after["task-2"] == before["task-2"], "an hour is nearer already"
    assert after["task-1"].due == after["finish"].due == story.now + DAY
    assert after["task-1"].warn == story.now + DAY - DAY // 4, "and its card comes before it"


def test_a_sub_task_that_is_done_leaves_the_others_their_clocks() -> None:
    story = to(State.IN_PROGRESS)
    for _ in range(2):
        story.does(Role.DISPATCHER, Action.WHISTLE)
    before = clocks(story)
    story.does(Role.UNIT_HANDLER, Action.TASK_DONE, by="helper", unit="unit-b")
    assert clocks(story) == before - {"task-1"}


@pytest.mark.parametrize("parked", [False, True])
def test_a_sub_task_comes_nearer_with_its_master(parked: bool) -> None:
    story = to(State.IN_PROGRESS)
    story.does(Role.DISPATCHER, Action.WHISTLE, Details(unit="unit-b", text="围挡", until=due(story, Clock.FINISH)))
    if parked:
        story.does(Role.SUPERVISOR, Action.PARK)
    story.rises_to(2)
    task = story.ticket.run(Clock.TASK)
    assert task is not None
    assert task.due == due(story, Clock.FINISH) == story.ticket.tasks[0].until
    assert rebuilt(story) == story.ticket


def test_an_event_of_a_sub_task_says_whose_share_it_is() -> None:
    story = to(State.IN_PROGRESS).does(Role.DISPATCHER, Action.WHISTLE)
    assert share_of(story.ticket, story.events[-1]) == "unit-b"
    story.waits(2 * HOUR)
    cards = {event.evidence["clock"]: share_of(story.ticket, event) for event in story.events if event.action == "mark"}
    assert cards == {"task-1": "unit-b"}
    story.does(Role.UNIT_HANDLER, Action.TASK_DONE, by="helper", unit="unit-b")
    assert share_of(story.ticket, story.events[-1]) == "unit-b"
    story.does(Role.UNIT_HANDLER, Action.INTERIM)
    assert share_of(story.ticket, story.events[-1]) == ""


def test_only_the_unit_whose_sub_task_it_is_can_do_it() -> None:
    story = to(State.IN_PROGRESS).does(Role.DISPATCHER, Action.WHISTLE)
    assert because(story, Role.UNIT_HANDLER, Action.TASK_DONE) == "no_task"
    story.does(Role.UNIT_HANDLER, Action.TASK_DONE, by="helper", unit="unit-b")
    assert (story.ticket.unfinished, "task-1" in clocks(story)) == ((), False)
    assert story.ticket.tasks[0].done_by == "helper"
    assert "helper" in story.ticket.handlers, "and may not confirm it later"


def test_the_master_waits_for_all_sub_tasks_or_says_why_not() -> None:
    story = to(State.IN_PROGRESS).does(Role.DISPATCHER, Action.WHISTLE)
    assert because(story, Role.UNIT_HANDLER, Action.FINISH) == "tasks_open"
    given = Details(outcome="已修复", photo="照片", reason="围挡已不需要")
    assert story.does(Role.UNIT_HANDLER, Action.FINISH, given).state is State.CHECKING
    assert clocks(story) == {"review"}


def test_a_sub_tasks_unit_stays_on_a_ticket_that_is_reassigned() -> None:
    story = to(State.IN_PROGRESS).does(Role.DISPATCHER, Action.WHISTLE).does(Role.DISPATCHER, Action.REASSIGN)
    assert story.does(Role.UNIT_HANDLER, Action.TASK_DONE, by="helper", unit="unit-b").ticket.unfinished == ()


def test_whistles_are_bounded() -> None:
    story = to(State.IN_PROGRESS)
    for _ in range(20):
        story.does(Role.DISPATCHER, Action.WHISTLE)
    assert because(story, Role.DISPATCHER, Action.WHISTLE) == "many_tasks"


# Waiting for the reporter


def test_a_wait_pauses_the_finishing_clock_and_its_answer_lets_it_go_on() -> None:
    story = to(State.IN_PROGRESS, Source.CITIZEN).does(Role.UNIT_HANDLER, Action.WAIT)
    assert paused(story) == {"finish"}
    story.after(HOUR).does(Role.CITIZEN, Action.WAIT_END, Details(text="七号楼"))
    assert (paused(story), story.ticket.waiting_until) == (set(), None)


def test_a_wait_that_nobody_answers_ends_by_itself() -> None:
    story = to(State.IN_PROGRESS).does(Role.UNIT_HANDLER, Action.WAIT).waits(DAY)
    assert "wait_end" in [event.action for event in story.events]
    assert (story.state, paused(story)) == (State.IN_PROGRESS, set())


def test_a_reporter_is_waited_for_once_and_three_working_days_at_most() -> None:
    story = to(State.IN_PROGRESS)
    long = Details(text="几号楼？", until=story.now + 4 * DAY)  # Sunday to Thursday
    assert refused(story, Role.UNIT_HANDLER, Action.WAIT, long).extra["wrong"] == ["until"]
    story.does(Role.UNIT_HANDLER, Action.WAIT).does(Role.UNIT_HANDLER, Action.WAIT_END)
    assert because(story, Role.UNIT_HANDLER, Action.WAIT) == "once"


def test_without_a_reporter_there_is_nobody_to_wait_for() -> None:
    story = leak(ticket=MAJOR).does(Role.UNIT_HANDLER, Action.ARRIVE)
    assert because(story, Role.UNIT_HANDLER, Action.WAIT) == "nobody"


# Extensions


def test_an_extension_moves_the_date_and_pauses_nothing() -> None:
    story = to(State.IN_PROGRESS)
    before = due(story, Clock.FINISH)
    asked = before + 5 * DAY
    story.does(Role.UNIT_LEADER, Action.EXTEND, Details(reason="等配件", until=asked))
    assert (story.state, paused(story), due(story, Clock.FINISH)) == (State.EXTENSION_REVIEW, set(), before)
    assert "review" in clocks(story)
    story.does(Role.SUPERVISOR, Action.EXTEND_OK)
    assert (story.state, due(story, Clock.FINISH)) == (State.IN_PROGRESS, asked)
    assert "review" not in clocks(story)
    assert rebuilt(story) == story.ticket


def test_a_refused_extension_moves_nothing() -> None:
    story = to(State.EXTENSION_REVIEW)
    before = due(story, Clock.FINISH)
    story.does(Role.SUPERVISOR, Action.EXTEND_NO)
    assert (story.state, due(story, Clock.FINISH)) == (State.IN_PROGRESS, before)


def test_an_extension_that_nobody_decides_lapses_to_no() -> None:
    story = to(State.EXTENSION_REVIEW)
    before = due(story, Clock.FINISH)
    story.waits(2 * DAY + 15 * HOUR)
    assert (story.events[-1].role, story.state, due(story, Clock.FINISH)) == (
        Role.SYSTEM, State.IN_PROGRESS, before,
    )  # fmt: skip


def test_an_extension_returns_to_where_it_was_asked() -> None:
    story = to(State.REDO).does(Role.UNIT_LEADER, Action.EXTEND).does(Role.SUPERVISOR, Action.EXTEND_OK)
    assert story.state is State.REDO


def test_an_extension_is_asked_for_before_the_deadline() -> None:
    story = to(State.IN_PROGRESS)
    story.now = due(story, Clock.FINISH)
    assert because(story, Role.UNIT_LEADER, Action.EXTEND) == "expired"
    story.now -= 1
    assert story.does(Role.UNIT_LEADER, Action.EXTEND).state is State.EXTENSION_REVIEW


def test_an_extension_reaches_ten_working_days_at_most_and_is_asked_for_twice() -> None:
    story = to(State.IN_PROGRESS)
    far = Details(reason="等配件", until=due(story, Clock.FINISH) + 14 * DAY + 1)
    assert refused(story, Role.UNIT_LEADER, Action.EXTEND, far).extra["wrong"] == ["until"]
    for _ in range(2):
        story.does(Role.UNIT_LEADER, Action.EXTEND).does(Role.SUPERVISOR, Action.EXTEND_NO)
    assert because(story, Role.UNIT_LEADER, Action.EXTEND) == "often"


def test_a_date_in_a_year_whose_holidays_are_not_known_is_refused() -> None:
    story = to(State.IN_PROGRESS)
    known_until = domain.calendars.known_until()
    beyond = Details(reason="等配件", until=domain.calendars.known_until_ms() + 366 * DAY)
    refusal = refused(story, Role.UNIT_LEADER, Action.EXTEND, beyond)
    assert (refusal.code, refusal.extra["known_until"]) == ("calendar", known_until.isoformat())


# Parking


def test_parking_pauses_the_finishing_clock_until_its_review() -> None:
    story = to(State.PARKED)
    assert (paused(story), due(story, Clock.REVIEW)) == ({"finish"}, story.now + 30 * DAY)
    assert story.ticket.plan == "列入明年改造"
    story.waits(30 * DAY)
    assert (story.state, story.events[-1].role, paused(story)) == (State.IN_PROGRESS, Role.SYSTEM, set())


def test_a_review_comes_within_ninety_days() -> None:
    story = to(State.IN_PROGRESS)
    far = Details(plan="以后", until=story.now + 90 * DAY + 1)
    assert refused(story, Role.SUPERVISOR, Action.PARK, far).extra["wrong"] == ["until"]


def test_nothing_is_parked_over_a_standing_alarm_and_an_alarm_takes_it_up_again() -> None:
    story = leak(ticket=MAJOR).does(Role.UNIT_HANDLER, Action.ARRIVE)
    assert because(story, Role.SUPERVISOR, Action.PARK) == "alarm"
    story.normal().does(Role.SUPERVISOR, Action.PARK).after(DAY).alarms("e2", ticket=MAJOR)
    assert (story.state, paused(story)) == (State.IN_PROGRESS, set())
    assert [event.action for event in story.events][-2:] == ["realarm", "unpark"]


def test_an_alarm_ends_a_wait() -> None:
    story = to(State.IN_PROGRESS).does(Role.UNIT_HANDLER, Action.WAIT).alarms("e1")
    assert (story.ticket.waiting_until, paused(story), story.ticket.urgency) == (None, set(), 2)


def test_parking_ends_after_four_times() -> None:
    story = to(State.IN_PROGRESS)
    for _ in range(4):
        story.does(Role.SUPERVISOR, Action.PARK).does(Role.SUPERVISOR, Action.UNPARK)
    assert because(story, Role.SUPERVISOR, Action.PARK) == "often"


# A critical ticket


@pytest.mark.parametrize(
    ("role", "action"),
    [
        (Role.UNIT_LEADER, Action.EXTEND),
        (Role.SUPERVISOR, Action.PARK),
        (Role.UNIT_HANDLER, Action.WAIT),
    ],
    ids=str,
)
def test_a_critical_ticket_knows_no_extension_parking_or_wait(role: Role, action: Action) -> None:
    story = to(State.IN_PROGRESS).alarms("e1").normal("e1")
    assert because(story, role, action) == "critical"


# Checking, and closing as unresolved


def test_a_bad_check_shows_a_photo() -> None:
    assert refused(to(State.CHECKING), Role.GRID_WORKER, Action.CHECK_BAD, Details()).extra["missing"] == [
        "photos|photo"
    ]


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.PARKED, State.CHECKING, State.CALLBACK])
def test_a_supervisor_closes_what_cannot_be_solved_and_it_counts_as_unsolved(state: State) -> None:
    story = to(state).does(Role.SUPERVISOR, Action.CLOSE_UNRESOLVED)
    assert (story.state, story.ticket.unsolved, story.ticket.clocks) == (State.CLOSED, True, ())
    assert rebuilt(story) == story.ticket


def test_a_reason_and_the_telling_belong_to_it() -> None:
    refusal = refused(to(State.CALLBACK), Role.SUPERVISOR, Action.CLOSE_UNRESOLVED, Details(reason="产权争议"))
    assert refusal.extra["missing"] == ["told"]


def test_nothing_that_a_sensor_still_sees_is_closed_as_unresolved() -> None:
    story = leak().does(Role.UNIT_HANDLER, Action.ARRIVE)
    assert because(story, Role.SUPERVISOR, Action.CLOSE_UNRESOLVED) == "alarm"


# Urging


def test_an_urge_is_counted_and_changes_no_clock() -> None:
    story = to(State.SIGNED, Source.CITIZEN)
    before = story.ticket.clocks
    story.does(Role.CITIZEN, Action.URGE).does(Role.OPERATOR, Action.URGE)
    assert (story.ticket.urges, story.ticket.clocks) == (2, before)


# Merging


def test_a_merged_ticket_waits_with_what_had_elapsed_and_comes_back_as_it_was() -> None:
    story = to(State.SIGNED).after(HOUR)
    before = {run.name: run.due for run in story.ticket.clocks}
    story.does(Role.OPERATOR, Action.MERGE)
    assert (story.state, clocks(story), story.ticket.master) == (State.MERGED, set(), "master")
    story.after(DAY).does(Role.OPERATOR, Action.UNMERGE)
    assert (story.state, story.ticket.master) == (State.SIGNED, "")
    after = {run.name: run.due for run in story.ticket.clocks}
    assert after["result"] >= before["result"]
    assert after.keys() == before.keys()
    assert rebuilt(story) == story.ticket


def test_a_continuous_clock_has_as_much_left_after_the_merge_as_before() -> None:
    story = to(State.ACCEPTED).after(2 * MINUTE).does(Role.OPERATOR, Action.MERGE)
    story.after(DAY).does(Role.OPERATOR, Action.UNMERGE)
    assert due(story, Clock.DISPATCH) == story.now + 3 * MINUTE


def test_what_was_paused_before_the_merge_stays_paused_after_it() -> None:
    story = to(State.CHECKING).does(Role.OPERATOR, Action.MERGE).does(Role.OPERATOR, Action.UNMERGE)
    assert (story.state, clocks(story), paused(story)) == (State.CHECKING, {"review"}, {"finish"})


def test_a_wait_lasts_through_a_merge() -> None:
    story = to(State.IN_PROGRESS).does(Role.UNIT_HANDLER, Action.WAIT)
    story.does(Role.OPERATOR, Action.MERGE).does(Role.OPERATOR, Action.UNMERGE)
    assert (story.ticket.waiting_until is not None, paused(story)) == (True, {"finish"})
    assert paused(story.waits(DAY)) == set()


def test_a_ticket_is_merged_into_an_open_one_that_is_not_itself() -> None:
    story = to(State.SIGNED)
    story.master = story.ticket
    assert because(story, Role.OPERATOR, Action.MERGE) == "itself"
    story.master = to(State.CLOSED, Source.CITIZEN).ticket
    story.master = domain.replay(_renamed(to(State.CLOSED), "t7"))
    assert because(story, Role.OPERATOR, Action.MERGE) == "ended"
    story.master = domain.replay(_renamed(to(State.MERGED), "t8"))
    assert because(story, Role.OPERATOR, Action.MERGE) == "merged"
    story.master = None
    assert refused(story, Role.OPERATOR, Action.MERGE).extra["wrong"] == ["master"]


def _renamed(story: Story, name: str) -> tuple[domain.Event, ...]:
    return tuple(
        domain.Event(**{**{field: getattr(event, field) for field in event.__struct_fields__}, "ticket": name})
        for event in story.events
    )


def test_a_danger_is_not_merged_away_while_its_alarm_stands() -> None:
    assert because(leak(), Role.OPERATOR, Action.MERGE) == "alarm"


def test_the_safety_ticket_is_the_master() -> None:
    assert because(dangerous(), Role.OPERATOR, Action.MERGE) == "danger_leads"
    story = dangerous()
    story.master = leak().ticket
    assert story.does(Role.OPERATOR, Action.MERGE).ticket.master == "t2"


def test_a_merged_reporter_is_told_the_masters_result_and_called_back() -> None:
    story = to(State.REPORTED).does(Role.OPERATOR, Action.MERGE)
    master = to(State.CLOSED).ticket
    story.master_ends(master)
    assert (story.state, clocks(story)) == (State.CALLBACK, {"callback"})
    assert (story.ticket.told, story.ticket.lead, story.ticket.checked_by) == ("已修复", "unit-a", "worker")
    story.does(Role.OPERATOR, Action.CALLBACK)
    assert story.state is State.CLOSED
    assert rebuilt(story) == story.ticket


def test_a_merged_reporter_who_is_not_content_has_it_done_again() -> None:
    story = to(State.REPORTED).does(Role.OPERATOR, Action.MERGE).master_ends(to(State.CLOSED).ticket)
    story.does(Role.OPERATOR, Action.CALLBACK, UNSOLVED)
    assert (story.state, story.ticket.told) == (State.REDO, "")
    assert story.does(Role.UNIT_HANDLER, Action.SIGN).state is State.IN_PROGRESS


def test_a_merged_ticket_without_a_reporter_ends_with_its_master() -> None:
    story = called(Source.PATROL, reporter="").does(Role.OPERATOR, Action.MERGE)
    assert story.master_ends(to(State.CLOSED).ticket).state is State.CLOSED


def test_a_withdrawn_master_takes_nobodys_report_along() -> None:
    story = to(State.REPORTED).does(Role.OPERATOR, Action.MERGE).master_ends(to(State.WITHDRAWN).ticket)
    assert (story.state, clocks(story)) == (State.REPORTED, {"accept", "finish"})


def test_a_merged_ticket_is_never_shown_as_resolved_by_itself() -> None:
    story = to(State.REPORTED).does(Role.OPERATOR, Action.MERGE).waits(400 * DAY)
    assert (story.state, story.ticket.closed_at, story.ticket.stage) == (State.MERGED, None, Stage.DISCOVERY)


# Whose it is


@pytest.mark.parametrize(
    ("state", "role"),
    [
        (State.REPORTED, Role.OPERATOR),
        (State.VERIFYING, Role.GRID_WORKER),
        (State.ACCEPTED, Role.DISPATCHER),
        (State.TO_DISPATCH, Role.DISPATCHER),
        (State.DISPATCHED, Role.UNIT_HANDLER),
        (State.RETURN_REVIEW, Role.DISPATCHER),
        (State.EXTENSION_REVIEW, Role.SUPERVISOR),
        (State.PARKED, Role.SUPERVISOR),
        (State.CHECKING, Role.GRID_WORKER),
        (State.CALLBACK, Role.OPERATOR),
        (State.REDO, Role.UNIT_HANDLER),
    ],
    ids=str,
)
def test_every_open_ticket_is_somebodys(state: State, role: Role) -> None:
    who = domain.responsible(to(state).ticket)
    assert who is not None
    assert who.role is role


def test_a_lapsed_review_makes_it_the_next_ones_up() -> None:
    for state, role in ((State.CHECKING, Role.GRID_MANAGER), (State.RETURN_REVIEW, Role.SUPERVISOR)):
        who = domain.responsible(to(state).waits(3 * DAY).ticket)
        assert who is not None
        assert (who.role, who.level) == (role, Level.COMMUNITY)


def test_a_redo_without_a_unit_is_a_dispatchers_to_assign() -> None:
    answered = to(State.REPORTED).does(Role.OPERATOR, Action.ANSWER).ticket
    story = to(State.REPORTED).does(Role.OPERATOR, Action.MERGE).master_ends(answered)
    story.does(Role.OPERATOR, Action.CALLBACK, UNSOLVED)
    who = domain.responsible(story.ticket)
    assert who is not None
    assert (story.state, who.role) == (State.REDO, Role.DISPATCHER)
    assert story.does(Role.DISPATCHER, Action.REASSIGN).ticket.lead == "unit-a"
