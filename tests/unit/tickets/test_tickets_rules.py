"""What the loop promises, sentence by sentence."""

from typing import Any

import msgspec
import pytest

from services.tickets import domain
from services.tickets.domain import Action, Card, Clock, Details, Proof, Role, Satisfaction, Source, Stage, State
from services.tickets.domain.profiles import DEFAULT
from streams.contracts import Cause, Refused
from tests.fakes.alarm_events import MAJOR, T0
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, Story, called, leak, rebuilt, to

NORMAL_FOR = 30 * MINUTE
REACHED = Details(contacted=True, solved=True, satisfied=Satisfaction.SATISFIED)
UNSOLVED = Details(contacted=True, solved=False, satisfied=Satisfaction.DISSATISFIED)
MISSED = Details(contacted=False)


def handled_leak() -> Story:
    """On site, and the sensor normal since just now."""
    return leak().after(MINUTE).does(Role.UNIT_HANDLER, Action.ARRIVE).after(MINUTE).normal()


def checked_leak() -> Story:
    story = handled_leak().after(NORMAL_FOR)
    return story.does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀"))


def closed_leak() -> Story:
    return checked_leak().after(MINUTE).does(Role.GRID_WORKER, Action.CHECK_OK)


def clocks(story: Story) -> set[str]:
    return {str(run.clock) for run in story.ticket.clocks if run.running}


def refused(story: Story, role: Role, action: Action, details: Details | None = None) -> Refused:
    with pytest.raises(Refused) as refusal:
        story.does(role, action, details)
    return refusal.value


# Opening


def test_an_alarm_goes_on_to_dispatched_by_itself() -> None:
    story = leak()
    assert [event.action for event in story.events] == ["report", "accept", "classify", "dispatch"]
    assert {event.role for event in story.events} == {Role.SYSTEM}
    assert (story.state, story.ticket.stage, story.ticket.lead) == (State.DISPATCHED, Stage.DISPATCH, "unit-a")
    assert (story.ticket.urgency, story.ticket.category) == (2, "gas-leak")


def test_a_critical_ticket_is_to_be_signed_in_five_minutes_and_attended_in_thirty() -> None:
    due = {run.clock: run.due - T0 for run in leak().ticket.clocks}
    assert due == {
        Clock.SIGN: 5 * MINUTE, Clock.ON_SITE: 30 * MINUTE, Clock.RESULT: 2 * HOUR, Clock.FINISH: DAY,
    }  # fmt: skip


def test_a_ticket_without_a_reporter_has_nobody_to_contact() -> None:
    assert "contact" not in clocks(leak())
    assert "contact" in clocks(to(State.DISPATCHED))


def test_the_deadline_is_the_nearest_running_clock() -> None:
    assert leak().ticket.deadline == T0 + 5 * MINUTE


def test_a_call_waits_for_an_operator_two_hours_at_most() -> None:
    story = called()
    assert (story.state, clocks(story)) == (State.REPORTED, {"accept", "finish"})
    assert story.ticket.deadline == T0 + 2 * HOUR


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"text": "", "place": ""}, ["text"]),
        ({"text": " ", "place": "\u3000"}, ["text"]),
        ({"title": " "}, ["title"]),
        ({"title": "", "text": "", "place": ""}, ["title", "text"]),
    ],
)
def test_a_report_of_nothing_is_refused(changes: dict[str, str], missing: list[str]) -> None:
    with pytest.raises(Refused) as refusal:
        called(**changes)
    assert (refusal.value.code, refusal.value.extra["missing"]) == ("fields", missing)


@pytest.mark.parametrize("blank", [{"photo": " "}, {"reading": "\u3000\n"}], ids=str)
def test_spaces_are_no_proof_and_no_reason(blank: dict[str, str]) -> None:
    story = to(State.IN_PROGRESS)
    assert refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="已修复", **blank)).code == "proof"
    story.does(Role.DISPATCHER, Action.WHISTLE)
    given = Details(outcome="已修复", photo="照片", reason=" ")
    assert refused(story, Role.UNIT_HANDLER, Action.FINISH, given).code == "rule"


# The way through


def test_signing_stops_its_clock_and_arriving_stops_two() -> None:
    story = leak().does(Role.UNIT_HANDLER, Action.SIGN)
    assert "sign" not in clocks(story)
    assert clocks(story.does(Role.GRID_WORKER, Action.ARRIVE)) == {"result", "finish"}


