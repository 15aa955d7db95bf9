"""A bug while stepping one device stops that rule for that device, and nothing else."""

import msgspec
import pytest

from streams.contracts import Level, Severity
from streams.rules import TooManyFaults
from tests.unit.streams.rule_table import BROKEN, CH4, MIN, PLAIN, S, Table, gas


def test_a_bug_rolls_the_device_back_reports_it_and_the_rest_goes_on() -> None:
    table = Table(rules=[PLAIN, BROKEN], devices=[gas("g1"), gas("g2")])
    (isolated,) = table.send(0, 30)
    assert (isolated.rule, isolated.severity, isolated.device) == ("engine.isolated", Severity.CRITICAL, "g1")
    assert table.last is not None
    (fault,) = table.last.faults
    assert (fault.device, fault.rule, fault.source.offset) == ("g1", "gas.broken", 0)
    assert "TypeError" in fault.trace
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
