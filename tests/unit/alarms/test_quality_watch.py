"""What Prometheus is told of alarm quality."""

import math
import threading

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.adapters.clock import RandomIds
from services.adapters.health import Health
from services.alarms.handlers import MeasureQuality, RecordTransitions
from services.alarms.handlers import quality as measuring
from services.alarms.watch import QualityWatch
from tests.fakes.alarm_events import T0, acknowledged, raised, returned
from tests.fakes.alarms import MemoryAlarmStore, MemoryQuality
from tests.fakes.clock import ManualClock

STREET = "990101009"
GRID = STREET + "001001"


def told(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(f"linli_{name}", {"position": STREET, **labels})
    assert value is not None, name
    return value


def watch_over(store: MemoryAlarmStore, clock: ManualClock) -> QualityWatch:
    return QualityWatch(MeasureQuality(MemoryQuality(store), clock), clock, Health(), "street", 15)


def test_a_flood_is_published_while_it_lasts_and_logged_once() -> None:
    store, clock = MemoryAlarmStore(), ManualClock(T0 + 20_000)
    events = [raised(f"e{n}", device=f"d{n}", grid=GRID, at=T0 + n, since=T0 + n) for n in range(12)]
    RecordTransitions(store, RandomIds())(events)
    watch = watch_over(store, clock)
    with capture_logs() as logs:
        watch.look()
        watch.look()
    assert [(log["event"], log["position"], log["rules"]) for log in logs] == [("alarm flood", STREET, ["gas.ch4"])]
    assert (told("alarm_flood"), told("alarm_rate", window="ten_minutes")) == (1, 12)
    assert told("alarm_priority_share", priority="high") == 1
    assert REGISTRY.get_sample_value("linli_alarm_quality_timestamp_seconds") == (T0 + 20_000) / 1000
    clock.advance(3_600_000)
    watch.look()
    assert (told("alarm_flood"), told("alarm_rate", window="hour"), told("alarm_rate", window="day")) == (0, 0, 12)
    clock.advance(2 * 86_400_000)
    watch.look()
    assert (told("alarm_rate", window="day"), told("alarm_findings", finding="stale")) == (0, 12)
    assert math.isnan(told("alarm_top_share"))


def test_times_are_in_seconds_and_not_a_number_where_nobody_answered() -> None:
    store, clock = MemoryAlarmStore(), ManualClock(T0 + 20_000)
    RecordTransitions(store, RandomIds())([raised(grid=GRID)])
    watch = watch_over(store, clock)
    watch.look()
    assert math.isnan(told("alarm_answer_seconds"))
    RecordTransitions(store, RandomIds())([acknowledged(grid=GRID), returned(grid=GRID)])
    clock.advance(3_600_000)
    watch.look()
    assert (told("alarm_answer_seconds"), told("alarm_return_seconds")) == (30, 310)


def test_too_much_to_measure_is_said_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock, stop = MemoryAlarmStore(), ManualClock(T0 + 20_000), threading.Event()
    RecordTransitions(store, RandomIds())([raised(grid=GRID), acknowledged(grid=GRID, at=T0 + 1)])
    watch = watch_over(store, clock)
    monkeypatch.setattr(measuring, "MOST_STEPS", 1)
    stopping = watch.health.beat
    watch.health.beat = lambda loop: (stopping(loop), stop.set())  # type: ignore[method-assign,assignment]
    with capture_logs() as logs:
        watch.run(stop)
    assert logs[0]["event"] == "alarm quality not measured"
    assert "transitions" in logs[0]["why"]
    assert watch.health.report()["healthy"]
