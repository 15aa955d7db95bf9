"""The engine against the plain reading of alarms.md: any rule, any life, the same events."""

from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import Action, ActionName, Batch, Input, Level, Op, Quality, Rate, Rule, Sample, Severity, Tick
from streams.rules import Catalogue, Shard
from tests.unit.streams.reference_model import Reference, Said
from tests.unit.streams.rule_table import GRID, HOUR, MIN, SPARSE_TICKS, T0, S, gas

delays = st.sampled_from([0, 10 * S, 60 * S, 5 * MIN])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    op = draw(st.sampled_from([Op.GE, Op.GT, Op.LE, Op.LT, Op.TRUE]))
    count = 1 if op is Op.TRUE else draw(st.integers(1, 3))
    limits = [50.0, 25.0, 10.0] if op in {Op.GE, Op.GT} else [10.0, 25.0, 50.0]
    severities = [Severity.CRITICAL, Severity.MAJOR, Severity.WARNING]
    levels = tuple(
        Level(
            severity=severities[index],
            limit=limits[index],
            deadband=draw(st.sampled_from([0.0, 2.0, 5.0])),
            on_delay_ms=draw(delays),
            repeat=draw(st.integers(1, 3)),
            unrefuted_ms=draw(st.sampled_from([None, 30 * S, 90 * S, 10 * MIN])),
            off_delay_ms=draw(delays),
            latch=draw(st.booleans()),
        )
        for index in range(count)
    )
    rising = op is Op.GE and draw(st.booleans()) and draw(st.booleans())
    return Rule(
        "r", 1, "gas", "m", op, levels, "c", "零", "r",
        latch_over_range=draw(st.booleans()) and not rising,
        realarm_after_ms=draw(st.sampled_from([None, None, 20 * MIN])),
        max_shelve_ms=draw(st.sampled_from([0, HOUR])),
        **({"measure": Rate(window_ms=10 * MIN, minimum=3)} if rising else {}),
    )  # fmt: skip


@dataclass(frozen=True)
class Moment:
    pause: int
    value: float
    quality: Quality | None
    act: ActionName | None
    by: str


moments = st.builds(
    Moment,
    pause=st.sampled_from([1 * S, 10 * S, 25 * S, 60 * S, 200 * S, 700 * S, 2 * HOUR]),
    value=st.sampled_from([0.0, 1.0, 8.0, 9.0, 10.0, 12.0, 23.0, 25.0, 28.0, 46.0, 49.0, 50.0, 60.0, 99.0]),
    quality=st.sampled_from([None] * 8 + [Quality.SENTINEL, Quality.OVER_RANGE]),
    act=st.sampled_from([None] * 12 + list(ActionName)),
    by=st.sampled_from(["a", "b"]),
)


def live(rule: Rule, life: list[Moment], *, restart_every: int) -> tuple[list[Said], list[Said]]:
    """What the engine and the reference say of one life, the engine being restarted now and then."""
    catalogue = Catalogue.of([rule], [gas()])
    shard = Shard(0, catalogue, owns=lambda _: True, policy=SPARSE_TICKS)
    reference = Reference(rule)
    said: list[Said] = []
    offset = 0
    episode = ""

    def feed(record: Input) -> None:
        nonlocal offset, shard, episode
        for event in shard.apply(record, offset).events:
            episode = event.episode
            said.append((event.at, event.old, event.new, event.cause, event.severity, event.hidden, event.latched))
        offset += 1
        if restart_every and offset % restart_every == 0:
            stored = {code: shard.pack(code) for code in shard.codes}
            shard = Shard(0, catalogue, owns=lambda _: True, stored=stored, policy=SPARSE_TICKS)

    feed(Tick("gw", T0))
    at = T0
    for moment in life:
        at += moment.pause
        if moment.act is not None:
            until = at + 30 * MIN if moment.value > 9 else None
            feed(Tick("gw", at))  # nobody answers what has not been said yet
            feed(Action(f"a{at}", moment.act, GRID, "g1", "r", episode, moment.by, at, until=until))
            reference.act(moment.act, at, until=until, by=moment.by)
            continue
        quality = {"m": moment.quality} if moment.quality else {}
        feed(Batch("gw", GRID, at, (Sample("g1", "gas", at, at, {"m": moment.value}, quality),)))
        over = moment.quality is Quality.OVER_RANGE and rule.latch_over_range
        if moment.quality is None or over:
            reference.sample(at, moment.value, over=over)
        else:
            reference.time(at)
    feed(Tick("gw", at + 5 * HOUR))
    reference.time(at + 5 * HOUR)
    return said, reference.said


@settings(max_examples=200, deadline=None)
@given(rule=rules(), life=st.lists(moments, min_size=1, max_size=40), every=st.sampled_from([0, 0, 1, 3]))
def test_the_engine_says_what_the_specification_says(rule: Rule, life: list[Moment], every: int) -> None:
    engine, reference = live(rule, life, restart_every=every)
    assert engine == reference


def test_the_reference_finds_a_broken_engine() -> None:
    """The comparison itself can fail: another rule gives other events."""
    rule = Rule("r", 1, "gas", "m", Op.GE, (Level(Severity.MAJOR, 25.0),), "c", "零", "r")
    life = [Moment(S, 30.0, None, None, "a")]
    engine, _ = live(rule, life, restart_every=0)
    _, reference = live(msgspec.structs.replace(rule, levels=(Level(Severity.MAJOR, 40.0),)), life, restart_every=0)
    assert engine != reference
