"""The critical-gas ladder of one incident, sentence by sentence of what it has to do."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.alarms.domain import ladder_moves as moves
from services.alarms.domain.ladder import Change, Ladder, Step
from services.alarms.domain.ladder_plan import DEFAULT_PLAN, MINUTE, SECOND, Office, What
from services.alarms.domain.ladder_reach import Around, Contact, Person, reach
from services.alarms.domain.ladder_words import SAFETY, notices
from streams.contracts import AlarmEvent, AlarmState, Cause, Notice, Page, Severity
from tests.fakes.alarm_events import T0, acknowledged, raised, returned
from tests.fakes.ladders import AROUND, PEOPLE, UNITS

OWN = {"rule": "gas.alarm", "metric": "alarm", "value": 1.0, "limit": 1.0}
"""The detector's own alarm, which says nothing of how much gas there is."""


@dataclass
class Climb:
    """One ladder as events and time move it, from ``T0``."""

    ladder: Ladder | None = None
    log: list[Step] = field(default_factory=list)
    told: list[Notice] = field(default_factory=list)

    def _keep(self, change: Change | None) -> list[What]:
        if change is None:
            return []
        self.ladder, steps = change
        self.log += steps
        for step in steps:
            self.told += notices(self.ladder, step)
        return [step.what for step in steps]

    def take(self, event: AlarmEvent, *, now: int | None = None, around: Around = AROUND) -> list[What]:
        return self._keep(moves.take(self.ladder, event, DEFAULT_PLAN, around, now=event.at if now is None else now))

    def at(self, after_ms: int, *, valve_open: bool = False) -> list[What]:
        assert self.ladder is not None
        return self._keep(moves.pass_time(self.ladder, AROUND, valve_open=valve_open, now=T0 + after_ms))

    def acknowledge(self, after_ms: int, episode: str = "e1") -> list[What]:
        assert self.ladder is not None
        return self._keep(moves.acknowledge(self.ladder, episode, by="周网格", now=T0 + after_ms))

    def arrive(self, after_ms: int) -> list[What]:
        assert self.ladder is not None
        return self._keep(moves.arrive(self.ladder, at=T0 + after_ms, by="陈抢修"))

    def silent(self, **changes: Any) -> list[What]:
        assert self.ladder is not None
        event = raised(
            "s1", **{"rule": "gas.silent", "health": True, "severity": Severity.MINOR, "joins": "e1", **changes}
        )
        return self._keep(moves.fall_silent(self.ladder, event, now=event.at))

    def whom(self, what: What) -> list[tuple[str, str]]:
        """Offices and people of the newest step of that name."""
        number = max(step.number for step in self.log if step.what is what)
        return [(notice.role, notice.to) for notice in self.told if notice.step == number]


def begun(**changes: Any) -> Climb:
    climb = Climb()
    climb.take(raised("e1", **changes))
    return climb


def test_stage_a_tells_resident_property_gas_company_and_grid_worker_at_once() -> None:
    climb = begun(**OWN)
    assert [step.what for step in climb.log] == [What.STARTED]
    assert climb.whom(What.STARTED) == [
        ("resident", AROUND.place),
        ("property", "manager"),  # no property company is registered: the grid's manager stands in
        ("gas_company", "gas-co"),
        ("grid_worker", "worker-1"),
    ]
    assert [notice.stands_in for notice in climb.told] == [False, True, False, False]


def test_every_message_says_no_doorbell_no_switch_no_telephone_inside() -> None:
    climb = begun()
    climb.at(60 * SECOND)
    climb.at(3 * MINUTE)
    climb.silent()
    climb.take(returned("e1", at=T0 + 5 * MINUTE))
    climb.at(30 * MINUTE)
    assert {notice.what for notice in climb.told} >= {"started", "fire_call", "second", "leader", "district", "cleared"}
    assert all(SAFETY[0] in notice.zh and SAFETY[1] in notice.en for notice in climb.told)
    assert all(AROUND.place in notice.zh for notice in climb.told)
    assert all(("62.0 %LEL" in notice.zh) is (notice.role != "resident") for notice in climb.told)
    assert len({notice.id for notice in climb.told}) == len(climb.told)


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": Severity.MAJOR},
        {"cause_of_alarm": "septic-gas"},
        {"backlog": True},
        {"shelved_until": T0 + 1},
        {"suppressed_by": "e0"},
        {"out_of_service": True},
        {"maintenance": True},
        {"health": True},
        {"list_only": True},
        {"new": AlarmState.ACTIVE_ACK},
        {"normal_since": T0},
    ],
    ids=str,
)
def test_what_is_not_critical_gas_here_and_now_starts_no_ladder(changes: dict[str, Any]) -> None:
    climb = Climb()
    assert climb.take(raised("e1", **changes)) == []
    assert climb.ladder is None


