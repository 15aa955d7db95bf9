"""Rules on groups, rehearsed: both live stages over stored readings, compared with the chain that live runs are."""

from collections.abc import Iterator

import msgspec

from sensors.kinds import KINDS
from services.rehearsal.domain import Change, Scope, Stored, lead_ms, metrics_of, records, samples
from services.rehearsal.domain.groups import Groups, settling_ms
from services.rehearsal.handlers import RehearseRule, Result
from streams.contracts import AlarmEvent, Device, Member, Members, Rule, Source, Tick
from streams.groups import Chain
from streams.rules import Catalogue
from tests.fakes.archive import MemoryArchive
from tests.unit.rehearsal.test_rehearsals import T0, H, M, S

FEEDER = next(rule for rule in KINDS["light"].rules if rule.id == "light.feeder")
NORTH, SOUTH = "990101001001001", "990101002001001"
LAMPS = [
    Device(f"l{n}", "light", NORTH if n < 5 else SOUTH, attributes={"feeder": "F1", "nominal_w": "60"}, period_s=60)
    for n in range(10)
]
OTHERS = [Device(f"o{n}", "light", SOUTH, attributes={"feeder": "F2"}, period_s=60) for n in range(6)]
END = T0 + 110 * M


def says(lamp: Device, at: int, power: float) -> Iterator[Stored]:
    for metric, value in (("dim_pct", 100.0), ("on", 1.0), ("power_w", power)):
        yield Stored(at, lamp.id, at - 50, metric, value, "good", ())


def night(
    dark: range, *, since: int = 20 * M + 7 * S, until: int = 40 * M, lamps: list[Device] = LAMPS
) -> list[Stored]:
    """Every lamp speaks once a minute, each at its own second; some of them are dark for a while."""
    stored: list[Stored] = []
    for number, lamp in enumerate(LAMPS):
        for minute in range(-90, 110):
            after = minute * M + number * 3 * S + 400
            out = number in dark and since <= after < until
            stored += says(lamp, T0 + after, 0.5 if out else 58.0)
    return stored


def archive(stored: list[Stored]) -> MemoryArchive:
    return MemoryArchive(sorted(stored), {FEEDER.id: FEEDER}, [*LAMPS, *OTHERS])


def rehearsed(rule: Rule, stored: list[Stored], **scope: str) -> Result:
    return RehearseRule(archive(stored))(rule, Scope(T0, END, **scope))


def live(stored: list[Stored], devices: list[Device]) -> list[AlarmEvent]:
    """The same readings through both stages as they run, with a tick every second."""
    chain = Chain(Catalogue.of([FEEDER], devices), partitions=1)
    kinds, grids = {d.id: d.kind for d in devices}, {d.id: d.area for d in devices}
    start, end = T0 - 90 * M, END
    log = list(records(samples(sorted(stored), kinds), grids, start, end, linger_ms=S))
    log += [Tick("gw", at) for at in range(start, end, S)]
    log.sort(key=lambda record: record.at)
    return [event for n, record in enumerate(log) for event in chain.apply(record, 0, n)]


def test_a_feeder_outage_is_raised_and_ends_when_it_would_have() -> None:
    stored = night(range(3, 9))
    (episode,) = rehearsed(FEEDER, stored).rehearsed
    first = [event for event in live(stored, LAMPS) if event.id.endswith("-1")]
    assert [(e.episode, e.device, e.since) for e in first] == [(episode.id, "feeder:F1", episode.since)]
    assert abs(first[0].at - episode.at) <= S
    assert episode.ended is not None
    assert 40 * M <= episode.ended - T0 <= 42 * M
    assert episode.ticket


def test_a_blackout_that_is_over_within_the_delay_is_none_here_either() -> None:
    stored = night(range(10), since=20 * M, until=21 * M)
    assert live(stored, LAMPS) == []
    assert rehearsed(FEEDER, stored).rehearsed == []


def test_a_higher_share_loses_a_partial_outage() -> None:
    (level,) = FEEDER.levels
    stricter = msgspec.structs.replace(FEEDER, version=9, levels=(msgspec.structs.replace(level, limit=80.0),))
    result = rehearsed(stricter, night(range(3, 9)))
    assert [(pair.change, pair.in_force.device) for pair in result.pairs if pair.in_force] == [
        (Change.GONE, "feeder:F1")
    ]


def test_the_whole_group_takes_part_where_only_some_of_it_is_in_scope() -> None:
    """Two of the six dark lamps are in the north: of its five alone they would be no outage."""
    stored = night(range(3, 9))
    assert len(rehearsed(FEEDER, stored, area=NORTH).rehearsed) == 1
    result = rehearsed(FEEDER, stored, device="l0")
    assert (len(result.rehearsed), result.devices) == (1, 10)
    assert rehearsed(FEEDER, stored, device="o0").rehearsed == []


def test_lamps_that_fall_silent_count_within_the_minute() -> None:
    stored = [
        one for one in night(range(0)) if one.device not in {"l0", "l1", "l2", "l3", "l4"} or one.at < T0 + 30 * M
    ]
    (episode,) = rehearsed(FEEDER, stored).rehearsed
    (first,) = [event for event in live(stored, LAMPS) if event.id.endswith("-1")]
    assert 0 <= episode.at - first.at <= M


def test_a_month_of_one_dark_lamp_costs_no_tick_a_second() -> None:
    groups, ticks = Groups(Catalogue.of([FEEDER], LAMPS), settling_ms([FEEDER])), []
    groups.take([Tick("gw", T0)])
    groups.take([Member("feeder:F1", FEEDER.id, "l1", NORTH, T0 + S, Source(0, 1), True)])
    for minute in range(1, 60):
        before = groups._offset
        groups.pass_time(T0 + minute * M)
        ticks.append(groups._offset - before)
        groups.take([Tick("gw", T0 + minute * M)])
    assert ticks[0] == 59
    assert ticks[-1] == 0


def test_what_a_group_rule_reads_and_how_early_it_begins() -> None:
    assert metrics_of([FEEDER]) is None, "silence counts, so any message matters"
    assert isinstance(FEEDER.measure, Members)
    loud = msgspec.structs.replace(FEEDER, measure=msgspec.structs.replace(FEEDER.measure, silent_periods=0))
    assert metrics_of([loud]) == {"power_w", "dim_pct", "on"}
    assert lead_ms([FEEDER], 8 * H) - lead_ms([FEEDER]) == 24 * H
