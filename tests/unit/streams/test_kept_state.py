"""alarms.md rule 7: what is written of a grid and a partition, and comes back as it was."""

import msgspec

from streams.contracts import Action, ActionName, Batch, Level, Members, Op, Quality, Rate, Sample, Severity, Tick
from streams.contracts.devices import DeviceState
from streams.rules import DEFAULT_CLOCK, Catalogue, Grid, Shard, partition_of, partition_of_code
from streams.rules.track import Track
from tests.unit.streams.rule_table import BROKEN, GRID, HOUR, MIN, OTHER_GRID, PLAIN, SILENT, T0, S, Table, gas

RISING = msgspec.structs.replace(PLAIN, id="gas.rising", measure=Rate(window_ms=10 * MIN, minimum=4))
ORDERED = msgspec.structs.replace(PLAIN, id="gas.ordered", reorder_wait_ms=20 * MIN)
SHELVABLE = msgspec.structs.replace(PLAIN, id="gas.shelved", max_shelve_ms=8 * HOUR)
COUNTED = msgspec.structs.replace(
    PLAIN, id="gas.counted", measure=Members(of=PLAIN.measure, op=Op.GE, limit=5.0), group=("main",)
)
KEPT = ("clock", "device", "disabled", "gaps", "heard", "last", "members", "quiet", "slots", "version")


def lively() -> Table:
    """A device with something in every part of its state."""
    rules = [PLAIN, RISING, ORDERED, SHELVABLE, COUNTED, BROKEN, SILENT]
    table = Table(rules=rules, devices=[gas(period_s=0, attributes={"main": "M7"}, version=4)])
    table.tick(0)
    for minute in range(1, 8):
        table.send(minute * MIN, 2.0 * minute)
    table.say(8 * MIN, {"battery_pct": 50.0, "alarm": 1.0}, quality={"alarm": Quality.FAULT}, flags=("fault:x",))
    table.do(ActionName.SHELVE, 9 * MIN, until=HOUR, device="g1", rule=SHELVABLE.id, episode="-")
    table.send(10 * MIN, 30.0)
    table.send(11 * MIN, 31.0, ts=11 * MIN + 51 * S)
    return table


def track(table: Table, device: str = "g1") -> Track:
    return table.shard.grids[GRID].tracks[device]


def parts(of: Track) -> dict[str, object]:
    return {name: getattr(of, name) for name in KEPT} | {
        "windows": {key: window.tobytes() for key, window in of.windows.items()}
    }


def test_7_every_part_of_a_device_comes_back() -> None:
    table = lively()
    before = track(table)
    for part in ("disabled", "gaps", "last", "members", "slots", "windows"):
        assert getattr(before, part), part
    assert any(slot.waiting for slot in before.slots.values())
    assert before.clock.candidates
    kept = parts(before)
    due = before.next_due(0)
    table.restart()
    assert parts(track(table)) == kept
    assert track(table).due == due
    assert table.shard.grids[GRID].rules == {rule.id: 1 for rule in table.rules}


def test_a_fork_is_equal_and_what_is_done_to_it_leaves_the_original_alone() -> None:
    original = track(lively())
    before = parts(original)
    twin = original.fork()
    assert parts(twin) | {"quiet": original.quiet} == before
    assert (twin.due, twin.plan) == (original.due, original.plan)
    twin.clock.newest = 0
    for emptied in (twin.slots, twin.members, twin.disabled, twin.older):
        emptied.clear()
    for window in twin.windows.values():
        window[0] = 7.0
    assert parts(original) == before


def test_a_partitions_clock_is_kept_with_its_grids() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 3)
    assert table.shard.codes == [GRID, "#0"]
    assert table.shard.dirty == [GRID, "#0"]
    assert msgspec.json.decode(table.shard.pack("#0")) == [T0, 0, 0]
    assert table.shard.dirty == [GRID, "#0"]
    table.shard.pack(GRID)
    assert table.shard.dirty == ["#0"]
    table.tick(S)
    assert table.shard.dirty == ["#0"], "time alone leaves a grid as it is"
    table.restart()
    assert table.shard.offset == 1
    assert (table.shard.grids[GRID].offset, table.shard.grids[GRID].code) == (1, GRID)


