"""Parking bays and fire lanes; attribute ``zone`` = bay, disabled, charging, fire_lane or forbidden."""

from typing import Final

from sensors.kinds.categories import FIRE_LANE, ILLEGAL_PARKING
from sensors.kinds.clock import local_hour
from sensors.kinds.definition import BATTERY, Example, Kind, Metric, Moment, switch
from sensors.kinds.durations import HOUR, MINUTE, SECOND
from sensors.kinds.upkeep import SHIFT, battery_low, silent, stuck
from streams.contracts import Level, Op, Rule, Scope, Severity, TicketPolicy


def _magnetic(axis: str) -> Metric:
    return Metric(
        key=f"mag_{axis}",
        unit="mG",
        name_zh=f"地磁 {axis.upper()}",
        name_en=f"Magnetic {axis.upper()}",
        low=-20_000.0,
        high=20_000.0,
        scale=10,
        process=False,
    )


METRICS: Final = (
    switch("occupied", "占用", "Occupied"),
    Metric(key="duration_s", unit="s", name_zh="持续时间", name_en="Duration", low=0.0, high=3.2e7, process=False),
    BATTERY,
    _magnetic("x"),
    _magnetic("y"),
    _magnetic("z"),
)

RULES: Final = (
    Rule(
        id="parking.fire_lane",
        version=2,
        kind="parking",
        metric="occupied",
        op=Op.TRUE,
        levels=(
            Level(
                severity=Severity.MAJOR,
                on_delay_ms=5 * MINUTE,
                repeat=1,
                unrefuted_ms=5 * MINUTE,
                off_delay_ms=60 * SECOND,
                ticket=TicketPolicy(category=FIRE_LANE, urgency=1, normal_for_ms=10 * MINUTE, reopen_ms=0),
            ),
        ),
        cause="fire-lane",
        name_zh="消防通道占用",
        name_en="Fire lane blocked",
        response_zh="联系车主立即驶离；无法联系时拍照取证并通知交警拖移；确认通道净宽恢复后再办结。",
        response_en="Have the owner move the vehicle at once; if out of reach, photograph it and call the traffic "
        "police to tow. Close only when the lane is clear to its full width.",
        scope=Scope(attributes={"zone": "fire_lane"}),
        no_data_after_ms=36 * HOUR,
        max_shelve_ms=SHIFT,
    ),
    Rule(
        id="parking.forbidden",
        version=1,
        kind="parking",
        metric="occupied",
        op=Op.TRUE,
        levels=(
            Level(
                severity=Severity.MINOR,
                on_delay_ms=15 * MINUTE,
                unrefuted_ms=15 * MINUTE,
                off_delay_ms=5 * MINUTE,
                ticket=TicketPolicy(category=ILLEGAL_PARKING, normal_for_ms=10 * MINUTE),
            ),
        ),
        cause="forbidden-parking",
        name_zh="禁停区占用",
        name_en="Forbidden zone occupied",
        response_zh="联系车主驶离；屡次占用的加装隔离设施。",
        response_en="Have the owner move the vehicle; where it happens again and again, put up a barrier.",
        scope=Scope(attributes={"zone": "forbidden"}),
        no_data_after_ms=36 * HOUR,
        max_shelve_ms=SHIFT,
    ),
    silent("parking", "车位检测", "Parking sensor", no_data_after_ms=36 * HOUR),
    battery_low("parking"),
    stuck("parking", "occupied", hours=14 * 24.0),
)

CHANGES_PER_HOUR: Final = 0.35


def _wanted(hour: float) -> float:
    """The share of bays taken: nearly all at night, a third at mid-morning."""
    if hour < 6.5 or hour >= 20.0:
        return 0.93
    if hour < 9.5:
        return 0.93 - 0.2 * (hour - 6.5)
    if hour < 16.5:
        return 0.34
    return 0.34 + 0.17 * (hour - 16.5)


def simulate(now: Moment) -> dict[str, float]:
    """Bays fill at night and empty in the morning; nobody stops in a fire lane on an ordinary day."""
    wanted = _wanted(local_hour(now.at))
    before = now.previous.get("occupied")
    if now.attributes.get("zone") in {"fire_lane", "forbidden"}:
        occupied = 0.0
    elif before is None:
        occupied = 1.0 if now.rng.random() < wanted else 0.0
    else:
        change = CHANGES_PER_HOUR * now.elapsed_s / 3600
        aim = 1.0 if now.rng.random() < wanted else 0.0
        occupied = aim if now.rng.random() < change else before
    lasted = now.previous.get("duration_s", 3600.0 * now.character) + now.elapsed_s
    return {
        "occupied": occupied,
        "duration_s": float(round(lasted if before in {None, occupied} else 0.0)),
        "battery_pct": float(round(50 + 48 * now.character)),
    }


KIND: Final = Kind(
    key="parking",
    name_zh="停车",
    name_en="Parking",
    metrics=METRICS,
    rules=RULES,
    example=Example(
        topic="linli/v1/990101001001001/parking/bay-000001/telemetry",
        payload=b'{"ts":1795311683000,"seq":41,"values":{"occupied":true,"duration_s":480,"battery_pct":87}}',
        device="bay-000001",
        kind="parking",
        values={"occupied": 1.0, "duration_s": 480.0, "battery_pct": 87.0},
        ts=1_795_311_683_000,
    ),
    simulate=simulate,
    period_s=300,
    harmless_faults=frozenset({"battery-low", "clock"}),
)
