"""The property tests that alarms.md asks for, over random lives of a few devices."""

from dataclasses import dataclass
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Batch,
    Cause,
    Flagged,
    Input,
    Jump,
    Level,
    Op,
    Quality,
    Rate,
    Sample,
    Severity,
    Tick,
    Unchanged,
)
from streams.rules import Catalogue, Shard
from tests.unit.streams.rule_table import CH4, GRID, HOUR, PLAIN, SILENT, SPARSE_TICKS, T0, S, gas

REORDERED = msgspec.structs.replace(PLAIN, id="gas.reordered", metric="slow", reorder_wait_ms=60 * S)
LEAK = msgspec.structs.replace(CH4, max_shelve_ms=2 * HOUR)
RISING = msgspec.structs.replace(
    PLAIN, id="gas.rising", measure=Rate(window_ms=300 * S, minimum=3), suppress_when=(CH4.id,)
)
BAD = (Quality.SENTINEL, Quality.WARMUP, Quality.OVER_RANGE)
FAULT = msgspec.structs.replace(PLAIN, id="gas.fault", op=Op.TRUE, measure=Flagged(BAD), health=True)
LEAP = msgspec.structs.replace(PLAIN, id="gas.jump", measure=Jump(), health=True)
STILL = msgspec.structs.replace(PLAIN, id="gas.stuck", measure=Unchanged(), levels=(Level(Severity.WARNING, 1.0),))
RULES = [LEAK, PLAIN, SILENT, RISING, FAULT, LEAP, STILL]
DEVICES = [gas("g1"), gas("g2"), gas("g3")]
FEW = settings(max_examples=50, deadline=None)


@dataclass(frozen=True)
class Happening:
    """One sample after a pause; ``offset`` is the device clock's error."""

    device: str
    pause: int
    value: float
    quality: Quality | None
    again: bool


happenings = st.builds(
    Happening,
    device=st.sampled_from([device.id for device in DEVICES]),
    pause=st.sampled_from([1 * S, 5 * S, 15 * S, 60 * S, 200 * S, 700 * S, 2 * HOUR]),
    value=st.sampled_from([0.0, 3.0, 9.0, 12.0, 22.0, 30.0, 47.0, 60.0, 99.0]),
    quality=st.sampled_from([None, None, None, None, Quality.SENTINEL, Quality.WARMUP, Quality.OVER_RANGE]),
    again=st.booleans(),
)
lives = st.lists(happenings, min_size=1, max_size=40)
offsets = st.fixed_dictionaries({device.id: st.sampled_from([0, 0, 51 * S, -600 * S]) for device in DEVICES})


def record_of(happening: Happening, at: int, offset: int) -> Batch:
    quality = {"ch4_lel": happening.quality} if happening.quality else {}
    sample = Sample(happening.device, "gas", at + offset, at, {"ch4_lel": happening.value}, quality)
    return Batch("gw", GRID, at, (sample,))


def log_of(life: list[Happening], clocks: dict[str, int], *, twice: bool = False) -> list[Input]:
    """The log of a life: a tick before everything, ticks in long pauses, one long after."""
    records: list[Input] = [Tick("gw", T0)]
    at = T0
    for happening in life:
        at += happening.pause
        records.append(Tick("gw", at - 1))
        record = record_of(happening, at, clocks[happening.device])
        records.append(record)
        if twice and happening.again:
            records.append(record)
    return [*records, Tick("gw", at + 5 * HOUR)]


def run(records: list[Input], *, restart_every: int = 0) -> list[AlarmEvent]:
    catalogue = Catalogue.of(RULES, DEVICES)
    shard = Shard(0, catalogue, owns=lambda _: True, policy=SPARSE_TICKS)
    events: list[AlarmEvent] = []
    for offset, record in enumerate(records):
        events += shard.apply(record, offset).events
        if restart_every and offset % restart_every == 0:
            stored = {code: shard.pack(code) for code in shard.codes}
            shard = Shard(0, catalogue, owns=lambda _: True, stored=stored, policy=SPARSE_TICKS)
    return events


def essence(events: list[AlarmEvent]) -> list[tuple[object, ...]]:
    """What must agree where offsets may differ."""
    return sorted((e.device, e.rule, e.at, e.id, e.old, e.new, e.cause, e.severity, e.since) for e in events)


@FEW
@given(life=lives, clocks=offsets)
def test_duplicates_change_nothing(life: list[Happening], clocks: dict[str, int]) -> None:
    assert essence(run(log_of(life, clocks))) == essence(run(log_of(life, clocks, twice=True)))


@FEW
@given(life=lives, clocks=offsets, every=st.integers(1, 7))
def test_a_restart_at_any_point_gives_the_same_events(
    life: list[Happening], clocks: dict[str, int], every: int
) -> None:
    records = log_of(life, clocks)
    assert run(records) == run(records, restart_every=every)


rounds = st.lists(
    st.tuples(
        st.sampled_from([1 * S, 15 * S, 60 * S, 700 * S]),
        st.lists(st.sampled_from([2.0, 30.0, 60.0, None]), min_size=3, max_size=3),
    ),
    min_size=1,
    max_size=25,
)


