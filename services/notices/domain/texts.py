"""What messages say. Chinese first; English for whoever chose it.

A message leaves the house by other people's servers, so it carries number, what happened and the
deadline, and never a caller's words, name or address.
"""

from typing import Final

from services.notices.domain.quiet import hour_minute
from services.notices.domain.words import Message
from streams.contracts import TicketEvent

Pair = tuple[str, str]

SAYS: Final[dict[str, Pair]] = {
    "dispatch": ("已派给您的单位，请签收", "was dispatched to your unit; please sign for it"),
    "reassign": ("已改派给您的单位，请签收", "was reassigned to your unit; please sign for it"),
    "return": ("申请退单，请审批", "is to be returned; please decide"),
    "extend": ("申请延期，请审批", "asks for an extension; please decide"),
    "return_ok": ("退单已批准", "may be returned"),
    "return_no": ("退单未批准，请继续办理", "may not be returned; please go on"),
    "extend_ok": ("延期已批准", "has its extension"),
    "extend_no": ("延期未批准", "has no extension"),
    "escalate": ("超时未办，已升级到您", "was not answered in time and comes to you"),
    "urge": ("诉求人催办", "was urged by its reporter"),
    "reopen": ("重新打开，请办理", "was reopened; please act"),
    "realarm": ("再次告警，请办理", "alarmed again; please act"),
    "check_bad": ("核查未通过，请重办", "did not pass its check; please redo"),
    "finish": ("处置完毕，请现场核查", "is finished; please check on site"),
    "check_ok": ("核查通过，请回访", "passed its check; please call back"),
    "yellow": ("黄牌：时限将到", "has a yellow card: its deadline is near"),
    "red": ("红牌：已经超时", "has a red card: it is overdue"),
}
REPORTER_SAYS: Final[dict[str, Pair]] = {
    "accept": ("已受理，我们会尽快处理。", "was accepted; we are working on it."),
    "dispatch": ("已交责任单位办理。", "was handed to the responsible unit."),
    "answer": ("已答复。如有疑问请拨 12345。", "was answered. Questions: call 12345."),
    "reject": (
        "不予受理，原因将由话务员告知。可拨 12345 申诉一次。",
        "was not accepted; we tell you why. You may appeal once: call 12345.",
    ),
    "check_ok": ("已处理完毕，我们将回访。", "is done; we will call you back."),
    "master_done": ("与同一事项合并办理，现已处理完毕。", "was handled with others of the same cause and is done."),
    "close_unresolved": ("暂未能解决，原因将由话务员告知。", "could not be solved for now; we tell you why."),
}


def about(event: TicketEvent, language: str) -> tuple[str, str]:
    """Title and body for the people who work on a ticket."""
    zh, en = SAYS[event.mark if event.action == "mark" else event.action]
    if language == "en":
        title = f"Ticket {event.number} {en}"
        return title, f"Due {hour_minute(event.deadline)} (Beijing time)." if event.deadline else ""
    return f"工单 {event.number} {zh}", f"时限 {hour_minute(event.deadline)}。" if event.deadline else ""


def to_reporter(event: TicketEvent, language: str, link: str) -> tuple[str, str]:
    """Title and body for the reporter; ``link`` is where they can answer, '' where there is none."""
    zh, en = REPORTER_SAYS[event.action]
    if language == "en":
        return f"12345 ticket {event.number}", f"Your report {en}" + (f" {link}" if link else "")
    return f"12345 工单 {event.number}", f"您反映的事项{zh}" + (f"{link}" if link else "")


def digest(messages: tuple[Message, ...], language: str) -> tuple[str, str]:
    """What quiet hours held, as one message: a line each, in the order in which it happened."""
    lines = "\n".join(f"{hour_minute(one.created)} {one.title}" for one in sorted(messages, key=lambda m: m.created))
    if language == "en":
        return f"{len(messages)} messages from your quiet hours", lines
    return f"免打扰时段内的 {len(messages)} 条消息", lines
