"""A bug while stepping one device stops that rule for that device, and nothing else."""

import msgspec
import pytest

from streams.contracts import ActionName, AlarmEvent, AlarmState, Level, Members, Op, Severity
from streams.rules import TooManyFaults, acts, device_step, episode_id, machine
from streams.rules.crowd import Crowd
from tests.unit.streams.rule_table import BROKEN, CH4, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas


def test_a_bug_rolls_the_device_back_reports_it_and_the_rest_goes_on() -> None:
    table = Table(rules=[PLAIN, BROKEN], devices=[gas("g1"), gas("g2")])
    (isolated,) = table.send(0, 30)
    assert (isolated.rule, isolated.severity, isolated.device) == ("engine.isolated", Severity.CRITICAL, "g1")
    assert table.last is not None
    (fault,) = table.last.faults
    assert (fault.device, fault.rule, fault.source.offset) == ("g1", "gas.broken", 0)
    assert "TypeError" in fault.trace
    assert fault.error.startswith("TypeError(")
    (raised,) = table.send(30 * S, 30)
    assert raised.rule == PLAIN.id
    assert table.send(31 * S, 2, device="g2") == []


def test_a_disabled_rule_stays_disabled_across_a_restart_and_returns_with_a_new_version() -> None:
    table = Table(rules=[BROKEN])
    table.send(0, 30)
    table.restart()
    assert table.send(S, 30) == []
    assert table.last is not None
    assert table.last.faults == []
    fixed = msgspec.structs.replace(BROKEN, version=2, levels=(Level(Severity.MAJOR, 20),))
    table.adopt(rules=[fixed])
    events = table.tick(MIN)
    assert [(event.rule, event.new) for event in events] == [
        ("engine.isolated", "rtn_unack"),
        ("gas.broken", "active_unack"),
    ]


def test_too_many_bugs_stop_the_process() -> None:
    table = Table(rules=[BROKEN, CH4], devices=[gas(f"g{n}") for n in range(5)], most_faults=3)
    for number in range(3):
        table.send(number * S, 30, device=f"g{number}")
    with pytest.raises(TooManyFaults):
        table.send(4 * S, 30, device="g4")


def isolation(events: list[AlarmEvent]) -> AlarmEvent:
    (told,) = [event for event in events if event.rule == "engine.isolated"]
    return told


def test_a_bug_that_time_a_person_or_a_new_rule_meets_is_dated_by_them() -> None:
    waiting = Table(rules=[msgspec.structs.replace(BROKEN, reorder_wait_ms=MIN)])
    waiting.send(0, 30)
    assert isolation(waiting.tick(HOUR)).at == T0 + MIN
    shelving = Table(rules=[msgspec.structs.replace(PLAIN, max_shelve_ms="long")])
    shelving.tick(0)
    asked = shelving.do(ActionName.SHELVE, MIN, until=HOUR, device="g1", rule=PLAIN.id, episode="-")
    assert isolation(asked).at == T0 + MIN
    assert shelving.last is not None
    assert len(shelving.last.faults) == 1, "an act is tried once, though its rule is off by then"
    new = Table(rules=[])
    new.send(0, 30)
    new.adopt(rules=[BROKEN])
    assert isolation(new.tick(MIN)).at == T0 + MIN


def test_a_bug_outside_of_every_rule_puts_the_device_aside_until_it_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(rules=[PLAIN], devices=[gas("g1"), gas("g2")])
    with monkeypatch.context() as broken:
        broken.setattr(device_step, "judge", None)
        assert isolation(table.send(0, 30)).device == "g1"
        assert table.last is not None
        (fault,) = table.last.faults
        assert fault.rule is None
        assert table.send(S, 30) == []
        assert table.last.faults == []
    table.restart()
    assert table.send(2 * S, 30) == table.send(MIN, 30) == []
    assert table.tick(24 * HOUR) == []
    table.adopt(devices=[gas("g1", version=2), gas("g2")])
    assert isolation(table.tick(25 * HOUR)).new is AlarmState.RTN_UNACK
    table.send(26 * HOUR, 30)
    (raised,) = table.send(26 * HOUR + MIN, 30)
    assert raised.rule == PLAIN.id


