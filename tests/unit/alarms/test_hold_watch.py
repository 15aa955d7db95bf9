"""What Prometheus is told of rules that are held back."""

from prometheus_client import REGISTRY

from services.adapters.health import Health
from services.alarms.domain.holding import Hold, HoldKind
from services.alarms.holds import HoldWatch
from tests.fakes.alarm_events import GRID, T0
from tests.fakes.alarms import MemoryAlarmStore
from tests.fakes.clock import ManualClock

MINUTE = 60_000


def wish(name: str, *, at: int, two: bool = True, second: str = "", until: int = T0 + 60 * MINUTE) -> Hold:
    return Hold(name, HoldKind.SHELVE, "gas.ch4", f"gas-{name}", GRID, "", "ann", at, "动火", until, two, second)


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"linli_{name}", labels)


def test_the_longest_wait_for_a_second_person_is_told_and_ends_with_the_wish() -> None:
    store, clock = MemoryAlarmStore(), ManualClock(T0 + 20 * MINUTE)
    watch = HoldWatch(store, clock, Health())
    watch.look()
    assert told("alarm_hold_unapproved_seconds") == 0
    with store.transaction() as work:
        work.keep_hold(wish("a", at=T0))
        work.keep_hold(wish("b", at=T0 + 5 * MINUTE))
        work.keep_hold(wish("c", at=T0 - MINUTE, second="bob"))
        work.keep_hold(wish("d", at=T0 - MINUTE, two=False))
    watch.look()
    assert told("alarm_hold_unapproved_seconds") == 20 * 60
    assert (told("alarms_held", state="waiting"), told("alarms_held", state="in_force")) == (2, 2)
    with store.transaction() as work:
        work.keep_hold(wish("a", at=T0, second="bob"))
    watch.look()
    assert told("alarm_hold_unapproved_seconds") == 15 * 60
    clock.set(T0 + 60 * MINUTE)
    watch.look()
    assert told("alarm_hold_unapproved_seconds") == 0
    assert told("alarms_held", state="waiting") == 0
