"""Alarm quality: the measurement against its plain oracle, and each definition by example."""

from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.alarms.domain.quality import measure
from services.alarms.domain.quality_figures import Counted, Period, Quality, Source, slots
from services.alarms.domain.quality_findings import MEASURES, Finding, findings, rules_of
from services.alarms.domain.quality_steps import Step, step_of
from services.alarms.domain.quality_targets import DAY, HOUR, MINUTE, Bound, Classes, Mix, Targets, Verdict, checked
from streams.contracts import AlarmState, Cause, Refused, Severity
from tests.fakes.alarm_events import GRID, T0, acknowledged, raised, returned
from tests.unit.alarms.quality_oracle import plain

SMALL = Targets(
    flood_enter=3, flood_leave=2, flood_window_ms=12, top=2, stale_ms=40, chatter_count=3, chatter_window_ms=8,
    fleeting_ms=9,
)  # fmt: skip
UNACK, ACK, RTN, NORMAL = AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.RTN_UNACK, AlarmState.NORMAL
LOW, HIGH = 100, 260


@dataclass(frozen=True)
class Happening:
    """What befalls one source after a pause."""

    source: int
    pause: int
    what: str


WHATS = ["come"] * 4 + ["go"] * 3 + ["ack", "ack", "close", "rise", "leave latched", "leave latched", "hide"]


def life_of(seed: int) -> list[Happening]:
    """A crowded life, in which floods and bursts come about: lists drawn freely are too sparse for that."""
    random = Random(seed)
    pauses = random.choice([[0, 1, 1, 2], [1, 2, 3, 7], [2, 7, 12, 30]])
    return [
        Happening(random.randrange(6), random.choice(pauses), random.choice(WHATS))
        for _ in range(random.randrange(150))
    ]


lives = st.integers(0, 2**32).map(life_of)


def lived(happened: list[Happening]) -> list[Step]:
    """The transitions of these lives, as the engine would tell of them."""
    steps: list[Step] = []
    newest: dict[int, Step] = {}
    at = 60
    for number, happening in enumerate(happened):
        at += happening.pause
        before = newest.get(happening.source)
        step = _next(before, happening, at, f"e{number:03d}")
        if step is not None:
            newest[happening.source] = step
            steps.append(step)
    return steps


def _next(before: Step | None, happening: Happening, at: int, episode: str) -> Step | None:
    what = happening.what
    if before is None or before.new is NORMAL:
        if what != "come":
            return None
        severity = list(Severity)[happening.source % 4]
        return Step(
            at, episode, 1, f"d{happening.source % 3}", f"r{happening.source % 2}", GRID, severity, NORMAL, UNACK,
            Cause.CONFIRMED, at - 5, at - 1, None, False,
        )  # fmt: skip
    acked, active, gone = before.new is ACK, before.new.active, before.normal_since is not None
    again = before._replace(at=at, number=before.number + 1, old=before.new, ts=at - 1)
    table: dict[str, tuple[bool, dict[str, Any]]] = {
        "come": (not active or gone, {"new": UNACK, "cause": Cause.REALARM, "normal_since": None}),
        "go": (active, {"new": NORMAL if acked else RTN, "cause": Cause.RETURNED, "normal_since": at - 2}),
        "leave latched": (active and not gone, {"cause": Cause.RETURNED, "normal_since": at - 2}),
        "ack": (before.new is not ACK, {"new": ACK if active else NORMAL, "cause": Cause.ACKNOWLEDGED}),
        "close": (True, {"new": NORMAL, "cause": Cause.CLOSED, "normal_since": before.normal_since or at}),
        "rise": (active and not gone, {"new": UNACK, "cause": Cause.SEVERITY_UP, "severity": Severity.CRITICAL}),
        "hide": (active, {"new": before.new, "cause": Cause.SEVERITY_DOWN, "hidden": not before.hidden}),
    }
    may, changes = table[what]
    return again._replace(**changes) if may else None


def quality(steps: list[Step], low: int = LOW, high: int = HIGH, targets: Targets = SMALL, slot: int = DAY) -> Quality:
    found = measure(steps, Period(low, high, (low, high)), targets, length=6, positions=[GRID[:6]], slot=slot)
    return found[GRID[:6]]