def test_an_interim_result_stops_the_result_clock_and_contact_its_own() -> None:
    story = to(State.IN_PROGRESS)
    assert {"result", "contact"} <= clocks(story)
    story.does(Role.UNIT_HANDLER, Action.INTERIM).does(Role.UNIT_HANDLER, Action.CONTACT)
    assert clocks(story) == {"finish"}


def test_another_unit_may_not_act() -> None:
    with pytest.raises(Refused) as refusal:
        leak().does(Role.UNIT_HANDLER, Action.SIGN, unit="unit-b")
    assert refusal.value.code == "forbidden"


def test_an_assisting_unit_may_act() -> None:
    story = to(State.TO_DISPATCH)
    story.does(Role.DISPATCHER, Action.DISPATCH, Details(unit="unit-b", assisting=("unit-a",)))
    assert story.does(Role.UNIT_HANDLER, Action.SIGN).state is State.SIGNED


def test_the_finishing_clock_pauses_while_it_is_checked_and_never_restarts() -> None:
    story = to(State.IN_PROGRESS)
    due = next(run.due for run in story.ticket.clocks if run.clock is Clock.FINISH)
    story.does(Role.UNIT_HANDLER, Action.FINISH)
    assert clocks(story) == {"review"}
    story.after(3 * HOUR).does(Role.GRID_WORKER, Action.CHECK_BAD)
    assert next(run.due for run in story.ticket.clocks if run.clock is Clock.FINISH) == due, "it was a Sunday"
    assert clocks(story) == {"finish", "redo"}
    story.does(Role.UNIT_HANDLER, Action.SIGN).does(Role.UNIT_HANDLER, Action.FINISH)
    story.after(2 * DAY).does(Role.GRID_WORKER, Action.CHECK_BAD)
    assert next(run.due for run in story.ticket.clocks if run.clock is Clock.FINISH) == due + 4 * DAY, (
        "two working days"
    )


def test_a_note_changes_neither_state_nor_clocks() -> None:
    story = to(State.SIGNED)
    before = story.ticket
    after = story.does(Role.ADMINISTRATOR, Action.NOTE).ticket
    assert (after.state, after.clocks, after.version) == (before.state, before.clocks, before.version + 1)


# Returns


def test_a_return_waits_for_its_review_while_the_clocks_run_on() -> None:
    story = to(State.SIGNED)
    running = clocks(story)
    assert clocks(story.does(Role.UNIT_LEADER, Action.RETURN)) == running | {"review"}


def test_an_accepted_return_is_dispatched_anew() -> None:
    story = to(State.RETURN_REVIEW).does(Role.DISPATCHER, Action.RETURN_OK)
    assert (story.state, story.ticket.lead) == (State.TO_DISPATCH, "")
    assert "dispatch" in clocks(story)
    assert not {"sign", "contact", "review"} & clocks(story)


@pytest.mark.parametrize("prior", [State.DISPATCHED, State.SIGNED])
def test_a_refused_return_goes_back_to_where_it_came_from(prior: State) -> None:
    story = to(prior).does(Role.UNIT_LEADER, Action.RETURN).does(Role.DISPATCHER, Action.RETURN_NO)
    assert (story.state, story.ticket.lead) == (prior, "unit-a")


def test_a_critical_ticket_knows_no_return() -> None:
    assert refused(leak(), Role.UNIT_LEADER, Action.RETURN).code == "rule"


@pytest.mark.parametrize("urgency", [1, 2])
def test_a_rise_ends_the_extension_that_was_asked_of_the_old_deadline(urgency: int) -> None:
    story = to(State.EXTENSION_REVIEW).rises_to(urgency)
    run = story.ticket.run(Clock.FINISH)
    assert run is not None
    assert (story.state, story.events[-1].action, run.due) == (State.IN_PROGRESS, Action.EXTEND_NO, story.now + DAY)
    assert story.ticket.run(Clock.REVIEW) is None
    assert rebuilt(story) == story.ticket


def test_a_ticket_that_becomes_critical_is_parked_no_longer() -> None:
    story = to(State.PARKED).rises_to(1)
    assert story.state is State.PARKED
    story.rises_to(2)
    run = story.ticket.run(Clock.FINISH)
    assert run is not None
    assert (story.state, run.running, run.due) == (State.IN_PROGRESS, True, story.now + DAY)
    assert rebuilt(story) == story.ticket


