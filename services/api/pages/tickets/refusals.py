"""Why something was refused, for a person: which field, what it holds, and what helps. Pure."""

from typing import Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_views import called
from services.api.pages.tickets import photos, proof_views
from services.api.pages.tickets.ticket_forms import ERRORS, LABELS
from streams.contracts import Refused

NAMED: Final = {
    "area": N_("登记册里没有网格“{value}”，请从列表里选"),
    "unit": N_("没有单位“{value}”，请从列表里选"),
    "unit_elsewhere": N_("“{value}”的辖区不含工单的地点，请换一个单位；派单目录里查得到归谁管"),
    "same_unit": N_("工单已在“{value}”，请换一个单位"),
    "long": N_("{what}太长，最多 {most} 个字，请写短些"),
    "plain": N_("{what}里有不能显示的字符，请只写文字"),
}
RULES: Final = {
    "alarm.reject": N_("传感器仍在告警，不能驳回：请受理并派人。仍在告警：{devices}"),
    "alarm.park": N_("传感器仍在告警，不能挂账：先处置险情，等读数恢复正常。仍在告警：{devices}"),
    "alarm.close_unresolved": N_("传感器仍在告警，不能结案：先处置险情，等读数恢复正常。仍在告警：{devices}"),
    "alarm.merge": N_("传感器仍在告警，不能并入别的工单：请把那一件并入本单。仍在告警：{devices}"),
    "danger.answer": N_("事关安全，不能电话答复了事：请受理并派人"),
    "danger.withdraw": N_("事关安全，不能撤销：请现场核查后按程序办结"),
    "once.appeal": N_("已经申诉过一次：请重新上报"),
    "once.wait": N_("已经等过来电人一次：请继续办理，或申请延期"),
    "once.reopen": N_("已经重新打开过一次：请找督办，督办可以再打开"),
    "once.erase": N_("个人信息早已清除，不用再办"),
    "often.extend": N_("延期次数已到上限：请办结，或请督办挂账、按未解决结案"),
    "often.park": N_("挂账次数已到上限：请办结，或按未解决结案"),
    "often.book": N_("预约次数已到上限：请现在就打"),
}
"""A rule's words for one action, where the remedy differs; else :data:`vocabulary.RULES` has the rule's."""
BLAMING: Final = frozenset({"fields", "rule", "calendar"})
"""Codes of refusals for what stands in a field, where they name one."""


def field_of(error: Exception) -> str:
    """The form's field that a refusal blames, '' where it is none."""
    if not isinstance(error, Refused) or error.code not in BLAMING:
        return ""
    missing = error.extra.get("missing")
    named = str(error.extra.get("field") or (missing[0] if isinstance(missing, list) and missing else ""))
    return next((part for part in named.split("|") if part in ERRORS), named)


def refused_text(error: Exception, now: int, t: Words) -> str:
    """Why an action was refused, and what to do instead."""
    if not isinstance(error, Refused):
        return t("没有办成：{why}", why=str(error))
    because = str(error.extra.get("because", ""))
    if because in photos.WRONG:
        return photos.wrong_with(error, t)
    if error.code == "proof":
        return proof_views.refused(error, now, t)
    if because in voc.RULES:
        return _ruled(error, because, t)
    until = str(error.extra.get("until", ""))
    texts = {
        "conflict": t("这件工单刚被别人改动过。下面是现在的样子，您写的内容还在，请看后再提交。"),
        "transition": t("工单的状态已经变了，这一步不再适用。请看下面现在可办的操作。"),
        "forbidden": t("这一步要由别的角色来办。请在“现由”一栏看由谁办。"),
        "calendar": t("那一年的放假安排还没有公布，请选 {until} 或更早的日期。", until=until),
    }
    return texts.get(error.code) or _field_text(error, now, t) or t("没有办成：{why}", why=str(error))


def _ruled(error: Refused, because: str, t: Words) -> str:
    action = str(error.extra.get("value", "")) if error.extra.get("field") == "action" else ""
    words = RULES.get(f"{because}.{action}") or voc.RULES[because]
    found = error.extra.get("devices")
    devices = [called(str(each), t) for each in found] if isinstance(found, list) else []
    return t(words, devices=t("、").join(devices), master=error.extra.get("master", ""))


def _field_text(error: Refused, now: int, t: Words) -> str:
    """What a field cannot hold, with what it holds and what it wants; '' for a field that no form has."""
    after, most = error.extra.get("after"), error.extra.get("most")
    if isinstance(after, int) and isinstance(most, int):
        if after >= most:
            return t("没有合适的日期可选了：请直接办结，或找督办")
        first, last = fmt.moment(after, now, t), fmt.moment(most, now, t)
        return t("日期须在 {after} 之后，不晚于 {most}", after=first, most=last)
    field, value = field_of(error), str(error.extra.get("value", ""))
    what = t(LABELS[field]) if field in LABELS else field
    if words := NAMED.get(str(error.extra.get("named", ""))):
        return t(words, what=what, value=value, most=most)
    if "unknown" in error.extra:
        return t("这一步不用填“{what}”，请去掉", what=what)
    if field not in ERRORS:
        return ""
    remedy = t(ERRORS[field])
    return t("{what}“{value}”不能用：{remedy}", what=what, value=value, remedy=remedy) if value else remedy
