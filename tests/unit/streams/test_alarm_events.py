"""alarms.md rule 12: an event field by field, and why an event by itself calls people."""

from typing import Any

import msgspec
import pytest

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Candidate,
    Cause,
    Evidence,
    Member,
    Members,
    Page,
    Quality,
    Severity,
    Source,
    Tick,
    TicketPolicy,
)
from streams.contracts.devices import DeviceState
from streams.rules import Outcome, episode_id, page_of
from tests.unit.streams.rule_table import CH4, GRID, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas

UNACK, ACK, RTN, NORMAL = (
    AlarmState.ACTIVE_UNACK,
    AlarmState.ACTIVE_ACK,
    AlarmState.RTN_UNACK,
    AlarmState.NORMAL,
)
BUILDING = GRID + "00001"


def test_12_an_opening_says_everything_that_anybody_downstream_needs() -> None:
    table = Table(rules=[CH4], devices=[gas(building=BUILDING)])
    table.send(0, 60)
    (opened,) = table.send(10 * S, 110, quality=Quality.OVER_RANGE)
    episode = episode_id("g1", "gas.ch4", T0)
    assert opened == AlarmEvent(
        id=f"{episode}-1",
        episode=episode,
        incident="gas-leak:g1",
        rule="gas.ch4",
        rule_version=1,
        cause_of_alarm="gas-leak",
        device="g1",
        kind="gas",
        metric="ch4_lel",
        grid=GRID,
        severity=Severity.CRITICAL,
        old=NORMAL,
        new=UNACK,
        cause=Cause.CONFIRMED,
        at=T0 + 10 * S,
        since=T0,
        source=Source(0, 1),
        ts=T0 + 10 * S,
        arrival=T0 + 10 * S,
        value=110.0,
        limit=50,
        building=BUILDING,
        ticket=TicketPolicy("gas", 2),
        latched=True,
        quality="over_range",
        samples=(
            Evidence(T0, T0, 60.0, "good", 0, 0),
            Evidence(T0 + 10 * S, T0 + 10 * S, 110.0, "over_range", 0, 1),
        ),
        page=Page.NEW,
    )


def test_12_an_answer_says_by_whom_why_and_when() -> None:
    table = Table(rules=[msgspec.structs.replace(CH4, max_shelve_ms=HOUR)])
    opened = table.leak()
    (answered,) = table.do(ActionName.ACKNOWLEDGE, MIN, by="wang")
    assert answered == msgspec.structs.replace(
        opened,
        id=f"{opened.episode}-2",
        old=UNACK,
        new=ACK,
        cause=Cause.ACKNOWLEDGED,
        at=T0 + MIN,
        source=Source(0, 2),
        by="wang",
        why="because",
        samples=(),
        page=None,
    )
    table.send(2 * MIN, 1)
    (gone,) = table.send(12 * MIN, 2)
    (reset,) = table.do(ActionName.RESET, 20 * MIN, by="li")
    assert (gone.latched, gone.normal_since, reset.latched) == (True, T0 + 2 * MIN, False)
    assert (reset.at, reset.by, reset.why, reset.old, reset.new) == (T0 + 20 * MIN, "li", "because", ACK, NORMAL)
    assert (reset.severity, reset.limit, reset.samples) == (Severity.CRITICAL, 50, ())


def test_12_a_late_sample_by_arrival_is_named_with_both_its_times() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30, ts=51 * S)
    (opened,) = table.send(30 * S, 30, ts=81 * S)
    assert (opened.ts, opened.arrival, opened.quality) == (T0 + 81 * S, T0 + 30 * S, "arrival_time")
    assert opened.samples == (
        Evidence(T0 + 51 * S, T0, 30.0, "arrival_time", 0, 0),
        Evidence(T0 + 81 * S, T0 + 30 * S, 30.0, "arrival_time", 0, 1),
    )


def test_a_silence_has_no_sample_and_is_dated_by_what_was_heard_last() -> None:
    table = Table(rules=[SILENT])
    table.send(0, 3)
    (quiet,) = table.tick(2 * HOUR)
    assert (quiet.episode, quiet.since, quiet.at) == (episode_id("g1", SILENT.id, T0), T0, T0 + HOUR)
    assert (quiet.ts, quiet.arrival, quiet.value, quiet.quality, quiet.samples) == (None, None, None, "good", ())