def test_a_ticket_that_becomes_critical_waits_for_nobody() -> None:
    story = to(State.IN_PROGRESS).does(Role.UNIT_HANDLER, Action.WAIT).rises_to(2)
    run = story.ticket.run(Clock.FINISH)
    assert run is not None
    assert (story.ticket.waiting_until, run.running) == (None, True)
    assert rebuilt(story) == story.ticket


@pytest.mark.parametrize("prior", [State.DISPATCHED, State.SIGNED])
def test_a_ticket_that_becomes_critical_is_not_returned_any_more(prior: State) -> None:
    story = to(prior).does(Role.UNIT_LEADER, Action.RETURN).rises_to(2)
    assert (story.state, story.ticket.lead, story.ticket.run(Clock.REVIEW)) == (prior, "unit-a", None)
    assert rebuilt(story) == story.ticket


def test_the_third_return_goes_a_level_up_and_is_final() -> None:
    story = to(State.DISPATCHED)
    for _ in range(2):
        story.does(Role.UNIT_LEADER, Action.RETURN).does(Role.DISPATCHER, Action.RETURN_NO)
    story.does(Role.UNIT_LEADER, Action.RETURN)
    assert refused(story, Role.DISPATCHER, Action.RETURN_NO).code == "forbidden"
    story.does(Role.SUPERVISOR, Action.RETURN_NO)
    assert refused(story, Role.UNIT_LEADER, Action.RETURN).code == "rule"


# Two proofs


def test_finishing_waits_until_the_sensor_has_stayed_normal() -> None:
    story = handled_leak().after(NORMAL_FOR - 1)
    refusal = refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀"))
    assert (refusal.code, refusal.detail) == ("proof", "the sensor has to stay normal for another 1 s")
    assert story.after(1).does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀")).state is State.CHECKING


def test_a_refused_finish_names_the_devices_that_still_alarm_or_the_time() -> None:
    story = leak().alarms("e2", device="gas-000002").does(Role.UNIT_HANDLER, Action.ARRIVE).normal("e1")
    extra = refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀")).extra
    assert (extra["because"], extra["field"], extra["value"]) == ("still_alarming", "signals", "gas-000002")
    assert "sensor_dead" in str(extra["remedy"])
    story.normal("e2", device="gas-000002")
    extra = refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀")).extra
    assert (extra["because"], extra["until"]) == ("too_early", story.now + NORMAL_FOR)
    assert story.after(NORMAL_FOR).does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀"))


def test_no_photo_outweighs_a_sensor_in_alarm() -> None:
    story = leak().does(Role.UNIT_HANDLER, Action.ARRIVE)
    given = Details(outcome="换阀", photo="照片", reading="0 %LEL")
    assert "still in alarm" in refused(story, Role.UNIT_HANDLER, Action.FINISH, given).detail


def test_a_dead_sensor_is_replaced_by_a_portable_reading() -> None:
    story = leak().does(Role.UNIT_HANDLER, Action.ARRIVE)
    dead = Details(outcome="换阀", sensor_dead=True)
    assert refused(story, Role.UNIT_HANDLER, Action.FINISH, dead).code == "proof"
    story.does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀", sensor_dead=True, reading="0 %LEL"))
    assert domain.proof_one(story.ticket, story.now) is Proof.EVIDENCE


def test_an_alarm_that_a_person_closed_proves_nothing_about_the_air() -> None:
    story = leak().does(Role.UNIT_HANDLER, Action.ARRIVE).normal(cause=Cause.CLOSED).after(DAY)
    assert story.ticket.sensor_normal_since is None
    assert refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀")).code == "proof"
    story.does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀", reading="0 %LEL"))
    assert story.state is State.CHECKING


def test_where_no_sensor_watches_a_photo_or_a_reading_is_needed() -> None:
    story = to(State.IN_PROGRESS)
    assert refused(story, Role.UNIT_HANDLER, Action.FINISH, Details(outcome="已换灯")).code == "proof"
    assert story.does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="已换灯", photo="照片")).state is State.CHECKING


