"""A call-back in words: what to say in order, who was called when, and what the answers mean. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.tickets.ticket_forms import read
from services.tickets.domain import Action, Event, Role, Satisfaction, Ticket, caller_for, masked

ASKED: Final = ("contacted", "solved", "satisfied", "text")
MOST: Final = 500
YES_NO: Final = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the script: what it is for, what to say, and what to do where the answer is another."""

    what: str
    say: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the form; ``options`` are (value, word), the first has the key 1."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


def script(ticket: Ticket, events: Sequence[Event], role: Role, unit: str, now: int, t: Words) -> list[Line]:
    """What to say, in order, with the ticket's own facts; ``unit`` is the lead's name."""
    caller = caller_for(role, ticket.caller)
    known = caller is not None and caller.name and not caller.confidential
    name = caller.name if caller and known else t("诉求人")
    done = next((event.at for event in reversed(events) if event.action in _DONE), None)
    when = fmt.moment(ticket.opened_at, now, t)
    what = t("您 {when} 反映的“{title}”", when=when, title=ticket.title)
    work = t("由{unit}办理，{done}办完", unit=unit, done=fmt.moment(done, now, t)) if done and unit else t("已经办完")
    result = ticket.told or ticket.outcome or t("已处理")
    return [
        Line(
            t("核对"), t("您好，12345 热线回访。请问是{name}吗？现在方便说两分钟吗？", name=name),
            t("不方便就问何时方便，在下面约定时间。无人接听选“没联系上”。"),
        ),
        Line(t("说明"), t("{what}，{work}。结果是：{result}", what=what, work=work, result=result)),
        Line(t("解决"), t("问题解决了吗？"), t("没有解决：问清还差什么，写进原因。")),
        Line(t("满意"), t("您对这次办理满意吗？"), t("不满意：问哪里不满意，原样写下，工单会重办。")),
        Line(
            t("收尾"), t("谢谢您。七天内又出现，请再拨 12345。"),
            t("要重办的，告诉对方：单位会再办，办好我们再给您回电。"),
        ),
    ]  # fmt: skip


_DONE: Final = frozenset({Action.FINISH, Action.MASTER_DONE})


def questions(satisfactions: Sequence[tuple[str, str]], t: Words) -> list[Question]:
    """The three questions; ``satisfactions`` are the answers of the scale in force."""
    return [
        Question("contacted", t("联系上了吗"), ((YES_NO[0], t("接通，是本人")), (YES_NO[1], t("没联系上")))),
        Question("solved", t("解决了吗"), ((YES_NO[0], t("解决了")), (YES_NO[1], t("没有解决")))),
        Question("satisfied", t("满意吗"), tuple(satisfactions)),
    ]


def wrong(given: Mapping[str, str], t: Words) -> dict[str, str]:
    """What is missing from the answers, by field, saying how to fill it."""
    if given["contacted"] not in YES_NO:
        return {"contacted": t("请选联系上没有；没有接通也要登记")}
    if given["contacted"] == "no":
        return {}
    errors = {}
    if given["solved"] not in YES_NO:
        errors["solved"] = t("请选一项：解决了吗")
    if given["satisfied"] not in {str(answer) for answer in Satisfaction}:
        errors["satisfied"] = t("请选一项：满意吗")
    unhappy = given["solved"] == "no" or given["satisfied"] == Satisfaction.DISSATISFIED
    if not errors and unhappy and not given["text"]:
        errors["text"] = t("请写对方哪里不满意，承办单位要照着重办")
    return errors


def answers(given: Mapping[str, str]) -> dict[str, Any]:
    """The answers as the action takes them; who was not reached has answered nothing."""
    values: dict[str, Any] = {"contacted": given["contacted"] == "yes"}
    if values["contacted"]:
        values |= {"solved": given["solved"] == "yes", "satisfied": given["satisfied"]}
    return values | ({"text": given["text"]} if given["text"] else {})


def booking(given: Mapping[str, str], t: Words) -> tuple[dict[str, Any], dict[str, str]]:
    """A time as the action takes it, or what is wrong with it."""
    until = read(given["until"])
    if until is None:
        return {}, {"until": t("请选约定的日期和时间")}
    return {"until": until} | ({"text": given["text"]} if given["text"] else {}), {}


def facts(ticket: Ticket, now: int, t: Words) -> list[tuple[str, str]]:
    """What stands beside the number: when it is due, what was booked, who was called in vain."""
    found = [(t("约定"), fmt.due(ticket.booked, now, t))] if ticket.booked else []
    if ticket.deadline is not None:
        found.append((t("时限"), fmt.due(ticket.deadline, now, t)))
    calls = t("、").join(fmt.near(at, now, t) for at in ticket.misses)
    tried = t("{n} 次未接通：{calls}。满三次且隔两天即办结", n=len(ticket.misses), calls=calls)
    found.append((t("已拨"), tried if ticket.misses else t("还没有拨过")))
    if ticket.redos:
        found.append((t("重办"), t("第 {n} 次办完", n=ticket.redos + 1)))
    return found


def phone(ticket: Ticket) -> str:
    return masked(ticket.caller.phone) if ticket.caller else ""
