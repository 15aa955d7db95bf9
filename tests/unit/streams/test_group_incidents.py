"""Incidents: who joins, who is first, who is called (alarms.md rule 9), and what repeats."""

import random
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import AlarmEvent, AlarmState, Candidate, Cause, Page, Severity, Source
from streams.groups import FLOOD_WINDOW_MS, JOIN_MS
from tests.unit.streams.group_table import GroupTable, alarm, returned
from tests.unit.streams.rule_table import HOUR, MIN, S


def pages(events: list[AlarmEvent]) -> list[Page | None]:
    return [event.page for event in events]


def test_forty_households_on_one_main_are_one_incident_and_call_people_four_times() -> None:
    table = GroupTable()
    table.send(*(alarm(f"g{number:02d}", number * S) for number in range(40)))
    assert len({event.incident for event in table.events}) == 1
    assert [event.members for event in table.events] == list(range(1, 41))
    called = {number + 1: event.page for number, event in enumerate(table.events) if event.page}
    assert called == {1: Page.NEW, 2: Page.SECOND, 5: Page.FIFTH, 10: Page.TENTH}
    assert [event.device for event in table.events if event.first_out] == ["g00"]
    assert sum(len(outcome.incidents) for outcome in table.outcomes) == 1


def test_a_new_building_calls_people_and_the_next_household_of_it_does_not() -> None:
    table = GroupTable()
    homes = ["A", "A", "B", "B"]
    events = table.send(*(alarm(f"g{n}", n * S, building=home) for n, home in enumerate(homes)))
    assert pages(events) == [Page.NEW, Page.SECOND, Page.BUILDING, None]


def test_after_an_acknowledgement_any_new_member_calls_people() -> None:
    table = GroupTable()
    first = alarm("g1", 0)
    acknowledged = alarm(
        "g1", S, number=2, old=AlarmState.ACTIVE_UNACK, new=AlarmState.ACTIVE_ACK, cause=Cause.ACKNOWLEDGED, page=None
    )
    table.send(first, alarm("g2", 500), acknowledged)
    assert pages(table.send(alarm("g3", 2 * S), alarm("g4", 3 * S))) == [Page.AFTER_ACKNOWLEDGEMENT] * 2


def test_joining_ends_thirty_minutes_after_the_last_activation() -> None:
    table = GroupTable()
    one, two, three = (alarm("g1", 0), alarm("g2", JOIN_MS), alarm("g3", 2 * JOIN_MS + 1))
    events = table.send(one, two, three)
    assert events[0].incident == events[1].incident != events[2].incident
    assert pages(events) == [Page.NEW, Page.SECOND, Page.NEW]


def test_a_member_that_alarms_again_alone_comes_back_to_its_own_incident_and_calls_people() -> None:
    table = GroupTable()
    first = alarm("g1", 0)
    table.send(first, returned(first, MIN))
    (again,) = table.send(alarm("g1", 2 * HOUR, episode="g1-later-episode"))
    assert again.incident == table.events[0].incident
    assert again.page is Page.NEW


def test_another_rule_on_the_same_device_is_no_new_member_but_calls_when_it_is_worse() -> None:
    table = GroupTable()
    own = {"rule": "gas.alarm", "episode": "own-alarm-of-g1"}
    worse = alarm("g1", S, severity=Severity.CRITICAL, **own)
    same = alarm("g1", 2 * S, rule="gas.over_range", episode="over-range-of-g1", severity=Severity.CRITICAL)
    events = table.send(alarm("g1", 0), worse, same)
    assert pages(events) == [Page.NEW, Page.SEVERITY, None]
    assert {event.members for event in events} == {1}


def test_a_rise_of_one_member_calls_people_and_the_same_rise_of_the_next_does_not() -> None:
    table = GroupTable()
    table.send(alarm("g1", 0), alarm("g2", S))
    rise: dict[str, Any] = {
        "number": 2, "old": AlarmState.ACTIVE_UNACK, "cause": Cause.SEVERITY_UP, "severity": Severity.CRITICAL,
        "page": Page.SEVERITY,
    }  # fmt: skip
    assert pages(table.send(alarm("g1", 2 * S, **rise), alarm("g2", 3 * S, **rise))) == [Page.SEVERITY, None]


def test_warnings_are_listed_with_the_incident_and_neither_call_nor_keep_it_open() -> None:
    table = GroupTable()
    quiet: dict[str, Any] = {"ticket": None, "severity": Severity.WARNING, "page": None}
    events = table.send(
        alarm("w1", 0, **quiet), alarm("g1", MIN), alarm("w2", 20 * MIN, **quiet), alarm("g2", MIN + JOIN_MS + S)
    )
    assert events[0].incident == events[1].incident == events[2].incident != events[3].incident
    assert pages(events) == [None, Page.NEW, None, Page.NEW]
    assert events[1].first_out


def test_a_warning_that_becomes_an_alarm_joins_the_incident_that_began_meanwhile() -> None:
    table = GroupTable()
    warning = alarm("w1", 0, ticket=None, severity=Severity.WARNING, page=None)
    table.send(warning, alarm("g1", HOUR))
    (risen,) = table.send(
        alarm("w1", HOUR + MIN, number=2, old=AlarmState.ACTIVE_UNACK, cause=Cause.SEVERITY_UP, page=Page.SEVERITY)
    )
    assert risen.incident == table.events[1].incident
    assert (risen.page, risen.members) == (Page.SECOND, 2)