def test_the_sensor_alone_closes_nothing() -> None:
    story = leak().after(MINUTE).normal().after(DAY)
    assert (story.state, domain.proof_one(story.ticket, story.now)) == (State.DISPATCHED, Proof.SENSOR)


def test_whoever_handled_it_cannot_confirm_it() -> None:
    story = checked_leak()
    with pytest.raises(Refused) as refusal:
        story.does(Role.GRID_WORKER, Action.CHECK_OK, by="handler")
    assert refusal.value.code == "forbidden"


def test_a_grid_worker_who_came_to_look_may_confirm() -> None:
    story = leak().does(Role.GRID_WORKER, Action.ARRIVE).normal().after(NORMAL_FOR)
    story.does(Role.UNIT_HANDLER, Action.FINISH, Details(outcome="换阀"))
    assert story.does(Role.GRID_WORKER, Action.CHECK_OK).state is State.CLOSED


def test_without_a_reporter_the_check_is_the_second_proof() -> None:
    story = closed_leak()
    assert (story.state, story.ticket.closed_at, story.ticket.clocks) == (State.CLOSED, story.now, ())


def test_with_a_reporter_the_check_leads_to_the_call_back() -> None:
    story = to(State.CHECKING).does(Role.GRID_WORKER, Action.CHECK_OK)
    assert (story.state, clocks(story)) == (State.CALLBACK, {"callback"})


def test_a_person_alone_closes_nothing() -> None:
    story = checked_leak()
    story.ticket = domain.ticket.Ticket(**{**_fields(story), "normal_for_ms": DAY})
    assert refused(story, Role.GRID_WORKER, Action.CHECK_OK).code == "proof"


def _fields(story: Story) -> dict[str, object]:
    return {name: getattr(story.ticket, name) for name in story.ticket.__struct_fields__}


# The call-back


def test_a_content_caller_closes_it() -> None:
    story = to(State.CALLBACK).does(Role.OPERATOR, Action.CALLBACK, REACHED)
    assert (story.state, story.ticket.satisfied) == (State.CLOSED, Satisfaction.SATISFIED)


@pytest.mark.parametrize(
    "answer",
    [UNSOLVED, Details(contacted=True, solved=True, satisfied=Satisfaction.DISSATISFIED)],
    ids=["unsolved", "dissatisfied"],
)
def test_a_dissatisfied_caller_makes_a_redo(answer: Details) -> None:
    story = to(State.CALLBACK).does(Role.OPERATOR, Action.CALLBACK, answer)
    assert (story.state, story.ticket.redos) == (State.REDO, 1)
    assert story.ticket.evidence is None


def test_a_reporter_answers_for_themselves() -> None:
    assert to(State.CALLBACK, Source.CITIZEN).does(Role.CITIZEN, Action.CALLBACK, REACHED).state is State.CLOSED


@pytest.mark.parametrize(
    "half", [{}, {"solved": True}, {"solved": False}, {"satisfied": Satisfaction.SATISFIED}], ids=str
)
def test_an_answer_says_whether_it_is_solved(half: dict[str, Any]) -> None:
    answer = Details(contacted=True, **half)
    assert refused(to(State.CALLBACK), Role.OPERATOR, Action.CALLBACK, answer).code == "fields"


def test_a_second_redo_is_a_supervisors_decision_and_the_answer_is_kept() -> None:
    story = to(State.CALLBACK).does(Role.OPERATOR, Action.CALLBACK, UNSOLVED)
    story.does(Role.UNIT_HANDLER, Action.SIGN).does(Role.UNIT_HANDLER, Action.FINISH)
    story.does(Role.GRID_WORKER, Action.CHECK_OK).does(Role.OPERATOR, Action.CALLBACK, UNSOLVED)
    assert (story.state, story.ticket.satisfied) == (State.CALLBACK, Satisfaction.DISSATISFIED)
    assert story.does(Role.SUPERVISOR, Action.CALLBACK, UNSOLVED).state is State.REDO


def test_three_missed_calls_over_two_days_close_it() -> None:
    story = to(State.CALLBACK)
    for pause in (0, DAY, DAY):
        assert story.state is State.CALLBACK
        story.after(pause).does(Role.OPERATOR, Action.CALLBACK, MISSED)
    assert story.state is State.CLOSED


def test_three_missed_calls_in_an_hour_close_nothing() -> None:
    story = to(State.CALLBACK)
    for _ in range(4):
        story.after(MINUTE).does(Role.OPERATOR, Action.CALLBACK, MISSED)
    assert story.state is State.CALLBACK


