"""What messages say. Chinese first; English for whoever chose it.

A message leaves the house by other people's servers, so it carries number, what happened and the
deadline, and never a caller's words, name or address.
"""

from typing import Final

from services.notices.domain.quiet import hour_minute
from services.notices.domain.words import Message, Subject
from streams.contracts import TicketEvent

Pair = tuple[str, str]

SAYS: Final[dict[str, Pair]] = {
    "dispatch": ("已派给您的单位，请签收", "was dispatched to your unit; please sign for it"),
    "reassign": ("已改派给您的单位，请签收", "was reassigned to your unit; please sign for it"),
    "verify": ("请到现场核实", "needs a look on site"),
    "whistle": ("街道吹哨，请您的单位报到", "whistles for your unit; please do your share"),
    "raise": ("紧急程度已提高，时限提前", "became more urgent; its deadlines are nearer"),
    "return": ("申请退单，请审批", "is to be returned; please decide"),
    "extend": ("申请延期，请审批", "asks for an extension; please decide"),
    "return_ok": ("退单已批准", "may be returned"),
    "return_no": ("退单未批准，请继续办理", "may not be returned; please go on"),
    "extend_ok": ("延期已批准", "has its extension"),
    "extend_no": ("延期未批准", "has no extension"),
    "escalate": ("超时未办，已升级到您", "was not answered in time and comes to you"),
    "urge": ("被催办，请尽快办理", "was urged; please act"),
    "reopen": ("重新打开，请办理", "was reopened; please act"),
    "realarm": ("再次告警，请办理", "alarmed again; please act"),
    "check_bad": ("核查未通过，请重办", "did not pass its check; please redo"),
    "callback": ("回访不满意，请重办", "did not satisfy at its call-back; please redo"),
    "finish": ("处置完毕，请现场核查", "is finished; please check on site"),
    "check_ok": ("核查通过，请回访", "passed its check; please call back"),
    "yellow": ("黄牌：时限将到", "has a yellow card: its deadline is near"),
    "red": ("红牌：已经超时", "has a red card: it is overdue"),
}
HELPS: Final[Pair] = ("请您的单位协办", "asks your unit to assist")
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
    "extend_ok": ("办理期限已延长，我们会继续办理。", "needs longer; the work goes on."),
    "close_unresolved": ("暂未能解决，原因将由话务员告知。", "could not be solved for now; we tell you why."),
}
UNSOLVED: Final[Pair] = (
    "与同一事项合并办理，暂未能解决，原因将由话务员告知。",
    "was handled with others of the same cause and could not be solved for now; we tell you why.",
)
LINK: Final[Pair] = ("〔评价链接〕", "[feedback link]")
"""Stands in a message for the link that is made when it is sent: whoever reads messages cannot answer by one."""
RATE: Final[Pair] = (" 也可在此评价，七天内有效，答一次：{}", " You may also answer here, once, within seven days: {}")


def about(event: TicketEvent, language: str, *, helps: bool = False) -> tuple[str, str]:
    """Title and body for the people who work on a ticket; ``helps``: for a unit that assists the one that leads."""
    zh, en = HELPS if helps else SAYS[event.mark if event.action == "mark" else event.action]
    if language == "en":
        title = f"Ticket {event.number} {en}"
        return title, f"Due {hour_minute(event.deadline)} (Beijing time)." if event.deadline else ""
    return f"工单 {event.number} {zh}", f"时限 {hour_minute(event.deadline)}。" if event.deadline else ""


def to_reporter(event: TicketEvent, language: str, *, unsolved: bool = False) -> tuple[str, str]:
    """Title and body for the reporter. Where a call-back waits for them it ends with :data:`LINK`."""
    zh, en = UNSOLVED if event.action == "master_done" and unsolved else REPORTER_SAYS[event.action]
    mark = LINK[language == "en"] if event.new == "callback" else ""
    if language == "en":
        return f"12345 ticket {event.number}", f"Your report {en}{mark}"
    return f"12345 工单 {event.number}", f"您反映的事项{zh}{mark}"


def linked(body: str, address: str) -> str:
    """The body with the link in its place; without ``address`` it says nothing of one."""
    for mark, sentence in zip(LINK, RATE, strict=True):
        body = body.replace(mark, sentence.format(address) if address else "")
    return body


def digest(messages: tuple[Message, ...], language: str) -> tuple[str, str]:
    """What quiet hours held, as one message: a line each, in the order in which it happened."""
    lines = "\n".join(f"{hour_minute(one.created)} {_line(one)}" for one in sorted(messages, key=lambda m: m.created))
    if language == "en":
        return f"{len(messages)} messages from your quiet hours", lines
    return f"免打扰时段内的 {len(messages)} 条消息", lines


def _line(message: Message) -> str:
    """A reporter's titles name the ticket alone: what happened stands in the body."""
    return f"{message.title} {message.body}" if message.subject is Subject.PROGRESS else message.title