def test_an_alarm_that_reaches_us_a_day_late_calls_nobody_as_if_it_were_now() -> None:
    assert Climb().take(raised("e1"), now=T0 + DEFAULT_PLAN.late) == []
    assert Climb().take(raised("e1"), now=T0 + DEFAULT_PLAN.late - 1)[0] is What.STARTED


def test_119_is_a_task_for_a_person() -> None:
    climb = begun()
    assert climb.whom(What.FIRE_CALL) == [("fire_caller", "operator")]
    task = climb.told[-1]
    assert task.task
    assert "119" in task.zh
    assert not any(notice.task for notice in climb.told[:-1])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"value": 50.0}, "concentration"),
        ({"value": 49.9}, ""),
        ({**OWN, "rule": "gas.over_range", "metric": "ch4_lel", "quality": "over_range"}, "concentration"),
        (OWN, ""),
    ],
)
def test_stage_b_starts_at_fifty_percent(changes: dict[str, Any], why: str) -> None:
    climb = begun(**changes)
    assert climb.ladder is not None
    assert climb.ladder.fire_why == why


def test_stage_b_starts_when_a_second_detector_agrees_and_not_for_the_same_one() -> None:
    climb = begun(**OWN)
    assert climb.take(raised("e2", rule="gas.over_range", at=T0 + 1, value=20.0)) == []
    assert climb.take(raised("e3", device="gas-000002", severity=Severity.MAJOR, value=30.0, at=T0 + 2)) == [
        What.JOINED,
        What.FIRE_CALL,
    ]
    assert climb.ladder is not None
    assert climb.ladder.fire_why == moves.SECOND_DETECTOR


def test_a_further_household_hears_of_it_and_so_does_another_grids_worker() -> None:
    climb = begun()
    district = tuple(person for person in PEOPLE if not person.scope)
    nearer = (Person("worker-3", "", "grid_worker", "990101002"), Person("manager", "", "grid_manager", "990101"))
    there = Around("纺织新村 12栋 302", AROUND.building, (*nearer, *district), UNITS)
    climb.take(raised("e2", device="gas-000002", at=T0 + 1), around=there)
    assert climb.whom(What.JOINED) == [("resident", there.place), ("grid_worker", "worker-3")]
    assert climb.told[-2].zh.startswith(f"【燃气紧急】{there.place}，探测到燃气泄漏")
    climb.acknowledge(SECOND)
    third = Around("纺织新村 12栋 303", AROUND.building, PEOPLE, UNITS)
    assert climb.take(raised("e3", device="gas-000003", at=T0 + MINUTE), around=third)[0] is What.CALLED_AGAIN
    assert {third.place, there.place, AROUND.place} <= {to for _, to in climb.whom(What.CALLED_AGAIN)}


def test_a_detector_in_maintenance_agrees_with_nobody() -> None:
    climb = begun(**OWN)
    assert climb.take(raised("e3", device="gas-000002", maintenance=True, at=T0 + 2)) == []


def test_stage_b_starts_when_the_valve_is_open_while_it_alarms() -> None:
    climb = begun(**OWN)
    assert climb.ladder is not None
    assert climb.ladder.due_at == T0 + DEFAULT_PLAN.valve_every
    assert climb.at(2 * SECOND, valve_open=False) == []
    assert climb.ladder.due_at == T0 + 2 * DEFAULT_PLAN.valve_every
    assert climb.at(4 * SECOND, valve_open=True) == [What.FIRE_CALL]
    assert climb.log[-1].why == moves.VALVE_OPEN
    assert climb.ladder.due_at == T0 + 60 * SECOND


def test_stage_b_starts_when_nobody_is_reached_in_three_minutes() -> None:
    climb = begun(**OWN)
    climb.at(60 * SECOND)
    assert climb.at(3 * MINUTE) == [What.LEADER, What.FIRE_CALL]
    assert climb.log[-1].why == moves.NOBODY_REACHED


def test_sixty_seconds_call_a_second_grid_worker_and_street_duty() -> None:
    climb = begun()
    assert climb.at(60 * SECOND - 1) == []
    assert climb.at(60 * SECOND) == [What.SECOND]
    assert climb.whom(What.SECOND) == [("second_grid_worker", "worker-2"), ("street_duty", "dispatcher")]
    assert climb.at(60 * SECOND) == []


def test_three_minutes_call_the_street_leader_and_thirty_the_district() -> None:
    climb = begun()
    climb.at(60 * SECOND)
    assert climb.at(3 * MINUTE) == [What.LEADER]
    assert climb.whom(What.LEADER) == [("street_leader", "leader")]
    assert climb.at(30 * MINUTE - 1) == []
    assert climb.at(30 * MINUTE) == [What.DISTRICT]
    assert climb.whom(What.DISTRICT) == [("district", "head")]
    assert climb.ladder is not None
    assert climb.ladder.due_at is None