def test_what_the_second_stage_needs_goes_there_and_nowhere_else() -> None:
    grouped = msgspec.structs.replace(PLAIN, group=("building",))
    counted = msgspec.structs.replace(
        SILENT, id="gas.dark", metric="", measure=Members(silent_periods=3), op=PLAIN.op, group=("building",)
    )
    table = Table(rules=[grouped, counted], devices=[gas(building=BUILDING, period_s=60)])
    table.send(0, 30)
    table.send(30 * S, 30)
    table.tick(HOUR)
    opened, against = table.groups
    assert isinstance(opened, Candidate)
    assert (opened.group, opened.event.group, opened.event.device) == (f"building:{BUILDING}",) * 2 + ("g1",)
    assert against == Member(
        group=f"building:{BUILDING}",
        rule="gas.dark",
        device="g1",
        grid=GRID,
        at=T0 + 30 * S + 3 * MIN,
        source=Source(0, 2),
        condition=True,
        building=BUILDING,
    )
    assert table.events == []


def test_time_alone_moves_nothing_and_whatever_others_act_on_does() -> None:
    table = Table(rules=[CH4])
    table.tick(0)
    assert table.last is not None
    assert (table.last.groups, table.last.moved) == ([Tick("gw", T0)], [])
    table.leak()
    assert table.last.moved == [GRID]
    outcome = Outcome(Source(0, 0))
    outcome.inputs.append(Action("a", ActionName.SUPPRESS, GRID, "g1", "r", "e", "by", T0))
    outcome.note("F1")
    outcome.groups.append(Member("g", "r", "d", GRID, T0, Source(0, 0)))
    outcome.note("F2")
    outcome.note("F3")
    outcome.groups.append(Member("g", "r", "d", GRID, T0, Source(0, 0)))
    outcome.note("F1")
    assert outcome.moved == ["F1", "F2"]


def happened(**more: Any) -> AlarmEvent:
    """A rise to the alarm that calls people, but for ``more``."""
    event = Table(rules=[CH4]).leak()
    return msgspec.structs.replace(event, **more)


@pytest.mark.parametrize(
    ("more", "page"),
    [
        ({}, Page.NEW),
        ({"cause": Cause.UNREFUTED}, Page.NEW),
        ({"cause": Cause.RULE}, Page.NEW),
        ({"old": RTN, "cause": Cause.REALARM}, Page.AGAIN),
        ({"old": RTN}, Page.NEW),
        ({"old": ACK, "cause": Cause.REALARM}, Page.AGAIN),
        ({"old": UNACK, "cause": Cause.SEVERITY_UP}, Page.SEVERITY),
        ({"old": ACK, "cause": Cause.RULE}, Page.SEVERITY),
        ({"old": UNACK, "cause": Cause.CONFIRMED}, Page.NEW),
        ({"old": UNACK, "cause": Cause.SHOWN}, Page.NEW),
        ({"old": UNACK, "cause": Cause.SEVERITY_DOWN}, None),
        ({"old": UNACK, "cause": Cause.RETURNED}, None),
        ({"new": ACK}, None),
        ({"new": RTN}, None),
        ({"normal_since": T0}, None),
        ({"backlog": True}, None),
        ({"ticket": None}, None),
        ({"joins": "another"}, None),
        ({"shelved_until": T0}, None),
        ({"suppressed_by": "another"}, None),
        ({"out_of_service": True}, None),
        ({"maintenance": True}, None),
    ],
    ids=str,
)
def test_what_calls_people_and_why(more: dict[str, Any], page: Page | None) -> None:
    assert page_of(happened(**more)) is page


def test_the_end_of_a_shelving_in_maintenance_is_still_hidden() -> None:
    table = Table(rules=[msgspec.structs.replace(PLAIN, max_shelve_ms=HOUR)])
    table.tick(0)
    table.send(S, 30)
    table.send(31 * S, 30)
    table.do(ActionName.SHELVE, MIN, until=HOUR)
    table.adopt(devices=[gas(state=DeviceState.MAINTENANCE, version=2)])
    table.tick(2 * MIN)
    (ended,) = table.tick(HOUR)
    assert (ended.cause, ended.why, ended.shelved_until, ended.maintenance) == (
        Cause.HIDDEN,
        "the shelving has ended",
        None,
        True,
    )