def due(story: Story) -> int:
    run = story.ticket.run(Clock.CALLBACK)
    assert run is not None
    return run.due


def test_a_call_that_reached_nobody_was_a_call_and_the_next_is_due_the_day_after() -> None:
    story = to(State.CALLBACK)
    first = due(story)
    story.after(HOUR).does(Role.OPERATOR, Action.CALLBACK, MISSED)
    assert due(story) > first
    assert story.ticket.misses == (story.now,)


@pytest.mark.parametrize("ahead", [2 * HOUR, 2 * DAY], ids=["sooner", "later"])
def test_a_booked_call_is_due_an_hour_after_its_time(ahead: int) -> None:
    story = to(State.CALLBACK)
    booked = story.now + ahead
    story.does(Role.OPERATOR, Action.BOOK, Details(until=booked, text="下班后"))
    assert (story.state, story.ticket.booked, due(story)) == (State.CALLBACK, booked, booked + HOUR)
    assert clocks(story) == {"callback"}
    story.waits(ahead + HOUR + MINUTE)
    assert story.ticket.late
    story.does(Role.OPERATOR, Action.CALLBACK, MISSED)
    assert (story.ticket.booked, story.ticket.late) == (None, False)


def test_what_is_late_stays_late_when_it_is_booked() -> None:
    story = to(State.CALLBACK).waits(9 * DAY)
    assert story.ticket.late
    story.does(Role.OPERATOR, Action.BOOK, Details(until=story.now + DAY))
    assert story.ticket.late
    assert story.does(Role.OPERATOR, Action.CALLBACK, REACHED).state is State.CLOSED


def test_a_call_is_booked_ahead_within_three_working_days_and_three_times() -> None:
    story = to(State.CALLBACK)
    for until in (story.now, story.now + 20 * DAY):
        assert refused(story, Role.OPERATOR, Action.BOOK, Details(until=until)).code == "fields"
    for _ in range(3):
        story.after(MINUTE).does(Role.OPERATOR, Action.BOOK, Details(until=story.now + HOUR))
    refusal = refused(story, Role.OPERATOR, Action.BOOK, Details(until=story.now + HOUR))
    assert refusal.extra["because"] == "often"
    assert Action.BOOK not in domain.allowed_actions(story.ticket, Role.OPERATOR, now=story.now)


def test_a_supervisor_urges_whoever_has_it() -> None:
    story = to(State.IN_PROGRESS).does(Role.SUPERVISOR, Action.URGE, Details(text="今天必须到场"))
    assert (story.state, story.ticket.urges) == (State.IN_PROGRESS, 1)


# Re-alarm, rise, reopen


@pytest.mark.parametrize("same", [True, False], ids=["same episode", "another"])
def test_a_re_alarm_while_it_is_checked_voids_the_proof(same: bool) -> None:
    story = checked_leak().after(MINUTE).alarms("e1" if same else "e2", number=7)
    assert (story.state, story.ticket.evidence) == (State.IN_PROGRESS, None)
    assert clocks(story) == {"finish", "on_site", "redo"}
    assert refused(story.after(DAY), Role.UNIT_HANDLER, Action.FINISH, Details(outcome="x")).code == "proof"


def test_a_later_episode_of_an_open_incident_joins() -> None:
    story = leak().alarms("e2", device="gas-000001")
    assert (story.state, [episode.episode for episode in story.ticket.episodes]) == (State.DISPATCHED, ["e1", "e2"])
    story.normal("e1").after(DAY)
    assert domain.proof_one(story.ticket, story.now) is Proof.NONE
    story.normal("e2").after(NORMAL_FOR)
    assert domain.proof_one(story.ticket, story.now) is Proof.SENSOR


def test_a_re_alarm_after_closing_is_a_redo_and_counts_as_a_recurrence() -> None:
    story = closed_leak().after(HOUR).alarms("e2")
    assert (story.state, story.ticket.recurrences, story.ticket.returns) == (State.REDO, 1, 0)
    assert story.ticket.closed_at is None