@settings(max_examples=200, deadline=None)
@given(lives)
@example(life_of(115598))
def test_one_pass_gives_what_the_plain_definitions_give(happened: list[Happening]) -> None:
    steps = lived(happened)
    found, expected = quality(steps), plain(steps, LOW, HIGH, SMALL)
    assert found.alarms == expected["alarms"]
    assert found.flood_share == pytest.approx(expected["flood"] / (HIGH - LOW))
    assert found.top_share == expected["top"]
    assert {counted.source for counted in found.chattering} == expected["chattering"]
    assert found.fleeting_count == expected["fleeting"]
    assert (found.returns.count, found.returns.mean) == expected["returns"]
    assert (found.answers.count, found.answers.mean) == expected["answers"]
    assert found.waiting == expected["waiting"]
    assert found.stale_count == expected["stale"]
    assert found.mix == expected["mix"]


@settings(max_examples=50, deadline=None)
@given(lives)
def test_positions_add_up_and_the_trend_adds_up(happened: list[Happening]) -> None:
    steps = [step._replace(area=GRID[:-1] + step.device[-1]) for step in lived(happened)]
    period = Period(LOW, HIGH, (LOW, HIGH))
    parts = measure(steps, period, SMALL, length=15, slot=50)
    whole = measure(steps, period, SMALL, length=6, positions=[GRID[:6]], slot=50)[GRID[:6]]
    assert sum(part.alarms or 0 for part in parts.values()) == whole.alarms
    assert sum(part.answers.count for part in parts.values()) == whole.answers.count
    assert sum(point.alarms or 0 for point in whole.trend) == whole.alarms


def test_nothing_is_known_before_the_first_transition_and_after_now_and_that_is_not_zero() -> None:
    period = Period.of(0, 5 * DAY, first=2 * DAY + HOUR, now=3 * DAY)
    assert period.known == (2 * DAY + HOUR, 3 * DAY)
    found = measure([], period, Targets(), length=6, positions=["990101"])["990101"]
    assert (found.alarms, found.rates[1].mean, found.rates[0].mean) == (0, 0.0, None)
    assert (found.top_share, found.mix["high"], found.answers.mean, found.returns.mean) == (None, None, None, None)
    known = [point.alarms is not None for point in found.trend]
    assert known == [False, False, True, True, False, False]


@pytest.mark.parametrize(("first", "now"), [(None, DAY), (2 * DAY, 3 * DAY), (0, 0)], ids=["never", "later", "future"])
def test_a_period_without_any_log_has_no_figure_at_all(first: int | None, now: int) -> None:
    period = Period.of(0, DAY, first=first, now=now)
    found = measure([], period, Targets(), length=6, positions=["990101"])["990101"]
    assert (found.alarms, found.flood_share, found.stale_count, found.waiting) == (None, None, None, None)
    assert {finding.verdict for finding in findings(found, Targets())} == {Verdict.NONE}


def steps_of(*events: Any) -> list[Step]:
    return [step_of(event) for event in events]


def test_an_answer_is_timed_from_the_first_call_and_a_return_from_the_first_sample() -> None:
    steps = steps_of(raised(), acknowledged(), returned())
    found = quality(steps, T0 - HOUR, T0 + HOUR, Targets())
    assert (found.answers.count, found.answers.mean) == (1, 30_000)
    assert (found.returns.count, found.returns.mean) == (1, 310_000)
    assert (found.fleeting_count, found.waiting, found.stale_count) == (0, 0, 0)


def test_an_alarm_that_went_within_a_minute_unseen_was_fleeting_and_a_closed_one_was_not() -> None:
    gone = returned(old=UNACK, new=RTN, normal_since=T0 + 20_000, number=2)
    closed = returned(old=UNACK, cause=Cause.CLOSED, normal_since=T0 + 20_000, number=2)
    found = quality(steps_of(raised(), gone), T0 - HOUR, T0 + HOUR, Targets())
    assert found.fleeting == (Counted(Source("gas-000001", "gas.ch4"), 1),)
    assert found.waiting == 1
    assert quality(steps_of(raised(), closed), T0 - HOUR, T0 + HOUR, Targets()).fleeting_count == 0


