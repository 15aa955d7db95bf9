"""The web process over real servers: the fictional district, one user a role, alarms and tickets."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from kafka import KafkaProducer

from sensors.kinds import default_rules
from services.adapters.clock import RandomIds, SystemClock
from services.adapters.credentials import Argon2Passwords
from services.adapters.health import Health
from services.adapters.postgres import Pool, open_pool
from services.alarms.handlers import RecordTransitions
from services.alarms.postgres import PostgresAlarmStore
from services.api.app import create_app
from services.api.door.scope import told
from services.api.live.hub import Hub
from services.api.live.kafka import KafkaLog, follower
from services.api.nouns import container
from services.api.serving import http, listening
from services.api.settings import ApiSettings
from services.history.domain import readings_of
from services.history.postgres import PostgresLetters, PostgresReadings
from services.registry import demo
from services.registry.domain import Role
from services.registry.handlers import District, seed_district, seed_rules, seed_users
from services.registry.postgres import PostgresPeople, PostgresPlaces, PostgresRules
from services.stack import addresses
from services.tickets.handlers import TakeAlarm
from services.tickets.postgres import PostgresDirectory, PostgresTicketStore
from streams.contracts import AlarmEvent, DeadLetter, Device, Sample, TicketEvent, TicketPolicy, encode
from streams.contracts.topics import Topic
from tests.conftest import Database
from tests.fakes.alarm_events import raised
from tests.support import eventually

DEVICES = 40
POLICY = TicketPolicy("gas-leak", urgency=2, normal_for_ms=0, reopen_ms=60_000)


@dataclass
class Rig:
    """A district that the test may add to, and the address of the web process that shows it."""

    database: Database
    kafka: str
    place: District
    now: int = field(default_factory=SystemClock().now)
    port: int = 0
    pools: dict[str, Pool] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://{addresses.HOST}:{self.port}"

    def device(self, kind: str = "gas", number: int = 0) -> Device:
        return [device for device in self.place.devices if device.kind == kind][number]

    def as_(self, role: str) -> httpx.Client:
        """The demo user of ``role`` with a bearer token."""
        if role not in self.tokens:
            answer = httpx.post(f"{self.base}/api/v1/tokens", json={"name": role, "password": role}, trust_env=False)
            self.tokens[role] = answer.raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=f"{self.base}/api/v1", headers=headers, trust_env=False, timeout=30)

    def alarm(self, event: AlarmEvent) -> None:
        """What the alarm and ticket services make of an engine's event."""
        RecordTransitions(PostgresAlarmStore(self.pools["alarms"]), RandomIds())([event])
        store, clock = PostgresTicketStore(self.pools["tickets"]), SystemClock()
        TakeAlarm(store, PostgresDirectory(self.pools["tickets"]), clock, RandomIds())(event)

    def leak(self, episode: str, device: Device, **changes: Any) -> AlarmEvent:
        """An alarm of ``device`` with its ticket."""
        about = {
            "device": device.id, "grid": device.area, "kind": device.kind, "incident": f"gas-leak:{device.id}",
            "at": self.now, "since": self.now - 1000, "ts": self.now - 500, "ticket": POLICY,
        }  # fmt: skip
        event = raised(episode, **{**about, **changes})
        self.alarm(event)
        return event

    def readings(self, device: str, kind: str, values: list[dict[str, float]], *, registered: bool = True) -> None:
        rows = [
            reading
            for number, sample in enumerate(values)
            for reading in readings_of(Sample(device, kind, self.now - 1000 * number, self.now, sample))
        ]
        PostgresReadings(self.pools["history"]).store(*((rows, []) if registered else ([], rows)))

    def letter(self, letter_id: str, payload: bytes) -> None:
        origin = f"linli/v1/{self.place.devices[0].area}/gas/x/telemetry"
        letter = DeadLetter(letter_id, "gateway", origin, "json", "not JSON", payload, self.now)
        PostgresLetters(self.pools["history"]).bury([letter])

    def publish(self, topic: Topic, records: Sequence[tuple[str, AlarmEvent | TicketEvent]]) -> None:
        producer = KafkaProducer(bootstrap_servers=self.kafka, acks="all")
        with closing(producer):
            for future in [producer.send(topic.name, key=k.encode(), value=encode(v)) for k, v in records]:
                future.get(timeout=30)


@contextmanager
def running(database: Database, kafka: str) -> Iterator[Rig]:
    """A filled database and the web process over it."""
    database.migrate()
    with ExitStack() as stack:
        rig = Rig(database, kafka, demo.district(7, DEVICES))
        for service in ("registry", "history", "alarms", "tickets", "api"):
            pool = open_pool(database.url(f"linli_{service}"), name=f"test-{service}")
            rig.pools[service] = stack.enter_context(pool)
        fill(rig)
        stack.enter_context(serving(rig))
        yield rig


def fill(rig: Rig) -> None:
    pool, now = rig.pools["registry"], rig.now
    seed_district(PostgresPlaces(pool), rig.place, now=now)
    seed_rules(PostgresRules(pool), default_rules(), now=now)
    words = {role.value: role.value for role in Role}
    seed_users(PostgresPeople(pool), Argon2Passwords(), demo.users(rig.place), words)
    PostgresReadings(rig.pools["history"]).register(rig.place.devices, [])


@contextmanager
def serving(rig: Rig, **more: Any) -> Iterator[Rig]:
    """Run the web process's loops on threads until the block ends."""
    listener = listening(addresses.HOST, 0)
    rig.port = listener.getsockname()[1]
    settings = ApiSettings(
        demo=True,
        database_url=rig.database.url("linli_api"),
        kafka_bootstrap_servers=rig.kafka,
        **more,
    )
    stop, health, hub = threading.Event(), Health(), Hub(KafkaLog(rig.kafka))
    with (
        tempfile.TemporaryDirectory() as photos,
        open_pool(rig.database.url("linli_api"), name="api", size=8, tell=told) as pool,
    ):
        settings = settings.model_copy(update={"photo_dir": Path(photos)})
        app = create_app(container(settings, pool, hub))
        loops: list[Callable[[threading.Event], None]] = [
            http(app, listener, hub, health),
            follower(rig.kafka, hub, SystemClock(), health),
        ]
        threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: _healthy(rig) and bool(hub.head), what="the web process answers")
            yield rig
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=20)


def _healthy(rig: Rig) -> bool:
    try:
        return httpx.get(f"{rig.base}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
