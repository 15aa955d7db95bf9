"""Rules or devices that their topic has lost end nothing: only what is withdrawn by name does (ADR 66)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from streams.agents.follower import surviving
from streams.agents.hold import Hold
from streams.agents.stages import FIRST
from streams.contracts import ActionName, AlarmState, Cause, Tick, metrics
from streams.groups import GroupShard
from streams.process.metrics import made
from streams.rules import Catalogue, Lacking, Shard, Withdrawn, episode_id
from streams.rules.stored import lacking
from tests.unit.streams.rule_table import CH4, MIN, SILENT, T0, S, Table, gas
from tests.unit.streams.stored_life import FEEDER, group_table


def read(table: Table) -> Catalogue:
    """The table's catalogue as a worker reads it from topics."""
    return Catalogue(table.catalogue.rules, table.catalogue.devices, Withdrawn())


def leaking() -> Table:
    """An alarm that stands, and its worker ended."""
    table = Table(rules=[CH4, SILENT], devices=[gas("g1"), gas("g2")])
    table.tick(0)
    table.leak(S)
    assert [event.new for event in table.events] == [AlarmState.ACTIVE_UNACK]
    return table


def test_a_catalogue_that_is_read_tells_what_was_withdrawn_from_what_is_lost() -> None:
    there = Catalogue({CH4.id: CH4}, {"g1": gas()}, Withdrawn())
    gone = there.with_changes({CH4.id: None}, {"g1": None})
    assert gone.withdrawn == Withdrawn(frozenset({CH4.id}), frozenset({"g1"}))
    assert not gone.has_lost_rule(CH4.id)
    assert not gone.has_lost_device("g1")
    assert gone.has_lost_rule("another")
    assert gone.has_lost_device("another")
    back = gone.with_changes({CH4.id: CH4}, {"g1": gas()})
    assert back.withdrawn == Withdrawn()
    assert gone.keeping({CH4.id: CH4}, {"g1": gas()}) is gone
    kept = Catalogue({}, {}, Withdrawn()).keeping({CH4.id: CH4}, {"g1": gas()})
    assert (kept.rules, kept.devices) == ({CH4.id: CH4}, {"g1": gas()})


def test_a_catalogue_that_is_sure_of_itself_has_lost_nothing() -> None:
    sure = Catalogue.of([CH4], [gas()])
    assert not sure.has_lost_rule("another")
    assert not sure.has_lost_device("another")
    assert sure.keeping({"another": CH4}) is sure
    assert sure.with_changes({CH4.id: None}).withdrawn is None


def test_what_a_running_worker_knows_survives_topics_that_are_read_again(caplog: pytest.LogCaptureFixture) -> None:
    known = Catalogue({CH4.id: CH4, SILENT.id: SILENT}, {"g1": gas()}, Withdrawn())
    newer = msgspec.structs.replace(SILENT, version=9)
    half = Catalogue({SILENT.id: newer}, {}, Withdrawn())
    after = surviving(half, known)
    assert (after.rules, after.devices) == ({SILENT.id: newer, CH4.id: CH4}, {"g1": gas()})
    assert "lost 1 rules and 1 devices that nobody withdrew" in caplog.text
    assert surviving(known, half) is known


@pytest.mark.parametrize("lost", ["rules", "devices", "both"])
def test_7_an_alarm_stands_whose_rule_or_device_is_lost(lost: str) -> None:
    table = leaking()
    whole = read(table)
    table.catalogue = Catalogue(
        {} if lost != "devices" else whole.rules, {} if lost != "rules" else whole.devices, Withdrawn()
    )
    table.restart()
    assert table.tick(MIN) == []
    table.catalogue = whole
    table.shard.adopt(whole)
    assert table.tick(2 * MIN) == []
    (ended,) = table.do(ActionName.CLOSE, 3 * MIN, device="g1", rule=CH4.id)
    assert (ended.episode, ended.new) == (episode_id("g1", CH4.id, T0 + S), AlarmState.NORMAL)


def test_7_a_lost_rule_judges_on_as_it_was_stored() -> None:
    table = leaking()
    table.catalogue = Catalogue({}, table.catalogue.devices, Withdrawn())
    table.restart()
    table.tick(MIN)
    assert table.shard.lost == {CH4.id}
    table.send(2 * MIN, 1.0)
    assert [event.cause for event in table.send(30 * MIN, 1.0)] == [Cause.RETURNED]
    table.send(31 * MIN, 60.0, device="g2")
    assert [event.device for event in table.send(32 * MIN, 60.0, device="g2")] == ["g2"]


def test_7_and_ends_once_somebody_withdraws_it() -> None:
    table = leaking()
    table.catalogue = Catalogue({}, table.catalogue.devices, Withdrawn())
    table.restart()
    assert table.tick(MIN) == []
    table.shard.adopt(table.catalogue.with_changes({CH4.id: None}))
    (ended,) = table.tick(2 * MIN)
    assert (ended.cause, ended.why) == (Cause.RULE, "rule withdrawn")
    assert table.shard.lost == frozenset()


