"""A rule over stored readings: the live engine's own judgement, twice, and the difference."""

import msgspec
import pytest

from services.history.domain.readings import names_of_flags
from services.rehearsal.domain import DAY_MS, Change, Scope, Stored, by_arrival, metrics_of, records, samples
from services.rehearsal.domain.feed import TICK_MS
from services.rehearsal.handlers import MOST_DAYS, RehearseRule, Result
from services.rehearsal.postgres.archive import BITS, flags_of
from streams.contracts import (
    AlarmEvent,
    Batch,
    Device,
    Level,
    Op,
    Ratio,
    Refused,
    Rule,
    Severity,
    Tick,
    TicketPolicy,
    encode,
)
from streams.rules import Catalogue, replay
from tests.fakes.archive import MemoryArchive

GRID = "990101001001001"
T0 = 1_795_312_800_000
S, M, H = 1_000, 60_000, 3_600_000
LEAK = Rule(
    "gas.plain", 1, "gas", "ch4_lel", Op.GE,
    (Level(Severity.MAJOR, 25.0, 5.0, on_delay_ms=30 * S, repeat=2, off_delay_ms=M, ticket=TicketPolicy("gas")),),
    "gas-leak", "燃气", "Gas",
)  # fmt: skip
DEVICES = [Device(f"gas-{n}", "gas", GRID, period_s=10) for n in range(3)]


def wave(device: str, since: int, *values: float, every: int = 10 * S, delay: int = 100) -> list[Stored]:
    return [
        Stored(since + n * every + delay, device, since + n * every, "ch4_lel", value, "good", ())
        for n, value in enumerate(values)
    ]


def archive_of(stored: list[Stored]) -> MemoryArchive:
    return MemoryArchive(stored, {LEAK.id: LEAK}, list(DEVICES))


def day() -> MemoryArchive:
    """One device leaks strongly, one weakly, one is calm; a calm hour before."""
    calm = [r for d in DEVICES for r in wave(d.id, T0 - H, *[1.0] * 360)]
    strong = wave("gas-0", T0, *[30.0] * 12, *[1.0] * 60)
    weak = wave("gas-1", T0 + 30 * M, *[1.0] * 6, *[20.0] * 6, *[28.0] * 12, *[1.0] * 60)
    return archive_of([*calm, *strong, *weak])


def changed(**fields: object) -> Rule:
    level = msgspec.structs.replace(LEAK.levels[0], **fields)
    return msgspec.structs.replace(LEAK, version=2, levels=(level,))


def rehearsed(rule: Rule, archive: MemoryArchive | None = None, **scope: str) -> Result:
    return RehearseRule(archive or day())(rule, Scope(T0, T0 + DAY_MS, **scope))


def changes(result: Result) -> list[tuple[Change, int]]:
    return [(pair.change, pair.moved) for pair in result.pairs]


def test_the_rule_in_force_differs_from_itself_in_nothing() -> None:
    result = rehearsed(LEAK)
    assert changes(result) == [(Change.SAME, 0), (Change.SAME, 0)]
    assert result.tickets() == (2.0, 2.0)


def test_a_higher_limit_loses_the_weak_leak() -> None:
    result = rehearsed(changed(limit=29.0))
    assert changes(result) == [(Change.SAME, 0), (Change.GONE, 0)]
    assert result.pairs[1].in_force is not None
    assert result.pairs[1].in_force.device == "gas-1"
    assert result.tickets() == (1.0, 2.0)


def test_a_lower_limit_is_earlier_and_a_longer_delay_later() -> None:
    assert changes(rehearsed(changed(limit=15.0))) == [(Change.SAME, 0), (Change.EARLIER, -60 * S)]
    assert changes(rehearsed(changed(on_delay_ms=60 * S))) == [(Change.LATER, 30 * S), (Change.LATER, 30 * S)]


def test_a_rule_that_nobody_has_yet_raises_only_new_alarms() -> None:
    result = rehearsed(msgspec.structs.replace(LEAK, id="gas.other"))
    assert ([change for change, _ in changes(result)], result.known) == ([Change.NEW, Change.NEW], False)


