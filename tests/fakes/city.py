"""The demo district in memory behind the real web application: what the page tests look at."""

import json
import math
import zlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sensors.kinds import default_rules
from sensors.simulator.district import build
from services.adapters.clock import RandomIds
from services.alarms.domain import apply
from services.alarms.domain.ladder_plan import DEFAULT_PLAN
from services.alarms.handlers import ClimbLadders
from services.api.door.scope import units_of
from services.api.live.messages import LiveMessage, of_alarm, of_ticket
from services.history.domain import readings_of
from services.notices.domain import Message, Preference, Subject, Urgency, Way
from services.notices.domain import State as Told
from services.notices.ports import Letter
from services.oncall.domain import Notification, State
from services.registry.demo import district, duties, entry_cards, users
from services.registry.handlers import seed_duties, seed_entry_cards
from services.tickets.domain import Actor, Details, Role
from services.tickets.domain import Caller as ReportedBy
from services.tickets.handlers import (
    Act,
    ActOnTicket,
    OpenTicket,
    Report,
    TakeAlarm,
)
from services.tickets.ports import Spot
from streams.contracts import (
    AlarmEvent,
    AlarmState,
    Cause,
    DeadLetter,
    Device,
    Evidence,
    Rule,
    Sample,
    Severity,
    Source,
    TicketEvent,
)  # fmt: skip
from tests.fakes.clock import ManualClock
from tests.fakes.front_door import MemoryFrontDoor
from tests.fakes.registry import (
    MemoryRosters,
)

NOW = 1_795_311_683_000
"""2026-11-22 09:41:23 in Shanghai."""
MINUTE, HOUR = 60_000, 3_600_000
QUIET = {
    "gas": {"ch4_lel": 2.6, "alarm": 0.0, "valve_open": 1.0, "battery_pct": 88.0},
    "septic": {"ch4_vol": 0.31, "h2s_ppm": 1.2, "o2_vol": 20.7, "level_cm": 120.0, "temp_c": 14.0},
    "light": {"on": 0.0, "power_w": 0.0, "voltage_v": 228.0},
    "parking": {"occupied": 0.0, "battery_pct": 91.0},
}


