"""alarms.md rule 6 at its edges: what is believed of one stamp, and what a few of them prove."""

import msgspec
import pytest

from streams.contracts import Sample
from streams.rules.clock import NEVER, Clock, ClockPolicy, Judgement, judge
from streams.rules.slots import ARRIVAL, Verdict

POLICY = ClockPolicy(
    ahead=5, slow=60, steady=10, samples=3, span=20, backlog=300, draining=2, outage=1_000
)  # in any unit: only comparisons count
AT = 1_000_000


def say(clock: Clock, at: int, delay: int) -> Judgement:
    """A sample that arrives ``at`` (after AT), stamped ``delay`` before."""
    return judge(clock, Sample("d", "k", AT + at - delay, AT + at, {}, {}), POLICY)


def live(life: int = 0, *, backlog: bool = False) -> Judgement:
    return Judgement(Verdict.LIVE, life, backlog)


@pytest.mark.parametrize(
    ("delay", "clock", "proven"),
    [(-6, ARRIVAL, False), (-5, 0, True), (0, 0, True), (60, 0, True), (61, 0, False), (301, 0, False)],
)
def test_a_stamp_is_believed_unless_it_lies_ahead_and_proves_the_clock_only_near_its_arrival(
    delay: int, clock: int, *, proven: bool
) -> None:
    state = Clock()
    assert say(state, 0, delay) == live(clock)
    assert (state.proven, state.newest) == (proven, AT - delay)


def test_a_proven_clock_stays_proven() -> None:
    state = Clock()
    say(state, 0, 0)
    say(state, 100, 90)
    assert state.proven


@pytest.mark.parametrize(("delay", "backlog"), [(300, False), (301, True)])
def test_a_right_clock_that_is_far_behind_tells_old_news(delay: int, *, backlog: bool) -> None:
    state = Clock()
    say(state, 0, 0)
    assert say(state, 1_000, delay) == live(backlog=backlog)


@pytest.mark.parametrize(("later", "backlog"), [(398, False), (397, True)])
def test_an_unproven_clock_tells_old_news_where_its_delay_shrinks_by_more_than_chance(
    later: int, *, backlog: bool
) -> None:
    state = Clock()
    assert say(state, 0, 400) == live()
    assert say(state, 1, later) == live(backlog=backlog)


def test_what_shrinks_is_measured_from_the_longest_delay_since_it_was_last_on_time() -> None:
    state = Clock()
    for at, delay in ((0, 400), (1, 399), (2, 398)):
        assert say(state, at, delay) == live(), delay
    assert say(state, 3, 397) == live(backlog=True)
    assert state.most_delayed == 400
    fresh = Clock()
    for at, delay in ((0, 400), (200, 299), (500, 390)):
        assert say(fresh, at, delay) == live(), delay
    assert fresh.most_delayed == 390


def test_an_offset_is_steady_after_enough_samples_over_enough_time_within_its_width() -> None:
    state = Clock()
    assert [say(state, at, 500).clock for at in (0, 10, 19)] == [0, 0, 0]
    assert (state.offset, state.candidates) == (None, 3)
    assert say(state, 20, 500).clock == ARRIVAL
    assert (state.offset, state.life, state.candidates) == (500, 1, 0)
    few = Clock()
    assert [say(few, at, 500).clock for at in (0, 20, 40)] == [0, 0, ARRIVAL]
    wide = Clock()
    assert [say(wide, at, delay).clock for at, delay in ((0, 500), (11, 510), (20, 490))] == [0, 0, ARRIVAL]
    assert wide.offset == 490
    wider = Clock()
    assert [say(wider, at, delay).clock for at, delay in ((0, 500), (12, 511), (22, 511), (32, 511))] == [
        0,
        0,
        0,
        ARRIVAL,
    ]
    assert (wider.candidate, wider.offset) == (511, 511)


def test_the_same_stamp_again_is_no_further_proof_of_an_offset() -> None:
    state = Clock()
    say(state, 0, 500)
    for at in (5, 10):
        say(state, at, 500 + at)
    assert (state.offset, state.candidates) == (None, 1)


def test_one_usual_delay_refutes_an_offset() -> None:
    state = Clock()
    for at, delay in ((0, 500), (10, 500), (15, 0)):
        say(state, at, delay)
    assert state.candidates == 0
    late = [say(state, at, 500).verdict for at in (20, 30)]
    assert late == [Verdict.LATE] * 2
    assert state.offset is None


