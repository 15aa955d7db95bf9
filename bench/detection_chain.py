"""From a labelled scenario to the tickets it would open: the real pure code on the scenario's own clock.

topic and payload -> codecs -> the gateway's linger window -> Batch and Tick -> rules -> alarm events ->
what the ticket loop wants of each. No broker, no database; nothing waits.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.detection_delay import Delay, delay
from bench.detection_engine import GATEWAY, Engine
from sensors.codecs import ROUTES, read
from sensors.simulator.labelled import Scene
from services.gateway.domain.linger import Linger
from services.gateway.domain.window import Arrival
from services.tickets import domain as loop
from services.tickets.domain.incoming import Want, episode_of, opening_of, target_of, wanted
from services.tickets.domain.profiles import DEFAULT
from streams.contracts import AlarmEvent, Batch, Sample, Undecodable
from streams.contracts.topics import QUARANTINE_KEY

SECOND = 1_000
AFTERWARDS_MS = 600_000
"""How long time goes on after the last message, so that what is pending can come due."""
REMEMBERED = 512
"""Arrivals kept of each device: enough for any on-delay at a message a second."""


@dataclass(slots=True)
class Opened:
    """A ticket, the event that opened it, and the devices of everything that has joined it since."""

    at: int
    event: AlarmEvent
    devices: set[str]
    delay: Delay | None = None

    @property
    def maintenance(self) -> bool:
        """Of a health rule: about the sensor, not about the place."""
        return self.event.health


@dataclass(slots=True)
class Played:
    """What came of a scenario; ``first`` and ``last`` are the arrivals of its messages (epoch ms)."""

    tickets: list[Opened] = field(default_factory=list)
    messages: int = 0
    refused: int = 0
    first: int = 0
    last: int = 0
    faults: list[str] = field(default_factory=list)


class Desk:
    """The ticket loop without its database: nobody closes a ticket, so every recurrence joins."""

    def __init__(self) -> None:
        self._tickets: dict[str, loop.Ticket] = {}
        self._owners: dict[str, str] = {}
        self.opened: dict[str, Opened] = {}

    def take(self, event: AlarmEvent, at: int) -> Opened | None:
        """Does what the event asks; returns the ticket when it is a new one."""
        owner = self._tickets.get(self._owners.get(event.episode, ""))
        last = self._last(event) if event.new.active else None
        want = wanted(event, owner, last)
        if want is Want.OPEN:
            return self._open(event, at)
        if want is Want.JOIN:
            target = target_of(owner, last)
            if target is None:
                raise ValueError(f"{event.id} joins nothing")
            urgency = event.ticket.urgency if event.ticket else target.urgency
            self._keep(loop.alarmed(target, episode_of(event), now=at, urgency=urgency)[0], event)
        elif want is Want.RETURN and owner is not None:
            self._keep(loop.returned(owner, episode_of(event, owner.episode(event.episode)), now=at)[0], event)
        return None

    def _open(self, event: AlarmEvent, at: int) -> Opened:
        number = f"T{len(self._tickets) + 1}"
        opening = opening_of(event, number=number, place="", building=event.building, deadlines=DEFAULT)
        ticket, _ = loop.open_for_alarm(opening, id=number, now=at, lead="unit")
        self.opened[number] = Opened(at, event, set())
        self._keep(ticket, event)
        return self.opened[number]

    def _keep(self, ticket: loop.Ticket, event: AlarmEvent) -> None:
        self._tickets[ticket.id] = ticket
        self._owners[event.episode] = ticket.id
        self.opened[ticket.id].devices.add(event.device)

    def _last(self, event: AlarmEvent) -> loop.Ticket | None:
        """The incident's newest ticket; for a silence that belongs to another alarm, that one's."""
        if event.joins:
            return self._tickets.get(self._owners.get(event.joins, ""))
        found = [ticket for ticket in self._tickets.values() if ticket.incident == event.incident]
        return max(found, key=lambda ticket: (ticket.open, ticket.closed_at or 0), default=None)


class Chain:
    """One scenario, played to its end. ``restarts``: how often the engine is killed on the way."""

    def __init__(self, scene: Scene, *, restarts: int = 1, messages: int = 0) -> None:
        self._scene = scene
        self._engine = Engine(scene.devices)
        self._devices = self._engine.catalogue.devices
        self._linger = Linger()
        self._desk = Desk()
        self._ticked = 0
        self._heard: dict[str, deque[Sample]] = {}
        self._restarts = {messages * turn // (restarts + 1) for turn in range(1, restarts + 1)} - {0}
        self.played = Played()

    def run(self) -> Played:
        played = self.played
        for at, topic, payload in self._scene.messages:
            if not played.messages:
                played.first = at
                self._ticked = at - SECOND
            self._until(at)
            played.messages += 1
            played.last = at
            if played.messages in self._restarts:
                self._engine.restart()
            self._receive(at, topic, payload)
        # A hazard may be known only after its last message: nobody refutes what a silent detector said.
        hazards = [truth.end for truth in self._scene.truths if truth.ticket]
        self._until(max([played.last, *(end + AFTERWARDS_MS for end in hazards)]))
        played.faults = self._engine.faults
        played.tickets = list(self._desk.opened.values())
        for ticket in played.tickets:
            ticket.devices = {name for subject in ticket.devices for name in self._members(subject)}
        return played

    def _receive(self, at: int, topic: str, payload: bytes) -> None:
        try:
            reception = read(ROUTES, topic, payload, at=at, lookup=self._devices.get)
        except Undecodable:
            self.played.refused += 1
            return
        arrival = Arrival(self.played.messages, len(payload), at)
        for grid, sample in reception.samples:
            self._linger.add(grid, sample, arrival, at)
            self._heard.setdefault(sample.device, deque(maxlen=REMEMBERED)).append(sample)

    def _until(self, now: int) -> None:
        """Everything that time alone brings before ``now``: lingering batches, and a tick each second."""
        while True:
            due, tick = self._linger.due, self._ticked + SECOND
            if due is not None and due <= min(now, tick):
                self._travel(due)
            elif tick <= now:
                self._travel(tick)
                self._ticked = tick
                self._feel(self._engine.tick(tick), tick)
            else:
                return

    def _travel(self, now: int) -> None:
        """What came before this moment travels before it."""
        for bundle in self._linger.take_all():
            if bundle.grid != QUARANTINE_KEY:
                self._feel(self._engine.batch(Batch(GATEWAY, bundle.grid, now, tuple(bundle.samples))), now)

    def _feel(self, events: Iterable[AlarmEvent], at: int) -> None:
        for event in events:
            opened = self._desk.take(event, at)
            if opened is not None:
                self._time(opened)

    def _time(self, opened: Opened) -> None:
        rule = self._engine.catalogue.rules.get(opened.event.rule)
        if rule is not None and not opened.maintenance:
            heard = self._heard.get(opened.event.device, ())
            opened.delay = delay(rule, opened.event, heard, opened.at)

    def _members(self, subject: str) -> Iterable[str]:
        """A device, or the devices of a group (``feeder:F12``)."""
        if subject in self._devices:
            return (subject,)
        name, _, value = subject.partition(":")
        return (
            each.id
            for each in self._devices.values()
            if value and (each.building if name == "building" else each.attributes.get(name)) == value
        )
