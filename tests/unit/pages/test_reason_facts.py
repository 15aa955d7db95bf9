"""What every default rule asks for, as the explanation of its alarm says it: all of it, with units."""

import re

import pytest

from sensors.kinds import default_rules
from services.api.language.words import words
from services.api.pages.alarms import reason_views, reasons
from streams.contracts import AlarmEvent, AlarmState, Cause, Evidence, Level, Op, Rule, Source

T0 = 1_795_312_800_000
RULES = {rule.id: rule for rule in default_rules()}
LEVELS = [(rule, level) for rule in RULES.values() for level in rule.levels]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def raised(rule: Rule, level: Level, samples: int = 1) -> AlarmEvent:
    taken = tuple(Evidence(T0 + n * 1_000, T0 + n * 1_000, level.limit, offset=n, partition=0) for n in range(samples))
    return AlarmEvent(
        id="e-1", episode="e", incident="i", rule=rule.id, rule_version=1, cause_of_alarm=rule.cause, device="d",
        kind="gas" if rule.kind == "*" else rule.kind, metric=rule.metric, grid="990101001001001",
        severity=level.severity, old=AlarmState.NORMAL, new=AlarmState.ACTIVE_UNACK, cause=Cause.CONFIRMED,
        at=taken[-1].at, since=T0, source=Source(0, 1), ts=T0, arrival=T0, value=level.limit, limit=level.limit,
        building="", ticket=level.ticket, latched=level.latch, samples=taken,
    )  # fmt: skip


def facts(rule: str, lang: str = "zh", level: int = 0) -> dict[str, str]:
    found = RULES[rule]
    t = words("en" if lang == "en" else "zh")
    shown = reason_views.view("", [raised(found, found.levels[level])], [found], lambda *_: (), T0, t)
    return dict(shown.facts)


@pytest.mark.parametrize(("rule", "level"), LEVELS, ids=[f"{rule.id} {level.severity}" for rule, level in LEVELS])
def test_every_default_rule_is_told_whole_in_both_languages(rule: Rule, level: Level) -> None:
    for lang in ("zh", "en"):
        t = words("en" if lang == "en" else "zh")
        event = raised(rule, level, max(level.repeat, 1))
        text = reasons.told_of([event], [rule], 0, T0, t)
        assert bool(CHINESE.search(text)) == (lang == "zh")
        assert "reading(s)" not in text
        assert "None" not in text
        if rule.op is not Op.SILENT:
            shown = dict(reason_views.view("", [event], [rule], lambda *_: (), T0, t).facts)
            besides = shown[t("条件")].count(t("，且 "))
            assert besides == len(level.given), "every side condition is told"
            assert (t("前提") in shown, t("时段") in shown) == (bool(rule.gate), rule.schedule is not None)
            assert t("{n} 秒", n=0) not in shown[t("恢复")].split(t("，"))[-1], "no delay is no delay of nothing"


def test_a_critical_tank_says_that_it_was_rising_too() -> None:
    assert facts("septic.ch4_high")["条件"] == "甲烷 ≥ 2.5 %VOL，且 甲烷 在 6 时 内的上升速度 ≥ 0.05 %VOL/h"
    english = facts("septic.ch4_high", "en")["Condition"]
    assert english == "Methane ≥ 2.5 %VOL and Rise of Methane over 6 h ≥ 0.05 %VOL/h"


def test_a_lamp_says_that_it_was_commanded_on_and_when_a_rule_looks_at_all() -> None:
    assert facts("light.out")["前提"] == "亮灯为是"
    assert facts("light.day_burner")["时段"] == "每天 09:00 – 16:00"


def test_what_clears_at_once_and_what_one_reading_decides_is_said_so() -> None:
    assert facts("gas.stuck")["恢复"] == "可燃气体 不变的时长 < 48 小时，即恢复"
    assert facts("gas.stuck")["判定要求"] == "一次读数"
    rule = RULES["gas.stuck"]
    told = reasons.told_of([raised(rule, rule.levels[0])], [rule], 0, T0, words("zh"))
    assert told == "10:00:00 的读数满足「可燃气体 不变的时长 ≥ 48 小时」；规则要求一次读数，在 10:00:00 判为提示。"


def test_the_limit_on_the_chart_says_its_number() -> None:
    rule = RULES["gas.rising"]
    event = raised(rule, rule.levels[0], 2)
    chart = reason_views.view("", [event], [rule], lambda *_: (), T0 + 60_000, words("zh")).chart
    assert chart is not None
    assert "提示 ≥60" in chart
    assert "%LEL/h" in chart
