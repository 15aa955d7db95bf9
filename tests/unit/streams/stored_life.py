"""A life that leaves something in every part of the stored state, for files that older versions have written."""

import msgspec

from sensors import kinds
from streams.contracts import ActionName, Device
from tests.unit.streams.group_table import MAIN, GroupTable, alarm, returned
from tests.unit.streams.rule_table import BROKEN, CH4, GRID, HOUR, MIN, SILENT, S, Table, gas

RULES = {rule.id: rule for rule in kinds.default_rules()}
FEEDER = RULES["light.feeder"]


def grid_table() -> Table:
    """An alarm that stands, shelved, one that pends, a window, a condition in a group, a rule that a bug disabled."""
    lamp = Device("l1", "light", GRID, attributes={"nominal_w": "60", "feeder": "F1"}, period_s=60)
    tank = Device("t1", "septic", GRID, period_s=600)
    rules = [msgspec.structs.replace(CH4, max_shelve_ms=HOUR), SILENT, FEEDER, RULES["septic.rising"], BROKEN]
    table = Table(rules, [gas("g1"), gas("g2"), gas("g3", period_s=0), lamp, tank])
    table.tick(0)
    table.leak(S)
    table.do(ActionName.SHELVE, 12 * S, until=30 * MIN, rule=CH4.id, device="g1")
    table.send(20 * S, 30.0, device="g2")
    for minute in range(1, 5):
        table.send(minute * MIN, 3.0 + minute, device="g3")
        table.say(minute * MIN + S, {"ch4_vol": 0.1 * minute}, device="t1")
    table.say(5 * MIN, {"on": 1.0, "dim_pct": 100.0, "power_w": 0.0}, device="l1")
    table.tick(6 * MIN)
    return table


def group_table() -> GroupTable:
    """An incident with members that stand and one that has returned, a flood, and a rule's own alarm beside it."""
    lamps = [Device(f"l{n}", "light", GRID, attributes={"feeder": "F1", "main": "M7"}, period_s=60) for n in range(6)]
    table = GroupTable([msgspec.structs.replace(FEEDER, group=("main",))], lamps, MAIN)
    table.tick(0)
    opened = [alarm(f"h{number:02d}", number * S, building=GRID + f"{number:05d}") for number in range(12)]
    table.send(*opened, returned(opened[3], MIN))
    for number in range(6):
        table.condition(f"l{number}", S, rule=FEEDER.id)
    table.tick(2 * MIN)
    return table


if __name__ == "__main__":
    from pathlib import Path

    from streams.groups.state import FORMAT as GROUP_FORMAT
    from streams.rules.grid_state import FORMAT as GRID_FORMAT

    kept = Path(__file__).parents[2] / "data" / "engine_state"
    (kept / f"grid-{GRID_FORMAT}.bin").write_bytes(grid_table().shard.pack(GRID))
    (kept / f"group-{GROUP_FORMAT}.bin").write_bytes(group_table().shard.pack(MAIN))
