"""A calm sample of a device at rest costs nothing, and leaves what the careful path would have left."""

from typing import Any

import msgspec
import pytest

from streams.contracts import AlarmEvent, Batch, Cause, Condition, Level, Op, Quality, Rate, Sample, Schedule, Severity
from streams.rules import Outcome
from streams.rules.track import Track
from tests.unit.streams.rule_table import GRID, HOUR, MIN, PLAIN, SILENT, T0, S, Table, gas

RISING = msgspec.structs.replace(
    PLAIN, id="gas.rising", measure=Rate(window_ms=10 * MIN, minimum=4), levels=(Level(Severity.WARNING, 30.0),)
)
COLD = msgspec.structs.replace(PLAIN, id="gas.cold", metric="temp", op=Op.LE, levels=(Level(Severity.MINOR, -10.0),))
BEFORE, AFTER = "g0", "g2"
"""The devices of one batch whose calm samples stand around the one looked at, which is of g1."""


class Counted:
    """How often a device was forked, which is what the careful path costs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.forks: list[str] = []
        plain = Track.fork

        def fork(track: Track) -> Track:
            self.forks.append(track.device.id)
            return plain(track)

        monkeypatch.setattr(Track, "fork", fork)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def table(*rules: Any) -> Table:
    made = Table(rules=list(rules), devices=[gas(name) for name in ("g0", "g1", "g2")])
    made.tick(0)
    for name in ("g0", "g1", "g2"):
        made.send(MIN, 3.0, device=name)
    return made


def batch(made: Table, at: int, looked_at: Sample) -> list[AlarmEvent]:
    around = [Sample(name, "gas", T0 + at, T0 + at, {"ch4_lel": 4.0}) for name in (BEFORE, AFTER)]
    return made.feed(Batch("gw", GRID, T0 + at, (around[0], looked_at, around[1])))


def carefully(made: Table, at: int, looked_at: Sample) -> list[AlarmEvent]:
    """The same batch without the fast path."""
    for track in made.shard.grids[GRID].tracks.values():
        track.quiet = False
    return batch(made, at, looked_at)


def sample(at: int, *, behind: int = 0, values: dict[str, float] | None = None, **more: Any) -> Sample:
    fields: dict[str, Any] = {"device": "g1", "kind": "gas", "values": {"ch4_lel": 4.0} if values is None else values}
    return Sample(ts=T0 + at - behind, at=T0 + at, **(fields | more))


def state(made: Table) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "clock": msgspec.to_builtins(track.clock),
            "heard": track.heard,
            "last": track.last,
            "slots": track.slots,
            "windows": {key: window.tobytes() for key, window in track.windows.items()},
            "due": track.next_due(0),
        }
        for name, track in made.shard.grids[GRID].tracks.items()
    }


@pytest.mark.parametrize(
    ("looked_at", "careful"),
    [
        (sample(3 * MIN), False),
        (sample(3 * MIN, values={}), False),
        (sample(3 * MIN, values={"ch4_lel": 24.9, "temp": -9.9}), False),
        (sample(3 * MIN, values={"ch4_lel": 25.0}), True),
        (sample(3 * MIN, values={"temp": 3.0, "ch4_lel": 25.0}), True),
        (sample(3 * MIN, values={"temp": -10.0}), True),
        (sample(3 * MIN, values={"other": 1e9}), False),
        (sample(3 * MIN, values={"ch4_lel": float("nan")}), True),
        (sample(3 * MIN, behind=-5 * S), False),
        (sample(3 * MIN, behind=-5 * S - 1), True),
        (sample(3 * MIN, behind=60 * S), False),
        (sample(3 * MIN, behind=60 * S + 1), True),
        (sample(MIN + S, behind=S - 1), False),
        (sample(MIN + S, behind=S), True),
        (sample(MIN + S, behind=2 * S), True),
        (sample(3 * MIN, flags=("startup",)), True),
        (sample(3 * MIN, quality={"temp": Quality.FAULT}), True),
    ],
    ids=str,
)
def test_a_calm_sample_takes_no_fork_and_leaves_what_the_careful_path_leaves(
    counted: Counted, looked_at: Sample, careful: bool
) -> None:
    quick, slow = table(PLAIN, COLD), table(PLAIN, COLD)
    counted.forks.clear()
    at = looked_at.at - T0
    events = batch(quick, at, looked_at)
    assert counted.forks == (["g1"] if careful else [])
    assert carefully(slow, at, looked_at) == events
    assert state(quick) == state(slow)
    assert {state(quick)[name]["heard"] for name in (BEFORE, AFTER)} == {T0 + at}
    assert isinstance(quick.last, Outcome)
    assert quick.last.samples == 3


def test_the_newest_sample_is_remembered_and_a_metric_it_lacks_is_kept(counted: Counted) -> None:
    made = table(PLAIN)
    counted.forks.clear()
    made.say(2 * MIN, {"ch4_lel": 5.0, "temp": 20.0})
    made.say(3 * MIN, {"ch4_lel": 6.0})
    made.say(4 * MIN, {"ch4_lel": 7.0})
    assert counted.forks == []
    last = made.shard.grids[GRID].tracks["g1"].last
    assert {metric: (of.ts - T0, of.values[metric]) for metric, of in last.items()} == {
        "ch4_lel": (4 * MIN, 7.0),
        "temp": (2 * MIN, 20.0),
    }


def test_a_message_that_came_earlier_takes_back_nothing_of_when_the_device_was_heard() -> None:
    made = table(PLAIN)
    made.say(3 * MIN, {"ch4_lel": 5.0})
    early = sample(2 * MIN, behind=-MIN - S)
    made.feed(Batch("gw", GRID, T0 + 3 * MIN, (early,)))
    assert made.shard.grids[GRID].tracks["g1"].heard == T0 + 3 * MIN


def test_a_quiet_device_proves_its_clock() -> None:
    made = table(PLAIN)
    clock = made.shard.grids[GRID].tracks["g1"].clock
    clock.proven = False
    made.send(2 * MIN, 3.0)
    assert clock.proven


@pytest.mark.parametrize(
    ("rule", "values", "forks"),
    [
        (RISING, {"ch4_lel": 3.1}, 0),
        (RISING, {"other": 1.0}, 0),
        (RISING, {"ch4_lel": 30.0}, 1),
        (msgspec.structs.replace(RISING, gate=(Condition("on"),)), {"ch4_lel": 30.0, "on": 0.0}, 0),
        (msgspec.structs.replace(RISING, gate=(Condition("on"),)), {"ch4_lel": 30.0, "on": 1.0}, 1),
        (msgspec.structs.replace(RISING, schedule=Schedule(0, 1)), {"ch4_lel": 30.0}, 0),
        (msgspec.structs.replace(RISING, schedule=Schedule(0, 1440)), {"ch4_lel": 30.0}, 1),
    ],
    ids=["flat", "another metric", "steep", "gate shut", "gate open", "schedule closed", "schedule open"],
)
def test_a_window_is_fed_on_the_fast_path_and_looked_at_twice_only_where_it_counts(
    counted: Counted, rule: Any, values: dict[str, float], forks: int
) -> None:
    quick, slow = table(rule), table(rule)
    for at in range(2, 7):
        batch(quick, at * MIN, sample(at * MIN, values={"ch4_lel": 3.0}))
        carefully(slow, at * MIN, sample(at * MIN, values={"ch4_lel": 3.0}))
    counted.forks.clear()
    events = batch(quick, 7 * MIN, sample(7 * MIN, values=values))
    assert counted.forks.count("g1") == forks
    assert carefully(slow, 7 * MIN, sample(7 * MIN, values=values)) == events
    assert state(quick) == state(slow)


def test_a_timer_that_is_due_at_the_very_moment_of_a_sample_fires_before_it() -> None:
    made = Table(rules=[PLAIN])
    made.send(0, 30)
    (fired,) = made.send(10 * MIN, 3)
    assert (fired.cause, fired.at) == (Cause.UNREFUTED, T0 + 10 * MIN)


def test_a_batch_counts_every_sample_of_every_record() -> None:
    made = table(PLAIN)
    outcome = Outcome(made.last.source) if made.last else None
    assert outcome is not None
    for at in (2 * MIN, 3 * MIN):
        made.shard.grids[GRID].batch((sample(at), sample(at, device="g2")), outcome)
    assert outcome.samples == 4


def test_a_timer_or_an_act_is_written_and_a_look_at_the_clock_is_not() -> None:
    made = Table(rules=[PLAIN, SILENT])
    made.send(0, 3)
    grid = made.shard.grids[GRID]
    made.shard.pack(GRID)
    made.tick(30 * MIN)
    assert grid.dirty is False
    made.tick(HOUR)
    assert grid.dirty is True
    made.shard.pack(GRID)
    assert grid.dirty is False