def test_a_rise_brings_every_deadline_nearer_and_none_further() -> None:
    story = leak(ticket=MAJOR)
    before = {run.clock: run.due for run in story.ticket.clocks}
    story.after(10 * MINUTE).rises()
    after = {run.clock: run.due for run in story.ticket.clocks}
    assert story.ticket.urgency == 2
    assert [event.action for event in story.events][-2:] == ["realarm", "raise"]
    limits = {Clock.SIGN: 5 * MINUTE, Clock.ON_SITE: 30 * MINUTE, Clock.RESULT: 2 * HOUR, Clock.FINISH: DAY}
    assert after == {clock: min(due, story.now + limits[clock]) for clock, due in before.items()}


def test_a_milder_alarm_does_not_lower_the_urgency() -> None:
    assert leak().alarms("e2", ticket=MAJOR).ticket.urgency == 2


def test_a_reporter_reopens_once_within_seven_days() -> None:
    story = to(State.CLOSED, Source.CITIZEN).after(7 * DAY).does(Role.CITIZEN, Action.REOPEN)
    assert (story.state, clocks(story)) == (State.REDO, {"redo"})
    story.does(Role.UNIT_HANDLER, Action.SIGN).does(Role.UNIT_HANDLER, Action.FINISH)
    story.does(Role.GRID_WORKER, Action.CHECK_OK).does(Role.CITIZEN, Action.CALLBACK, REACHED)
    assert refused(story, Role.CITIZEN, Action.REOPEN).code == "rule"
    assert story.does(Role.SUPERVISOR, Action.REOPEN).state is State.REDO


def test_after_seven_days_a_reporter_reports_anew() -> None:
    story = to(State.CLOSED, Source.CITIZEN).after(7 * DAY + 1)
    assert refused(story, Role.CITIZEN, Action.REOPEN).code == "rule"


# Withdrawing and the archive


@pytest.mark.parametrize("category", ["gas-leak", "septic-gas", "fire-lane"])
def test_a_safety_ticket_is_never_withdrawn(category: str) -> None:
    assert refused(called(Source.CITIZEN, category=category), Role.CITIZEN, Action.WITHDRAW).code == "rule"


def test_a_sensor_ticket_is_never_withdrawn() -> None:
    assert refused(leak(), Role.OPERATOR, Action.WITHDRAW).code == "rule"


def test_an_operator_withdraws_only_for_a_caller() -> None:
    assert refused(called(Source.CITIZEN), Role.OPERATOR, Action.WITHDRAW).code == "forbidden"


def test_it_is_archived_after_the_longest_window() -> None:
    assert to(State.CLOSED).ticket.archive_at == to(State.CLOSED).now + 7 * DAY
    assert to(State.IN_PROGRESS).ticket.archive_at is None


# Clocks and cards


def test_a_card_is_yellow_at_three_quarters_and_red_at_the_end() -> None:
    run = next(run for run in leak().ticket.clocks if run.clock is Clock.SIGN)
    quarter = 5 * MINUTE // 4
    assert run.card_at(run.due - quarter - 1) is None
    assert run.card_at(run.due - quarter) is Card.YELLOW
    assert run.card_at(run.due) is Card.RED


def test_a_yellow_card_that_was_slept_through_is_not_shown_after_the_red_one() -> None:
    story = leak()
    late = T0 + HOUR
    marked, _ = domain.marked(story.ticket, Clock.SIGN, Card.RED, now=late)
    run = next(run for run in marked.clocks if run.clock is Clock.SIGN)
    assert (marked.card, run.next_card(), run.card_at(late)) == (Card.RED, None, None)


def test_a_stopped_clock_takes_its_card_along() -> None:
    story = leak().after(5 * MINUTE)
    story.ticket, _ = domain.marked(story.ticket, Clock.SIGN, Card.RED, now=story.now)
    assert story.does(Role.UNIT_HANDLER, Action.SIGN).ticket.card is Card.NONE


def test_editing_the_policy_bends_no_running_ticket() -> None:
    limits = {urgency: {**row, Clock.DISPATCH: "7m"} for urgency, row in DEFAULT.limits.items()}
    story = called(policy=msgspec.structs.replace(DEFAULT, version=2, limits=limits))
    story.does(Role.OPERATOR, Action.ACCEPT)
    run = next(run for run in story.ticket.clocks if run.clock is Clock.DISPATCH)
    assert (run.limit, run.due) == ("7m", T0 + 7 * MINUTE)
    assert rebuilt(story) == story.ticket
