"""Which event goes to whom, by which way, and when."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.duty import Roster, Substitution
from services.notices.domain import (
    MANDATORY,
    NO_WAY,
    STALE,
    Facts,
    Message,
    Person,
    Preference,
    State,
    Subject,
    Urgency,
    Way,
    held_until,
    linked,
    of_call,
    of_event,
    of_test,
    wish_of,
    with_deputies,
)
from services.notices.domain.quiet import ZONE
from services.notices.domain.routes import ROUTES, TO_REPORTER
from services.notices.domain.texts import REPORTER_SAYS, SAYS
from services.tickets.domain.responsible import responsible
from services.tickets.domain.table import ROWS
from services.tickets.domain.words import Action
from services.tickets.domain.words import State as States
from streams.contracts import Notice, TicketEvent
from tests.unit.tickets.ticket_stories import to

AREA = "990101001001001"
PEOPLE = (
    Person("handler", "陈", "unit_handler", "", "gas-co"),
    Person("leader", "褚", "unit_leader", "", "gas-co"),
    Person("stranger", "别", "unit_handler", "", "other-co"),
    Person("unitless", "无", "unit_handler"),
    Person("dispatcher", "冯", "dispatcher"),
    Person("elsewhere", "远", "dispatcher", "990101002"),
    Person("supervisor", "卫", "supervisor"),
    Person("worker", "周", "grid_worker", "990101001"),
    Person("manager", "吴", "grid_manager", "990101001"),
    Person("operator", "郑", "operator"),
    Person("resident", "林", "citizen"),
)
ROLES_ONCE = ("dispatcher", "supervisor", "operator")
FACTS = Facts("t1", "20261122-0001", "gas-co")
BOX = (Way("box", default=True),)
ALL = (Way("box", default=True), Way("mail", personal=True), Way("room"), Way("sms", personal=True))


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"2026-11-22T{text}:00+08:00").timestamp() * 1000)


NOON, NIGHT, MORNING = at("12:00"), at("23:30"), at("03:10")


def event(action: str, now: int = NOON, **more: Any) -> TicketEvent:
    values: dict[str, Any] = {
        "id": f"t1-{action}", "ticket": "t1", "number": "20261122-0001", "version": 3, "action": action,
        "old": "accepted", "new": "dispatched", "stage": "dispatch", "source": "hotline", "area": AREA, "urgency": 0,
        "at": now, "by": "system", "role": "system",
    }  # fmt: skip
    return TicketEvent(**{**values, **more})


def plan(what: TicketEvent, now: int = NOON, *wishes: Preference, **more: Any) -> tuple[Message, ...]:
    given_ = {"facts": FACTS, "people": PEOPLE, "ways": BOX, "on_duty": ("handler", "stranger"), **more}
    chosen = {one.person: one for one in wishes}
    return of_event(what, given_["facts"], given_["people"], chosen, given_["ways"], now, on_duty=given_["on_duty"])


def told(messages: tuple[Message, ...]) -> set[str]:
    return {one.person for one in messages}


@pytest.mark.parametrize(
    ("action", "people", "subject"),
    [
        ("dispatch", {"handler"}, Subject.ASSIGNED),
        ("reassign", {"handler"}, Subject.ASSIGNED),
        ("return", {"dispatcher"}, Subject.REVIEW),
        ("extend", {"supervisor"}, Subject.REVIEW),
        ("extend_no", {"leader"}, Subject.DECIDED),
        ("escalate", {"supervisor", "manager"}, Subject.ESCALATED),
        ("reopen", {"handler"}, Subject.REOPENED),
        ("finish", {"worker"}, Subject.CHECK),
        ("check_ok", {"operator"}, Subject.CALLBACK),
        ("urge", {"handler"}, Subject.ASSIGNED),
        ("verify", {"worker"}, Subject.CHECK),
        ("raise", {"handler"}, Subject.ASSIGNED),
        ("note", set(), None),
    ],
)
def test_an_event_goes_to_those_who_answer_for_it(action: str, people: set[str], subject: Subject | None) -> None:
    planned = plan(event(action))
    assert told(planned) == people
    assert {one.subject for one in planned} == ({subject} if subject else set())


def marked(state: str, mark: str, **more: Any) -> TicketEvent:
    return event("mark", old=state, new=state, mark=mark, **more)


@pytest.mark.parametrize("state", [state for state in States if state.open])
def test_a_card_warns_who_answers_in_its_state_and_a_red_one_supervision_too(state: States) -> None:
    assert plan(marked(state, "")) == (), "the second yellow card of a stage is told nobody"
    yellow, red = told(plan(marked(state, "yellow"))), told(plan(marked(state, "red")))
    who = responsible(to(state).ticket)
    assert who is not None
    (holder,) = (one.id for one in PEOPLE if one.role == who.role and one.id in ("handler", "worker", *ROLES_ONCE))
    assert holder in yellow, "whoever has to act next is warned"
    assert red == yellow | {"supervisor"} | ({"leader"} if "handler" in yellow else set())


def test_a_sub_tasks_card_is_its_own_units() -> None:
    people = (*PEOPLE, Person("helper", "帮", "unit_handler", "", "roads"))
    yellow = marked("in_progress", "yellow", share="roads", units=("gas-co", "roads"))
    assert told(plan(yellow, people=people)) == {"helper"}


def test_a_whistled_unit_is_told_and_the_lead_is_not() -> None:
    people = (*PEOPLE, Person("helper", "帮", "unit_handler", "", "roads"))
    (one,) = plan(event("whistle", share="roads", units=("gas-co", "roads")), people=people)
    assert (one.person, one.subject) == ("helper", Subject.ASSIGNED)
    assert "吹哨" in one.title


def test_a_unit_that_assists_is_asked_to_assist_and_not_to_sign() -> None:
    people = (*PEOPLE, Person("helper", "帮", "unit_handler", "", "roads"))
    titles = {one.person: one.title for one in plan(event("dispatch", units=("gas-co", "roads")), people=people)}
    assert titles.keys() == {"handler", "helper"}
    assert ["签收" in titles["handler"], "协办" in titles["helper"], "签收" in titles["helper"]] == [True, True, False]


def test_a_call_back_tells_its_unit_only_what_is_to_be_done_again() -> None:
    assert told(plan(event("callback", old="callback", new="redo"))) == {"handler"}
    assert plan(event("callback", old="callback", new="closed")) == ()
    assert plan(event("callback", old="callback", new="callback")) == ()


@pytest.mark.parametrize("action", ["dispatch", "reassign", "reopen", "check_bad", "urge"])
@pytest.mark.parametrize(
    ("on_duty", "people", "told_"),
    [
        (("handler",), PEOPLE, {"handler"}),
        (("leader",), PEOPLE, {"leader"}),
        (("handler", "leader"), PEOPLE, {"handler", "leader"}),
        ((), PEOPLE, {"leader"}),
        (("stranger",), PEOPLE, {"leader"}),  # on duty, for another unit
        ((), tuple(one for one in PEOPLE if one.id != "leader"), {"handler"}),
        ((), tuple(one for one in PEOPLE if one.unit != "gas-co"), set()),
    ],
)
def test_a_unit_is_told_by_who_is_on_duty_else_by_its_leaders_else_by_everybody(
    action: str, on_duty: tuple[str, ...], people: tuple[Person, ...], told_: set[str]
) -> None:
    assert told(plan(event(action), on_duty=on_duty, people=people)) == told_


def test_what_the_leader_decides_goes_to_the_leader_whoever_is_on_duty() -> None:
    assert told(plan(event("return_no"), on_duty=("handler",))) == {"leader"}


def test_who_stands_in_for_the_leader_is_told_what_the_leader_decides_while_it_lasts() -> None:
    away = Substitution("s", "gas-co", "leader", "handler", NOON, NOON + 1)
    rosters = {"gas-co": Roster(frozenset({"leader", "handler"}), substitutions=(away,))}
    for now, wanted in ((NOON, {"leader", "handler"}), (NOON + 1, {"leader"})):
        people = with_deputies(PEOPLE, rosters, now)
        assert told(plan(event("return_no"), people=people, on_duty=())) == wanted
        assert told(plan(event("dispatch"), people=people, on_duty=())) == wanted, "nobody is on duty"


def test_every_action_of_the_tables_is_one_of_the_tickets_and_has_its_words() -> None:
    actions = {str(action) for action in Action}
    assert ROUTES.keys() | TO_REPORTER <= actions
    assert ROUTES.keys() <= SAYS.keys()
    assert REPORTER_SAYS.keys() == TO_REPORTER


def test_nobody_is_told_of_what_they_did_themselves() -> None:
    assert told(plan(event("dispatch", by="leader"))) == {"handler"}
    assert told(plan(event("dispatch", by="handler"))) == set()


def test_an_alarm_that_goes_on_is_no_reopening() -> None:
    assert plan(event("realarm", old="in_progress", new="in_progress")) == ()
    assert told(plan(event("realarm", old="closed", new="redo"))) == {"handler"}


def test_the_same_event_plans_the_same_ids_and_each_way_has_its_own() -> None:
    wants = Preference("handler", ("box", "room"))
    first, again = plan(event("dispatch"), NOON, wants, ways=ALL), plan(event("dispatch"), NOON + 5, wants, ways=ALL)
    assert [one.id for one in first] == [one.id for one in again]
    assert len({one.id for one in first}) == 2


def test_a_message_carries_number_and_deadline_and_no_words_of_the_caller() -> None:
    facts = replace(FACTS, phone="13812345678", reporter="resident")
    for one in plan(event("dispatch", deadline=at("10:05"), why="王女士家 3-201 漏气"), facts=facts):
        assert "20261122-0001" in one.title
        assert not any(private in one.title + one.body for private in ("138", "王女士", "3-201"))
    assert "11-22 10:05" in plan(event("dispatch", deadline=at("10:05")))[0].body


def test_english_is_for_whoever_chose_it() -> None:
    (one,) = plan(event("return"), NOON, Preference("dispatcher", language="en"))
    assert one.title == "Ticket 20261122-0001 is to be returned; please decide"


def test_what_is_a_day_old_tells_nobody() -> None:
    old = event("dispatch", NOON - STALE - 1)
    assert plan(old) == ()
    assert plan(event("dispatch", NOON - STALE))


# Quiet hours


@pytest.mark.parametrize(
    ("now", "quiet", "until"),
    [
        (NIGHT, (22 * 60, 7 * 60), at("07:00") + 86_400_000),
        (MORNING, (22 * 60, 7 * 60), at("07:00")),
        (NOON, (22 * 60, 7 * 60), None),
        (at("07:00"), (22 * 60, 7 * 60), None),
        (at("22:00"), (22 * 60, 7 * 60), at("07:00") + 86_400_000),
        (NOON, (12 * 60, 13 * 60), at("13:00")),
        (NOON, (720, 720), None),
        (NIGHT, None, None),
    ],
)
def test_quiet_hours_are_those_of_shanghai(now: int, quiet: tuple[int, int] | None, until: int | None) -> None:
    assert held_until(now, quiet) == until


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 1439), st.integers(0, 1439))
def test_the_end_of_quiet_hours_is_outside_them_and_within_a_day(now: int, begin: int, end: int) -> None:
    until = held_until(now, (begin, end))
    if until is not None:
        assert now < until <= now + 86_400_000
        assert held_until(until, (begin, end)) is None
        local = datetime.fromtimestamp(until / 1000, ZONE)
        assert local.hour * 60 + local.minute == end


def test_quiet_hours_hold_what_can_wait_for_a_digest() -> None:
    for one in plan(event("dispatch", NIGHT), NIGHT):
        assert one.held
        assert one.due == at("07:00") + 86_400_000
        assert one.expires > one.due


@pytest.mark.parametrize("now", [NIGHT, MORNING, NOON])
def test_critical_gas_is_never_held(now: int) -> None:
    for one in plan(event("dispatch", now, urgency=2), now):
        assert (one.due, one.held, one.urgency) == (now, False, Urgency.CRITICAL)


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 86_399_999))
def test_no_quiet_hours_hold_a_call_ladders_message(begin: int, end: int, later: int) -> None:
    now = NOON + later
    notice = Notice("n1", "i1", 1, "started", "worker", "worker", AREA, "gas-1", now, "燃气泄漏", "Gas leak")
    for one in of_call(notice, PEOPLE, {"worker": Preference("worker", quiet=(begin, end))}, BOX, now):
        assert (one.due, one.held) == (now, False)


# Preferences


def test_what_may_be_muted_is_muted_and_what_carries_a_deadline_is_not() -> None:
    everything = frozenset(Subject)
    assert told(plan(event("finish"), NOON, Preference("worker", muted=everything))) == set()
    assert "handler" in told(plan(event("dispatch"), NOON, Preference("handler", muted=everything)))
    assert {Subject.CALL, Subject.CARD, Subject.ASSIGNED} <= MANDATORY


def test_a_chosen_channel_replaces_the_default_once_it_has_its_address() -> None:
    def ways(wants: Preference) -> list[str]:
        return [one.channel for one in plan(event("return"), NOON, wants, ways=ALL)]

    assert ways(Preference("dispatcher")) == ["box"]
    assert ways(Preference("dispatcher", ("mail",))) == ["box"]
    assert ways(Preference("dispatcher", ("mail",), addresses={"mail": "f@example.org"})) == ["mail"]
    assert ways(Preference("dispatcher", ("mail", "room"), addresses={"mail": "f@example.org"})) == ["mail", "room"]


def test_whom_no_channel_reaches_is_kept_as_undelivered_and_not_forgotten() -> None:
    (one,) = plan(event("return"), ways=(Way("mail", personal=True, default=True),))
    assert (one.state, one.channel, one.error, one.settled) == (State.DEAD, "", NO_WAY, NOON)


# The reporter


@pytest.mark.parametrize("action", sorted(TO_REPORTER))
def test_a_reporter_is_told_of_progress_and_result(action: str) -> None:
    facts = replace(FACTS, phone="13812345678")
    planned = [one for one in plan(event(action), facts=facts, ways=ALL) if one.subject is Subject.PROGRESS]
    (one,) = planned
    assert (one.person, one.channel) == ("reporter:t1", "sms")
    assert "13812345678" not in repr(one)


def test_a_reporter_with_an_account_chooses_like_everybody() -> None:
    facts = replace(FACTS, reporter="resident", phone="13812345678")
    wants = Preference("resident", ("mail",), addresses={"mail": "l@example.org"}, language="en")
    (one,) = plan(event("accept"), NOON, wants, facts=facts, ways=ALL)
    assert (one.person, one.channel) == ("resident", "mail")
    assert one.body == "Your report was accepted; we are working on it."


@pytest.mark.parametrize("action", ["check_ok", "master_done"])
def test_a_reporter_whose_ticket_reached_its_call_back_may_answer_by_a_link_that_is_made_when_it_is_sent(
    action: str,
) -> None:
    facts = replace(FACTS, phone="13812345678")

    def body(new: str) -> str:
        planned = plan(event(action, new=new), facts=facts)
        return next(one.body for one in planned if one.person == "reporter:t1")

    waiting = body("callback")
    assert waiting.endswith("〔评价链接〕")
    assert linked(waiting, "https://linli.example/c/abc").endswith("答一次：https://linli.example/c/abc")
    assert linked(waiting, "") == body("closed"), "without a link nothing is said of one"


def test_a_merged_reporter_is_told_the_masters_result_as_it_is() -> None:
    facts = replace(FACTS, phone="13812345678")
    solved, given_up = (
        next(one.body for one in plan(event("master_done", new="callback"), facts=each) if one.person == "reporter:t1")
        for each in (facts, replace(facts, unsolved=True))
    )
    assert "现已处理完毕" in solved
    assert "暂未能解决" in given_up
    assert "处理完毕" not in given_up


def test_who_must_be_told_by_the_tickets_table_is_told() -> None:
    """What the table wants *told* to a reporter; a refused extension changes nothing for them."""
    wanted = {str(row.action) for row in ROWS if "told" in row.required} - {"extend_no"}
    assert wanted <= TO_REPORTER
    assert "master_done" in TO_REPORTER


def test_a_room_is_never_told_what_is_the_reporters() -> None:
    facts = replace(FACTS, phone="13812345678")
    rooms = (Way("room", default=True),)
    (one,) = plan(event("accept"), facts=facts, ways=rooms)
    assert one.state is State.DEAD


# The ladder and the test button


def test_a_ladder_reaches_a_person_or_the_people_of_a_unit() -> None:
    def notice(to: str) -> Notice:
        return Notice("n1", "i1", 1, "started", "unit", to, AREA, "gas-1", NOON, "燃气泄漏", "Gas leak")

    assert told(of_call(notice("worker"), PEOPLE, {}, BOX, NOON)) == {"worker"}
    assert told(of_call(notice("gas-co"), PEOPLE, {}, BOX, NOON, on_duty=["handler"])) == {"handler"}
    assert told(of_call(notice("gas-co"), PEOPLE, {}, BOX, NOON)) == {"leader"}, "nobody is on duty"
    assert of_call(notice(""), PEOPLE, {}, BOX, NOON) == ()


def test_a_test_message_goes_at_once_by_every_chosen_way() -> None:
    wants = Preference("worker", ("box", "room"))
    planned = of_test("worker", "test:1", wants, ALL, NIGHT)
    assert [(one.channel, one.due) for one in planned] == [("box", NIGHT), ("room", NIGHT)]


def goes_by(action: str, *wishes: Preference) -> list[str]:
    """The channels by which the dispatcher hears of it."""
    return [one.channel for one in plan(event(action), NOON, *wishes, ways=ALL) if one.person == "dispatcher"]


def test_an_event_goes_where_its_subject_was_sent_and_the_rest_where_everything_goes() -> None:
    wish = Preference("dispatcher", by_subject={Subject.REVIEW: ("room",)})
    assert goes_by("return", wish) == ["room"]
    assert goes_by("return", replace(wish, by_subject={Subject.CARD: ("room",)})) == ["box"]
    away = replace(wish, channels=("room",), by_subject={Subject.REVIEW: ("mail",)})
    assert goes_by("return", away) == ["room"], "without an address it goes as the rest does, and never nowhere"


def test_a_role_says_where_it_goes_until_a_person_does() -> None:
    of_role = Preference("role:dispatcher", by_subject={Subject.REVIEW: ("room",)}, version=1)
    assert goes_by("return", of_role) == ["room"]
    assert goes_by("return", of_role, Preference("dispatcher", version=1)) == ["box"]
    assert goes_by("return", replace(of_role, person="role:operator")) == ["box"]
    assert goes_by("return", replace(of_role, muted=frozenset({Subject.REVIEW}))) == []
    awake = Preference("role:worker", quiet=None)
    held = {one.held for one in plan(event("finish", NIGHT), NIGHT, awake) if one.person == "worker"}
    assert held == {True}, "a role is called by its name, and no person's sign-in is one"


def test_a_role_lends_nobody_an_address() -> None:
    lent = Preference("role:dispatcher", ("mail",), addresses={"mail": "x@example.org"})
    assert all(wish_of(one, {f"role:{one.role}": lent}).addresses == {} for one in PEOPLE)
    assert goes_by("return", lent) == ["box"]


def test_a_test_message_goes_by_the_channels_of_every_subject_too() -> None:
    wants = Preference("worker", by_subject={Subject.CALL: ("room",)})
    assert [one.channel for one in of_test("worker", "test:1", wants, ALL, NOON)] == ["box", "room"]
