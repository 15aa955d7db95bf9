"""Household and public combustible gas. 100 %LEL is 5.0 %VOL of methane (the ISO basis)."""

from typing import Final

from sensors.kinds.categories import GAS_LEAK
from sensors.kinds.clock import local_hour
from sensors.kinds.definition import BATTERY, Example, Kind, Metric, Moment, switch
from sensors.kinds.durations import HOUR, MINUTE, SECOND
from sensors.kinds.upkeep import SHIFT, battery_low, end_of_life, fault, jump, noisy, silent, stuck, unready
from streams.contracts import Flagged, Level, Op, Quality, Rate, Rule, Severity, TicketPolicy

METRICS: Final = (
    Metric(
        key="ch4_lel",
        unit="%LEL",
        name_zh="可燃气体",
        name_en="Combustible gas",
        low=0.0,
        high=100.0,
        over=200.0,
        digits=1,
        scale=100,
        sentinels=frozenset({-100.0, 65533.0, 65534.0, 65535.0}),
    ),
    switch("alarm", "探测器报警", "Detector alarm"),
    switch("valve_open", "阀门开启", "Valve open"),
    switch("fan_on", "排风开启", "Fan on"),
    Metric(
        key="h2s_ppm",
        unit="ppm",
        name_zh="硫化氢",
        name_en="Hydrogen sulphide",
        low=0.0,
        high=100.0,
        over=500.0,
        digits=1,
        scale=100,
    ),
    Metric(key="o2_vol", unit="%VOL", name_zh="氧气", name_en="Oxygen", low=0.0, high=30.0, digits=1, scale=100),
    Metric(key="life_days", unit="d", name_zh="剩余寿命", name_en="Life left", low=-3650.0, high=7300.0, process=False),
    BATTERY,
)

GROUP: Final = ("main", "building")
"""A leak in a main is one incident however many households smell it; else a building's is one."""

TICKET_CRITICAL: Final = TicketPolicy(category=GAS_LEAK, urgency=2, normal_for_ms=30 * MINUTE, reopen_ms=24 * HOUR)
TICKET_MAJOR: Final = TicketPolicy(
    category=GAS_LEAK, urgency=1, normal_for_ms=30 * MINUTE, reopen_ms=24 * HOUR, agreed_urgency=2
)
"""One detector may err; two of a building do not: the ticket's urgency is then that of a critical alarm."""

RESPONSE_ZH: Final = (
    "勿按门铃、勿动开关、勿在室内打电话；打开门窗通风，关闭表前阀，疏散同单元住户到室外；"
    "在室外联系燃气抢修，浓度降到零且复测合格前不得进入。"
)
RESPONSE_EN: Final = (
    "No doorbell, no switch, no telephone inside. Open doors and windows, close the valve before the meter, "
    "bring the residents of the entrance outside; call the gas company from outside. "
    "Nobody enters until a second measurement reads zero."
)

DETECTOR: Final = Level(
    severity=Severity.CRITICAL,
    repeat=2,
    unrefuted_ms=30 * SECOND,
    off_delay_ms=5 * MINUTE,
    latch=True,
    ticket=TICKET_CRITICAL,
)
"""What the detector says by itself: that it alarms, or that the gas is beyond its range."""

