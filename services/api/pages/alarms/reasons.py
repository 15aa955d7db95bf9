"""Why an alarm fired, and why everything after it happened, in sentences. Pure.

Composed from the stored transitions and the version of the rule that was in force then; a rule of
None is a version that nobody keeps any more, and then only what the event itself says is told.
"""

from collections.abc import Callable, Sequence
from typing import Final

from services.api.language.words import Words
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms.named import NOBODY, Named
from services.api.pages.alarms.rises import raised, rose, unknown
from services.api.pages.alarms.telling import Telling
from services.api.pages.rules import rule_words as rw
from streams.contracts import AlarmEvent, AlarmState, Cause, Op, Rule
from streams.rules.built_in import CLOCK, ISOLATED

Teller = Callable[[Telling], list[str]]


def headline(
    place: str, events: Sequence[AlarmEvent], rules: Sequence[Rule | None], now: int, t: Words, named: Named = NOBODY
) -> str:
    """Why it fired and, where it grew worse later, why it is as severe as it was at its worst."""
    first = cd.opening(events)
    worst = cd.deciding(events)
    told = [told_of(events, rules, 0, now, t, named)]
    if worst is not first:
        told.append(told_of(events, rules, list(events).index(worst), now, t, named))
    return t("{place}：{text}", place=place, text=joined(told, t))


def told_of(
    events: Sequence[AlarmEvent],
    rules: Sequence[Rule | None],
    index: int,
    now: int,
    t: Words,
    named: Named = NOBODY,
) -> str:
    """One transition in words; ``rules`` are those in force at each event."""
    event = events[index]
    telling = Telling(event, events[index - 1] if index else None, rules[index], now, t, named)
    return joined([*TELLERS[event.cause](telling), *_notes(telling)], t)


def joined(sentences: Sequence[str], t: Words) -> str:
    return ("" if t.lang == "zh" else " ").join(sentences)


def _eased(x: Telling) -> list[str]:
    """It was the higher limit's own deadband and off-delay that let it go."""
    before = x.before
    left = next((lv for lv in x.rule.levels if before and lv.severity is before.severity), None) if x.rule else None
    if x.rule is None or left is None:
        return [x.t("在 {at} 降为{severity}。", at=x.at, severity=x.severity)]
    return [
        x.t("满足「{clear}」已满 {off}，在 {at} 降为{severity}。",
            clear=rw.clearing(x.rule, x.event.kind, left, x.t), off=rw.exact(left.off_delay_ms, x.t),
            at=x.at, severity=x.severity)
    ]  # fmt: skip


def _returned(x: Telling) -> list[str]:
    event, t = x.event, x.t
    since = x.when(event.normal_since if event.normal_since is not None else event.at)
    if x.rule is not None and x.rule.op is Op.SILENT:
        first = t("{since} 收到设备的消息，离线结束。", since=since)
    elif x.rule is None or x.level is None or event.rule in {CLOCK.id, ISOLATED.id}:
        first = t("条件自 {since} 起已消失。", since=since)
    else:
        clear = rw.clearing(x.rule, event.kind, x.level, t)
        off = rw.exact(x.level.off_delay_ms, t)
        first = t("自 {since} 起满足「{clear}」，保持满 {off}，条件消失。", since=since, clear=clear, off=off)
    if event.new.active:
        return [first, t("此告警已锁定，须人工复位才结束。")]
    if event.new is AlarmState.RTN_UNACK:
        return [first, t("还没有人确认，告警留到有人确认为止。")]
    return [first, t("此前已确认，告警在 {at} 结束。", at=x.at)]


def _again(x: Telling) -> list[str]:
    if x.event.old is AlarmState.RTN_UNACK:
        return [x.t("在有人确认之前条件于 {at} 再次成立，仍是同一条告警。", at=x.at)]
    if x.event.old is AlarmState.ACTIVE_ACK and x.event.new is AlarmState.ACTIVE_UNACK:
        wait = rw.exact(x.rule.realarm_after_ms, x.t) if x.rule and x.rule.realarm_after_ms else ""
        if wait:
            return [x.t("确认后已满 {wait} 而条件仍在，在 {at} 要求再次确认。", wait=wait, at=x.at)]
        return [x.t("确认后条件仍在，在 {at} 要求再次确认。", at=x.at)]
    return [x.t("等待复位期间条件于 {at} 再次成立。", at=x.at)]


