"""Why an alarm fired, told from what the engine itself publishes: every cause, in both languages."""

import re
from collections.abc import Callable, Iterable

import msgspec
import pytest

from sensors.kinds.gas import RULES
from services.api.language.words import words
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms import reason_views, reasons
from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Batch,
    Cause,
    Device,
    Input,
    Quality,
    Rule,
    Sample,
    Tick,
)  # fmt: skip
from streams.contracts.devices import DeviceState
from streams.rules import BUILT_IN, Catalogue, Shard

GRID = "990101001001001"
T0 = 1_795_312_800_000
S, M = 1_000, 60_000
GAS = next(rule for rule in RULES if rule.id == "gas.ch4")
SILENT = next(rule for rule in RULES if rule.op == "silent")
DEVICE = Device("gas-1", "gas", GRID, place="幸福里 3 号楼", period_s=10)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Story:
    """One device under some rules, and what the engine said of it."""

    def __init__(self, *rules: Rule, device: Device = DEVICE) -> None:
        self.rules = list(rules)
        self.device = device
        self.shard = Shard(0, Catalogue.of(rules, [device]), owns=lambda _: True)
        self.events: list[AlarmEvent] = []
        self.offset = 0
        self.now = T0
        self.tick(0)

    def _apply(self, record: Input) -> "Story":
        self.events += self.shard.apply(record, self.offset).events
        self.offset += 1
        return self

    def tick(self, after: int) -> "Story":
        """Seconds pass, each with its tick, as gateways do."""
        for _ in range(max(1, after // S)):
            self.now += min(S, after)
            self._apply(Tick("gw", self.now))
        return self

    def read(self, *values: float, every: int = 10 * S, delay: int = 100, over: bool = False) -> "Story":
        for value in values:
            quality = {"ch4_lel": Quality.OVER_RANGE} if over else {}
            sample = Sample("gas-1", "gas", self.now - delay, self.now, {"ch4_lel": value}, quality)
            self._apply(Batch("gw", GRID, self.now, (sample,)))
            self.tick(every)
        return self

    def act(self, action: ActionName, *, by: str = "王网格", why: str = "", until: int | None = None) -> "Story":
        episode = self.events[-1].episode if self.events else ""
        asked = Action(
            f"c{self.offset}", action, GRID, "gas-1", self.rules[0].id, episode, by, self.now, why, until, "李队"
        )
        return self._apply(asked)

    def adopt(self, rules: Iterable[Rule], device: Device | None = None) -> "Story":
        self.rules += rules
        self.shard.adopt(Catalogue.of(rules, [device or self.device]))
        return self.tick(S)

    def in_force(self) -> list[Rule | None]:
        known = {(rule.id, rule.version): rule for rule in (*self.rules, *BUILT_IN.values())}
        return [known.get((event.rule, event.rule_version)) for event in self.events]

    def told(self, lang: str = "zh") -> list[str]:
        t = words("en" if lang == "en" else "zh")
        return [reasons.told_of(self.events, self.in_force(), n, self.now, t) for n in range(len(self.events))]


def leak(rule: Rule = GAS) -> Story:
    """Major after thirty seconds."""
    return Story(rule).read(1.0, 30.0, 31.0, 32.0, 33.0)


def changed(**fields: object) -> Rule:
    return msgspec.structs.replace(GAS, **{"version": GAS.version + 1, **fields})


ONE = changed(levels=(GAS.levels[1],))
"""Without the warning below it, so that it ends when it has cleared."""


def ladder() -> Story:
    """Up to critical, acknowledged in between; then down again, which leaves it latched, and reset."""
    story = leak().act(ActionName.ACKNOWLEDGE, why="已派人").read(60.0, 61.0, 62.0)
    return story.act(ActionName.ACKNOWLEDGE).read(*[1.0] * 64).act(ActionName.RESET, why="复测为零")


def hidden(*, device: Device = DEVICE, **facts: object) -> Story:
    """A leak whose opening event carries these facts, as the engine or the group stage sets them."""
    story = Story(GAS, device=device).read(1.0, 30.0, 31.0, 32.0, 33.0)
    story.events[0] = msgspec.structs.replace(story.events[0], **facts)
    return story


HELD = ("次读数都满足「可燃气体 ≥ 25 %LEL」，持续 30 秒；规则要求持续 30 秒 且至少 2 次读数", "判为重要")
CASES: dict[str, tuple[Callable[[], Story], int, tuple[str, ...], tuple[str, ...]]] = {
    "confirmed": (leak, 0, HELD, ("4 readings in a row met “Combustible gas ≥ 25 %LEL”, over 30 s", "became Major")),
    "unrefuted": (
        lambda: Story(GAS).read(1.0, 30.0).tick(600 * S), 0,
        ("其后 10 分 内没有读数否认", "判为重要"), ("none denied it within 10 min", "became Major"),
    ),
    "rises and withdraws the acknowledgement": (
        ladder, 2, ("≥ 50 %LEL", "持续 10 秒", "升为紧急", "此前的确认因此失效"), ("rose to Critical", "wants another"),
    ),
    "rises unrefuted": (
        lambda: leak().read(60.0, every=S).tick(90 * S), 1,
        ("其后 1 分 30 秒 内没有读数否认", "升为紧急"), ("within 1 min 30 s", "rose to Critical"),
    ),
    "falls only by the higher limit's deadband": (
        lambda: Story(changed(levels=tuple(msgspec.structs.replace(level, latch=False) for level in GAS.levels)))
        .read(60.0, 61.0, 62.0).read(*[40.0] * 33), 1,
        ("满足「可燃气体 ≤ 45 %LEL」已满 5 分", "降为重要"),
        ("“Combustible gas ≤ 45 %LEL” had held for 5 min", "fell to"),
    ),
    "acknowledged": (lambda: leak().act(ActionName.ACKNOWLEDGE, why="已派人"), 1,
        ("王网格 在", "确认，催叫停止", "理由：已派人。"), ("王网格 acknowledged it", "calls stopped")),
    "returned but latched": (ladder, 4, ("≤ 45 %LEL", "须人工复位"), ("latched and ends only when a person",)),
    "reset": (ladder, 5, ("人工复位", "理由：复测为零。"), ("reset it at",)),
    "returned unacknowledged": (
        lambda: leak(ONE).read(*[1.0] * 35), 1, ("保持满 5 分", "还没有人确认"), ("Nobody had acknowledged it",),
    ),
    "returned acknowledged": (
        lambda: leak(ONE).act(ActionName.ACKNOWLEDGE).read(*[1.0] * 35), 2, ("此前已确认，告警在",),
        ("had been acknowledged",),
    ),
    "acknowledged after it had gone": (
        lambda: leak(ONE).read(*[1.0] * 35).act(ActionName.ACKNOWLEDGE), 2,
        ("条件此前已消失，告警结束",), ("had gone before",),
    ),
    "came back before anybody looked": (
        lambda: leak(ONE).read(*[1.0] * 35).read(30.0, 30.0, 30.0, 30.0, 30.0), 2,
        ("再次成立，仍是同一条告警",), ("it is the same alarm",),
    ),
    "stands too long after its acknowledgement": (
        lambda: Story(changed(realarm_after_ms=5 * M)).read(1.0, 30.0, 31.0, 32.0, 33.0)
        .act(ActionName.ACKNOWLEDGE).read(*[30.0] * 32), 2,
        ("确认后已满 5 分 而条件仍在",), ("It stood 5 min after",),
    ),
    "closed by hand": (
        lambda: leak().act(ActionName.CLOSE, why="探头已换"), 1, ("人工关闭", "理由：探头已换。"),
        ("closed it by hand",),
    ),
    "over the range": (
        lambda: Story(GAS).read(1.0).read(250.0, 250.0, over=True), 0,
        ("超出传感器量程", "判为紧急并锁定"), ("beyond the sensor's range", "Critical, latched"),
    ),
    "silent": (
        lambda: Story(SILENT).read(1.0).tick(3_601 * S), 0,
        ("没有任何消息", "已满 1 时", "判为一般"), ("had said nothing since", "that made 1 h"),
    ),
    "heard again": (
        lambda: Story(SILENT).read(1.0).tick(3_601 * S).read(1.0), 1, ("收到设备的消息",), ("was heard again",),
    ),
    "a new rule finds it true": (
        lambda: Story(GAS).read(*[8.0] * 3).adopt([changed(levels=(
            msgspec.structs.replace(GAS.levels[1], limit=5.0, on_delay_ms=0, repeat=1),))]), 0,
        (f"规则第 {GAS.version + 1} 版", "最近的读数 8 %LEL 已满足「可燃气体 ≥ 5 %LEL」"),
        (f"When version {GAS.version + 1}", "already met"),
    ),
    "the rule is switched off": (
        lambda: leak().adopt([changed(enabled=False)]), 1, ("规则已停用", "结束"), ("was switched off",),
    ),
    "the device is retired": (
        lambda: leak().adopt([GAS], msgspec.structs.replace(DEVICE, state=DeviceState.RETIRED, version=2)), 1,
        ("设备停用",), ("retired or moved",),
    ),
    "shelved": (
        lambda: leak().act(ActionName.SHELVE, why="装修", until=T0 + 40 * M), 1,
        ("王网格 把它搁置到 10:40:00", "隐藏期间不开工单", "理由：装修。"),
        ("王网格 shelved it until", "opens no ticket"),
    ),
    "the shelving ends": (
        lambda: leak().act(ActionName.SHELVE, until=T0 + 2 * M).read(*[30.0] * 12), 2,
        ("隐藏在", "照常处理"), ("was no longer hidden",),
    ),
    "the shelving ends in maintenance": (
        lambda: leak().act(ActionName.SHELVE, until=T0 + 2 * M)
        .adopt([GAS], msgspec.structs.replace(DEVICE, state=DeviceState.MAINTENANCE, version=2)).read(*[30.0] * 12), 3,
        ("搁置在 10:02:00 结束。设备正在检修。",), ("The shelving ended at", "is in maintenance"),
    ),
    "out of service": (
        lambda: leak().act(ActionName.OUT_OF_SERVICE), 1, ("停用了这台设备上的这条规则",), ("out of service on this",),
    ),
    "suppressed from elsewhere": (
        lambda: leak().act(ActionName.SUPPRESS, by="feeder-7"), 1, ("另一条告警“feeder-7”",), ("“feeder-7”",),
    ),
    "in maintenance": (
        lambda: leak().adopt([GAS], msgspec.structs.replace(DEVICE, state=DeviceState.MAINTENANCE, version=2)), 1,
        ("设备正在检修",), ("in maintenance",),
    ),
    "raised while hidden": (
        lambda: hidden(suppressed_by="e9"), 0, (*HELD, "另一条告警“e9”"), ("“e9”", "opens no ticket"),
    ),
    "raised from a backlog": (lambda: hidden(backlog=True), 0, (*HELD, "补传的旧数据"), ("came late",)),
    "by arrival time": (lambda: hidden(quality="arrival_time"), 0, (*HELD, "设备时钟不准"), ("clock is wrong",)),
    "joins a safety alarm": (lambda: hidden(joins="e0"), 0, ("并入它，不另开工单",), ("joins it",)),
    "a clock that is off": (
        lambda: Story(GAS).read(*[1.0] * 9, delay=10 * M), 0,
        ("设备时钟与到达时间稳定相差 10 分",), ("steadily 10 min off",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_cause_is_told_in_both_languages(name: str) -> None:
    make, index, chinese, english = CASES[name]
    story = make()
    zh, en = story.told("zh"), story.told("en")
    assert [text for text in chinese if text not in zh[index]] == [], zh
    assert [text for text in english if text not in en[index]] == [], en
    names = ("王网格", "已派人", "复测为零", "装修", "探头已换")
    bare = [re.sub("|".join(names), "", text) for text in en]
    assert not [text for text in bare if CHINESE.search(text)]


def test_every_cause_has_its_teller_and_its_case() -> None:
    assert set(reasons.TELLERS) == set(Cause)
    causes = {make().events[index].cause for make, index, _, _ in CASES.values()}
    assert causes == set(Cause)


def test_the_headline_tells_the_rise_to_the_worst_too() -> None:
    story = ladder()
    text = reasons.headline("幸福里 3 号楼", story.events, story.in_force(), story.now, words("zh"))
    assert text.startswith("幸福里 3 号楼：自 ")
    assert text.index("判为重要") < text.index("升为紧急")
    assert cd.deciding(story.events).cause is Cause.SEVERITY_UP


def test_the_delay_runs_down_sample_by_sample_to_the_one_that_decided() -> None:
    story = leak()
    level = GAS.levels[1]
    run = cd.countdown(story.events[0], GAS, level)
    assert [(c.number, c.held, c.left, c.missing) for c in run.samples] == [
        (1, 0, 30 * S, 1), (2, 10 * S, 20 * S, 0), (3, 20 * S, 10 * S, 0), (4, 30 * S, 0, 0),
    ]  # fmt: skip
    assert [c.decided for c in run.samples] == [False, False, False, True]
    assert run.confirmed
    assert run.samples[-1].sample.offset == story.events[0].source.offset
    assert run.since == story.events[0].since


def test_a_run_that_fired_by_silence_was_not_confirmed() -> None:
    story = Story(GAS).read(1.0, 30.0).tick(600 * S)
    run = cd.countdown(story.events[0], GAS, GAS.levels[1])
    assert (len(run.samples), run.confirmed, run.samples[0].left) == (1, False, 30 * S)


def test_a_run_longer_than_an_event_keeps_is_told_from_its_first_sample() -> None:
    """What is kept besides the newest is the first since rest, which met the mildest limit only."""
    story = Story(GAS).read(1.0, 12.0, 52.0, *[60.0] * 12, every=S)
    opened = story.events[0]
    run = cd.countdown(opened, GAS, GAS.levels[0])
    assert (opened.cause, run.confirmed, run.since, run.held) == (Cause.CONFIRMED, True, opened.since, 10 * S)
    assert [(c.number, c.held) for c in run.samples[:2]] == [(2, 4 * S), (3, 5 * S)]
    assert "持续 10 秒；规则要求持续 10 秒" in story.told()[0]


def test_a_rise_after_more_samples_than_an_event_keeps_lasted_as_long_as_its_level_asks() -> None:
    story = Story(GAS).read(*[30.0] * 32, 52.0, *[60.0] * 12, every=S)
    risen = story.events[1]
    run = cd.countdown(risen, GAS, GAS.levels[0])
    assert (risen.cause, run.confirmed, run.held) == (Cause.SEVERITY_UP, True, 10 * S)
    assert "升为紧急" in story.told()[1]
    assert "没有读数否认" not in story.told()[1]


def test_a_rule_version_that_nobody_keeps_is_told_as_such() -> None:
    story = leak()
    text = reasons.told_of(story.events, [None], 0, story.now, words("zh"))
    assert "读数 33.00，限值 25.00" in text
    assert f"规则第 {GAS.version} 版已查不到" in text
    shown = reason_views.view("x", story.events, [None], lambda *_: (), story.now, words("zh"))
    assert (shown.facts, shown.counted, shown.chart) == ([], [], None)


def test_the_panel_rings_the_samples_that_counted() -> None:
    story = leak()
    asked: list[tuple[int, int]] = []

    def series(start: int, end: int) -> list[tuple[int, float]]:
        asked.append((start, end))
        return [(start + 1, 1.0)]

    shown = reason_views.view("x", story.events, story.in_force(), series, story.now, words("en"))
    assert shown.chart is not None
    assert shown.chart.count("ll-c-counted") == 4
    assert [row.left for row in shown.counted] == ["30 s, 1 more readings", "20 s", "10 s", "Nothing"]
    assert ("Condition", "Combustible gas ≥ 25 %LEL") in shown.facts
    assert asked[0][0] < story.events[0].since < asked[0][1]


def test_an_event_of_each_measure_names_its_quantity() -> None:
    rising = next(rule for rule in RULES if rule.id == "gas.rising")
    story = Story(rising).read(*[float(n) * 2 for n in range(40)])
    assert story.events[0].new is AlarmState.ACTIVE_UNACK
    assert "可燃气体 在 5 分 内的上升速度 ≥ 60 %LEL/h" in story.told()[0]
    assert "Rise of Combustible gas over 5 min ≥ 60 %LEL/h" in story.told("en")[0]