def test_what_came_due_while_nobody_looked_is_done_once_in_its_order() -> None:
    climb = begun(**OWN)
    assert climb.at(60 * MINUTE) == [What.SECOND, What.LEADER, What.FIRE_CALL, What.DISTRICT]
    assert climb.at(61 * MINUTE) == []


def test_rule_8_an_acknowledgement_stops_the_call_and_not_the_wait_for_somebody_on_site() -> None:
    climb = begun()
    assert climb.acknowledge(30 * SECOND) == [What.ACKNOWLEDGED]
    assert climb.acknowledge(31 * SECOND) == []
    assert climb.at(29 * MINUTE) == []
    assert climb.at(30 * MINUTE) == [What.DISTRICT]


def test_the_engines_word_of_an_acknowledgement_stops_the_call_too() -> None:
    climb = begun()
    assert climb.take(acknowledged("e1")) == [What.ACKNOWLEDGED]
    assert climb.log[-1].by == "duty"


def test_acknowledging_a_lesser_alarm_of_the_incident_stops_nothing() -> None:
    climb = begun()
    climb.take(raised("e3", device="gas-000002", severity=Severity.MAJOR, at=T0 + 2))
    assert climb.acknowledge(3 * SECOND, "e3") == []
    assert climb.acknowledge(3 * SECOND, "unknown") == []


def test_the_wait_ends_at_arrive_whether_or_not_the_value_has_returned() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    climb.take(returned("e1", at=T0 + MINUTE))
    assert climb.at(30 * MINUTE) == [What.DISTRICT]
    other = begun()
    assert other.arrive(10 * MINUTE) == [What.ARRIVED]
    assert other.arrive(11 * MINUTE) == []
    assert What.DISTRICT not in other.at(30 * MINUTE)


def test_somebody_who_arrived_before_the_alarm_came_for_something_else() -> None:
    assert begun().arrive(-1) == []


def test_everyone_who_was_told_is_told_when_it_clears_each_once() -> None:
    climb = begun()
    climb.at(60 * SECOND)
    climb.acknowledge(61 * SECOND)
    assert climb.take(returned("e1", at=T0 + MINUTE * 2)) == [What.CLEARED]
    people = [to for _, to in climb.whom(What.CLEARED)]
    assert people == [AROUND.place, "manager", "gas-co", "worker-1", "operator", "worker-2", "dispatcher"]
    assert climb.take(returned("e1", number=4, at=T0 + MINUTE * 3)) == []


def test_everyone_is_also_who_held_the_office_in_an_earlier_call() -> None:
    climb = begun()
    climb.at(60 * SECOND)
    climb.acknowledge(61 * SECOND)
    climb.take(raised("e3", device="gas-000002", at=T0 + 2 * MINUTE))
    assert climb.ladder is not None
    relieved = Around("x", people=(Person("worker-9", "孙网格", "grid_worker", ""),))
    later = moves.pass_time(climb.ladder, relieved, valve_open=False, now=T0 + 3 * MINUTE)
    assert later is not None
    climb.ladder = later[0]
    climb.take(returned("e1", at=T0 + 4 * MINUTE))
    climb.take(returned("e3", device="gas-000002", at=T0 + 4 * MINUTE))
    seconds = [to for role, to in climb.whom(What.CLEARED) if role == "second_grid_worker"]
    assert seconds == ["worker-2", "worker-9"]
    assert len({notice.id for notice in climb.told}) == len(climb.told)


def test_a_latched_alarm_whose_gas_has_gone_is_told_as_cleared_and_still_calls() -> None:
    climb = begun()
    latched = {
        "new": AlarmState.ACTIVE_UNACK,
        "old": AlarmState.ACTIVE_UNACK,
        "normal_since": T0 + SECOND,
        "latched": True,
    }
    assert climb.take(returned("e1", number=2, at=T0 + 30 * SECOND, **latched)) == [What.CLEARED]
    assert climb.at(60 * SECOND) == [What.SECOND]


def test_it_has_cleared_when_the_last_detector_has() -> None:
    climb = begun()
    climb.take(raised("e3", device="gas-000002", at=T0 + 2))
    assert climb.take(returned("e1")) == []
    assert climb.take(returned("e3", device="gas-000002")) == [What.CLEARED, What.ENDED]


def test_closing_by_hand_is_not_told_as_cleared() -> None:
    climb = begun()
    closed = returned("e1", cause=Cause.CLOSED, by="吴网格长", why="探测器更换", normal_since=None)
    assert climb.take(closed) == [What.CLOSED, What.ENDED]
    assert "探测器更换" in climb.told[-1].zh


