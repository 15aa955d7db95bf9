"""What a person may do with an alarm now, and what holds it back: its page's panel."""

from typing import Any, Final

from services.alarms.domain import Alarm, HoldKind, HoldState
from services.api.language.words import N_
from services.api.pages import formatting as fmt
from services.api.pages.desk import Visit
from services.api.pages.rules.rule_source import RuleDesk
from services.registry.domain import Permission

LENGTHS: Final = (15 * fmt.MINUTE, 30 * fmt.MINUTE, fmt.HOUR, 2 * fmt.HOUR, 4 * fmt.HOUR, 8 * fmt.HOUR, fmt.DAY)
STATES: Final = {
    HoldState.WAITING: N_("等待第二人同意"),
    HoldState.IN_FORCE: N_("生效"),
}


def panel(book: RuleDesk, visit: Visit, alarm: Alarm) -> dict[str, Any]:
    """What may be done with an alarm now, and what holds it back."""
    rule, t, now = book.rule(alarm.rule), visit.t, visit.now
    holds = book.holds(visit.caller, alarm.rule, alarm.device)
    shelved = next((hold for hold in holds if hold.kind is HoldKind.SHELVE), None)
    out = next((hold for hold in holds if hold.kind is HoldKind.OUT_OF_SERVICE), None)
    longest = rule.max_shelve_ms if rule else 0
    may = visit.may(Permission.RESET)
    waits = [hold for hold in holds if hold.state(now) is HoldState.WAITING]
    return {
        "holds": [
            {
                "what": t("搁置") if hold.kind is HoldKind.SHELVE else t("停用"),
                "state": t(STATES[hold.state(now)]),
                "hold": hold,
                "approves": may and hold in waits and hold.by != visit.caller.id,
            }
            for hold in holds
        ],
        "may_hold": may,
        "lengths": [(length, fmt.span(length, t)) for length in LENGTHS if length <= longest] if may else [],
        "two": rule is not None and rule.second_approver,
        "shelved": shelved is not None or (alarm.shelved_until or 0) > now,
        "waits": bool(waits),
        "asked": shelved in waits,
        "asked_out": out in waits,
        "approves": any(hold.by != visit.caller.id for hold in waits),
        "out": out is not None or alarm.out_of_service,
    }
