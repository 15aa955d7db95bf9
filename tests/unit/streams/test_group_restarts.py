"""The second stage killed at every point of its log, with any part of its state written: what follows is the same."""

from collections.abc import Iterator

import msgspec
import pytest

from sensors import kinds
from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Candidate,
    Cause,
    Device,
    GroupRecord,
    Level,
    Member,
    Rule,
    Severity,
    Source,
    Tick,
)
from streams.groups import GroupShard
from streams.rules import Catalogue
from tests.unit.streams.group_table import MAIN, GroupTable, alarm, returned
from tests.unit.streams.rule_table import GRID, HOUR, MIN, T0, S

RULES = {rule.id: rule for rule in kinds.default_rules()}
FEEDER = RULES["light.feeder"]
FEEDERS = ("feeder:F1", "feeder:F2")
LAMPS = [
    Device(f"{name}-{number}", "light", GRID, attributes={"nominal_w": "60", "feeder": name}, period_s=60)
    for name in ("F1", "F2")
    for number in range(6)
]
CATALOGUE = Catalogue.of([FEEDER, RULES["light.out"]], LAMPS)
SETTLED = 9
"""So many records lie between two writes of all that has changed."""

Effects = dict[str, AlarmEvent | Action]


def dark(name: str, number: int, after: int, *, holds: bool = True) -> Member:
    lamp = f"{name}-{number}"
    return Member(f"feeder:{name}", FEEDER.id, lamp, GRID, T0 + after, Source(3, after), condition=holds)


def act(action: ActionName, group: str, after: int, episode: str, until: int | None = None) -> Action:
    return Action(f"{action}-{after}", action, GRID, group, FEEDER.id, episode, "wang", T0 + after, until=until)


def life() -> list[GroupRecord]:
    """Two feeders that go dark, one of which is answered and comes back, and an incident beside them."""
    first, second = alarm("h1", 5 * S), alarm("h2", 150 * S)
    records: list[GroupRecord] = [Tick("gw", T0), Candidate(MAIN, first)]
    for after in range(10 * S, 8 * MIN, 10 * S):
        records.append(Tick("gw", T0 + after))
        match after // S:
            case 20:
                records += [dark("F1", number, after + number) for number in range(5)]
            case 60:
                records += [dark("F2", number, after + number) for number in range(6)]
            case 150:
                records += [Candidate(MAIN, second), act(ActionName.SHELVE, FEEDERS[1], after, "", T0 + HOUR)]
            case 200:
                episode = next(event.episode for event in told(records) if event.device == FEEDERS[0])
                records += [
                    act(ActionName.ACKNOWLEDGE, FEEDERS[0], after, episode),
                    Candidate(MAIN, returned(first, 200 * S)),
                ]
            case 240:
                records += [dark("F1", number, after + number, holds=False) for number in range(4)]
    return [*records, Tick("gw", T0 + HOUR), Tick("gw", T0 + HOUR + S)]


def told(records: list[GroupRecord]) -> list[AlarmEvent]:
    return [one for one in apply(GroupShard(0, CATALOGUE), records) if isinstance(one, AlarmEvent)]


def apply(shard: GroupShard, records: list[GroupRecord]) -> Iterator[AlarmEvent | Action]:
    """What follows from those that the shard is still to see."""
    for offset in range(shard.offset + 1, len(records)):
        outcome = shard.apply(records[offset], offset)
        yield from outcome.events
        yield from outcome.inputs


def killed(records: list[GroupRecord]) -> Iterator[tuple[int, list[AlarmEvent | Action], dict[str, bytes]]]:
    """For every point and every part of what was to be written there: how many records, what was said and stored."""
    shard, stored = GroupShard(0, CATALOGUE), dict[str, bytes]()
    said: list[AlarmEvent | Action] = []
    for offset, record in enumerate(records):
        outcome = shard.apply(record, offset)
        said += [*outcome.events, *outcome.inputs]
        changed = shard.dirty
        packed = {code: GroupShard.pack(shard, code) for code in changed}
        for written in range(len(changed) + 1):
            yield offset + 1, list(said), stored | {code: packed[code] for code in changed[:written]}
        if offset % SETTLED == 0:
            stored = stored | packed
        else:
            for code in changed:
                if code in shard.groups:
                    shard.groups[code].dirty = True


def test_killed_at_any_point_it_says_the_same() -> None:
    records = life()
    straight = {one.id: one for one in apply(GroupShard(0, CATALOGUE), records)}
    assert {one.cause for one in straight.values() if isinstance(one, AlarmEvent)} >= {
        Cause.ACKNOWLEDGED, Cause.RETURNED, Cause.SHOWN,
    }  # fmt: skip
    for seen, said, stored in killed(records):
        again = {one.id: one for one in [*said, *apply(GroupShard(0, CATALOGUE, stored=stored), records)]}
        assert again == straight, f"killed after {seen} records with {sorted(stored)} written"