def test_a_second_bug_of_another_rule_adds_to_the_alarm_that_stands_and_one_repair_lifts_only_its_own() -> None:
    other = msgspec.structs.replace(BROKEN, id="gas.faulty")
    table = Table(rules=[BROKEN, other, PLAIN])
    raised = table.send(0, 30)
    assert [event.rule for event in raised] == ["engine.isolated"]
    fixed = msgspec.structs.replace(BROKEN, version=2, levels=(Level(Severity.MAJOR, 99),))
    table.adopt(rules=[fixed, other, PLAIN])
    assert table.tick(S) == []
    mended = msgspec.structs.replace(other, version=2, levels=(Level(Severity.MAJOR, 99),))
    table.adopt(rules=[fixed, mended, PLAIN])
    assert isolation(table.tick(2 * S)).new is AlarmState.RTN_UNACK


def test_bugs_are_counted_over_one_minute_of_record_time() -> None:
    table = Table(rules=[BROKEN], devices=[gas(f"g{n}") for n in range(9)], most_faults=2)
    for number, second in enumerate((0, 30, 61, 91, 122)):
        table.send(second * S, 30, device=f"g{number}")
    with pytest.raises(TooManyFaults, match="TypeError"):
        table.send(123 * S, 30, device="g5")
    edge = Table(rules=[BROKEN], devices=[gas(f"g{n}") for n in range(9)], most_faults=2)
    for number, second in enumerate((0, 1)):
        edge.send(second * S, 30, device=f"g{number}")
    with pytest.raises(TooManyFaults):
        edge.send(MIN, 30, device="g3")


def test_a_device_that_is_put_aside_and_then_gone_takes_its_alarms_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(rules=[CH4])
    table.tick(0)
    raised = table.leak(S)
    with monkeypatch.context() as broken:
        broken.setattr(device_step, "judge", None)
        table.send(MIN, 60)
    table.adopt(devices=[])
    ended = table.tick(2 * MIN)
    assert {event.rule: event.new for event in ended} == {
        raised.rule: AlarmState.NORMAL,
        "engine.isolated": AlarmState.NORMAL,
    }


COUNTED = msgspec.structs.replace(
    PLAIN, id="gas.counted", measure=Members(of=PLAIN.measure, op=Op.GE, limit=5.0, silent_periods=1), group=("main",)
)


@pytest.mark.parametrize(
    ("owner", "name", "rule"),
    [
        (device_step, "judged", PLAIN.id),
        (machine, "elapse", PLAIN.id),
        (machine, "hush", SILENT.id),
        (machine, "hear", SILENT.id),
        (acts, "act", PLAIN.id),
        (Crowd, "judge", COUNTED.id),
        (Crowd, "silent", COUNTED.id),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bug_is_laid_to_the_rule_at_work(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, rule: str
) -> None:
    table = Table(rules=[PLAIN, SILENT, COUNTED], devices=[gas(attributes={"main": "M7"})])
    table.tick(0)
    if name == "hear":
        table.tick(2 * HOUR)
    elif name == "elapse":
        table.send(S, 30)
    monkeypatch.setattr(owner, name, None)
    if name == "act":
        table.do(ActionName.SHELVE, HOUR - S, until=2 * HOUR, device="g1", rule=PLAIN.id, episode="-")
    elif name in {"judged", "judge", "hear"}:
        table.send(2 * HOUR + S, 30)
    else:
        table.tick(3 * HOUR)
    assert table.last is not None
    assert [fault.rule for fault in table.last.faults][:1] == [rule]


def test_the_alarm_about_a_bug_is_one_for_the_device_and_says_that_it_is_on() -> None:
    table = Table(rules=[BROKEN])
    told = isolation(table.send(S, 30))
    assert (told.value, told.since, told.episode) == (1.0, T0 + S, episode_id("g1", "engine.isolated", T0 + S))


def test_a_timer_that_would_fire_for_ever_is_a_bug_of_one_device_and_not_the_end_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "hush", lambda slot, *_, **__: (slot, []))
    table = Table(rules=[SILENT], devices=[gas("g1"), gas("g2")])
    table.tick(0)
    table.send(0, 3, device="g1")
    told = table.tick(3 * HOUR)
    assert {(event.device, event.rule) for event in told} == {(name, "engine.isolated") for name in ("g1", "g2")}
    assert table.last is not None
    assert "is due again" in table.last.faults[0].error