def test_a_latched_alarm_whose_condition_comes_and_goes_chatters_though_its_state_never_changes() -> None:
    events: list[Any] = [raised()]
    for number in range(2, 6):
        gone = number % 2 == 0
        at = T0 + number * 5_000
        cause = Cause.RETURNED if gone else Cause.REALARM
        events.append(
            raised(number=number, old=UNACK, new=UNACK, cause=cause, at=at, ts=at, normal_since=at if gone else None)
        )
    found = quality(steps_of(*events), T0 - HOUR, T0 + HOUR, Targets())
    assert (found.alarms, found.chattering) == (3, (Counted(Source("gas-000001", "gas.ch4"), 3),))


def test_an_alarm_of_an_old_backlog_burdens_nobody_and_is_counted_apart() -> None:
    found = quality(steps_of(raised(backlog=True)), T0 - HOUR, T0 + HOUR, Targets())
    assert (found.alarms, found.hidden, found.waiting) == (0, 1, 0)


def test_a_stale_alarm_is_seen_though_it_began_before_the_period() -> None:
    start = T0 + 3 * DAY
    found = quality(steps_of(raised()), start, start + HOUR, Targets())
    assert (found.alarms, found.stale_count, found.stale[0].since, found.stale[0].until) == (0, 1, T0, None)


def storm(count: int, gap: int = 1_000, **changes: Any) -> list[Step]:
    return steps_of(
        *(
            raised(f"e{number:04d}", device=f"d{number}", at=T0 + number * gap, since=T0 + number * gap, **changes)
            for number in range(count)
        )
    )


def named(found: Quality, measure_: str, targets: Targets | None = None) -> Finding:
    return next(finding for finding in findings(found, targets or Targets()) if finding.measure == measure_)


def test_every_measure_has_its_finding_and_a_bad_one_names_the_rule_that_would_calm_it() -> None:
    found = quality(storm(400), T0 - DAY, T0 + DAY, Targets())
    assert [finding.measure for finding in findings(found, Targets())] == list(MEASURES)
    flood = named(found, "flood_share")
    assert (flood.verdict, rules_of(flood)) == (Verdict.GOOD, ())
    tight = quality(storm(400), T0 - HOUR, T0 + HOUR, Targets())
    flood = named(tight, "flood_share")
    assert (flood.verdict, rules_of(flood)) == (Verdict.POOR, ("gas.ch4",))
    assert rules_of(named(tight, "mix")) == ("gas.ch4",)
    assert (named(tight, "mix").verdict, tight.floods, tight.in_flood) == (Verdict.POOR, 1, False)


def test_a_share_of_few_alarms_is_not_judged() -> None:
    found = quality(storm(12), T0 - DAY, T0 + DAY, Targets())
    assert found.top_share == pytest.approx(10 / 12)
    assert named(found, "top_share").verdict is Verdict.FEW
    assert named(found, "mix").verdict is Verdict.FEW


def test_a_mean_is_not_made_up_from_less_than_one_window() -> None:
    found = quality(storm(3, gap=5 * MINUTE), T0, T0 + 20 * MINUTE, Targets())
    day, hour, ten = found.rates
    assert (day.mean, hour.mean, ten.mean) == (None, None, 1.5)
    assert (day.worst, day.verdict, ten.verdict) == (3, Verdict.NONE, Verdict.FAIR)
    assert (day.last, hour.last, ten.last) == (3, 3, 1)


def test_slots_are_days_of_the_wall_clock_cut_at_the_edges() -> None:
    period = Period.of(20 * HOUR, 2 * DAY, first=0, now=9 * DAY)
    assert slots(period, DAY) == [(20 * HOUR, DAY + 16 * HOUR), (DAY + 16 * HOUR, 2 * DAY)]


WRONG = [
    ({"per_day": Bound(9, 3)}, "per_day"),
    ({"stale": Bound(-1, 0)}, "stale"),
    ({"flood_leave": 11}, "flood_leave"),
    ({"top": 0}, "top"),
    ({"fleeting_ms": 400 * DAY}, "fleeting_ms"),
    ({"mix": Mix(0.5, 0.5, 0.5)}, "mix"),
    ({"classes": Classes(low=(Severity.MINOR,))}, "classes"),
    ({"classes": Classes(low=(Severity.MINOR, Severity.WARNING, Severity.MAJOR))}, "classes"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=[field for _, field in WRONG])
def test_targets_that_make_no_sense_are_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked(msgspec.structs.replace(Targets(), **changes))
    assert refusal.value.extra["wrong"] == [field]
    assert refusal.value.extra["remedy"]
