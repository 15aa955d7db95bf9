"""What holds of every ladder, whatever detectors, people and time do to it."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.alarms.domain import ladder_moves as moves
from services.alarms.domain.ladder import Change, Ladder, Step
from services.alarms.domain.ladder_plan import DEFAULT_PLAN, MINUTE, SECOND, What
from services.alarms.domain.ladder_reach import Around, Person
from services.alarms.domain.ladder_words import notices
from streams.contracts import AlarmState, Cause, Page, Severity
from tests.fakes.alarm_events import T0, raised
from tests.fakes.ladders import AROUND

DEVICES = ("gas-000001", "gas-000002", "gas-000003")
STATES = (AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.RTN_UNACK, AlarmState.NORMAL)
OTHERS = Around("别处", people=(Person("worker-9", "孙网格", "grid_worker", ""), Person("other", "", "supervisor", "")))
ONCE = {What.STARTED, What.FIRE_CALL, What.SECOND, What.LEADER}

EVENTS = st.fixed_dictionaries(
    {
        "device": st.sampled_from(DEVICES),
        "new": st.sampled_from(STATES),
        "cause": st.sampled_from(list(Cause)),
        "severity": st.sampled_from([Severity.CRITICAL, Severity.CRITICAL, Severity.MAJOR, Severity.WARNING]),
        "value": st.sampled_from([20.0, 62.0, None]),
        "page": st.sampled_from([None, *Page]),
        "maintenance": st.sampled_from([False, False, False, True]),
        "gone": st.booleans(),
        "by": st.just("周网格"),
    }
)
MOVES = st.one_of(
    st.tuples(st.just("alarm"), EVENTS),
    st.tuples(st.just("acknowledge"), st.sampled_from(DEVICES)),
    st.tuples(st.just("arrive"), st.none()),
    st.tuples(st.just("silent"), st.sampled_from(DEVICES)),
    st.tuples(st.just("time"), st.booleans()),
)
WAITS = st.sampled_from([0, SECOND, 61 * SECOND, 4 * MINUTE, 31 * MINUTE, 25 * 60 * MINUTE])
LIVES = st.lists(st.tuples(WAITS, MOVES), max_size=25)


def move(ladder: Ladder, kind: str, about: Any, now: int) -> Change | None:
    around = OTHERS if now % 2 else AROUND  # people change while a ladder lasts
    match kind:
        case "alarm":
            return moves.take(ladder, event_of(about, now), DEFAULT_PLAN, around, now=now)
        case "acknowledge":
            return moves.acknowledge(ladder, f"e-{about}", by="周网格", now=now)
        case "arrive":
            return moves.arrive(ladder, at=now, by="陈抢修")
        case "silent":
            return moves.fall_silent(ladder, raised("s", device=about, at=now), now=now)
        case _:
            return moves.pass_time(ladder, around, valve_open=about, now=now)


def event_of(about: dict[str, Any], now: int) -> Any:
    fields = {name: value for name, value in about.items() if name != "gone"}
    gone = now if about["gone"] else None
    return raised(f"e-{about['device']}", incident="gas-leak:x", at=now, normal_since=gone, **fields)


def begun() -> tuple[Ladder, list[Step]]:
    change = moves.take(None, raised("e-gas-000001", incident="gas-leak:x"), DEFAULT_PLAN, AROUND, now=T0)
    assert change is not None
    return change[0], list(change[1])


@given(LIVES)
def test_a_step_of_time_is_taken_once_a_call_and_no_message_is_sent_twice(life: list[Any]) -> None:
    ladder, log = begun()
    told = [notice.id for step in log for notice in notices(ladder, step)]
    now = T0
    for wait, (kind, about) in life:
        now += wait + 1
        change = move(ladder, kind, about, now)
        if change is not None:
            ladder, steps = change
            log += steps
            told += [notice.id for step in steps for notice in notices(ladder, step)]
    assert [step.number for step in log] == list(range(1, len(log) + 1)) == list(range(1, ladder.number + 1))
    assert max(Counter((step.call, step.what) for step in log if step.what in ONCE).values()) == 1
    districts = Counter(step.arrival for step in log if step.what is What.DISTRICT)
    assert max(districts.values(), default=1) == 1
    assert len(set(told)) == len(told)


@given(LIVES)
def test_a_restart_between_any_two_moves_changes_nothing(life: list[Any]) -> None:
    """What is kept is the whole of it: a ladder read back from JSON moves as the one in memory does."""
    kept, _ = begun()
    ladder, now = kept, T0
    for wait, (kind, about) in life:
        now += wait + 1
        restarted = msgspec.json.decode(msgspec.json.encode(kept), type=Ladder)
        change, again = move(ladder, kind, about, now), move(restarted, kind, about, now)
        assert change == again
        if change is not None and again is not None:
            ladder, kept = change[0], again[0]


@given(LIVES, st.booleans())
def test_time_calls_nobody_but_the_district_once_somebody_has_acknowledged(life: list[Any], valve: bool) -> None:
    ladder, _ = begun()
    now = T0
    for wait, (kind, about) in life:
        now += wait + 1
        change = move(ladder, kind, about, now)
        ladder = change[0] if change else ladder
    ended = moves.acknowledge(ladder, "e-gas-000001", by="周网格", now=now)
    ladder = ended[0] if ended else ladder
    if ladder.calling:
        return  # the detector is urgent no more, or was never told of
    passed = moves.pass_time(ladder, AROUND, valve_open=valve, now=now + 60 * MINUTE)
    assert {step.what for step in (passed[1] if passed else ())} <= {What.DISTRICT}
    assert ladder.due_at is None or ladder.arrived_at is None


@given(LIVES)
def test_while_nobody_has_come_the_district_is_told_no_later_than_promised(life: list[Any]) -> None:
    ladder, now = begun()[0], T0
    for wait, (kind, about) in life:
        now += wait + 1
        if kind == "arrive":
            continue
        change = move(ladder, kind, about, now)
        ladder = change[0] if change else ladder
        assert ladder.since == T0, "no return to normal in between starts the wait anew"
    late = moves.pass_time(ladder, AROUND, valve_open=False, now=T0 + DEFAULT_PLAN.on_site_within)
    steps = late[1] if late else ()
    assert What.DISTRICT in {*ladder.done, *(step.what for step in steps)}
