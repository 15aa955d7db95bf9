"""Why an act on an alarm was refused, for a person: what is in the way, and what helps. Pure."""

from typing import Final

from services.api.language.words import N_, Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.named import Named
from streams.contracts import Refused

TEXTS: Final = {
    "cleared": N_("告警已经结束，没有什么要办的了。"),
    "standing": N_("条件仍然成立，不能复位：先处置险情，等读数恢复正常。"),
    "second": N_("自己的申请不能自己同意：请另一位能复位告警的同事来同意。"),
    "unshelvable": N_("这条规则的告警不能搁置：请处置原因，或把设备转为检修。"),
    "idempotency": N_("这张表已经交过一次，请看告警现在的样子。"),
}
STATES: Final = {
    "acknowledge": N_("{name} 已经确认过。"),
    "reset": N_("没有锁定的告警不用复位，它会自己结束。"),
    "approve": N_("没有在等第二人同意的申请：可能已撤回、已同意，或已过期。要搁置请重新申请。"),
    "unshelve": N_("这条告警没有搁置。"),
    "in-service": N_("这条规则没有停用。"),
}
FIELDS: Final = {
    "until": N_("请选搁置多久。"),
    "reason": N_("请写理由，历史里会看到。"),
    "comment": N_("请写理由，历史里会看到。"),
}


def refused_text(refused: Refused, act: str, acknowledged_by: str, named: Named, now: int, t: Words) -> str:
    """``act`` is the address's last word; ``acknowledged_by`` the alarm's."""
    latest = refused.extra.get("latest")
    if isinstance(latest, int):
        return t("搁置最多到 {time}，请选短一些。", time=fmt.moment(latest, now, t))
    if refused.code in TEXTS:
        return t(TEXTS[refused.code])
    if refused.code == "state" and act in STATES:
        return t(STATES[act], name=named.person(acknowledged_by))
    missing = refused.extra.get("missing")
    first = str(missing[0]) if isinstance(missing, list) and missing else ""
    return t(FIELDS[first]) if first in FIELDS else t("没有办成：{why}", why=refused.detail)