@FEW
@given(life=rounds, rng=st.randoms(use_true_random=False), together=st.booleans())
def test_any_order_across_devices_gives_the_same_episodes(
    life: list[tuple[int, list[float | None]]], rng: Random, together: bool
) -> None:
    straight: list[Input] = []
    mixed: list[Input] = []
    at = T0
    for pause, values in life:
        at += pause
        samples = [
            Sample(device.id, "gas", at - 20, at, {"ch4_lel": value})
            for device, value in zip(DEVICES, values, strict=True)
            if value is not None
        ]
        straight += [Batch("gw", GRID, at, (sample,)) for sample in samples]
        rng.shuffle(samples)
        one_by_one: list[Input] = [Batch("gw", GRID, at, (sample,)) for sample in samples]
        mixed += [Batch("gw", GRID, at, tuple(samples))] if together else one_by_one
    end = Tick("gw", at + 5 * HOUR)
    assert essence(run([*mixed, end])) == essence(run([*straight, end]))


@FEW
@given(life=lives, clocks=offsets)
def test_nothing_clears_without_a_good_sample(life: list[Happening], clocks: dict[str, int]) -> None:
    good = {
        record.at
        for record, happening in zip(
            [record for record in log_of(life, clocks) if isinstance(record, Batch)], life, strict=True
        )
        if happening.quality is None
    }
    for event in run(log_of(life, clocks)):
        limits = event.rule in {CH4.id, PLAIN.id}
        if limits and event.cause in {Cause.RETURNED, Cause.SEVERITY_DOWN}:
            assert event.at in good
            assert event.value is not None
            assert event.limit is not None


@FEW
@given(
    life=lives,
    acts=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(list(ActionName))), max_size=8),
)
def test_acknowledgement_is_monotonic_but_for_a_severity_rise(
    life: list[Happening], acts: list[tuple[int, ActionName]]
) -> None:
    shard = Shard(0, Catalogue.of(RULES, DEVICES), owns=lambda _: True, policy=SPARSE_TICKS)
    standing: dict[str, AlarmEvent] = {}
    wanted: dict[int, list[ActionName]] = {}
    for place, name in acts:
        wanted.setdefault(place, []).append(name)
    queue = log_of(life, dict.fromkeys((device.id for device in DEVICES), 0))
    offset = 0
    for place, record in enumerate(queue):
        doing: list[Input] = [
            Action(f"a{place}", name, GRID, event.device, event.rule, event.episode, "wang", record.at)
            for name in wanted.get(place, ())
            for event in list(standing.values())[:2]
        ]
        for one in [record, *doing]:
            for event in shard.apply(one, offset).events:
                if event.old is AlarmState.ACTIVE_ACK and event.new is AlarmState.ACTIVE_UNACK:
                    assert event.cause is Cause.SEVERITY_UP
                standing[event.episode] = event
            offset += 1


@FEW
@given(order=st.permutations(range(12)), hazard=st.integers(0, 11))
def test_any_order_within_a_device_gives_the_same_episodes_where_reorder_wait_is_set(
    order: list[int], hazard: int
) -> None:
    def episodes(sequence: list[int]) -> set[str]:
        shard = Shard(0, Catalogue.of([REORDERED], DEVICES), owns=lambda _: True, policy=SPARSE_TICKS)
        found: list[AlarmEvent] = []
        for place, number in enumerate(sequence):
            ts = T0 + number * 4 * S
            value = 40.0 if number >= hazard else 2.0
            sample = Sample("g1", "gas", ts, T0 + 48 * S + place, {"slow": value})
            found += shard.apply(Batch("gw", GRID, sample.at, (sample,)), place).events
        found += shard.apply(Tick("gw", T0 + HOUR), 99).events
        return {event.episode for event in found}

    assert episodes(list(order)) == episodes(sorted(order))


@FEW
@given(life=lives, clocks=offsets)
def test_the_same_log_gives_the_same_bytes(life: list[Happening], clocks: dict[str, int]) -> None:
    records = log_of(life, clocks)
    assert [msgspec.json.encode(event) for event in run(records)] == [
        msgspec.json.encode(event) for event in run(records)
    ]


@FEW
@given(life=lives, clocks=offsets)
def test_severity_never_falls_without_a_value_beyond_the_deadband(
    life: list[Happening], clocks: dict[str, int]
) -> None:
    by_severity = {level.severity: level for level in CH4.levels}
    worst: dict[str, Severity] = {}
    for event in run(log_of(life, clocks)):
        if event.rule != CH4.id:
            continue
        before = worst.get(event.episode, event.severity)
        if event.severity.rank < before.rank:
            level = by_severity[before]
            assert event.cause is Cause.SEVERITY_DOWN
            assert event.value is not None
            assert event.value <= level.limit - level.deadband
        worst[event.episode] = event.severity


@FEW
@given(
    life=lives,
    shelvings=st.lists(st.tuples(st.integers(0, 60), st.integers(-1, 1_000)), min_size=1, max_size=6),
    every=st.integers(0, 5),
)
def test_shelving_always_ends(life: list[Happening], shelvings: list[tuple[int, int]], every: int) -> None:
    records = log_of(life, dict.fromkeys((device.id for device in DEVICES), 0))
    for place, minutes in sorted(shelvings, reverse=True):
        at = records[min(place, len(records) - 1)].at
        until = at + minutes * 60 * S
        shelve = Action(f"s{place}", ActionName.SHELVE, GRID, "g1", CH4.id, "", "wang", at, until=until)
        records.insert(min(place, len(records) - 1) + 1, shelve)
    end = records[-1].at + LEAK.max_shelve_ms
    hidden: dict[str, bool] = {}
    for event in run([*records, Tick("gw", end)], restart_every=every):
        assert event.shelved_until is None or event.shelved_until <= event.at + LEAK.max_shelve_ms
        hidden[event.episode] = event.shelved_until is not None and event.new is not AlarmState.NORMAL
    assert not any(hidden.values())