@pytest.mark.parametrize("deleted", [False, True])
def test_killed_at_any_point_it_misses_no_rule_that_has_gone_meanwhile(*, deleted: bool) -> None:
    records = life()
    gone = None if deleted else msgspec.structs.replace(FEEDER, enabled=False)
    without = CATALOGUE.with_changes({FEEDER.id: gone})
    ended = 0
    for seen, said, stored in killed(records):
        before = GroupShard(0, CATALOGUE, stored=stored)
        kept = {slot.episode for group in before.groups.values() for slot in group.state.slots.values()}
        standing = {e.episode: e for e in said if isinstance(e, AlarmEvent) and e.rule == FEEDER.id}
        for event in apply(GroupShard(0, without, stored=stored), [*records, Tick("gw", T0 + 2 * HOUR)]):
            if isinstance(event, AlarmEvent):
                standing[event.episode] = event
        for episode in kept & standing.keys():
            if standing[episode].rule == FEEDER.id and standing[episode].cause is not Cause.ACKNOWLEDGED:
                assert standing[episode].new is AlarmState.NORMAL, f"{seen} records, {sorted(stored)} written"
                assert standing[episode].why == "rule withdrawn"
                known = records[: before.groups[standing[episode].group].state.offset + 1]
                assert standing[episode].at >= max(tick.at for tick in known if isinstance(tick, Tick))
                ended += 1
    assert ended


def test_a_person_is_heard_before_the_first_tick_after_a_restart() -> None:
    table = GroupTable([FEEDER], LAMPS, FEEDERS[0])
    table.tick(0)
    for number in range(6):
        table.condition(f"F1-{number}", S, rule=FEEDER.id)
    table.tick(2 * S)
    (raised,) = table.tick(3 * MIN)
    table.restart()
    (answered,) = table.do(ActionName.ACKNOWLEDGE, 4 * MIN, FEEDER.id, raised.episode)
    assert answered.new is AlarmState.ACTIVE_ACK


def rated(severity: Severity) -> Rule:
    return msgspec.structs.replace(
        FEEDER, version=2, levels=(msgspec.structs.replace(FEEDER.levels[0], severity=severity),)
    )


@pytest.mark.parametrize("record", ["tick", "act"])
def test_another_version_is_in_force_before_every_group_has_caught_up(record: str) -> None:
    """A group that was written last keeps the catalogue waiting; meanwhile the others go by it all the same."""
    table = GroupTable([FEEDER], LAMPS, FEEDERS[0])
    table.tick(0)
    for number in range(6):
        table.condition(f"F1-{number}", S, rule=FEEDER.id)
    table.tick(2 * S)
    (raised,) = table.tick(3 * MIN)
    table.put(Candidate(MAIN, alarm("h1", 3 * MIN)))
    table.shard.groups[MAIN].state.offset += 5
    table.rules = [rated(Severity.CRITICAL)]
    table.restart()
    if record == "tick":
        (risen,) = table.tick(4 * MIN)
    else:
        risen, answered = table.do(ActionName.ACKNOWLEDGE, 4 * MIN, FEEDER.id, raised.episode)
        assert answered.new is AlarmState.ACTIVE_ACK
    assert (risen.severity, risen.cause, risen.at) == (Severity.CRITICAL, Cause.RULE, T0 + 4 * MIN)
    assert not any(outcome.adopted for outcome in table.outcomes[1:])
    assert [event for minute in range(5, 12) for event in table.tick(minute * MIN)] == []
    assert sum(outcome.adopted for outcome in table.outcomes) == 2


@pytest.mark.parametrize("restarted", [False, True])
def test_a_feeder_whose_rule_is_rated_otherwise_says_so_and_stands_on(*, restarted: bool) -> None:
    table = GroupTable([FEEDER], LAMPS, FEEDERS[0])
    table.tick(0)
    for number in range(6):
        table.condition(f"F1-{number}", S, rule=FEEDER.id)
    table.tick(2 * S)
    (raised,) = table.tick(3 * MIN)
    assert raised.severity is Severity.MAJOR
    table.do(ActionName.ACKNOWLEDGE, 4 * MIN, FEEDER.id, raised.episode)
    table.adopt([rated(Severity.CRITICAL)])
    if restarted:
        table.restart()
    (risen,) = table.tick(5 * MIN)
    assert (risen.severity, risen.cause, risen.new) == (Severity.CRITICAL, Cause.RULE, AlarmState.ACTIVE_UNACK)
    assert risen.episode == raised.episode
    more = Level(Severity.WARNING, 20.0)
    table.adopt(
        [msgspec.structs.replace(rated(Severity.CRITICAL), version=3, levels=(*rated(Severity.CRITICAL).levels, more))]
    )
    table.restart()
    assert table.tick(6 * MIN) == [], "one level more does not disturb what stands"
