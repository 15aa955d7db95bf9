"""Septic tanks and sewers. Methane is kept in %VOL since it may pass 5.0 (100 %LEL) and 15 (the UEL)."""

from typing import Final

from msgspec import structs

from sensors.kinds.categories import SEPTIC_GAS
from sensors.kinds.clock import air_temperature
from sensors.kinds.definition import BATTERY, Example, Kind, Metric, Moment, switch
from sensors.kinds.durations import HOUR, MINUTE
from sensors.kinds.upkeep import SHIFT, battery_low, fault, jump, silent, stuck
from streams.contracts import Condition, Level, Op, Rate, Rule, Severity, Share, TicketPolicy

METRICS: Final = (
    Metric(
        key="ch4_vol",
        unit="%VOL",
        name_zh="甲烷",
        name_en="Methane",
        low=0.0,
        high=20.0,
        over=100.0,
        digits=2,
        scale=1000,
        sentinels=frozenset({-100.0, 65533.0, 65534.0, 65535.0}),
    ),
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
        sentinels=frozenset({65534.0, 65535.0}),
    ),
    Metric(key="o2_vol", unit="%VOL", name_zh="氧气", name_en="Oxygen", low=0.0, high=30.0, digits=1, scale=100),
    Metric(key="level_cm", unit="cm", name_zh="液位", name_en="Level", low=0.0, high=1000.0, scale=10),
    Metric(key="temp_c", unit="°C", name_zh="温度", name_en="Temperature", low=-30.0, high=85.0, digits=1, scale=100),
    switch("cover_open", "井盖打开", "Cover open"),
    BATTERY,
)

TICKET_CRITICAL: Final = TicketPolicy(category=SEPTIC_GAS, urgency=2, normal_for_ms=24 * HOUR, reopen_ms=72 * HOUR)
TICKET_MAJOR: Final = TicketPolicy(category=SEPTIC_GAS, urgency=1, normal_for_ms=24 * HOUR, reopen_ms=72 * HOUR)

RESPONSE_ZH: Final = (
    "周边禁火、禁燃放，拉起警戒；先通风再检测，氧气、硫化氢、甲烷三项合格并有人监护方可作业；"
    "严禁单独下井，严禁未检测下井施救。"
)
RESPONSE_EN: Final = (
    "No fire and no fireworks nearby; cordon off. Ventilate, then measure: work only with oxygen, hydrogen sulphide "
    "and methane all within limits and a person watching. Never enter alone, never enter unmeasured to rescue."
)


def _entry_warning(key: str, metric: str, op: Op, limit: float, deadband: float, name_zh: str, name_en: str) -> Rule:
    """A banner for whoever wants to go in; an open cover means that somebody may."""
    level = Level(
        severity=Severity.WARNING,
        limit=limit,
        deadband=deadband,
        on_delay_ms=10 * MINUTE,
        repeat=3,
        off_delay_ms=30 * MINUTE,
    )
    opened = structs.replace(level, severity=Severity.MAJOR, ticket=TICKET_MAJOR, given=(Condition("cover_open"),))
    return Rule(
        id=f"septic.{key}",
        version=3,
        kind="septic",
        metric=metric,
        op=op,
        levels=(opened, level),
        cause="septic-entry",
        group=("tank",),
        name_zh=name_zh,
        name_en=name_en,
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=2 * HOUR,
        latch_over_range=metric == "h2s_ppm",
        max_shelve_ms=SHIFT,
    )


def _warning(rule_id: str, level: Level, measure: Rate | Share, name_zh: str, name_en: str) -> Rule:
    return Rule(
        id=rule_id,
        version=2,
        kind="septic",
        metric="ch4_vol",
        op=Op.GE,
        measure=measure,
        levels=(level,),
        cause="septic-methane",
        group=("tank",),
        name_zh=name_zh,
        name_en=name_en,
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=2 * HOUR,
        max_shelve_ms=SHIFT,
    )


