"""The words of the domain as people read them, keyed by their code names (docs/glossary.md)."""

from typing import Final

from sensors.kinds import KINDS, metric_of
from services.api.language.words import N_, Words
from services.tickets.domain.catalogue import GROUPS, LEAVES

SEVERITIES: Final = {"critical": N_("紧急"), "major": N_("重要"), "minor": N_("一般"), "warning": N_("提示")}
ALARM_STATES: Final = {
    "active_unack": N_("未确认"),
    "active_ack": N_("已确认"),
    "rtn_unack": N_("已恢复，未确认"),
    "normal": N_("已结束"),
}
ALARM_CAUSES: Final = {
    "confirmed": N_("条件确认"),
    "unrefuted": N_("无反证，到时确认"),
    "severity_up": N_("升级"),
    "severity_down": N_("降级"),
    "returned": N_("条件消失"),
    "realarm": N_("再次告警"),
    "acknowledged": N_("人工确认"),
    "reset": N_("人工复位"),
    "closed": N_("人工关闭"),
    "rule": N_("规则变更"),
    "device": N_("设备变更"),
    "hidden": N_("转为隐藏"),
    "shown": N_("恢复显示"),
}
MEASURES: Final = {
    "per_day": N_("每天新告警"),
    "per_hour": N_("每小时新告警"),
    "per_ten_minutes": N_("每 10 分钟新告警"),
    "flood_share": N_("洪峰时间占比"),
    "top_share": N_("最多几个来源的占比"),
    "stale": N_("滞留告警"),
    "chattering": N_("抖动来源"),
    "fleeting": N_("瞬时告警"),
    "mix": N_("级别构成偏差"),
}
ADVICE: Final = {
    "per_day": N_("调高限值、加长触发延时，或改为提示"),
    "per_hour": N_("调高限值、加长触发延时，或改为提示"),
    "per_ten_minutes": N_("按馈线、楼栋归并，或设抑制条件"),
    "flood_share": N_("按馈线、楼栋归并，或设抑制条件"),
    "top_share": N_("先查这几台设备，再调规则"),
    "stale": N_("修好设备，或不再当作告警"),
    "chattering": N_("加大回差，加长恢复延时"),
    "fleeting": N_("加长触发延时，或增加确认次数"),
    "mix": N_("复核这条规则的级别"),
}
VERDICTS: Final = {
    "good": N_("达标"),
    "fair": N_("超过目标"),
    "poor": N_("超过上限"),
    "few": N_("告警太少，不作评判"),
    "none": N_("无数据"),
}
PRIORITIES: Final = {"high": N_("高"), "medium": N_("中"), "low": N_("低")}
LEVELS: Final = {"county": N_("区县"), "street": N_("街道"), "community": N_("社区"), "grid": N_("网格")}
STAGES: Final = {"discovery": N_("发现"), "dispatch": N_("派遣"), "resolve": N_("处置"), "feedback": N_("反馈")}
TICKET_STATES: Final = {
    "reported": N_("已上报"),
    "verifying": N_("待核实"),
    "accepted": N_("已受理"),
    "to_dispatch": N_("待派单"),
    "dispatched": N_("已派单"),
    "signed": N_("已签收"),
    "return_review": N_("退单待审"),
    "in_progress": N_("处置中"),
    "extension_review": N_("延期待批"),
    "parked": N_("挂账"),
    "checking": N_("待核查"),
    "callback": N_("待回访"),
    "redo": N_("重办"),
    "closed": N_("已办结"),
    "archived": N_("已归档"),
    "withdrawn": N_("已撤销"),
    "merged": N_("已合并"),
    "rejected": N_("不予受理"),
}
ACTIONS: Final = {
    "report": N_("上报"),
    "verify": N_("派人核实"),
    "verified": N_("登记核实结果"),
    "accept": N_("受理"),
    "answer": N_("直接答复"),
    "reject": N_("不予受理"),
    "appeal": N_("申诉"),
    "classify": N_("归类"),
    "dispatch": N_("派单"),
    "sign": N_("签收"),
    "arrive": N_("到场"),
    "contact": N_("联系来电人"),
    "interim": N_("报阶段结果"),
    "return": N_("申请退单"),
    "return_ok": N_("同意退单"),
    "return_no": N_("驳回退单"),
    "reassign": N_("改派"),
    "whistle": N_("吹哨"),
    "task_done": N_("子任务完成"),
    "wait": N_("等来电人回复"),
    "wait_end": N_("结束等待"),
    "extend": N_("申请延期"),
    "extend_ok": N_("同意延期"),
    "extend_no": N_("驳回延期"),
    "park": N_("列入挂账"),
    "unpark": N_("恢复处置"),
    "finish": N_("提交办结"),
    "check_ok": N_("核查通过"),
    "check_bad": N_("核查不通过"),
    "callback": N_("登记回访"),
    "book": N_("预约回访时间"),
    "close_unresolved": N_("未解决结案"),
    "reopen": N_("重新打开"),
    "transfer": N_("转接其他热线"),
    "merge": N_("并入其他工单"),
    "unmerge": N_("拆回原状"),
    "withdraw": N_("撤销"),
    "urge": N_("催办"),
    "note": N_("补充材料"),
    "master_done": N_("主单有了结果"),
    "realarm": N_("再次告警"),
    "normal": N_("读数正常，告警结束"),
    "raise": N_("提高紧急程度"),
    "mark": N_("时限提醒"),
    "recount": N_("放假安排公布，重算时限"),
    "escalate": N_("督办并上提一级"),
    "archive": N_("归档"),
    "erase": N_("清除其中的个人信息"),
}
EVENTS: Final = {**ACTIONS, "normal_latched": N_("读数恢复正常，等待复位")}
"""What a ticket's log says was done; a latched alarm comes back in two steps."""
URGENCIES: Final = {"0": N_("普通"), "1": N_("重要"), "2": N_("紧急")}
SATISFACTION: Final = {
    "very_satisfied": N_("非常满意"),
    "satisfied": N_("满意"),
    "mostly": N_("基本满意"),
    "dissatisfied": N_("不满意"),
}
SOURCES: Final = {
    "sensor": N_("告警"),
    "hotline": N_("热线"),
    "citizen": N_("随手拍"),
    "patrol": N_("巡查"),
    "open311": N_("开放接口"),
    "system": N_("其他系统"),
}
NOTES: Final = {
    "merged": N_("已与同一事件的另一张工单合并，随它一起办理"),
    "unsolved": N_("{state}：未能解决"),
    "outcome": N_("{state}：{outcome}"),
    "taken": N_("我们会在时限内联系你，可以用编号查询进展"),
}
"""What Open311's ``status_notes`` and ``service_notice`` say beside the state."""
ROLES: Final = {
    "citizen": N_("市民"),
    "grid_worker": N_("网格员"),
    "grid_manager": N_("网格长"),
    "operator": N_("话务员"),
    "dispatcher": N_("派单员"),
    "unit_handler": N_("经办人"),
    "unit_leader": N_("单位负责人"),
    "supervisor": N_("督办"),
    "oncall": N_("值班工程师"),
    "administrator": N_("管理员"),
    "system": N_("系统"),
}
CLOCKS: Final = {
    "accept": N_("受理"),
    "dispatch": N_("派单"),
    "sign": N_("签收"),
    "contact": N_("首次联系"),
    "on_site": N_("到场"),
    "result": N_("阶段结果"),
    "finish": N_("办结"),
    "redo": N_("重办"),
    "review": N_("核查"),
    "callback": N_("回访"),
    "task": N_("子任务"),
}
ESCALATION: Final = {"grid": N_("网格"), "community": N_("社区"), "street": N_("街道"), "district": N_("区级")}
RULES: Final = {
    "critical": N_("紧急工单不得退单、延期、挂账或等待：先处置，其余事后再议"),
    "danger": N_("事关安全，不能电话答复了事，也不能撤销：先受理并派人"),
    "alarm": N_("传感器仍在告警，这一步不能办：先处置险情，等读数恢复正常"),
    "once": N_("这一步只能办一次，已经办过了：可写备注，或重新上报"),
    "seven_days": N_("已过七天，请重新上报"),
    "final": N_("已由督办作过最后决定，不能再退、再改派：请照决定办理，有异议写备注"),
    "often": N_("次数已到上限：请办结，或请督办按未解决结案"),
    "return_late": N_("退单时限已过，请派单员改派"),
    "many_tasks": N_("子任务已到上限，请另开工单"),
    "no_task": N_("贵单位在本单没有未完成的子任务：请街道派单员吹哨，或写备注"),
    "tasks_open": N_("子任务还没有全部完成：请等待，或在“理由”里写明为什么不等"),
    "nobody": N_("没有来电人，无人可等：请继续办理"),
    "not_waiting": N_("工单并不在等待：请继续办理"),
    "no_deadline": N_("办结时限已不再计时：请按重办的时限办理"),
    "paused": N_("时限正暂停：请先结束等待"),
    "expired": N_("时限已过，延期须在到期前申请：请尽快办结，或请督办按未解决结案"),
    "itself": N_("不能并入自己：请填另一件工单的编号"),
    "merged": N_("那件工单自己也已并入别的工单，请填它的主单 {master}"),
    "taken_in": N_("那件工单已经并入本单，不用再并；要以它为主单，请先把它拆出来"),
    "ended": N_("那件工单已经了结，只能并入在办的工单"),
    "danger_leads": N_("安全工单为主：请把那一件并入本单"),
}
QUALITIES: Final = {
    "good": N_("有效"),
    "sentinel": N_("无效码"),
    "over_range": N_("超量程"),
    "out_of_range": N_("超出范围"),
    "test": N_("自检"),
    "warmup": N_("预热"),
    "fault": N_("传感器故障"),
    "unlisted": N_("未登记的量"),
}
DEVICE_STATES: Final = {
    "planned": N_("待装"),
    "active": N_("在用"),
    "maintenance": N_("检修中"),
    "retired": N_("已退役"),
}
TIME_UNITS: Final = {"s": N_("秒"), "min": N_("分钟"), "h": N_("小时"), "d": N_("天")}
NOTICE_STATES: Final = {"waiting": N_("待发"), "sent": N_("已发"), "dead": N_("未送达")}
NOTICE_SUBJECTS: Final = {
    "call": N_("燃气紧急呼叫"),
    "assigned": N_("派单与催办"),
    "card": N_("黄牌与红牌"),
    "escalated": N_("超时升级"),
    "reopened": N_("重办与重新打开"),
    "review": N_("待我审批"),
    "decided": N_("审批结果"),
    "check": N_("待核查"),
    "callback": N_("待回访"),
    "progress": N_("我反映的事项"),
    "test": N_("测试"),
}
NOTIFICATION_STATES: Final = {"firing": N_("未认领"), "acknowledged": N_("已认领"), "resolved": N_("已恢复")}


def say(table: dict[str, str], code: str, t: Words) -> str:
    """The word for ``code``, or the code itself where nobody named it yet."""
    return t(table[code]) if code in table else code


def kind_name(kind: str, t: Words) -> str:
    known = KINDS.get(kind)
    return t.either(known.name_zh, known.name_en) if known else kind


def metric_name(kind: str, metric: str, t: Words) -> str:
    known = metric_of(kind, metric)
    return t.either(known.name_zh, known.name_en) if known else metric


def category_name(code: str, t: Words) -> str:
    known = LEAVES.get(code) or GROUPS.get(code)
    return t.either(known.name_zh, known.name_en) if known else code


def categories(t: Words) -> dict[str, str]:
    """Every category of a new ticket, hazards first, each with its group."""
    return {code: f"{category_name(leaf.parent, t)} · {category_name(code, t)}" for code, leaf in LEAVES.items()}
