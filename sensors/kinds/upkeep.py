"""Health rules: about the device and not about what it measures; their tickets are upkeep.

A health alarm never says that a place is safe or unsafe. What is only suspicious (a value that
never moves) is an entry in a list and no alarm at all.
"""

from typing import Final

from msgspec import structs

from sensors.kinds.categories import DEVICE_UPKEEP
from sensors.kinds.durations import DAY, HOUR, MINUTE
from streams.contracts import (
    Flagged,
    Jump,
    Level,
    Members,
    Noise,
    Op,
    Quality,
    Rule,
    Severity,
    TicketPolicy,
    Unchanged,
)

SHIFT: Final = 8 * HOUR
"""The longest shelving of an ordinary alarm: somebody else decides on the next shift."""
UPKEEP: Final = TicketPolicy(category=DEVICE_UPKEEP)
GATEWAY_DOWN: Final = "gateway.down"


def silent(
    kind: str, name_zh: str, name_en: str, *, no_data_after_ms: int, suppress_when: tuple[str, ...] = ()
) -> Rule:
    """No message of any quality for three of the device's periods, and never sooner than the floor.

    One message clears it; the ticket is upkeep, never the hazard's own.
    """
    return Rule(
        id=f"{kind}.silent",
        version=2,
        kind=kind,
        metric="",
        op=Op.SILENT,
        levels=(Level(severity=Severity.MINOR, ticket=UPKEEP),),
        cause="silent",
        name_zh=f"{name_zh}离线",
        name_en=f"{name_en} silent",
        response_zh="检查供电、信号和安装位置；恢复上报后核实读数。未恢复前不得视为现场安全。",
        response_en="Check power, signal and mounting; verify readings once it reports. Silence does not mean safe.",
        no_data_after_ms=no_data_after_ms,
        suppress_when=(GATEWAY_DOWN, *suppress_when),
        max_shelve_ms=7 * DAY,
        health=True,
    )


def gateway_down() -> Rule:
    """Nearly all devices behind one gateway silent: it is the gateway, and one alarm."""
    level = Level(
        severity=Severity.MAJOR,
        limit=80.0,
        deadband=60.0,
        on_delay_ms=2 * MINUTE,
        ticket=TicketPolicy(category=DEVICE_UPKEEP, urgency=1),
    )
    return Rule(
        id=GATEWAY_DOWN,
        version=1,
        kind="*",
        metric="",
        op=Op.GE,
        measure=Members(minimum=3, silent_periods=3),
        levels=(level,),
        cause="gateway",
        name_zh="网关离线",
        name_en="Gateway down",
        response_zh="检查网关供电和上行网络；恢复前其下设备的读数均不可信。",
        response_en="Check the gateway's power and uplink; until it is back nothing is known of the devices behind it.",
        group=("gateway",),
        max_shelve_ms=SHIFT,
        health=True,
    )


def fault(kind: str, metric: str, *, no_data_after_ms: int) -> Rule:
    """The sensor says that it is broken, or says what no sensor can measure; over-range is one reason more to look."""
    bad = (Quality.FAULT, Quality.SENTINEL, Quality.OUT_OF_RANGE, Quality.OVER_RANGE)
    return _health(
        f"{kind}.fault",
        kind,
        metric,
        Op.TRUE,
        Level(severity=Severity.MINOR, on_delay_ms=10 * MINUTE, repeat=3, off_delay_ms=10 * MINUTE, ticket=UPKEEP),
        measure=Flagged((*bad,)),
        cause="sensor-fault",
        names=("传感器故障", "Sensor fault"),
        response=(
            "核对故障码，校准或更换传感器；故障期间的读数不作为现场安全的依据。",
            "Read the fault code; calibrate or replace the sensor. What it reads meanwhile proves nothing.",
        ),
        no_data_after_ms=no_data_after_ms,
    )


def unready(kind: str, metric: str, *, no_data_after_ms: int) -> Rule:
    """A warm-up or a self-test that does not end leaves the place unwatched."""
    return _health(
        f"{kind}.unready",
        kind,
        metric,
        Op.TRUE,
        Level(severity=Severity.MINOR, on_delay_ms=30 * MINUTE, repeat=3, ticket=UPKEEP),
        measure=Flagged((Quality.WARMUP, Quality.TEST)),
        cause="unready",
        names=("预热或自检未结束", "Warm-up or self-test does not end"),
        response=(
            "到场检查探测器，必要时断电重启或更换；在此期间该处无人监测。",
            "Visit the detector; power-cycle or replace it. Until then nobody watches this place.",
        ),
        no_data_after_ms=no_data_after_ms,
    )


