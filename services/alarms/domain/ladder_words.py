"""What a ladder says to whom, in Chinese and in English. Pure.

Every message repeats what must not be done inside: whoever reads only one reads that.
"""

from typing import Final

from sensors.kinds import metric_of
from services.alarms.domain.ladder import Ladder, Step
from services.alarms.domain.ladder_moves import CONCENTRATION, NOBODY_REACHED, SECOND_DETECTOR, VALVE_OPEN
from services.alarms.domain.ladder_plan import Office, What
from services.alarms.domain.ladder_reach import Contact
from streams.contracts import Cause, Notice, Page

Both = tuple[str, str]
SAFETY: Final[Both] = (
    "勿按门铃、勿动开关、勿在室内打电话。",
    "No doorbell, no switch, no telephone inside.",
)
GAS: Final[Both] = ("探测到燃气泄漏", "a gas leak is detected")
VALVE: Final[Both] = (
    "阀门可以远程关闭，不得远程开启。",
    "A valve may be closed from afar, never opened.",
)

ASKED: Final[dict[Office, Both]] = {
    Office.RESIDENT: ("请立即到室外，走时开窗，不要返回。", "Go outside now, open windows on your way, do not return."),
    Office.PROPERTY: (
        "请关闭楼栋燃气总阀，疏散同单元住户，在楼下引导抢修。",
        "Shut the building's main valve, bring the residents of the entrance outside, guide the repair crew.",
    ),
    Office.GAS_COMPANY: ("请立即派抢修到场。" + VALVE[0], "Send a repair crew at once. " + VALVE[1]),
    Office.GRID_WORKER: (
        "请到场敲门示警，疏散住户，并确认告警。",
        "Go there, warn by knocking, bring people outside, and acknowledge the alarm.",
    ),
    Office.SECOND_GRID_WORKER: (
        "无人确认，请到场接替，并确认告警。",
        "Nobody has acknowledged: go there instead, and acknowledge the alarm.",
    ),
    Office.STREET_DUTY: (
        "无人确认，请联系网格员与燃气公司，并确认告警。",
        "Nobody has acknowledged: reach the grid worker and the gas company, and acknowledge the alarm.",
    ),
    Office.STREET_LEADER: (
        "仍无人确认，请指定专人处置，并确认告警。",
        "Still nobody has acknowledged: name somebody who takes it, and acknowledge the alarm.",
    ),
    Office.DISTRICT: (
        "规定时间内无人到场，请立即调派力量。",
        "Nobody is on site within the time: send people now.",
    ),
    Office.FIRE_CALLER: (
        "请现在拨打119，说明地点与浓度，并记下接警时间。",
        "Call 119 now, tell them place and reading, and note when they took the call.",
    ),
}
WHY_FIRE: Final[dict[str, Both]] = {
    SECOND_DETECTOR: ("另一探测器也已报警", "a second detector agrees"),
    CONCENTRATION: ("浓度已达拨打119的限值", "the gas has reached the limit for calling 119"),
    VALVE_OPEN: ("报警时阀门仍开着", "the valve is open while it alarms"),
    NOBODY_REACHED: ("一直无人应答", "nobody has answered"),
}
WHY_AGAIN: Final[dict[str, Both]] = {
    Page.SEVERITY: ("级别升高", "it has become worse"),
    Page.AGAIN: ("条件再次出现", "the condition has come back"),
    Page.SECOND: ("已有2台探测器报警", "2 detectors alarm"),
    Page.FIFTH: ("已有5台探测器报警", "5 detectors alarm"),
    Page.TENTH: ("已有10台探测器报警", "10 detectors alarm"),
    Page.BUILDING: ("另一栋楼也已报警", "another building alarms"),
    Page.AFTER_ACKNOWLEDGEMENT: ("确认之后又有探测器报警", "another detector alarms after the acknowledgement"),
    Cause.SHOWN: ("不再搁置，条件仍在", "it is no longer held back, and still there"),
}
NEWS: Final[dict[What, Both]] = {
    What.CLEARED: (
        "读数已恢复正常；复测合格前不得进入。",
        "The reading is normal again; nobody enters until a second measurement is good.",
    ),
    What.CLOSED: (
        "告警已由人工关闭，读数未证明安全：{why}。",
        "A person has closed the alarm, no reading proves it safe: {why}.",
    ),
    What.HELD_BACK: (
        "告警已被搁置，不再呼叫，危险未必解除：{why}。",
        "The alarm is held back and calls nobody, the danger may still be there: {why}.",
    ),
    What.REOPENED: ("燃气再次报警，请按紧急情况处置。", "Gas alarms again: treat it as an emergency."),
    What.SILENT: (
        "探测器 {why} 已失联，不代表安全。",
        "Detector {why} has fallen silent, which does not mean that it is safe.",
    ),
}


def notices(ladder: Ladder, step: Step) -> tuple[Notice, ...]:
    """One message to each whom the step tells; an id tells them apart for ever."""
    return tuple(_notice(ladder, step, number, contact) for number, contact in enumerate(step.contacts, 1))


def _notice(ladder: Ladder, step: Step, number: int, contact: Contact) -> Notice:
    zh, en = _text(ladder, step, contact)
    return Notice(
        id=f"{ladder.incident}/{step.number}/{number}",
        incident=ladder.incident,
        step=step.number,
        what=step.what,
        role=contact.office,
        to=contact.id,
        name=contact.name,
        phone=contact.phone,
        area=ladder.area,
        building=ladder.building,
        device=ladder.device,
        at=step.at,
        zh=zh,
        en=en,
        task=step.what is What.FIRE_CALL,
        stands_in=contact.stands_in,
    )


def _text(ladder: Ladder, step: Step, contact: Contact) -> Both:
    zh, en = _asked(step, contact)
    # A household hears of itself: the reading may be a neighbour's.
    at_home = contact.office is Office.RESIDENT
    place, reading = (contact.name, GAS) if at_home else (ladder.place, _reading(ladder))
    return (
        f"【燃气紧急】{place}，{reading[0]}。{zh}{SAFETY[0]}",
        f"GAS EMERGENCY: {place}, {reading[1]}. {en} {SAFETY[1]}",
    )


def _asked(step: Step, contact: Contact) -> Both:
    if step.what in NEWS:
        zh, en = NEWS[step.what]
        return zh.format(why=step.why or "—"), en.format(why=step.why or "—")
    zh, en = ASKED[contact.office]
    if step.what is What.FIRE_CALL:
        why = WHY_FIRE[step.why]
    elif step.what is What.CALLED_AGAIN:
        why = WHY_AGAIN[step.why]
    else:
        return zh, en
    return f"{why[0]}。{zh}", f"{why[1][0].upper()}{why[1][1:]}. {en}"


def _reading(ladder: Ladder) -> Both:
    metric = metric_of("gas", ladder.metric)
    if metric is None or metric.boolean or ladder.value is None:
        return "探测器报警", "the detector alarms"
    value = f"{ladder.value:.{metric.digits}f} {metric.unit}"
    return f"{metric.name_zh} {value}", f"{metric.name_en.lower()} {value}"