@dataclass
class MemoryCity(MemoryFrontDoor):
    """400 devices, one demo user a role (password: the role's name), nothing wrong yet."""

    clock: Any = field(default_factory=lambda: ManualClock(NOW))
    devices: dict[str, Device] = field(default_factory=dict)
    session_ms: int = 12 * HOUR

    def _fill(self) -> None:
        now = self.clock.now()
        place = district(1, 400)
        self.places.add_areas(place.areas)
        self.places.add_units(place.units)
        self.places.add_layers(place.layers)
        self.places.add_devices(place.devices, by="seed", now=now)
        self.history.register(place.devices, [])
        self.devices = {device.id: device for device in build(1, 400).devices}
        for rule in default_rules():
            self.rules.put_rule(rule, by="seed", now=now)
        for user in users(place):
            self.people.add_user(user, f"plain:{user.id}")
        seed_duties(MemoryRosters(self.people), duties(users(place)), [str(role) for role in Role], now=now)
        seed_entry_cards(self.entry_cards, entry_cards(place), now=now)
        for unit in place.units:
            for category in unit.categories:
                self.directory.units[category, unit.area] = unit.id
        for number, device in enumerate(place.devices):
            self.directory.spots[device.id] = Spot(device.place, device.building)
            heard = now - (number * 7_919) % min(device.period_s * 900, 900_000)
            if number % 97 == 96:
                heard = now - 5 * 3 * device.period_s * 1000
            values = {name: value + 0.1 * (number % 7) * (value > 1) for name, value in QUIET[device.kind].items()}
            self.say(device.id, heard, values)

    def session(self, role: str) -> str:
        """The session cookie of the demo user of ``role``."""
        grant = self.identities.sign_in_as(role, now=self.clock.now())
        assert grant is not None
        return grant.token

    def say(self, device: str, at: int, values: dict[str, float]) -> None:
        """A reading reaches history."""
        found = self.devices[device]
        self.history.store(readings_of(Sample(device, found.kind, at, at + 120, values)), [])

    def of_kind(self, kind: str, number: int = 0, **attributes: str) -> Device:
        """The ``number``-th device of a kind in the demo street."""
        mine = [
            device
            for device in self.devices.values()
            if device.kind == kind
            and device.area.startswith("990101001")
            and attributes.items() <= device.attributes.items()
        ]
        return mine[number]

    def wave(self, device: Device, metric: str, since: int, top: float, calm: float) -> None:
        """An hour of readings that rise to ``top`` around ``since``."""
        now = self.clock.now()
        for key in [key for key in self.history.readings if key[:2] == (device.id, metric)]:
            del self.history.readings[key]
        step = max(device.period_s * 1000, 10_000)
        for at in range(now - 50 * MINUTE, now + 1, step):
            ahead = (at - since) / MINUTE + 1.5
            rise = 0.0 if ahead < 0 else 1 - math.exp(-ahead / 1.2)
            wobble = calm * 0.15 * math.sin(at / 47_000)
            self.say(device.id, at, {metric: round(calm + wobble + (top - calm) * rise, 2)})

    def alarm(
        self, device: Device, rule_id: str, severity: str, ago: int, value: float, *, state: str = "active_unack"
    ) -> str:
        """An alarm of ``device`` since ``ago`` ms, with its ticket; returns the episode."""
        rule = self.rules.get_rule(rule_id)
        assert rule is not None
        event = self.event(device, rule, severity, self.clock.now() - ago, value)
        self.happen(event)
        if state == "active_ack":
            self.step(event, AlarmState.ACTIVE_ACK, Cause.ACKNOWLEDGED, by="grid_manager")
        return event.episode

    def event(self, device: Device, rule: Rule, severity: str, at: int, value: float) -> AlarmEvent:
        level = next(level for level in rule.levels if level.severity == severity)
        episode = f"{zlib.crc32(f'{device.id} {rule.id} {at}'.encode()):032x}"
        return AlarmEvent(
            id=f"{episode}-1", episode=episode, incident=f"{rule.cause}:{device.id}", rule=rule.id,
            rule_version=rule.version, cause_of_alarm=rule.cause, device=device.id, kind=device.kind,
            metric=rule.metric, grid=device.area, severity=Severity(severity), old=AlarmState.NORMAL,
            new=AlarmState.ACTIVE_UNACK, cause=Cause.CONFIRMED, at=at, since=at, source=Source(0, 1), ts=at, arrival=at,
            value=value, limit=level.limit, building=device.building, ticket=level.ticket, latched=level.latch,
            samples=(Evidence(at - 10_000, at - 9_900, value, offset=0, partition=0), Evidence(at, at, value)),
        )  # fmt: skip

    def happen(self, event: AlarmEvent) -> None:
        """What the alarms and tickets processes make of an event, and what the live log tells of it."""
        with self.alarms.transaction() as alarms:
            alarm = apply(alarms.of_episode(event.episode), event, new_id=f"a-{event.episode}")
            if alarm is not None:
                alarms.save(alarm)
                ClimbLadders(DEFAULT_PLAN, ManualClock(event.at))(alarms, event, alarm)
            alarms.log(event)
        clock = ManualClock(event.at)
        taken = TakeAlarm(self.tickets, self.directory, clock, RandomIds())(event)
        self.tell("linli.alarms", "alarm", event.grid, of_alarm(event))
        if taken.ticket is not None:
            self.tickets_of[event.episode] = taken.ticket.id
            units = tuple(units_of(taken.ticket))
            self.tell("linli.tickets", "ticket", event.grid, {"id": taken.ticket.id}, units)

    def step(self, event: AlarmEvent, new: AlarmState, cause: Cause, by: str = "", **more: Any) -> AlarmEvent:
        """The next transition of an episode."""
        old = self.alarms.state.alarms[event.episode]
        after = msgspec.structs.replace(
            event, id=f"{event.episode}-{old.number + 1}", old=old.state, new=new, cause=cause, by=by,
            at=event.at + 30_000, **more,
        )  # fmt: skip
        self.happen(after)
        return after

    def tell(
        self, topic: str, name: str, area: str, data: dict[str, Any], units: tuple[str, ...] = (), ticket: str = ""
    ) -> LiveMessage:
        message = self.log.append(topic, 0, json.dumps(data, default=str), name, area, units, ticket)
        self.hub.publish(message)
        return message

    def act(self, ticket: str, action: str, role: str, at: int, unit: str = "", **details: Any) -> None:
        """Somebody acts on a ticket at ``at``."""
        with self.tickets.transaction() as work:
            found = work.ticket(ticket)
        assert found is not None
        who = Actor(role, Role(role), unit or (found.lead if role.startswith("unit") else ""))
        ActOnTicket(self.tickets, ManualClock(at))(Act(ticket, action, found.version, Details(**details)), who=who)

    def call(self, at: int, title: str, text: str, place: str, name: str, phone: str, category: str = "") -> str:
        """A resident calls 12345."""
        area = self.of_kind("gas").area
        report = Report(title, text, place, area, category, caller=ReportedBy(name, phone))
        opened = OpenTicket(self.tickets, ManualClock(at), RandomIds())(report, who=Actor("operator", Role.OPERATOR))
        return opened.id

    def ticket_of(self, episode: str) -> str:
        with self.tickets.transaction() as work:
            found = work.of_episode(episode)
        assert found is not None
        return found.id

    def ticket_event(self, ticket: str) -> None:
        with self.tickets.transaction() as work:
            found = work.ticket(ticket)
            newest = work.events(ticket)[-1]
        assert found is not None
        event = TicketEvent(
            id=newest.id, ticket=ticket, number=found.number, version=found.version, action=newest.action,
            old=newest.old, new=newest.new, stage=found.stage, source=found.source, area=found.area,
            urgency=found.urgency, at=newest.at, by=newest.by, role=newest.role,
        )  # fmt: skip
        self.tell("linli.tickets", "ticket", found.area, of_ticket(event), tuple(units_of(found)), ticket)