def test_a_shard_says_what_its_state_knows_and_the_topics_have_lost() -> None:
    table = leaking()
    whole = read(table)
    table.catalogue = whole
    table.restart()
    assert not table.shard.lacking
    table.catalogue = Catalogue({}, {"g1": gas("g1")}, Withdrawn())
    table.restart()
    assert table.shard.lacking == Lacking(frozenset({CH4.id, SILENT.id}), frozenset({"g2"}), everything=True)
    assert str(table.shard.lacking) == f"2 rules ({', '.join(sorted((CH4.id, SILENT.id)))}) and 1 devices (g2)"
    table.catalogue = Catalogue({CH4.id: CH4}, {"g1": gas("g1")}, Withdrawn(frozenset({SILENT.id}), frozenset()))
    table.restart()
    assert table.shard.lacking == Lacking(frozenset(), frozenset({"g2"}), everything=False)
    table.catalogue = Catalogue.of([], [])
    table.restart()
    assert not table.shard.lacking


def test_all_rules_or_all_devices_missing_is_everything() -> None:
    some = Catalogue({CH4.id: CH4}, {"g1": gas()}, Withdrawn())
    no_devices = Catalogue({CH4.id: CH4}, {}, Withdrawn())
    nothing = Lacking(frozenset(), frozenset(), everything=False)
    assert lacking(some, [CH4.id], ["g1"]) == nothing
    assert lacking(some, ["a"], ["b"]) == Lacking(frozenset("a"), frozenset("b"), everything=False)
    assert lacking(no_devices, [CH4.id], ["g1"]) == Lacking(frozenset(), frozenset({"g1"}), everything=True)
    assert lacking(no_devices, [CH4.id], []) == nothing
    assert lacking(Catalogue.of([], []), ["a"], ["b"]) == nothing
    assert str(nothing) == "nothing"
    assert str(lacking(some, "dcba", [])) == "4 rules (a, b, c)"


def test_a_group_keeps_its_alarm_and_says_what_is_lost() -> None:
    table = group_table()
    table.tick(3 * MIN)
    assert any(event.rule == FEEDER.id and event.new.active for event in table.events)
    stored = {code: table.shard.pack(code) for code in table.shard.codes}
    shard = GroupShard(table.shard.partition, Catalogue({}, {}, Withdrawn()), stored=stored)
    assert shard.lacking.everything
    assert shard.lacking.rules == {FEEDER.id}
    assert shard.lacking.devices >= {"l0", "l5"}
    outcome = shard.apply(Tick("gw", T0 + 4 * MIN), table.offset + 1)
    assert [event for event in outcome.events if event.rule == FEEDER.id] == []
    assert shard.lost == {FEEDER.id}


@dataclass
class Topic:
    """Catalogues one after the other, each after so many looks; the partition is ours until ``taken``."""

    coming: list[Catalogue]
    table: Table
    taken: int = 1_000
    looks: int = 0
    made: int = 0
    held: list[float] = field(default_factory=list)

    def catalogue(self) -> Catalogue:
        self.looks += 1
        self.held.append(made(metrics.ENGINE_HELD).labels(stage=FIRST.loop)._value.get())
        if self.looks % 5 == 0 and len(self.coming) > 1:
            self.coming.pop(0)
        return self.coming[0]

    def make(self) -> Shard:
        self.made += 1
        stored = {code: self.table.shard.pack(code) for code in self.table.shard.codes}
        return Shard(0, self.coming[0], owns=lambda _: True, stored=stored)

    def take(self, clock: Callable[[], float] = lambda: 0.0) -> "Shard | None":
        hold = Hold(FIRST, most_s=300, look_s=0, clock=clock)
        found = asyncio.run(hold.shard(0, self.catalogue, self.make, lambda: self.looks < self.taken))
        assert not hold.waiting
        assert found is None or isinstance(found, Shard)
        return found


def test_a_partition_waits_until_all_that_its_state_knows_is_there(caplog: pytest.LogCaptureFixture) -> None:
    table = leaking()
    whole = read(table)
    empty, half = Catalogue({}, {}, Withdrawn()), Catalogue({CH4.id: CH4}, whole.devices, Withdrawn())
    topic = Topic([empty, half, whole], table)
    shard = topic.take()
    assert shard is not None
    assert shard.catalogue is whole
    assert 1.0 in topic.held
    assert made(metrics.ENGINE_HELD).labels(stage=FIRST.loop)._value.get() == 0
    assert "linli.inputs/0 waits, and no alarm of it comes: nobody withdrew 2 rules" in caplog.text


def test_a_partition_waits_without_end_for_any_rule_but_not_for_one_that_postgresql_lost_too() -> None:
    table = leaking()
    hours = iter(range(0, 3_600_000, 3_600))
    nothing = Topic([Catalogue({}, {}, Withdrawn())], table, taken=200)
    assert nothing.take(lambda: float(next(hours))) is None
    assert nothing.looks == 200
    some = Topic([Catalogue({CH4.id: CH4}, table.catalogue.devices, Withdrawn())], table)
    assert some.take(lambda: float(next(hours))) is not None


def test_a_partition_that_moves_away_is_not_waited_for() -> None:
    assert Topic([Catalogue({}, {}, Withdrawn())], leaking(), taken=3).take() is None


def test_what_has_nothing_stored_waits_for_nobody() -> None:
    topic = Topic([Catalogue({}, {}, Withdrawn())], Table(rules=[], devices=[]))
    assert topic.take() is not None
    assert topic.made == 1
