"""The pages' view of the container: its readers and use cases, in the pages' own rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from services.alarms.domain import AlarmFilters
from services.alarms.ports import Listed as ListedAlarm
from services.api.container import Container
from services.api.door.auth import Caller, user_of, within
from services.api.door.scope import bounded, sees
from services.api.pages import rows
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.ports import (
    AreaRow,
    DeviceRow,
    LastRow,
    LetterRow,
    Listing,
    NoticeRow,
    StrangerRow,
    TicketFilter,
    TicketRow,
    UnitRow,
)
from services.api.pages.tickets.citing import citable
from services.api.platform.rosters import on_duty_for
from services.api.problems import refuse
from services.api.tickets.merged_photos import merged_photos
from services.api.tickets.tickets import actor, ticket_for
from services.history.domain import LastValue, LetterFilter
from services.history.handlers import replay_letter
from services.oncall.domain import NotificationFilter
from services.oncall.handlers import acknowledge
from services.paging import MAX_LIMIT, Key, Page, decode_cursor, encode_cursor
from services.registry.domain import DeviceFilter, Permission, Unit
from services.registry.handlers import register_device
from services.tickets.domain import Card, Details, Scale, StageCount, Ticket, TicketFilters, allowed_actions
from services.tickets.domain import Role as Part
from services.tickets.domain import Stage as TicketStage
from services.tickets.handlers import Act
from streams.contracts import ActionName, AlarmState, Device, Refused, Rule
from streams.contracts.areas import ancestors

OPEN_STATES: Final = (AlarmState.ACTIVE_UNACK, AlarmState.ACTIVE_ACK, AlarmState.RTN_UNACK)
FRESH_MS: Final = 3_000
"""How old the fleet on a page may be; its dots move by the hour, its alarms come from elsewhere."""
SETTLED_MS: Final = 30_000
"""How old names of areas, units and people may be."""
MOST_PAGES: Final = 50
DRAWN: Final = ("county", "street", "community", "grid")

R = TypeVar("R")


class ContainerSource:
    """Reads through the services' readers, changes through their use cases."""

    def __init__(self, container: Container) -> None:
        self._c = container

    def areas(self, who: Caller) -> Sequence[AreaRow]:
        return self._c.remembered.get(("areas", who.scope), SETTLED_MS, lambda: self._areas(who.scope))

    def _areas(self, scope: str) -> tuple[AreaRow, ...]:
        """The path down to the scope, then everything in it above the buildings."""
        places = self._c.places
        path = [found for code in ancestors(scope) if (found := places.get_area(code))]
        levels = [places.list_areas(level=level, scope=scope, limit=MAX_LIMIT, after=None).items for level in DRAWN]
        return tuple(rows.of_area(area) for area in (*path, *(area for level in levels for area in level)))

    def layers(self) -> Mapping[str, dict[str, Any]]:
        listed = self._c.remembered.get("layers", SETTLED_MS, self._c.places.list_layers)
        return {layer.name: layer.features for layer in listed}

    def units(self) -> Sequence[UnitRow]:
        return [rows.of_unit(unit) for unit in self._units().values()]

    def _units(self) -> dict[str, Unit]:
        listed = self._c.remembered.get("units", SETTLED_MS, lambda: self._c.places.list_units(scope=""))
        return {unit.id: unit for unit in listed}

    def _row(self, ticket: Ticket) -> TicketRow:
        return rows.of_ticket(ticket, unit=self._units().get(ticket.lead))

    def fleet(self, who: Caller) -> Sequence[DeviceRow]:
        return self._c.remembered.get(("fleet", who.scope), FRESH_MS, lambda: self._fleet(who.scope))

    def _fleet(self, scope: str) -> tuple[DeviceRow, ...]:
        devices = _all(
            lambda after: self._c.devices.list_devices(DeviceFilter(), scope=scope, limit=MAX_LIMIT, after=after)
        )
        heard: dict[str, int] = {}
        for value in self._values(scope, [device.id for device in devices]):
            heard[value.device] = max(heard.get(value.device, 0), value.at)
        return tuple(rows.of_device(device, heard.get(device.id)) for device in devices if device.state != "retired")

    def _values(self, scope: str, devices: Sequence[str]) -> Sequence[LastValue]:
        ask = self._c.history.last_values
        return self._c.remembered.get(("values", scope), FRESH_MS, lambda: ask(devices, scope=scope) if devices else [])

    def device(self, who: Caller, device: str) -> DeviceRow | None:
        found = self._c.devices.get_device(device)
        if found is None:
            return None
        within(who, found.area, f"Device {device}")
        heard = max((value.at for value in self._c.history.last_values([device], scope="")), default=None)
        return rows.of_device(found, heard)

    def last_values(self, device: str) -> Sequence[LastRow]:
        values = self._c.history.last_values([device], scope="")
        return [LastRow(value.metric, value.ts, value.value, value.quality) for value in values]

    def series(self, device: str, metric: str, start: int, end: int) -> Sequence[tuple[int, float]]:
        return rows.drawn(self._c.history.chart(device, metric, start, end + 1, scope=""))

    def highest(self, who: Caller, kind: str, metric: str, most: int) -> Sequence[tuple[str, float]]:
        fleet = self.fleet(who)
        mine = {device.id for device in fleet if device.kind == kind}
        values = [
            (value.device, value.value)
            for value in self._values(who.scope, [device.id for device in fleet])
            if value.metric == metric and value.device in mine
        ]
        return sorted(values, key=lambda pair: -pair[1])[:most]

    def rules(self) -> Sequence[Rule]:
        return self._c.remembered.get("rules", FRESH_MS, self._c.rules.list_rules)

    def open_alarms(self, who: Caller) -> Sequence[AlarmRow]:
        filters = AlarmFilters(states=OPEN_STATES)
        page = self._c.alarms.list_alarms(filters, scope=who.scope, limit=MAX_LIMIT, after=None)
        return self._shown(who, page.items)

    def alarm(self, who: Caller, alarm: str) -> AlarmRow | None:
        found = self._c.alarms.get_alarm(alarm, scope=who.scope)
        return self._shown(who, [found[0]])[0] if found else None

    def alarms_of(self, who: Caller, device: str, since: int) -> Sequence[AlarmRow]:
        page = self._c.alarms.list_alarms(AlarmFilters(device=device), scope=who.scope, limit=200, after=None)
        wanted = [row for row in page.items if row.alarm.active or row.alarm.changed_at >= since]
        return self._shown(who, wanted)

    def last_ended(self, who: Caller) -> AlarmRow | None:
        filters = AlarmFilters(states=(AlarmState.NORMAL,))
        page = self._c.alarms.list_alarms(filters, scope=who.scope, limit=20, after=None)
        ended = max(page.items, key=lambda row: row.alarm.changed_at, default=None)
        return self._shown(who, [ended])[0] if ended else None

    def alarm_starts(self, who: Caller, since: int) -> Sequence[int]:
        filters = AlarmFilters(since=since)
        listed = _all(lambda after: self._c.alarms.list_alarms(filters, scope=who.scope, limit=MAX_LIMIT, after=after))
        return [row.alarm.active_since for row in listed]

    def _shown(self, who: Caller, alarms: Iterable[ListedAlarm]) -> list[AlarmRow]:
        """With the device's place and the ticket's number, each asked once."""
        listed = list(alarms)
        places = {device.id: device.place for device in self.fleet(who)} if listed else {}
        tickets = self._tickets_by_id(who, {row.ticket_id for row in listed if row.ticket_id})
        return [
            rows.of_alarm(row, who, places.get(row.alarm.device, ""), tickets.get(row.ticket_id or ""))
            for row in listed
        ]

    def _tickets_by_id(self, who: Caller, wanted: set[str]) -> dict[str, Ticket]:
        if not wanted:
            return {}
        mine = bounded(who, TicketFilters(open=True))
        page = self._c.tickets.list_tickets(mine, scope=who.scope, limit=MAX_LIMIT, after=None)
        found = {ticket.id: ticket for ticket in page.items}
        for missing in list(wanted - found.keys())[:20]:
            one = self._c.tickets.get_ticket(missing, scope=who.scope)
            if one is not None and sees(who, one[0]):
                found[missing] = one[0]
        return found

    def tickets(self, who: Caller, wanted: TicketFilter) -> Listing[TicketRow]:
        if wanted.view == "late":
            return self._late(who, wanted)
        after = decode_cursor(wanted.cursor, (int, str))
        page = self._c.tickets.list_tickets(_filters(who, wanted), scope=who.scope, limit=wanted.limit, after=after)
        return Listing(tuple(self._row(ticket) for ticket in page.items), encode_cursor(page.next))

    def _late(self, who: Caller, wanted: TicketFilter) -> Listing[TicketRow]:
        """Red cards first, then yellow; there are never so many that they need pages."""
        found = []
        for card in (Card.RED, Card.YELLOW):
            filters = replace(_filters(who, wanted), card=card)
            page = self._c.tickets.list_tickets(filters, scope=who.scope, limit=wanted.limit, after=None)
            found += [self._row(ticket) for ticket in page.items]
        return Listing(tuple(found))

    def stage_counts(self, who: Caller) -> Sequence[StageCount]:
        return self._c.tickets.count_by_stage(bounded(who, TicketFilters()), scope=who.scope)

    def ticket(self, who: Caller, ticket: str) -> TicketRow | None:
        found, events = ticket_for(self._c, who, ticket)
        allowed = allowed_actions(found, Part(who.role), by=who.id, unit=who.unit, now=self._c.clock.now())
        row = rows.of_ticket(
            found, events, allowed, role=Part(who.role), names=self._names(), unit=self._units().get(found.lead),
            photos=self._c.photos.of(found.id), merged=merged_photos(self._c, who, found),
        )  # fmt: skip
        mine = found.lead if found.open else ""
        on_duty = tuple((name, one.until) for one, name in on_duty_for(self._c, mine))
        proposed = self._proposed(found) if "dispatch" in row.allowed else ()
        answers = citable(self._c, found) if "answer" in row.allowed else ()
        proof = rows.of_proof(found, self._c.clock.now())
        return replace(row, on_duty=on_duty, proposed=proposed, proof=proof, answers=answers)

    def _proposed(self, ticket: Ticket) -> tuple[str, ...]:
        """The lead, then who assists, as the catalogue has it now; () for a category that it does not know."""
        try:
            decision = self._c.catalogue.who(ticket.category, ticket.area, ticket.urgency)
        except Refused:
            return ()
        return (decision.lead, *decision.assisting)

    def ticket_behind(self, who: Caller, ticket: str) -> TicketRow | None:
        found = self._c.tickets.get_ticket(ticket, scope=who.scope)
        return self.ticket(who, ticket) if found is not None and sees(who, found[0]) else None

    def _names(self) -> dict[str, str]:
        users = self._c.remembered.get("people", SETTLED_MS, self._c.people.list_users)
        return {user.id: user.name for user in users}

    def letters(self, who: Caller, cursor: str | None) -> Listing[LetterRow]:
        after = decode_cursor(cursor, (int, str))
        page = self._c.history.list_letters(LetterFilter(), scope=who.scope, limit=100, after=after)
        return Listing(tuple(rows.of_letter(letter) for letter in page.items), encode_cursor(page.next))

    def strangers(self, who: Caller) -> Sequence[StrangerRow]:
        page = self._c.history.list_quarantine(scope=who.scope, limit=200, after=None)
        return [rows.of_stranger(stranger) for stranger in page.items]

    def scale(self) -> Scale:
        return self._c.figures.scale()

    def notices(self) -> Sequence[NoticeRow]:
        page = self._c.notifications.list_notifications(NotificationFilter(), limit=100, after=None)
        return [rows.of_notice(notice) for notice in page.items]

    def acknowledge(self, who: Caller, alarm: str, comment: str) -> None:
        self._ask(who, Permission.ACKNOWLEDGE, alarm, ActionName.ACKNOWLEDGE, comment)

    def reset(self, who: Caller, alarm: str, reason: str) -> None:
        self._ask(who, Permission.RESET, alarm, ActionName.RESET, reason)

    def _ask(self, who: Caller, permission: Permission, alarm: str, action: ActionName, why: str) -> None:
        if not who.may(permission):
            raise refuse(403, "role", f"Your role {who.role} may not {action} an alarm.", "Ask someone who may.")
        self._c.ask_of_alarm(alarm, action, by=who.id, command=self._c.ids.new(), why=why, scope=who.scope)

    def act(self, who: Caller, ticket: str, action: str, version: int, values: dict[str, Any]) -> TicketRow:
        ticket_for(self._c, who, ticket)
        act = Act(ticket, action, version, msgspec.convert(values, Details))
        return rows.of_ticket(self._c.act_on_ticket(act, who=actor(who), scope=who.scope))

    def replay(self, who: Caller, letter: str) -> None:
        replay_letter(self._c.letters, letter, by=who.id, scope=who.scope, clock=self._c.clock, ids=self._c.ids)

    def adopt(self, who: Caller, device: str, kind: str, area: str, place: str) -> None:
        within(who, area, f"Area {area}")
        now = self._c.clock.now()
        register_device(self._c.devices, Device(device, kind, area, place=place), user=user_of(who), now=now)

    def acknowledge_notice(self, who: Caller, notice: str) -> None:
        acknowledge(self._c.notifications, notice, by=who.id, comment="", now=self._c.clock.now())


def _filters(who: Caller, wanted: TicketFilter) -> TicketFilters:
    stages = {str(stage): stage for stage in TicketStage}
    asked = TicketFilters(
        open=None if wanted.view == "all" else True,
        stage=stages.get(wanted.view),
        source=wanted.source,
        area=wanted.area,
    )
    return bounded(who, asked)


def _all(ask: Callable[[Key | None], Page[R]]) -> list[R]:
    """Every page of a list that is bounded by the district's size."""
    found: list[R] = []
    after: Key | None = None
    for _ in range(MOST_PAGES):
        page = ask(after)
        found.extend(page.items)
        after = page.next
        if after is None:
            break
    return found