def incident(city: MemoryCity) -> MemoryCity:
    """A morning with one gas leak, a septic tank, a blocked fire lane, a silent detector and some calls."""
    now = city.clock.now()
    gas, septic = city.of_kind("gas"), city.of_kind("septic")
    lane, mute = city.of_kind("parking", zone="fire_lane"), city.of_kind("gas", 3)
    early, tank = city.of_kind("gas", 5), city.of_kind("septic", 2)
    city.wave(gas, "ch4_lel", now - 100_000, 58.0, 2.6)
    city.wave(septic, "ch4_vol", now - 12 * MINUTE, 1.82, 0.4)
    leak = city.alarm(gas, "gas.ch4", "critical", 47_000, 58.0)
    tank_alarm = city.alarm(septic, "septic.ch4", "major", 12 * MINUTE, 1.82)
    city.alarm(lane, "parking.fire_lane", "major", 8 * MINUTE, 1.0)
    city.alarm(mute, "gas.silent", "minor", 192 * MINUTE, 0.0, state="active_ack")
    city.alarm(early, "gas.ch4", "warning", 18 * MINUTE, 12.4)
    city.alarm(tank, "septic.h2s", "warning", 34 * MINUTE, 8.1)
    city.act(city.ticket_of(tank_alarm), "sign", "unit_handler", now - 10 * MINUTE)
    del leak
    calls = [
        (95, "下水堵塞返水", "厨房下水反上来，一楼已经漫到走廊。", "棉纺二村 4栋", "王女士", "13812345621", "drainage"),
        (64, "夜间施工噪声", "工地昨夜十二点后还在打桩。", "铁路新村南侧", "李先生", "13900001234", "noise"),
        (31, "充电桩断电", "六栋充电桩全部断电，电动车充不上。", "工人新村 6栋", "赵先生", "13700004321", "property"),
    ]
    for minutes, title, text, place, name, phone, category in calls:
        city.call(now - minutes * MINUTE, f"{place} {title}", text, place, name, phone, category)
    city.desk.notifications["n1"] = Notification(
        id="n1", fingerprint="f1", name="ConsumerLag", severity="critical", state=State.FIRING,
        started=now - 14 * MINUTE, received=now - 14 * MINUTE,
        summary="告警引擎落后 48,210 条", summary_en="The engine is 48,210 records behind",
    )  # fmt: skip
    tell_people(city, now)
    topic = f"linli/v1/{gas.area}/gas/gas-x/telemetry"
    city.history.bury(
        [
            DeadLetter(
                "letter-1", "gateway", topic, "json", "unexpected end of input", b'{"ts": 1795311683000, "val', now
            )
        ]
    )
    sample = Sample("gas-unknown-1", "gas", now - 5_000, now, {"ch4_lel": 55.0})
    city.history.store([], readings_of(sample))
    return city


def tell_people(city: MemoryCity, now: int) -> None:
    """Some messages of the morning: sent, waiting for the end of quiet hours, given up."""
    city.told.known = (Way("box", default=True), Way("mail", personal=True))
    city.told.chosen["supervisor"] = Preference(
        "supervisor", ("mail",), addresses={"mail": "wei@example.org"}, version=1
    )
    ticket = next(iter(city.tickets_of.values()))
    told = [
        ("unit_handler", "box", Subject.ASSIGNED, "工单 20261122-0001 已派给您的单位，请签收", Told.SENT, ""),
        ("grid_manager", "box", Subject.CALL, "燃气告警", Told.SENT, ""),
        ("reporter:t", "box", Subject.PROGRESS, "12345 工单 20261122-0003", Told.WAITING, ""),
        ("supervisor", "mail", Subject.CARD, "工单 20261122-0002 红牌：已经超时", Told.DEAD, "the service refused it"),
    ]
    for number, (person, channel, subject, title, state, error) in enumerate(told):
        at = now - number * MINUTE
        waits = state is Told.WAITING
        message = Message(
            f"told-{number}", f"event-{number}", person, channel, subject, Urgency.PROMPT, title, "时限 11-22 10:05。",
            at, at + waits * HOUR, at + 24 * HOUR, ticket=ticket, held=waits, state=state, attempts=0 if waits else 1,
            error=error, settled=None if waits else at,
        )  # fmt: skip
        city.told.keep([message])
        if state is Told.SENT:
            city.told.post(Letter(message.id, person, "", title, message.body, at))