RULES: Final = (
    Rule(
        id="septic.ch4",
        version=3,
        kind="septic",
        metric="ch4_vol",
        op=Op.GE,
        levels=(
            Level(
                severity=Severity.CRITICAL,
                limit=5.0,
                deadband=0.5,
                on_delay_ms=10 * MINUTE,
                repeat=2,
                off_delay_ms=60 * MINUTE,
                ticket=TICKET_CRITICAL,
            ),
            Level(
                severity=Severity.MAJOR,
                limit=1.25,
                deadband=0.25,
                on_delay_ms=30 * MINUTE,
                repeat=3,
                off_delay_ms=60 * MINUTE,
                ticket=TICKET_MAJOR,
            ),
        ),
        cause="septic-methane",
        group=("tank",),
        name_zh="化粪池甲烷",
        name_en="Septic methane",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=2 * HOUR,
        latch_over_range=True,
        max_shelve_ms=HOUR,
        second_approver=True,
    ),
    Rule(
        id="septic.ch4_high",
        version=2,
        kind="septic",
        metric="ch4_vol",
        op=Op.GE,
        levels=(
            Level(
                severity=Severity.CRITICAL,
                limit=2.5,
                deadband=0.5,
                on_delay_ms=30 * MINUTE,
                repeat=3,
                off_delay_ms=60 * MINUTE,
                ticket=TICKET_CRITICAL,
                given=(Condition("ch4_vol", Op.GE, 0.05, Rate(window_ms=6 * HOUR, minimum=6)),),
            ),
        ),
        cause="septic-methane",
        group=("tank",),
        name_zh="化粪池甲烷高且上升",
        name_en="Septic methane high and rising",
        response_zh=RESPONSE_ZH,
        response_en=RESPONSE_EN,
        no_data_after_ms=2 * HOUR,
        max_shelve_ms=HOUR,
        second_approver=True,
    ),
    _warning(
        "septic.rising",
        Level(severity=Severity.WARNING, limit=0.25, deadband=0.1, off_delay_ms=2 * HOUR),
        Rate(window_ms=3 * HOUR, minimum=6),
        "化粪池甲烷上升",
        "Septic methane rising",
    ),
    _warning(
        "septic.persistent",
        Level(severity=Severity.WARNING, limit=50.0, deadband=30.0, off_delay_ms=2 * HOUR),
        Share(window_ms=24 * HOUR, op=Op.GE, limit=1.0, minimum=12),
        "化粪池甲烷长时间偏高",
        "Septic methane high for long",
    ),
    _entry_warning("h2s", "h2s_ppm", Op.GT, 7.0, 1.0, "硫化氢超限，禁止进入", "Hydrogen sulphide: do not enter"),
    _entry_warning("o2_low", "o2_vol", Op.LT, 19.5, 0.3, "缺氧，禁止进入", "Lack of oxygen: do not enter"),
    _entry_warning("o2_high", "o2_vol", Op.GT, 23.5, 0.3, "富氧，禁止进入", "Excess of oxygen: do not enter"),
    silent("septic", "化粪池监测", "Septic monitor", no_data_after_ms=2 * HOUR),
    fault("septic", "ch4_vol", no_data_after_ms=2 * HOUR),
    battery_low("septic"),
    stuck("septic", "ch4_vol", hours=48.0),
    jump("septic", "ch4_vol", step=3.0),
)


def simulate(now: Moment) -> dict[str, float]:
    """Methane wanders slowly and follows the warmth of the tank; the level follows the hours of the household."""
    warmth = 0.6 * air_temperature(now.at) + 0.4 * 18.0
    target = 0.12 + 0.35 * now.character + 0.012 * max(0.0, warmth - 10.0)
    before = now.previous.get("ch4_vol", target)
    methane = before + 0.08 * (target - before) + now.rng.gauss(0.0, 0.012)
    sulphide = max(0.0, 0.8 + 1.6 * now.character + now.rng.gauss(0.0, 0.2))
    level = now.previous.get("level_cm", 60.0 + 60.0 * now.character) + now.rng.gauss(0.0, 0.6)
    return {
        "ch4_vol": round(min(1.1, max(0.02, methane)), 2),
        "h2s_ppm": round(sulphide, 1),
        "o2_vol": round(20.6 + now.rng.gauss(0.0, 0.06), 1),
        "level_cm": round(min(180.0, max(30.0, level)), 0),
        "temp_c": round(warmth + now.rng.gauss(0.0, 0.15), 1),
        "cover_open": 0.0,
        "battery_pct": float(round(60 + 38 * now.character)),
    }


KIND: Final = Kind(
    key="septic",
    name_zh="化粪池",
    name_en="Septic",
    metrics=METRICS,
    rules=RULES,
    example=Example(
        topic="linli/v1/990101001001001/septic/sep-000001/telemetry",
        payload=b'{"ts":"2026-11-22T09:41:23+08:00","values":{"ch4_vol":0.62,"h2s_ppm":1.8,"temp_c":15.2}}',
        device="sep-000001",
        kind="septic",
        values={"ch4_vol": 0.62, "h2s_ppm": 1.8, "temp_c": 15.2},
        ts=1_795_311_683_000,
    ),
    simulate=simulate,
    period_s=120,
    harmless_faults=frozenset({"battery-low", "clock"}),
)
