"""What a sensor's ticket rests on: the chart of its alarm, and for a hand on site what is read and done first."""

from typing import Any

from markupsafe import Markup

from sensors.kinds import metric_of
from services.api.pages import formatting as fmt
from services.api.pages.alarms import alarm_views
from services.api.pages.desk import Desk, Visit
from services.api.pages.drawing import graphs
from services.api.pages.ports import TicketRow
from services.tickets.domain.words import ENDED, State


def evidence(desk: Desk, visit: Visit, row: TicketRow, *, width: int = 560, height: int = 190) -> tuple[str, str]:
    """The chart of the ticket's first alarm, from before it until now or until the ticket ended."""
    if not row.device or not row.episodes:
        return "", ""
    alarms = desk.source.alarms_of(visit.caller, row.device, 0)
    mine = sorted((a for a in alarms if a.episode in row.episodes), key=lambda a: (a.metric == "alarm", a.since))
    if not mine:
        return "", ""
    ended = max((event.at for event in row.events), default=visit.now) if State(row.state) in ENDED else visit.now
    chart = graphs.of_alarm(
        desk.source, visit.caller, mine[0], visit.now, visit.t,
        events=row.events, width=width, height=height, until=ended,
    )  # fmt: skip
    caption = Markup('<a class="ll-mono" href="/devices/{0}">{0}</a>').format(row.device)
    return chart, caption


def extras(desk: Desk, visit: Visit, row: TicketRow) -> dict[str, Any]:
    """The chart sized for a hand, the newest reading, the way there, whom to call, what to do first."""
    chart, _ = evidence(desk, visit, row, width=362, height=160)
    device = desk.source.device(visit.caller, row.device) if row.device else None
    on_the_way = device is not None and device.lat is not None and State(row.state) not in ENDED
    go = f"geo:{device.lat},{device.lon}" if device and on_the_way else ""
    phone = row.caller_phone
    call = {"number": phone, "label": row.caller_name or visit.t("来电人")} if phone and "*" not in phone else None
    return {
        "chart": chart,
        "reading": _reading(desk, visit, row) if chart else None,
        "response": _response(desk, visit, row),
        "go": go,
        "call": call,
    }


def _reading(desk: Desk, visit: Visit, row: TicketRow) -> dict[str, Any]:
    alarms = [a for a in desk.source.alarms_of(visit.caller, row.device, 0) if a.episode in row.episodes]
    alarm = min(alarms, key=lambda a: (a.metric == "alarm", a.since))
    metric = graphs.main_metric(alarm.kind, alarm.metric)
    known = metric_of(alarm.kind, metric)
    last = next((v for v in desk.source.last_values(row.device) if v.metric == metric), None)
    rules = {rule.id: rule for rule in desk.source.rules()}
    value = last.value if last else None
    boolean = bool(known and known.boolean)
    text = fmt.span(visit.now - alarm.since, visit.t) if boolean else visit.t("无数据")
    if value is not None and not boolean:
        text = fmt.number(value, known.digits if known else 1)
    return {
        "value": text,
        "unit": known.unit if known else "",
        "name": visit.t.either(known.name_zh, known.name_en) if known else metric,
        "also": alarm_views.both_units(metric, value),
        "limit": alarm_views.limit_text(alarm, rules.get(alarm.rule), visit.t),
        "at": last.ts if last else None,
        "stands": any(each.ended is None for each in alarms),
    }


def _response(desk: Desk, visit: Visit, row: TicketRow) -> list[str]:
    """The rule's response text, one step a sentence."""
    alarms = (
        [a for a in desk.source.alarms_of(visit.caller, row.device, 0) if a.episode in row.episodes]
        if row.device
        else []
    )
    rules = {rule.id: rule for rule in desk.source.rules()}
    rule = next((rules[a.rule] for a in alarms if a.rule in rules), None)
    if rule is None:
        return []
    text = visit.t.either(rule.response_zh, rule.response_en)
    sentences = text.replace("；", "。").replace("; ", ". ").replace("。", "。\n").replace(". ", ".\n").splitlines()
    return [sentence.strip(" 。") for sentence in sentences if sentence.strip(" 。")]
