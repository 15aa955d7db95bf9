"""A group that outgrows its bound: no alarm is lost, none is told twice, and its state stays small (ADR 50)."""

from hashlib import md5
from typing import Any

import pytest

from sensors import kinds
from streams.contracts import AlarmEvent, AlarmState, Candidate, Cause, Device, Page, Severity, Source
from streams.groups import JOIN_MS, group, roster
from streams.groups import overflow as full
from streams.groups.roster import Roster
from streams.rules import Beyond, Catalogue
from tests.unit.streams.group_table import MAIN, GroupTable, alarm, returned
from tests.unit.streams.rule_table import GRID, MIN, S

ROOM = 3
BEYOND = f"gas-leak:{MAIN}:overflow"
FEEDER = next(rule for rule in kinds.default_rules() if rule.id == "light.feeder")


@pytest.fixture(autouse=True)
def _small_groups(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.function is test_a_full_group_is_half_of_what_one_record_may_weigh:
        return
    monkeypatch.setattr(group, "MOST_MEMBERS", ROOM)
    monkeypatch.setattr(roster, "MOST_MEMBERS", ROOM)


def leak(home: int, **more: Any) -> AlarmEvent:
    return alarm(f"h{home:03d}", home * S, **more)


def lamps(number: int) -> list[Device]:
    fields: dict[str, Any] = {"attributes": {"nominal_w": "60", "feeder": "F1"}, "period_s": 60}
    return [Device(f"l{n:03d}", "light", GRID, **fields) for n in range(number)]


def chosen_of(devices: list[Device]) -> set[str]:
    roster_now = Roster(Catalogue.of([FEEDER], devices))
    return {device.id for device in devices if roster_now.judges(FEEDER.id, "feeder:F1", device.id)}


@pytest.mark.parametrize("restart_every", [0, 1, 4])
def test_every_alarm_of_a_group_that_is_too_large_is_told_in_one_further_incident(restart_every: int) -> None:
    table = GroupTable(restart_every=restart_every)
    told = table.send(*(leak(number) for number in range(20)))
    assert [event.id for event in told] == [leak(number).id for number in range(20)]
    assert {event.incident for event in told[:ROOM]} == {told[0].incident}
    assert {event.incident for event in told[ROOM:]} == {BEYOND}
    assert {event.group for event in told} == {MAIN}
    assert [event.first_out for event in told[ROOM:]] == [False] * 17
    counted = [what for outcome in table.outcomes for what in outcome.beyond]
    assert counted == [(MAIN, Beyond.ALARM)] * 17
    assert [name for outcome in table.outcomes for name in outcome.incidents] == [told[0].incident, BEYOND]


def test_beyond_the_bound_people_are_called_by_the_same_numbers() -> None:
    table = GroupTable()
    told = table.send(*(leak(number) for number in range(ROOM + 12)))[ROOM:]
    assert [(number, event.page) for number, event in enumerate(told, 1) if event.page] == [
        (1, Page.NEW), (2, Page.SECOND), (5, Page.FIFTH), (10, Page.TENTH),
    ]  # fmt: skip
    (worse,) = table.send(leak(90, severity=Severity.CRITICAL))
    assert worse.page is Page.SEVERITY
    acknowledged = leak(90, number=2, old=AlarmState.ACTIVE_UNACK, new=AlarmState.ACTIVE_ACK, cause=Cause.ACKNOWLEDGED,
                        severity=Severity.CRITICAL, page=None, source=Source(0, 91_000))  # fmt: skip
    assert [event.page for event in table.send(acknowledged)] == [None]
    assert [event.page for event in table.send(leak(92))] == [Page.AFTER_ACKNOWLEDGEMENT]
    late = alarm("late", 93 * S + JOIN_MS)
    assert [event.page for event in table.send(late)] == [Page.NEW], "after half an hour it is news again"


def test_an_alarm_that_began_beyond_the_bound_ends_there_even_when_there_is_room_again() -> None:
    table = GroupTable()
    opened = [leak(number) for number in range(ROOM + 1)]
    table.send(*opened)
    table.send(*(returned(event, MIN + n * S, new=AlarmState.NORMAL) for n, event in enumerate(opened[:ROOM])))
    table.tick(0)
    table.tick(25 * 60 * MIN)
    (back,) = table.send(returned(opened[ROOM], 25 * 60 * MIN + S))
    assert back.incident == BEYOND
    (fresh,) = table.send(alarm("h900", 25 * 60 * MIN + 2 * S))
    assert fresh.incident not in {BEYOND, table.events[0].incident}, "there is room for it"


def test_what_a_restart_of_the_first_stage_repeats_is_not_told_again() -> None:
    table = GroupTable()
    table.send(*(leak(number) for number in range(ROOM + 4)))
    again = table.send(*(leak(number) for number in range(ROOM + 4)))
    assert again == []
    other = table.send(leak(ROOM + 5, source=Source(1, 0)))
    assert len(other) == 1, "another partition counts its own records"


def test_a_known_member_is_taken_in_however_full_the_group_is() -> None:
    table = GroupTable()
    table.send(*(leak(number) for number in range(ROOM + 1)))
    second = alarm("h000", MIN, episode="h000-episode-0001", rule="gas.other")
    assert table.send(second)[0].incident == table.events[0].incident


def test_a_feeder_that_is_too_large_is_judged_by_the_same_few_of_its_lamps_everywhere() -> None:
    street = lamps(40)
    chosen = chosen_of(street)
    assert len(chosen) == ROOM
    table = GroupTable([FEEDER], street, "feeder:F1")
    table.tick(0)
    for lamp in street:
        if lamp.id not in chosen:
            table.condition(lamp.id, S, rule=FEEDER.id)
    assert [event for after in range(2 * S, 4 * MIN, S) for event in table.tick(after)] == []
    assert {what for outcome in table.outcomes for what in outcome.beyond} == {("feeder:F1", Beyond.CONDITION)}
    for name in chosen:
        table.condition(name, 4 * MIN, rule=FEEDER.id)
    (raised,) = [event for after in range(4 * MIN, 8 * MIN, S) for event in table.tick(after)]
    assert raised.value == 100.0
    assert len(chosen & chosen_of(lamps(41))) >= ROOM - 1, "one more lamp puts at most one out"


def test_a_feeder_that_grows_too_large_lets_go_of_those_that_are_not_chosen() -> None:
    street = lamps(40)
    table = GroupTable([FEEDER], street[:ROOM], "feeder:F1")
    table.tick(0)
    for lamp in street[:ROOM]:
        table.condition(lamp.id, S, rule=FEEDER.id)
    table.adopt(devices=street)
    table.tick(2 * S)
    kept = set(table.shard.groups["feeder:F1"].state.members[FEEDER.id])
    assert kept == chosen_of(street) & {lamp.id for lamp in street[:ROOM]}


def test_a_full_group_is_half_of_what_one_record_may_weigh() -> None:
    """A tenth of it here: devices with three rules each, all alarming, and ids as long as they come in practice."""
    table, tenth = GroupTable(), full.MOST_MEMBERS // 10
    for number in range(tenth):
        for turn, rule in enumerate(("gas.ch4", "gas.detector", "gas.silent")):
            event = alarm(
                f"gas-990101001001{number:06d}", number * 10 + turn, rule=rule, building=f"{GRID}{number % 1000:05d}",
                episode=md5(f"{number} {turn}".encode(), usedforsecurity=False).hexdigest(),
            )  # fmt: skip
            table.put(Candidate(MAIN, event))
    assert 10 * len(table.shard.pack(MAIN)) < 1_000_000
