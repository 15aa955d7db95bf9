"""What belongs to an alarm: the members of its incident, and the alarms that it hides."""

from dataclasses import dataclass

from sensors.kinds.groups import group_name
from services.alarms.domain import AlarmFilters
from services.api.pages import rows
from services.api.pages.alarms import alarm_views
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.alarms.alarm_views import AlarmView
from services.api.pages.desk import Desk, Visit


@dataclass(frozen=True, slots=True)
class Members:
    """An incident's alarms, the first to become active first; ``more`` are those beyond one page."""

    incident: str
    group: str
    listed: tuple[tuple[AlarmView, bool], ...]
    standing: int
    more: bool


def members_of(desk: Desk, book: AlarmBook, visit: Visit, incident: str) -> Members | None:
    """None where an alarm stands by itself: there is nothing to list."""
    if not incident:
        return None
    page = book.listed(visit.caller, AlarmFilters(incident=incident), None)
    grouped = [listed for listed in page.items if listed.alarm.group]
    if not grouped:
        return None
    grouped.sort(key=lambda listed: (listed.alarm.raised_at, listed.alarm.episode))
    places = {device.id: device.place for device in desk.source.fleet(visit.caller)}
    rules = {rule.id: rule for rule in desk.source.rules()}
    first = next((listed.alarm.episode for listed in grouped if listed.alarm.first_out), "")
    name = group_name(grouped[0].alarm.group)
    seen = [rows.of_alarm(listed, visit.caller, places.get(listed.alarm.device, "")) for listed in grouped]
    titles = book.titles(visit.caller, seen, rules, visit.t)
    return Members(
        incident=incident,
        group=visit.t.either(name.name_zh, name.name_en),
        listed=tuple((alarm_views.view(row, rules, visit.now, visit.t, titles), row.episode == first) for row in seen),
        standing=len({listed.alarm.device for listed in grouped if listed.alarm.active}),
        more=page.next is not None,
    )


@dataclass(frozen=True, slots=True)
class Hides:
    """The alarms that one alarm hides or hid, the newest first; ``more`` are those beyond one page."""

    episode: str
    listed: tuple[AlarmView, ...]
    standing: int
    more: bool


def hides(desk: Desk, book: AlarmBook, visit: Visit, episode: str) -> Hides | None:
    """None where it hides nothing."""
    page = book.listed(visit.caller, AlarmFilters(suppressed_by=episode), None)
    if not page.items:
        return None
    places = {device.id: device.place for device in desk.source.fleet(visit.caller)}
    rules = {rule.id: rule for rule in desk.source.rules()}
    seen = [rows.of_alarm(listed, visit.caller, places.get(listed.alarm.device, "")) for listed in page.items]
    return Hides(
        episode=episode,
        listed=tuple(alarm_views.view(row, rules, visit.now, visit.t) for row in seen),
        standing=sum(row.open for row in seen),
        more=page.next is not None,
    )
