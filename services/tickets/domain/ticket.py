"""A ticket and its events as values. The events are the truth; a ticket is what they add up to."""

from typing import Any

import msgspec

from services.tickets.domain.clocks import ClockRun, next_card_at
from services.tickets.domain.policy import CITIZEN_REOPEN, CRITICAL, SAFETY, Policy
from services.tickets.domain.words import Action, Card, Clock, Level, Role, Satisfaction, Source, Stage, State
from streams.contracts import Severity


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
    """Everything a ticket starts with, as its first event carries it; ``position`` is (lon, lat), WGS84."""

    number: str
    source: Source
    title: str
    policy: Policy
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
    position: tuple[float, float] | None = None
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
    photos: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """There is something to look at: a photo, or what an instrument read."""
        return bool(self.photos or self.photo or self.reading)


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sub-task of a whistle 吹哨: another unit's share of the work, due at ``until``."""

    number: int
    unit: str
    text: str
    until: int
    done_at: int | None = None
    done_by: str = ""
    outcome: str = ""


class Ticket(msgspec.Struct, frozen=True, omit_defaults=True):
    """The present state. Times are epoch ms; ``version`` counts its events.

    ``prior`` is where a review returns to, ``merged_from`` where un-merging does. ``told`` is the
    master's result, which stands for the proofs of a ticket that was merged into it. ``booked`` is
    when the reporter wants to be called back. ``hot_spot`` is the day (``YYYYMMDD``) of which it has every
    further alarm.
    """

    id: str
    number: str
    version: int
    state: State
    source: Source
    title: str
    policy: Policy
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
    position: tuple[float, float] | None = None
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
    booked: int | None = None
    bookings: int = 0
    returns: int = 0
    redos: int = 0
    recurrences: int = 0
    hot_spot: str = ""
    citizen_reopened: bool = False
    backlog: bool = False
    closed_at: int | None = None
    found: bool | None = None
    unsolved: bool = False
    appeals: int = 0
    dispatched_at: int | None = None
    reassigns: int = 0
    tasks: tuple[Task, ...] = ()
    waiting_until: int | None = None
    waits: int = 0
    asked_until: int | None = None
    extensions: int = 0
    plan: str = ""
    parkings: int = 0
    urges: int = 0
    master: str = ""
    merged_from: State | None = None
    told: str = ""
    level: Level = Level.GRID
    supervised: bool = False
    escalate_at: int | None = None
    warned: Stage | None = None
    archived_at: int | None = None
    erased_at: int | None = None

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
    def safety(self) -> bool:
        """A danger: it is neither answered away, withdrawn, nor rejected without a supervisor."""
        return self.urgency >= CRITICAL or self.category in SAFETY

    @property
    def late(self) -> bool:
        """A deadline has passed and still runs."""
        return self.card is Card.RED

    @property
    def unfinished(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if task.done_at is None)

    def run(self, clock: Clock) -> ClockRun | None:
        return next((run for run in self.clocks if run.clock is clock), None)

    @property
    def rises_at(self) -> int | None:
        """When a late ticket goes a level up: at once at first, then each time a reviewer had their time."""
        if not self.late:
            return None
        if not self.supervised:
            return 0
        return None if self.level is Level.DISTRICT else self.escalate_at

    @property
    def look_at(self) -> int | None:
        """When time has something to do with it next: a card, a lapse, the level above, the archive."""
        if not self.open:
            return self.archive_at
        times = (next_card_at(self.clocks), self.waiting_until, self.rises_at)
        return min((time for time in times if time is not None), default=None)

    @property
    def archive_at(self) -> int | None:
        """When the longest window in which it could come back is over."""
        if self.state not in {State.CLOSED, State.REJECTED, State.WITHDRAWN} or self.closed_at is None:
            return None
        return self.closed_at + max(CITIZEN_REOPEN, self.reopen_ms)

    def episode(self, name: str) -> Episode | None:
        return next((episode for episode in self.episodes if episode.episode == name), None)


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened. ``evidence`` holds what the action carried, whole.

    ``clocks`` are the ticket's after it, where it changed them: deadlines are part of the record,
    and no calendar that is installed later can bend them.
    """

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
    clocks: tuple[ClockRun, ...] | None = None

    @property
    def id(self) -> str:
        """The same event always has the same name, so a second delivery is known."""
        return f"{self.ticket}:{self.version}"


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A record as an event's evidence: exactly what comes back from the log."""
    return msgspec.json.decode(msgspec.json.encode(record), type=dict[str, Any])