def test_two_detectors_of_one_building_raise_the_urgency_and_two_of_two_buildings_do_not() -> None:
    table = GroupTable()
    events = table.send(alarm("g1", 0, building="A"), alarm("g2", S, building="B"), alarm("g3", 2 * S, building="A"))
    assert [event.ticket.urgency for event in events if event.ticket] == [1, 1, 2]


def test_what_is_hidden_joins_calls_nobody_and_does_not_count() -> None:
    table = GroupTable()
    events = table.send(alarm("g1", 0, maintenance=True, page=None), alarm("g2", S))
    assert events[0].incident == events[1].incident
    assert pages(events) == [None, Page.NEW]


def test_a_repetition_by_the_first_stage_changes_nothing() -> None:
    table = GroupTable(restart_every=1)
    opening, both = alarm("g1", 0), alarm("g1", 0, number=2, cause=Cause.SEVERITY_UP, old=AlarmState.ACTIVE_UNACK)
    assert len(table.send(opening, both)) == 2
    assert table.send(opening, both, opening) == []
    newer = returned(opening, S, number=3)
    assert len(table.send(newer)) == 1
    assert table.send(both, newer) == []


def test_a_record_that_comes_again_is_not_applied_twice() -> None:
    table = GroupTable()
    table.send(alarm("g1", 0))
    record = Candidate(table.group, alarm("g2", S))
    table.put(record, 5)
    assert table.put(record, 5) == []


def test_a_flood_begins_with_the_tenth_alarm_spares_critical_ones_and_ends_below_five() -> None:
    table = GroupTable()
    table.send(*(alarm(f"g{n}", n * S) for n in range(9)))
    tenth, critical = table.send(alarm("g9", 9 * S), alarm("c", 10 * S, severity=Severity.CRITICAL))
    assert (tenth.flood, critical.flood) == (True, False)
    assert not any(event.flood for event in table.events[:9])
    (later,) = table.send(alarm("late", FLOOD_WINDOW_MS + 30 * S))
    assert not later.flood


def test_causes_do_not_mix() -> None:
    table = GroupTable()
    gas, lamp = table.send(alarm("g1", 0), alarm("l1", S, cause_of_alarm="lamp-out", rule="light.out"))
    assert gas.incident != lamp.incident
    assert lamp.members == 1


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_of_arrival_gives_the_same_incident_members_and_number_of_calls(order: tuple[int, ...]) -> None:
    events = [alarm(f"g{n}", n * 9 * MIN, source=Source(n, 7)) for n in range(4)]
    table = GroupTable()
    sent = table.send(*(events[place] for place in order))
    assert table.incidents() == {frozenset(event.episode for event in events)}
    assert [event.page for event in sent] == [Page.NEW, Page.SECOND, None, None]
    assert [event for event in sent if event.first_out][-1].device == "g0"


HISTORY = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 20 * MIN), st.booleans(), st.integers(0, 2)), min_size=1, max_size=14
)


@settings(max_examples=60, deadline=None)
@given(history=HISTORY, seed=st.integers(0, 10_000))
def test_grouping_does_not_depend_on_the_order_across_members(
    history: list[tuple[int, int, bool, int]], seed: int
) -> None:
    """Three bursts, hours apart, each member's own records in its own order; across members any order."""
    streams: dict[str, list[AlarmEvent]] = {}
    for burst in range(3):
        for number, after, back, partition in history:
            device, start = f"{burst}-{number}", burst * 3 * HOUR + after
            if device in streams:
                continue
            opening = alarm(device, start, source=Source(partition, start))
            streams[device] = [opening, returned(opening, start + MIN)] if back else [opening]
    straight = sorted((event for own in streams.values() for event in own), key=lambda event: (event.at, event.id))
    # Bursts stay apart, as they do when partitions lag by less than they are apart; within one, anything goes.
    shuffled: list[AlarmEvent] = []
    for burst in range(3):
        waiting = {device: list(own) for device, own in streams.items() if device.startswith(f"{burst}-")}
        rng = random.Random(seed)
        while waiting:
            device = rng.choice(sorted(waiting))
            shuffled.append(waiting[device].pop(0))
            waiting = {name: own for name, own in waiting.items() if own}
    one, other = GroupTable(), GroupTable(restart_every=3)
    one.send(*straight)
    other.send(*shuffled)
    assert one.incidents() == other.incidents()
    assert len(one.incidents()) == 3
    calls = [sorted(str(event.page) for event in table.events if event.page) for table in (one, other)]
    if not any(back for _, _, back, _ in history):
        assert calls[0] == calls[1]


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_restart_at_any_point_gives_the_same_bytes(every: int) -> None:
    whole, broken = GroupTable(), GroupTable(restart_every=every)
    for table in (whole, broken):
        for number in range(12):
            opening = alarm(f"g{number}", number * 4 * MIN, building=str(number % 3))
            table.send(opening)
            table.tick(number * 4 * MIN + S)
            if number % 2:
                table.send(returned(opening, number * 4 * MIN + MIN))
    assert msgspec.json.encode(whole.events) == msgspec.json.encode(broken.events)