def test_a_stored_code_belongs_to_the_partition_of_its_grid_and_a_clock_to_its_own() -> None:
    assert partition_of_code("#17") == 17
    assert partition_of_code(GRID) == partition_of(GRID)
    assert partition_of_code(GRID, 7) == partition_of(GRID, 7)


def test_the_last_record_seen_never_goes_back() -> None:
    shard = Shard(3, Catalogue.of([], []), owns=lambda _: True)
    assert (shard.offset, shard.clock_code) == (-1, "#3")
    shard.pass_over(9)
    shard.pass_over(4)
    assert shard.offset == 9
    assert shard.apply(Tick("gw", T0), 11).source.offset == 11
    assert shard.offset == 11


def test_an_outage_is_remembered_over_a_restart_and_for_grids_that_are_new() -> None:
    table = Table(rules=[SILENT], devices=[gas(), gas("g2", area=OTHER_GRID)], policy=DEFAULT_CLOCK)
    table.send(0, 3)
    table.tick(DEFAULT_CLOCK.outage)
    assert table.shard.grids[GRID].resumed == 0, "no longer than the outage that the policy names"
    table.tick(601 * S)
    assert {grid.resumed for grid in table.shard.grids.values()} == {T0 + 601 * S}
    assert msgspec.json.decode(table.shard.pack("#0")) == [T0 + 601 * S, T0 + 601 * S, 2]
    table.restart()
    assert {grid.resumed for grid in table.shard.grids.values()} == {T0 + 601 * S}
    table.feed(Batch("gw", "990101001001009", T0 + 602 * S, ()))
    assert table.shard.grids["990101001001009"].resumed == T0 + 601 * S
    table.feed(Tick("other", T0 + 100 * S))
    assert msgspec.json.decode(table.shard.pack("#0"))[:2] == [T0 + 602 * S, T0 + 601 * S], "a slow clock is no outage"


def test_7_a_grid_skips_what_it_has_and_takes_what_follows() -> None:
    table = Table(rules=[PLAIN])
    table.send(0, 30)
    (opened,) = table.send(30 * S, 30)
    grid = table.shard.grids[GRID]

    def comes_at(offset: int) -> list[int]:
        """How far each kind of record gets: the grid's offset after it."""
        reached = []
        for record in (
            Batch("gw", GRID, T0 + HOUR, (Sample("g1", "gas", T0 + HOUR, T0 + HOUR, {"ch4_lel": 40.0}),)),
            Action("a", ActionName.ACKNOWLEDGE, GRID, "g1", PLAIN.id, opened.episode, "wang", T0 + HOUR),
            Tick("gw", T0 + HOUR),
        ):
            grid.offset = 5
            table.shard.apply(record, offset)
            reached.append(grid.offset)
        return reached

    assert comes_at(5) == [5, 5, 5]
    assert (grid.tracks["g1"].heard, grid.tracks["g1"].slots[PLAIN.id].acknowledged) == (T0 + 30 * S, None)
    assert comes_at(6) == [6, 6, 6]
    assert (grid.tracks["g1"].heard, grid.tracks["g1"].slots[PLAIN.id].acknowledged) == (T0 + HOUR, T0 + HOUR)


def test_a_device_that_is_no_longer_known_waits_as_planned_for_the_next_tick() -> None:
    table = lively()
    stored = table.shard.pack(GRID)
    grid = Grid.unpack(GRID, stored, Catalogue.of([PLAIN], []))
    orphan = grid.tracks["g1"].device
    assert (orphan.id, orphan.kind, orphan.area, orphan.state) == ("g1", "gas", GRID, DeviceState.PLANNED)


def test_two_metrics_of_one_message_are_packed_together_and_two_messages_apart() -> None:
    table = Table(rules=[msgspec.structs.replace(PLAIN, levels=(Level(Severity.MAJOR, 99),))])
    table.say(0, {"a": 1.0, "b": 2.0}, flags=("x",))
    table.say(1, {"c": 3.0}, quality={"c": Quality.FAULT})
    table.restart()
    last = track(table).last
    assert {metric: sample.values[metric] for metric, sample in last.items()} == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert last["a"] == last["b"] == Sample("g1", "gas", T0, T0, {"a": 1.0, "b": 2.0}, {}, ("x",))
    assert last["c"] == Sample("g1", "gas", T0 + 1, T0 + 1, {"c": 3.0}, {"c": Quality.FAULT})