def _acknowledged(x: Telling) -> list[str]:
    done = [x.t("{by} 在 {at} 确认，催叫停止。", by=x.by, at=x.at)]
    return [*done, x.t("条件此前已消失，告警结束。")] if x.event.new is AlarmState.NORMAL else [*done, *_why(x)]


def _reset(x: Telling) -> list[str]:
    done = x.t("{by} 在 {at} 人工复位。", by=x.by, at=x.at)
    return [done, *_why(x), *([x.t("告警结束。")] if x.event.new is AlarmState.NORMAL else [])]


def _closed(x: Telling) -> list[str]:
    return [x.t("{by} 在 {at} 人工关闭。", by=x.by, at=x.at), *_why(x)]


def _why(x: Telling) -> list[str]:
    return [x.t("理由：{why}。", why=x.event.why)] if x.event.why else []


def _ruled(x: Telling) -> list[str]:
    event, t = x.event, x.t
    if event.new is AlarmState.NORMAL or event.new is AlarmState.RTN_UNACK:
        return [t("规则已停用，或不再适用于这台设备，告警在 {at} 结束。", at=x.at)]
    if event.old.active:
        return [
            t("规则第 {n} 版在 {at} 生效，级别改为{severity}。", n=event.rule_version, at=x.at, severity=x.severity)
        ]
    if x.rule is None or x.level is None:
        return unknown(x)
    condition = rw.condition(x.rule, event.kind, event.limit, t)
    value = rw.said(x.rule, event.kind, event.value, t)
    return [
        t("规则第 {n} 版在 {at} 生效时，最近的读数 {value} 已满足「{condition}」，判为{severity}。",
          n=event.rule_version, at=x.at, value=value, condition=condition, severity=x.severity)
    ]  # fmt: skip


def _device_gone(x: Telling) -> list[str]:
    return [x.t("设备停用或迁到别处，告警在 {at} 结束。", at=x.at)]


def _hidden(x: Telling) -> list[str]:
    asked = x.event.shelved_until is not None or x.event.out_of_service
    over = x.before is not None and x.before.shelved_until is not None and x.event.shelved_until is None
    ended = [x.t("搁置在 {at} 结束。", at=x.at)] if over else []
    return [*ended, *_hiding(x), *(_why(x) if asked else [])]


def _hiding(x: Telling) -> list[str]:
    """What hides it now, and what that means."""
    event, t = x.event, x.t
    if event.shelved_until is not None:
        until = x.when(event.shelved_until)
        first = t("{by} 把它搁置到 {until}。", by=x.by, until=until) if event.by else t("搁置到 {until}。", until=until)
    elif event.suppressed_by:
        named = x.named.alarm(event.suppressed_by, t)
        first = t("已有另一条告警“{alarm}”说明同一件事，这一条被它抑制。", alarm=named)
    elif event.out_of_service:
        first = t("{by} 停用了这台设备上的这条规则。", by=x.by) if event.by else t("这台设备上的这条规则已停用。")
    else:
        first = t("设备正在检修。")
    return [first, t("隐藏期间不开工单、不呼叫，记录照留。")]


def _shown(x: Telling) -> list[str]:
    return [x.t("隐藏在 {at} 结束，告警照常处理。", at=x.at)]


def _notes(x: Telling) -> list[str]:
    """What else a person has to know of a rise."""
    event, t = x.event, x.t
    if event.cause not in cd.RISES or event.old.active:
        return []
    notes = []
    if event.backlog:
        notes.append(t("这些读数是补传的旧数据，不按现时告警呼叫。"))
    if event.quality == cd.ARRIVAL and event.rule != CLOCK.id:
        notes.append(t("设备时钟不准，时间按到达时间计。"))
    if event.joins:
        notes.append(t("离线前已有一条安全告警，这一条并入它，不另开工单。"))
    return [*notes, *_hiding(x)] if event.hidden else notes


TELLERS: Final[dict[Cause, Teller]] = {
    Cause.CONFIRMED: raised,
    Cause.UNREFUTED: raised,
    Cause.SEVERITY_UP: rose,
    Cause.SEVERITY_DOWN: _eased,
    Cause.RETURNED: _returned,
    Cause.REALARM: _again,
    Cause.ACKNOWLEDGED: _acknowledged,
    Cause.RESET: _reset,
    Cause.CLOSED: _closed,
    Cause.RULE: _ruled,
    Cause.DEVICE: _device_gone,
    Cause.HIDDEN: _hidden,
    Cause.SHOWN: _shown,
}
