"""The whole web application over memory, and people who speak to it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from services.adapters.clock import RandomIds
from services.alarms.domain.ladder_plan import DEFAULT_PLAN
from services.alarms.handlers import AskOfAlarm, ClimbLadders, HoldAlarm, MeasureQuality, RecordTransitions, SetTargets
from services.api.alarms.rehearsing import Rehearsals
from services.api.container import Container
from services.api.door.identities import RegisteredPeople
from services.api.live.hub import Hub
from services.api.remembered import Remembered
from services.api.settings import ApiSettings
from services.history.domain import readings_of
from services.oncall.domain import Incoming
from services.oncall.handlers import take_in
from services.registry.domain import Area, Role, Unit, User
from services.registry.handlers import KeepEntryCards, KeepPeople, KeepRosters
from services.tickets.handlers import (
    ActOnTicket,
    CountFigures,
    FindAlike,
    FindCalls,
    KeepAnswers,
    KeepCatalogue,
    KeepPhotos,
    KeepPolicies,
    KeepShifts,
    KeepWorks,
    OpenTicket,
    TakeAlarm,
    Unmask,
)
from streams.contracts import AlarmEvent, DeadLetter, Device, Sample
from tests.fakes.alarm_events import raised
from tests.fakes.alarms import MemoryAlarmReader, MemoryAlarmStore, MemoryQuality
from tests.fakes.audit import MemoryAudit
from tests.fakes.board import MemoryBoard
from tests.fakes.clock import ManualClock
from tests.fakes.figures import MemoryFigures
from tests.fakes.history import MemoryHistory
from tests.fakes.ladders import MemoryLadderReader
from tests.fakes.live import MemoryLog
from tests.fakes.notices import MemoryNotices
from tests.fakes.oncall import MemoryNotifications
from tests.fakes.photos import InProcessDarkroom, MemoryBlobs, MemoryPhotos
from tests.fakes.registry import (
    CountedSecrets,
    MemoryEntryCards,
    MemoryPeople,
    MemoryPlaces,
    MemoryRosters,
    MemoryRules,
    PlainPasswords,
    rule,
)
from tests.fakes.rehearsals import MemoryRunner
from tests.fakes.stage import staged
from tests.fakes.tickets import (
    MemoryCatalogue,
    MemoryDirectory,
    MemoryHotspots,
    MemoryMatchReader,
    MemorySavedFilters,
    MemoryTicketReader,
    MemoryTicketStore,
)

NOW = 1_795_312_800_000
HERE, THERE = "990101001001001", "990101002001001"
SCOPED = {Role.GRID_WORKER: "990101001", Role.GRID_MANAGER: "990101001"}


@dataclass
class MemoryPlatform:
    """Two grids with a gas detector each, one user a role (named after it), one dead letter."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    people: MemoryPeople = field(default_factory=MemoryPeople)
    places: MemoryPlaces = field(default_factory=MemoryPlaces)
    rules: MemoryRules = field(default_factory=MemoryRules)
    history: MemoryHistory = field(default_factory=MemoryHistory)
    alarms: MemoryAlarmStore = field(default_factory=MemoryAlarmStore)
    tickets_of: dict[str, str] = field(default_factory=dict)
    tickets: MemoryTicketStore = field(default_factory=MemoryTicketStore)
    board: MemoryBoard = field(default_factory=MemoryBoard)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    directory: MemoryDirectory = field(default_factory=lambda: MemoryDirectory({("gas-leak", "990101"): "gas-co"}))
    desk: MemoryNotifications = field(default_factory=MemoryNotifications)
    told: MemoryNotices = field(default_factory=MemoryNotices)
    log: MemoryLog = field(default_factory=MemoryLog)
    entry_cards: MemoryEntryCards = field(init=False)
    quality: MemoryQuality = field(init=False)
    runs: MemoryRunner = field(default_factory=MemoryRunner)
    rehearsals: Rehearsals = field(init=False)
    hub: Hub = field(init=False)
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.rules.chain = self.people.chain
        self.entry_cards = MemoryEntryCards(self.people.chain)
        self.quality = MemoryQuality(self.alarms)
        self.rehearsals = Rehearsals(self.runs, self.clock, RandomIds())
        self.hub = Hub(self.log)
        self.hub.start_at({})
        self._fill()
        self.app = staged(self.container())

    def container(self, **settings: Any) -> Container:
        ids, reader = RandomIds(), MemoryTicketReader(self.tickets)
        lines = MemoryCatalogue(self.directory, self.places, lambda: self.tickets.state.audit)
        return Container(
            settings=ApiSettings(demo=True, **settings),
            clock=self.clock,
            ids=ids,
            identities=RegisteredPeople(self.people, PlainPasswords(), CountedSecrets(), session_ms=3_600_000),
            live=self.hub,
            remembered=Remembered(self.clock.now),
            people=self.people,
            staff=KeepPeople(self.people, self.places, PlainPasswords(), CountedSecrets(), self.clock),
            rosters=KeepRosters(MemoryRosters(self.people), self.places, self.clock),
            devices=self.places.devices,
            entry_cards=KeepEntryCards(self.entry_cards, self.places.devices, self.clock),
            places=self.places,
            rules=self.rules,
            rehearsals=self.rehearsals,
            history=self.history,
            letters=self.history,
            alarms=MemoryAlarmReader(self.alarms, self.tickets_of),
            ladders=MemoryLadderReader(self.alarms),
            ask_of_alarm=AskOfAlarm(self.alarms, self.clock),
            hold_alarm=HoldAlarm(self.alarms, self.clock, self.rules),
            measure_quality=MeasureQuality(self.quality, self.clock),
            set_targets=SetTargets(self.quality, self.clock),
            tickets=reader,
            saved_filters=MemorySavedFilters(),
            open_ticket=OpenTicket(self.tickets, self.clock, ids, lines),
            act_on_ticket=ActOnTicket(self.tickets, self.clock, KeepAnswers(self.board, self.clock, ids), lines),
            photos=KeepPhotos(MemoryPhotos(self.tickets), self.blobs, InProcessDarkroom(), self.clock),
            unmask=Unmask(self.tickets, self.clock),
            audit=MemoryAudit(lambda: self.people.chain, lambda: self.tickets.state.audit),
            find_alike=FindAlike(MemoryMatchReader(self.tickets, self.places), self.clock),
            find_calls=FindCalls(MemoryMatchReader(self.tickets, self.places), self.tickets, self.clock),
            policies=KeepPolicies(self.tickets, self.clock),
            hotspots=MemoryHotspots(self.tickets),
            answers=KeepAnswers(self.board, self.clock, ids),
            works=KeepWorks(self.board, self.clock, ids),
            figures=CountFigures(MemoryFigures(self.tickets), self.clock),
            shifts=KeepShifts(self.board, MemoryTicketReader(self.tickets), self.clock, ids),
            catalogue=KeepCatalogue(lines, self.clock, ids),
            notifications=self.desk,
            notices=self.told,
        )

    def _fill(self) -> None:
        codes = {code[:n] for code in (HERE, THERE) for n in (6, 9, 12, 15)}
        levels = {6: "county", 9: "street", 12: "community", 15: "grid"}
        self.places.add_areas([Area(code, levels[len(code)], f"区{code}", f"Area {code}") for code in sorted(codes)])
        self.places.add_units(
            [
                Unit("gas-co", "燃气公司", "Gas company", "990101", ("gas",)),
                Unit("roads", "市政所", "Roads office", HERE[:9], ("road",)),
            ]
        )
        devices = [Device("gas-1", "gas", HERE), Device("gas-2", "gas", THERE)]
        self.places.add_devices(devices, by="seed", now=NOW)
        self.history.register(devices, [])
        self.rules.put_rule(rule(), by="seed", now=NOW)
        for role in Role:
            unit = "gas-co" if role in (Role.UNIT_HANDLER, Role.UNIT_LEADER) else ""
            self.people.add_user(User(role, str(role), role, SCOPED.get(role, ""), unit), f"plain:{role}")
        for number, device in enumerate(("gas-1", "gas-2", "nobody")):
            sample = Sample(device, "gas", NOW - 1000 + number, NOW, {"ch4_lel": 3.5, "battery_pct": 80.0})
            rows = readings_of(sample)
            self.history.store(*(([], rows) if device == "nobody" else (rows, [])))
        topic = f"linli/v1/{HERE}/gas/x/telemetry"
        self.history.bury([DeadLetter("letter-1", "gateway", topic, "json", "no", b"{", NOW)])
        self.leak("e1", "gas-1", HERE)
        labels = {"alertname": "EngineDown", "severity": "critical"}
        take_in(self.desk, [Incoming("f1", NOW - 5000, None, labels, {"summary": "停转"})], now=NOW)

    def leak(self, episode: str, device: str, area: str, **changes: Any) -> AlarmEvent:
        """An alarm and, as its rule asks, its ticket."""
        about = {"device": device, "grid": area, "at": NOW, "since": NOW - 9000, "ts": NOW - 500}
        event = raised(episode, **{**about, **changes})
        self.record(event)
        taken = TakeAlarm(self.tickets, self.directory, self.clock, RandomIds())(event)
        if taken.ticket is not None:
            self.tickets_of[episode] = taken.ticket.id
        return event

    def record(self, *events: AlarmEvent) -> None:
        """What the alarms process makes of them, call ladders among it."""
        RecordTransitions(self.alarms, RandomIds(), ClimbLadders(DEFAULT_PLAN, self.clock))(events)

    def as_(self, role: str) -> "Person":
        """The demo user of ``role`` with a bearer token."""
        made = self.ask("POST", "/api/v1/tokens", json={"name": role, "password": role})
        assert made.status_code == 201, made.text
        return Person(self, {"Authorization": f"Bearer {made.json()['token']}"})

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, as a browser or program would send it."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://linli.test") as client:
                return await client.request(method, path, **more)

        return asyncio.run(send())


@dataclass
class Person:
    """Somebody with credentials."""

    platform: MemoryPlatform
    headers: dict[str, str]

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.platform.ask("GET", path, params=query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.platform.ask("POST", path, json=body, headers={**self.headers, **named})

    def delete(self, path: str) -> httpx.Response:
        return self.platform.ask("DELETE", path, headers=self.headers)

    def patch(self, path: str, body: Any) -> httpx.Response:
        return self.platform.ask("PATCH", path, json=body, headers=self.headers)
