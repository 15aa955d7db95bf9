"""The whole web application over memory, and people who speak to it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.adapters.clock import RandomIds
from services.alarms.domain.ladder_plan import DEFAULT_PLAN
from services.alarms.handlers import ClimbLadders, RecordTransitions
from services.history.domain import readings_of
from services.oncall.domain import Incoming
from services.oncall.handlers import take_in
from services.registry.domain import Area, Role, Unit, User
from services.tickets.handlers import (
    TakeAlarm,
)
from streams.contracts import AlarmEvent, DeadLetter, Device, Sample
from tests.fakes.alarm_events import raised
from tests.fakes.clock import ManualClock
from tests.fakes.front_door import MemoryFrontDoor
from tests.fakes.registry import (
    rule,
)
from tests.fakes.tickets import (
    MemoryDirectory,
)

NOW = 1_795_312_800_000
HERE, THERE = "990101001001001", "990101002001001"
SCOPED = {Role.GRID_WORKER: "990101001", Role.GRID_MANAGER: "990101001"}


@dataclass
class MemoryPlatform(MemoryFrontDoor):
    """Two grids with a gas detector each, one user a role (named after it), one dead letter."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    directory: MemoryDirectory = field(default_factory=lambda: MemoryDirectory({("gas-leak", "990101"): "gas-co"}))

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