def test_everyone_is_told_when_it_reopens_and_the_clocks_of_the_call_run_anew() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    climb.take(returned("e1", at=T0 + MINUTE))
    again = raised("e1", number=4, at=T0 + 2 * MINUTE, cause=Cause.REALARM, page=Page.AGAIN)
    assert climb.take(again) == [What.REOPENED, What.FIRE_CALL]
    assert climb.at(3 * MINUTE) == [What.SECOND]
    # Nobody has come yet, so a return to normal in between shortens no delay.
    assert What.DISTRICT in climb.at(30 * MINUTE)


def test_after_an_arrival_a_reopening_wants_somebody_on_site_again() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    climb.arrive(10 * SECOND)
    climb.take(returned("e1", at=T0 + MINUTE))
    climb.take(raised("e1", number=4, at=T0 + 2 * MINUTE, cause=Cause.REALARM, page=Page.AGAIN))
    climb.acknowledge(2 * MINUTE + 1)
    assert climb.at(31 * MINUTE) == []
    assert climb.at(32 * MINUTE) == [What.DISTRICT]


def test_everyone_is_told_once_when_a_detector_falls_silent() -> None:
    climb = begun()
    assert climb.silent() == [What.SILENT]
    assert [to for _, to in climb.whom(What.SILENT)] == [AROUND.place, "manager", "gas-co", "worker-1", "operator"]
    assert climb.silent() == []
    assert climb.silent(maintenance=True, device="gas-000003") == []


@pytest.mark.parametrize("page", [Page.SEVERITY, Page.SECOND, Page.BUILDING, Page.AFTER_ACKNOWLEDGEMENT])
def test_rule_9_a_reason_to_page_again_calls_again_after_an_acknowledgement(page: Page) -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    assert climb.take(raised("e3", device="gas-000002", at=T0 + MINUTE, page=page))[0] is What.CALLED_AGAIN
    assert climb.ladder is not None
    assert climb.ladder.calling
    assert climb.at(2 * MINUTE) == [What.SECOND]


def test_rule_9_any_new_member_after_an_acknowledgement_calls_again() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    assert climb.take(raised("e3", device="gas-000002", at=T0 + MINUTE, page=Page.NEW))[0] is What.CALLED_AGAIN


def test_a_second_rule_of_the_same_detector_withdraws_no_acknowledgement() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    assert climb.take(raised("e2", **OWN, at=T0 + 2 * SECOND, page=Page.NEW)) == []
    assert climb.ladder is not None
    assert not climb.ladder.calling


def test_shelving_stops_the_call_says_so_and_its_end_calls_again() -> None:
    climb = begun()
    held = raised("e1", number=2, cause=Cause.HIDDEN, shelved_until=T0 + MINUTE, why="计划作业", at=T0 + SECOND)
    assert climb.take(held) == [What.HELD_BACK]
    assert "计划作业" in climb.told[-1].zh
    assert climb.at(4 * MINUTE) == []
    shown = raised("e1", number=3, cause=Cause.SHOWN, at=T0 + 5 * MINUTE, page=Page.NEW)
    assert climb.take(shown) == [What.CALLED_AGAIN, What.FIRE_CALL]


def test_an_alarm_long_after_everything_was_over_is_an_emergency_of_its_own() -> None:
    climb = begun()
    climb.acknowledge(SECOND)
    climb.arrive(2 * SECOND)
    climb.take(returned("e1", at=T0 + MINUTE))
    later = T0 + MINUTE + DEFAULT_PLAN.fresh_after + 1
    assert climb.take(raised("e9", at=later)) == [What.STARTED, What.FIRE_CALL]
    assert [step.number for step in climb.log] == list(range(1, len(climb.log) + 1))


def test_the_plan_is_a_copy_from_the_ladders_start() -> None:
    climb = begun(**OWN)
    assert climb.ladder is not None
    assert climb.ladder.plan == DEFAULT_PLAN


def test_the_nearest_answers_and_the_district_is_who_sees_all_of_it() -> None:
    people = (
        Person("far", "", "supervisor", ""), Person("near", "", "supervisor", "990101001"),
        Person("boss", "", "administrator", ""),
    )  # fmt: skip
    leader, district = reach((Office.STREET_LEADER, Office.DISTRICT), Around("x", people=people))
    assert (leader.id, district.id) == ("near", "far")


def test_an_office_that_nobody_holds_is_counted_and_not_hidden() -> None:
    nobody = Around("x", people=())
    assert reach((Office.STREET_DUTY,), nobody) == (Contact(Office.STREET_DUTY),)
    change = moves.take(None, raised("e1"), DEFAULT_PLAN, nobody, now=T0)
    assert change is not None
    assert change[0].unreached == 4
