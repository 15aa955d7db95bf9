"""A ticket and its events as values. The events are the truth; a ticket is what they add up to."""

from typing import Any

import msgspec

from services.tickets.domain.clocks import ClockRun
from services.tickets.domain.policy import CITIZEN_REOPEN, Limits
from services.tickets.domain.words import Action, Card, Role, Satisfaction, Source, Stage, State
from streams.contracts import Severity


class Details(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person supplies with an action. Which fields an action takes is in the table.

    ``position`` is (lon, lat), WGS84; ``photo`` and ``reading`` are evidence in words or a
    reference; ``satisfied`` is the caller's answer at the call-back.
    """

    title: str = ""
    text: str = ""
    reason: str = ""
    place: str = ""
    area: str = ""
    category: str = ""
    urgency: int | None = None
    unit: str = ""
    assisting: tuple[str, ...] = ()
    position: tuple[float, float] | None = None
    photo: str = ""
    reading: str = ""
    sensor_dead: bool = False
    outcome: str = ""
    contacted: bool | None = None
    solved: bool | None = None
    satisfied: Satisfaction | None = None


class Caller(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who reported it. Shown through :mod:`services.tickets.domain.privacy` only."""

    name: str = ""
    phone: str = ""
    confidential: bool = False


class Episode(msgspec.Struct, frozen=True, omit_defaults=True):
    """One alarm episode of the ticket's incident.

    ``normal_since`` is what the sensor itself says; an alarm that a person closed is neither
    active nor normal. ``order`` is the place of its newest transition, to know a late one by.
    """

    episode: str
    rule: str
    device: str
    severity: Severity
    since: int
    active: bool
    order: tuple[int, ...]
    normal_since: int | None = None
    metric: str = ""
    value: float | None = None
    limit: float | None = None


class Opening(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a ticket starts with, as its first event carries it."""

    number: str
    source: Source
    title: str
    limits: Limits
    text: str = ""
    place: str = ""
    area: str = ""
    building: str = ""
    device: str = ""
    kind: str = ""
    category: str = ""
    urgency: int = 0
    incident: str = ""
    caller: Caller | None = None
    reporter: str = ""
    normal_for_ms: int = 0
    reopen_ms: int = 0
    episode: Episode | None = None
    backlog: bool = False


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a unit showed when it finished, where the sensor cannot speak for itself."""

    at: int
    by: str
    photo: str = ""
    reading: str = ""
    sensor_dead: bool = False


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The present state. Times are epoch ms; ``version`` counts its events."""

    id: str
    number: str
    version: int
    state: State
    source: Source
    title: str
    limits: Limits
    opened_at: int
    text: str = ""
    place: str = ""
    area: str = ""
    building: str = ""
    device: str = ""
    kind: str = ""
    category: str = ""
    urgency: int = 0
    incident: str = ""
    caller: Caller | None = None
    reporter: str = ""
    lead: str = ""
    assisting: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    prior: State | None = None
    normal_for_ms: int = 0
    reopen_ms: int = 0
    episodes: tuple[Episode, ...] = ()
    clocks: tuple[ClockRun, ...] = ()
    evidence: Evidence | None = None
    outcome: str = ""
    checked_by: str = ""
    satisfied: Satisfaction | None = None
    misses: tuple[int, ...] = ()
    returns: int = 0
    redos: int = 0
    recurrences: int = 0
    citizen_reopened: bool = False
    backlog: bool = False
    closed_at: int | None = None

    @property
    def stage(self) -> Stage:
        return self.state.stage

    @property
    def open(self) -> bool:
        return self.state.open

    @property
    def deadline(self) -> int | None:
        """The nearest running clock's due time."""
        return min((run.due for run in self.clocks if run.running), default=None)

    @property
    def card(self) -> Card:
        """The worst card of the running clocks."""
        cards = {run.card for run in self.clocks if run.running}
        return Card.RED if Card.RED in cards else Card.YELLOW if Card.YELLOW in cards else Card.NONE

    @property
    def has_reporter(self) -> bool:
        """Somebody can be called back."""
        return bool(self.reporter) or (self.caller is not None and bool(self.caller.phone))

    @property
    def sensor_active(self) -> bool:
        return any(episode.active for episode in self.episodes)

    @property
    def sensor_normal_since(self) -> int | None:
        """Since when every sensor of the incident is normal; None while one is not, or cannot say."""
        times = [episode.normal_since for episode in self.episodes if not episode.active]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(self.episodes) else None

    @property
    def archive_at(self) -> int | None:
        """When the longest window in which it could come back is over."""
        if self.state not in {State.CLOSED, State.WITHDRAWN} or self.closed_at is None:
            return None
        return self.closed_at + max(CITIZEN_REOPEN, self.reopen_ms)

    def episode(self, name: str) -> Episode | None:
        return next((episode for episode in self.episodes if episode.episode == name), None)


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. ``evidence`` holds what the action carried, whole."""

    ticket: str
    version: int
    action: Action
    old: State | None
    new: State
    at: int
    by: str
    role: Role
    why: str = ""
    evidence: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """The same event always has the same name, so a second delivery is known."""
        return f"{self.ticket}:{self.version}"


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A record as an event's evidence: exactly what comes back from the log."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return value