def test_a_latched_alarm_is_reset_so_that_the_next_one_is_seen() -> None:
    archive = archive_of([*wave("gas-0", T0, *[30.0] * 6, *[1.0] * 30), *wave("gas-0", T0 + H, *[30.0] * 6, 1.0)])
    result = rehearsed(changed(latch=True), archive)
    assert [episode.at for episode in result.rehearsed] == [T0 + 30 * S + 100, T0 + H + 30 * S + 100]
    assert result.rehearsed[0].ended == T0 + 60 * S


def test_the_episodes_are_those_that_the_live_engine_raises() -> None:
    """The same readings as the log would hold them, through the replay that live runs are compared with."""
    archive = day()
    kinds, grids = {d.id: d.kind for d in DEVICES}, {d.id: d.area for d in DEVICES}
    log = records(samples(sorted(archive.stored), kinds), grids, T0 - H, T0 + DAY_MS)
    live = replay(((0, n, encode(record)) for n, record in enumerate(log)), Catalogue.of([LEAK], DEVICES), partitions=1)
    raised: list[AlarmEvent] = [event for event in live if event.id.endswith("-1")]
    assert [(e.episode, e.at) for e in raised] == [(e.id, e.at) for e in rehearsed(LEAK).rehearsed]


def test_what_was_raised_before_the_period_only_warms_up() -> None:
    archive = archive_of([*wave("gas-0", T0 - 10 * M, *[30.0] * 90)])
    assert rehearsed(LEAK, archive).rehearsed == []


def test_late_readings_wait_for_their_turn() -> None:
    late = Stored(T0 + 90 * M, "gas-0", T0 + 30 * M, "ch4_lel", 9.0, "good", ())
    first, second = wave("gas-1", T0, 1.0), wave("gas-1", T0 + 100 * M, 1.0)
    ordered = list(by_arrival([(T0 + H, sorted([*first, late])), (T0 + 2 * H, second)]))
    assert ordered == [*first, late, *second]


def test_messages_are_put_together_and_time_goes_on_between_them() -> None:
    two = [Stored(T0, "gas-0", T0 - 5, metric, 1.0, "over_range", ("test",)) for metric in ("alarm", "ch4_lel")]
    (message,) = samples(two, {"gas-0": "gas"})
    assert (message.values, message.flags) == ({"alarm": 1.0, "ch4_lel": 1.0}, ("test",))
    assert set(message.quality.values()) == {"over_range"}
    made = list(records([message], {"gas-0": GRID}, T0 - 2 * TICK_MS, T0 + TICK_MS // 2))
    assert [type(record) for record in made] == [Tick, Tick, Tick, Batch, Tick]
    assert [record.at - T0 for record in made] == [-2 * TICK_MS, -TICK_MS, 0, 0, TICK_MS // 2]


def test_a_rule_reads_every_metric_it_looks_at_and_a_silence_all() -> None:
    assert metrics_of([LEAK, msgspec.structs.replace(LEAK, measure=Ratio("flow"))]) == {"ch4_lel", "flow"}
    assert metrics_of([msgspec.structs.replace(LEAK, op=Op.SILENT, metric="")]) is None


@pytest.mark.parametrize(
    ("rule", "scope", "said"),
    [
        (LEAK, Scope(T0, T0), "give more than none"),
        (LEAK, Scope(T0, T0 + (MOST_DAYS + 1) * DAY_MS), "at most 92"),
        (LEAK, Scope(T0, T0 + DAY_MS, area="1"), "widen it"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused_with_a_remedy(rule: Rule, scope: Scope, said: str) -> None:
    with pytest.raises(Refused, match=said):
        RehearseRule(day())(rule, scope)


def test_more_devices_than_one_run_may_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.rehearsal.handlers.MOST_DEVICES", 2)
    with pytest.raises(Refused, match="narrow it by area"):
        rehearsed(LEAK)
    assert len(rehearsed(LEAK, device="gas-0").pairs) == 1


def test_more_alarms_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.rehearsal.domain.episodes.MOST", 1)
    with pytest.raises(Refused, match="raises more than 1 alarms"):
        rehearsed(LEAK)


def test_flags_are_named_as_history_keeps_them() -> None:
    for bit in BITS:
        assert flags_of(bit) == names_of_flags(bit)
    assert flags_of(64 | 1) == ("test",)