RULES: Final = (
    Rule(
        id="gas.ch4",
        version=3,
        kind="gas",
        metric="ch4_lel",
        op=Op.GE,
        levels=(
            Level(
                severity=Severity.CRITICAL,
                limit=50.0,
                deadband=5.0,
                on_delay_ms=10 * SECOND,
                repeat=2,
                unrefuted_ms=90 * SECOND,
                off_delay_ms=5 * MINUTE,
                latch=True,
                ticket=TICKET_CRITICAL,
            ),
            Level(
                severity=Severity.MAJOR,
                limit=25.0,
                deadband=5.0,
                on_delay_ms=30 * SECOND,
                repeat=2,
                unrefuted_ms=10 * MINUTE,
                off_delay_ms=5 * MINUTE,
                ticket=TICKET_MAJOR,
            ),
            Level(
                severity=Severity.WARNING,
                limit=10.0,
                deadband=2.0,
                on_delay_ms=60 * SECOND,
                repeat=2,
                off_delay_ms=10 * MINUTE,
            ),
        ),
        cause="gas-leak",
        group=GROUP,
        name_zh="燃气浓度",
        name_en="Gas concentration",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=HOUR,
        latch_over_range=True,
        max_shelve_ms=HOUR,
        second_approver=True,
    ),
    Rule(
        id="gas.rising",
        version=2,
        kind="gas",
        metric="ch4_lel",
        op=Op.GE,
        measure=Rate(window_ms=5 * MINUTE, minimum=4),
        levels=(
            Level(
                severity=Severity.WARNING,
                limit=60.0,
                deadband=24.0,
                on_delay_ms=60 * SECOND,
                repeat=2,
                off_delay_ms=10 * MINUTE,
            ),
        ),
        cause="gas-leak",
        group=GROUP,
        name_zh="燃气浓度上升",
        name_en="Gas is rising",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=HOUR,
        suppress_when=("gas.ch4",),
        max_shelve_ms=SHIFT,
    ),
    Rule(
        id="gas.over_range",
        version=2,
        kind="gas",
        metric="ch4_lel",
        op=Op.TRUE,
        measure=Flagged((Quality.OVER_RANGE,)),
        levels=(DETECTOR,),
        cause="gas-leak",
        group=GROUP,
        name_zh="燃气超量程",
        name_en="Gas beyond the sensor's range",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=HOUR,
        max_shelve_ms=HOUR,
        second_approver=True,
    ),
    Rule(
        id="gas.alarm",
        version=3,
        kind="gas",
        metric="alarm",
        op=Op.TRUE,
        levels=(DETECTOR,),
        cause="gas-leak",
        group=GROUP,
        name_zh="探测器自报警",
        name_en="Detector's own alarm",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=HOUR,
        max_shelve_ms=HOUR,
        second_approver=True,
    ),
    silent("gas", "燃气探测器", "Gas detector", no_data_after_ms=HOUR),
    fault("gas", "ch4_lel", no_data_after_ms=HOUR),
    unready("gas", "ch4_lel", no_data_after_ms=HOUR),
    battery_low("gas"),
    end_of_life("gas"),
    stuck("gas", "ch4_lel", hours=48.0),
    jump("gas", "ch4_lel", step=40.0),
    noisy("gas", "ch4_lel", step=5.0, window_ms=10 * MINUTE),
)


def simulate(now: Moment) -> dict[str, float]:
    """Almost nothing all day, a trace while people cook; public detectors have no valve of their own."""
    hour = local_hour(now.at)
    cooking = any(abs(hour - meal) < 0.75 for meal in (7.0, 11.75, 18.25))
    trace = now.rng.random() * (1.6 if cooking and now.character > 0.3 else 0.4)
    values = {"ch4_lel": round(trace, 1), "alarm": 0.0}
    if now.attributes.get("place") != "public":
        values["valve_open"] = 1.0
        values["fan_on"] = 1.0 if cooking and now.rng.random() < 0.5 else 0.0
    else:
        values["battery_pct"] = float(round(55 + 45 * now.character))
    return values


KIND: Final = Kind(
    key="gas",
    name_zh="燃气",
    name_en="Gas",
    metrics=METRICS,
    rules=RULES,
    example=Example(
        topic="linli/v1/990101001001001/gas/gas-000001/telemetry",
        payload=b'{"ts":1795311636000,"seq":7,"values":{"ch4_lel":3.1,"alarm":false,"valve_open":true}}',
        device="gas-000001",
        kind="gas",
        values={"ch4_lel": 3.1, "alarm": 0.0, "valve_open": 1.0},
        ts=1_795_311_636_000,
    ),
    simulate=simulate,
    period_s=60,
    harmless_faults=frozenset({"battery-low", "valve", "fan", "clock"}),
)
