"""The audit log's own words as people read them: what was done, to what, and what the entry says of it.

The log keeps codes, which are what its hashes cover; a page says them in the reader's language.
"""

from typing import Final

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.audit import Did

DID: Final[dict[str, str]] = {
    Did.SIGN_IN: N_("登录"),
    Did.SIGN_IN_REFUSED: N_("登录失败"),
    Did.SIGN_OUT: N_("退出登录"),
    Did.TOKEN: N_("生成接口令牌"),
    Did.UNMASK: N_("查看隐去的个人信息"),
    Did.EXPORT: N_("导出"),
    Did.RULE: N_("改规则"),
    Did.POLICY: N_("启用时限方案"),
    Did.POLICY_PUBLISHED: N_("发布时限方案"),
    Did.CATALOGUE: N_("改职责目录"),
    Did.PERSON: N_("改人员"),
    Did.DUTY: N_("改排班"),
    Did.ERASE: N_("清除个人信息"),
    Did.ENTRY_CARD: N_("改入户卡"),
    Did.HOLD: N_("搁置、停用告警"),
    Did.MAINTENANCE: N_("设备检修"),
    Did.FEEDBACK_LINK: N_("生成评价链接"),
}
SUBJECTS: Final = {
    "person": N_("人员"),
    "role": N_("角色"),
    "unit": N_("单位"),
    "rule": N_("规则"),
    "policy": N_("时限政策"),
    "ticket": N_("工单"),
    "alarm": N_("告警"),
    "device": N_("设备"),
    "area": N_("区域"),
    "line": N_("目录行"),
    "export kpi": N_("考核数据"),
    "export tickets": N_("工单清单"),
    "export audit": N_("审计日志"),
    "entry card": N_("入户卡"),
    "import": N_("整表导入"),
    "calls of one number": N_("同一号码的保密工单"),
}
"""The first words of a subject; an id follows, and stays as it is."""
SAID: Final = {
    "why": N_("事由"),
    "reason": N_("事由"),
    "number": N_("工单"),
    "version": N_("版本"),
    "address": N_("来自"),
    "locked_until": N_("锁定到"),
    "expires": N_("有效至"),
    "fields": N_("字段"),
    "what": N_("内容"),
    "name": N_("姓名"),
    "role": N_("角色"),
    "scope": N_("辖区"),
    "unit": N_("单位"),
    "active": N_("启用"),
    "person": N_("人员"),
    "substitute": N_("代班人"),
    "since": N_("自"),
    "until": N_("至"),
    "from": N_("自"),
    "to": N_("至"),
    "start": N_("自"),
    "end": N_("至"),
    "days": N_("星期"),
    "begins": N_("自"),
    "ends": N_("至"),
    "act": N_("何事"),
    "rule": N_("规则"),
    "device": N_("设备"),
    "old": N_("原为"),
    "new": N_("现为"),
    "added": N_("新增"),
    "changed": N_("改动"),
    "kind": N_("种类"),
    "line": N_("改成"),
    "was": N_("原来"),
    "format": N_("格式"),
    "period": N_("统计期"),
    "by": N_("按"),
    "did": N_("何事"),
    "subject": N_("对象"),
    "area": N_("辖区"),
    "within": N_("区域"),
    "state": N_("状态"),
    "stage": N_("阶段"),
    "open": N_("在办"),
    "source": N_("来源"),
    "incident": N_("事件"),
    "master": N_("主单"),
    "supervised": N_("督办中"),
    "watched": N_("有牌或督办"),
    "level": N_("层级"),
    "card": N_("黄红牌"),
    "category": N_("类别"),
    "urgency": N_("紧急程度"),
    "text": N_("文字"),
    "sort": N_("排序"),
    "log": N_("经过"),
}
VALUES: Final = {
    "shelve": N_("搁置"),
    "unshelve": N_("结束搁置"),
    "out_of_service": N_("停用"),
    "in_service": N_("恢复使用"),
    "agree_shelve": N_("同意搁置"),
    "agree_out_of_service": N_("同意停用"),
    "created": N_("新增"),
    "changed": N_("改动"),
    "lock released": N_("解除锁定"),
    "password chosen": N_("自己设了密码"),
    "password given": N_("发了一次性密码"),
    "notices changed": N_("改了通知设置"),
    "duty added": N_("加了值班"),
    "duty removed": N_("删了值班"),
    "substitute added": N_("加了代班"),
    "substitute removed": N_("删了代班"),
    "True": N_("是"),
    "False": N_("否"),
    "name": N_("姓名"),
    "phone": N_("电话"),
    "holder": N_("持钥人"),
    "valve": N_("阀门位置"),
    "avoid": N_("不可做的事"),
    "unit": N_("单位"),
    "area": N_("区域"),
    "category": N_("类别"),
}
SPOKEN: Final = frozenset({"act", "what", "active", "open", "supervised", "watched", "log", "fields", "by"})
"""Details whose values are words of ours; everything else was typed by somebody, or is an id."""
MOMENTS: Final = frozenset({"locked_until", "expires", "since", "until", "from", "to", "start", "end"})


def subject(text: str, t: Words) -> str:
    """``person chen.qiang`` in the reader's words; what has none stays as the log has it."""
    whole = SUBJECTS.get(text)
    if whole is not None:
        return t(whole)
    for words in sorted(SUBJECTS, key=len, reverse=True):
        if text.startswith(f"{words} "):
            return f"{t(SUBJECTS[words])} {subject(text[len(words) + 1 :], t)}"
    return text


def detail(name: str, value: object, now: int, t: Words) -> tuple[str, str]:
    """One part of an entry's account: what it is, and its value."""
    return voc.say(SAID, name, t), _said(name, value, now, t)


def _said(name: str, value: object, now: int, t: Words) -> str:
    if isinstance(value, list):
        return t("、").join(_said(name, each, now, t) for each in value)
    if name in MOMENTS and isinstance(value, int):
        return fmt.moment(value, now, t)
    if name == "days" and isinstance(value, int) and 1 <= value <= len(fmt.WEEKDAYS_ZH):
        return t.either(fmt.WEEKDAYS_ZH[value - 1], fmt.WEEKDAYS_EN[value - 1])
    if isinstance(value, dict):
        return t("；").join(f"{each} {one}" for each, one in value.items() if one not in ("", None, [], 0))
    changed = str(value).split(" → ")
    if name == "role":
        changed = [voc.say(voc.ROLES, each, t) for each in changed]
    elif name in SPOKEN:
        changed = [voc.say(VALUES, each, t) for each in changed]
    return " → ".join(changed)
