"""What several pages put around their content: the scope's name, the last word said, the layout."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.api.door.auth import Caller
from services.api.language.words import N_, Words
from services.api.pages.desk import Visit
from services.api.pages.ports import AreaRow
from services.registry.domain import Permission
from streams.contracts import Refused
from streams.contracts.areas import ancestors

SAID: Final = {
    "acknowledged": N_("确认已发出，电话催叫已停"),
    "reset": N_("复位已发出"),
    "done": N_("已办，见经过"),
    "created": N_("工单已登记"),
    "answered": N_("工单已登记，并已直接答复办结"),
    "unanswered": N_("工单已登记，但没有办结：它是危险，或已并入同一件事，不能直接答复"),
    "replayed": N_("死信已重放，结果见设备或新的死信"),
    "adopted": N_("设备已收编，隔离期间的读数随后转入历史"),
    "rule_kept": N_("规则已存为新版本，两秒内在各处生效"),
    "restored": N_("旧版本已恢复为新版本"),
    "held": N_("已受理，见下方状态"),
    "handed_over": N_("已交班，等下一班接"),
    "taken_over": N_("已接班"),
    "kept": N_("已存为新版本"),
    "released": N_("已解除"),
    "closed": N_("关闭已发出"),
    "state": N_("设备状态已改"),
    "entry_card": N_("入户卡已改"),
    "resent": N_("已重新排队发送"),
    "test_sent": N_("测试消息已发出，几秒内到"),
    "preferences_kept": N_("通知设置已保存"),
    "catalogue": N_("派单目录已改，下一件工单起生效"),
    "called": N_("回访已登记，下一件在下面"),
    "missed": N_("已记一次未接通"),
    "booked": N_("回访时间已约定"),
    "rules_kept": N_("口径已存为新版本，考核页即按它计算"),
    "policy_kept": N_("新版已发布并启用，从现在起开的工单按它计时"),
    "policy_published": N_("新版已发布，没有启用；现行方案不变"),
    "policy_enforced": N_("方案已启用，从现在起开的工单按它计时"),
    "person_made": N_("已新增，请接着发一次性密码"),
    "person_kept": N_("人员已改，从下一次请求起生效"),
    "released_lock": N_("锁定已解除"),
    "roster": N_("排班已改，从现在起生效"),
    "claimed": N_("已认领，升级呼叫停止"),
}


def common(visit: Visit, *, live: bool = False) -> dict[str, Any]:
    """Layout (whole page, or only its regions for a live update) and the message line."""
    part = visit.request.query_params.get("part") == "1"
    said = SAID.get(visit.request.query_params.get("said", ""))
    return {
        "layout": "part.html" if part else "desk.html",
        # nobody else is let in to the stream
        "live": live and (visit.may(Permission.WATCH) or visit.may(Permission.REPORT)),
        "said": visit.t(said) if said else "",
    }


def why_not(refused: Refused, t: Words, *, fields: Mapping[str, str], codes: Mapping[str, str]) -> str:
    """Why it was not done, for a person: by the field to blame, else by the code, else in the words of the refusal."""
    known = fields.get(str(refused.extra.get("field", ""))) if refused.code == "fields" else codes.get(refused.code)
    return t(known) if known else t("没有办成：{why}", why=str(refused))


def names_of(areas: Sequence[AreaRow], t: Words) -> dict[str, str]:
    return {area.code: t.either(area.name_zh, area.name_en) for area in areas}


def scope_names(who: Caller, areas: Sequence[AreaRow], t: Words) -> dict[str, Any]:
    """The person's area and the path to it."""
    names = names_of(areas, t)
    code = who.scope or min((area.code for area in areas), key=len, default="")
    path = [names[above] for above in ancestors(code) if above in names]
    return {"scope_name": names.get(code, t("全区")), "scope_path": path}