def battery_low(kind: str) -> Rule:
    """Twice at a fifth of the charge; a day between two reports is usual."""
    return _health(
        f"{kind}.battery",
        kind,
        "battery_pct",
        Op.LE,
        Level(severity=Severity.MINOR, limit=20.0, deadband=10.0, repeat=2, ticket=UPKEEP),
        cause="battery",
        names=("电量低", "Battery low"),
        response=("安排更换电池，并核对上报周期是否过密。", "Change the battery; see whether it reports too often."),
        no_data_after_ms=3 * DAY,
    )


def end_of_life(kind: str) -> Rule:
    """A detector past its life may read zero in gas: a month's notice, then a ticket."""
    response = (
        "到期前更换探测器；到期后的读数不可信。",
        "Replace the detector; past its life it may read zero in gas.",
    )
    return Rule(
        id=f"{kind}.life",
        version=1,
        kind=kind,
        metric="life_days",
        op=Op.LE,
        levels=(
            Level(severity=Severity.MINOR, limit=0.0, repeat=2, ticket=UPKEEP),
            Level(severity=Severity.WARNING, limit=30.0, repeat=2),
        ),
        cause="end-of-life",
        name_zh="探测器到期",
        name_en="Detector's life ends",
        response_zh=response[0],
        response_en=response[1],
        no_data_after_ms=3 * DAY,
        max_shelve_ms=7 * DAY,
        health=True,
    )


def stuck(kind: str, metric: str, hours: float) -> Rule:
    """A value that has not moved for long, other than zero: in the list of suspects, no alarm."""
    return _health(
        f"{kind}.stuck",
        kind,
        metric,
        Op.GE,
        Level(severity=Severity.WARNING, limit=hours),
        measure=Unchanged(),
        cause="stuck",
        names=("读数长期不变", "Value does not move"),
        response=("下次巡检时核对该设备。", "Look at the device on the next round."),
        no_data_after_ms=3 * DAY,
        list_only=True,
    )


def jump(kind: str, metric: str, step: float) -> Rule:
    """A step from one sample to the next that is hard to believe; the sample counts all the same."""
    return _health(
        f"{kind}.jump",
        kind,
        metric,
        Op.GE,
        Level(severity=Severity.WARNING, limit=step, deadband=step / 2, off_delay_ms=10 * MINUTE),
        measure=Jump(),
        cause="jump",
        names=("读数突跳", "Implausible jump"),
        response=(
            "先按真实读数处置，再核对传感器；泄漏看起来也像突跳。",
            "Treat it as real first, then check the sensor: a leak looks like a jump.",
        ),
    )


def noisy(kind: str, metric: str, step: float, window_ms: int) -> Rule:
    """A value that dances: in the list of suspects."""
    return _health(
        f"{kind}.noisy",
        kind,
        metric,
        Op.GE,
        Level(severity=Severity.WARNING, limit=step, deadband=step / 2, repeat=3, off_delay_ms=HOUR),
        measure=Noise(window_ms),
        cause="noisy",
        names=("读数跳动", "Noisy value"),
        response=("核对接线、接地和安装位置。", "Check wiring, earthing and mounting."),
        list_only=True,
    )


def _health(
    rule_id: str,
    kind: str,
    metric: str,
    op: Op,
    level: Level,
    *,
    cause: str,
    names: tuple[str, str],
    response: tuple[str, str],
    measure: Flagged | Jump | Noise | Unchanged | None = None,
    no_data_after_ms: int = 3 * HOUR,
    list_only: bool = False,
) -> Rule:
    rule = Rule(
        id=rule_id,
        version=1,
        kind=kind,
        metric=metric,
        op=op,
        levels=(level,),
        cause=cause,
        name_zh=names[0],
        name_en=names[1],
        response_zh=response[0],
        response_en=response[1],
        no_data_after_ms=no_data_after_ms,
        max_shelve_ms=7 * DAY,
        health=True,
        list_only=list_only,
    )
    return rule if measure is None else structs.replace(rule, measure=measure)