def test_a_wrong_clock_is_right_again_once_its_delay_is_usual_and_steady() -> None:
    state = Clock()
    for at in (0, 10, 20):
        say(state, at, 500)
    assert say(state, 30, 510).clock == ARRIVAL, "within the width of the offset"
    assert state.candidates == 0
    for at in (40, 50):
        assert say(state, at, 60).clock == ARRIVAL
    assert say(state, 60, 60) == live(2)
    assert (state.offset, state.proven) == (None, True)


def test_a_backlog_of_a_wrong_clock_is_measured_from_its_offset() -> None:
    state = Clock()
    for at in (0, 10, 20):
        say(state, at, 500)
    assert say(state, 1_000, 800) == live(ARRIVAL)
    assert say(state, 1_000, 798) == live(ARRIVAL)
    slow = Clock(newest=AT, offset=500)
    assert say(slow, 2_000, 801) == live(ARRIVAL, backlog=True)


def test_an_older_stamp_is_late_and_changes_neither_newest_nor_proof() -> None:
    state = Clock()
    say(state, 100, 61)
    assert say(state, 101, 63) == Judgement(Verdict.LATE, 0, backlog=False)
    assert (state.newest, state.proven) == (AT + 39, False)


def test_a_stamp_from_the_future_is_taken_back_by_a_possible_one() -> None:
    state = Clock()
    say(state, 0, 0)
    assert say(state, 10, -1_000) == live(ARRIVAL)
    assert state.floor == AT
    assert say(state, 20, 0) == live(1)
    assert (state.newest, state.wild) == (AT + 20, AT + 1_010)
    assert say(state, 21, -989) == Judgement(Verdict.DUPLICATE, 1, backlog=False), "the impossible stamp again"
    assert state.newest == AT + 20


@pytest.mark.parametrize(("after", "verdict"), [(0, Verdict.LATE), (1, Verdict.LIVE)])
def test_what_lies_not_after_the_stamp_before_the_future_one_is_late(after: int, verdict: Verdict) -> None:
    state = Clock()
    say(state, 0, 0)
    say(state, 10, -1_000)
    assert say(state, 20, 20 - after).verdict is verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(5, Verdict.LATE), (6, Verdict.LIVE)])
def test_a_newest_stamp_that_may_be_true_by_now_is_not_taken_back(ahead: int, verdict: Verdict) -> None:
    state = Clock()
    say(state, 0, 0)
    say(state, 10, -10 - ahead)
    assert say(state, 20, 1).verdict is verdict, "the newest is 5 or 6 ahead of the arrival"


@pytest.mark.parametrize(("ahead", "verdict"), [(5, Verdict.LIVE), (6, Verdict.LATE)])
def test_a_stamp_that_is_itself_impossible_takes_nothing_back(ahead: int, verdict: Verdict) -> None:
    state = Clock()
    say(state, 0, 0)
    say(state, 10, -1_000)
    assert say(state, 20, -ahead).verdict is verdict


def test_the_floor_is_the_last_possible_stamp_and_no_second_impossible_one() -> None:
    state = Clock()
    say(state, 0, 0)
    say(state, 10, -1_000)
    say(state, 20, -2_000)
    assert state.floor == AT
    wrong = Clock(newest=AT, offset=-500)
    say(wrong, 10, -500)
    assert wrong.floor == NEVER, "a clock that is known to be ahead has no impossible stamps"


@pytest.mark.parametrize(("before", "floor"), [(-5, AT + 5), (0, AT), (5, AT - 5), (-6, NEVER)])
def test_the_floor_is_kept_up_to_the_last_stamp_that_may_be_true(before: int, floor: int) -> None:
    state = Clock()
    say(state, 0, before)
    say(state, 0, -1_000)
    assert state.floor == floor


def test_each_jump_of_a_clock_begins_another_life() -> None:
    state = Clock()
    for at in (0, 100):
        say(state, at, 0)
        say(state, at + 10, -1_000)
        say(state, at + 20, 0)
    assert state.life == 2


def test_a_clock_that_is_known_to_be_ahead_is_judged_without_its_offset() -> None:
    state = Clock(newest=AT + 510, offset=-500)
    assert say(state, 11, -494).verdict is Verdict.LATE
    assert say(state, 12, -9_000).verdict is Verdict.LIVE
    assert say(state, 20, -500).verdict is Verdict.LIVE, "the stamp in the future is taken back"
    assert state.wild == AT + 9_012


def test_a_fork_is_equal_and_apart() -> None:
    state = Clock(1, 2, 3, True, 5, 6, 7, 8, 9, 10, 11)
    twin = state.fork()
    assert msgspec.to_builtins(twin) == msgspec.to_builtins(state) == [1, 2, 3, True, 5, 6, 7, 8, 9, 10, 11]
    say(twin, 0, 0)
    assert state.newest == 1
