"""Why an alarm came to stand, or grew worse: the condition, the readings that met it, and for how long. Pure."""

from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms.telling import Telling
from services.api.pages.rules import rule_words as rw
from streams.contracts import AlarmState, Cause, Level, Op, Rule
from streams.rules.built_in import CLOCK, ISOLATED


def raised(x: Telling) -> list[str]:
    """From not standing to standing; on a standing alarm: a live sample bears out what a backlog raised."""
    event, t, rule = x.event, x.t, x.rule
    if event.old.active:
        return [t("原由补传的旧数据触发，{at} 的实时读数证实仍是如此，从此按现时告警处理。", at=x.at)]
    if event.rule == CLOCK.id:
        offset = rw.exact(int(event.value or 0), t)
        return [t("设备时钟与到达时间稳定相差 {offset}，在 {at} 起改按到达时间判断。", offset=offset, at=x.at)]
    if event.rule == ISOLATED.id:
        return [t("这台设备的一条规则在 {at} 因程序错误停用，修复之前不再判断。", at=x.at)]
    if rule is None or x.level is None:
        return unknown(x)
    if rule.op is Op.SILENT:
        silent = rw.exact(event.at - event.since, t)
        since = x.when(event.since)
        return [
            t("设备自 {since} 起没有任何消息，到 {at} 已满 {silent}，判为{severity}。",
              since=since, at=x.at, silent=silent, severity=x.severity)
        ]  # fmt: skip
    return [_confirmed(x, rule, x.level, rise=False)]


def _confirmed(x: Telling, rule: Rule, level: Level, *, rise: bool) -> str:
    event, t = x.event, x.t
    run = cd.countdown(event, rule, level)
    said = {
        "since": x.when(run.since if rise else event.since),
        "condition": rw.whole_condition(rule, event.kind, level, event.limit, t),
        "at": x.at,
        "severity": x.severity,
    }
    if event.quality == cd.OVER:
        text = (
            t("{at} 的读数超出传感器量程，按最高一级处理，升为{severity}并锁定。", **said)
            if rise
            else t("{at} 的读数超出传感器量程，按最高一级处理，判为{severity}并锁定。", **said)
        )
    elif event.cause is Cause.UNREFUTED or (run.samples and not run.confirmed and level.unrefuted_ms is not None):
        said["wait"] = rw.exact(level.unrefuted_ms or 0, t)
        text = (
            t("{since} 的读数满足「{condition}」，其后 {wait} 内没有读数否认，到时在 {at} 升为{severity}。", **said)
            if rise
            else t(
                "{since} 的读数满足「{condition}」，其后 {wait} 内没有读数否认，到时在 {at} 判为{severity}。", **said
            )
        )
    elif not run.samples:
        text = t("满足「{condition}」，在 {at} 判为{severity}。", **said)
    else:
        said |= {"n": str(len(run.samples)), "held": rw.exact(run.held, t), "need": rw.need(level, t)}
        text = _met_in_time(t, said, rise=rise, cut=run.cut)
    return text


def _met_in_time(t: Words, said: dict[str, str], *, rise: bool, cut: bool) -> str:
    if rise:
        return t(
            "自 {since} 起读数一直满足「{condition}」，持续 {held}；规则要求{need}，在 {at} 升为{severity}。", **said
        )
    if said["n"] == "1":
        return t("{since} 的读数满足「{condition}」；规则要求{need}，在 {at} 判为{severity}。", **said)
    if cut:
        return t(
            "自 {since} 起读数一直满足「{condition}」，持续 {held}；规则要求{need}，在 {at} 判为{severity}。", **said
        )
    return t(
        "自 {since} 起 {n} 次读数都满足「{condition}」，持续 {held}；规则要求{need}，在 {at} 判为{severity}。", **said
    )


def unknown(x: Telling) -> list[str]:
    event, t = x.event, x.t
    value = fmt.number(event.value, 2) if event.value is not None else t("无数据")
    limit = fmt.number(event.limit, 2) if event.limit is not None else t("无数据")
    return [
        t("读数 {value}，限值 {limit}，在 {at} 判为{severity}；规则第 {n} 版已查不到。",
          value=value, limit=limit, at=x.at, severity=x.severity, n=event.rule_version)
    ]  # fmt: skip


def rose(x: Telling) -> list[str]:
    withdrawn = [x.t("此前的确认因此失效，须再次确认。")] if x.event.old is AlarmState.ACTIVE_ACK else []
    if x.rule is None or x.level is None:
        return [*unknown(x), *withdrawn]
    return [_confirmed(x, x.rule, x.level, rise=True), *withdrawn]
