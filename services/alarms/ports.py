"""What the alarms service needs from outside: a transactional store and readers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from services.alarms.domain import Alarm, AlarmFilters, Hold, HoldKind, HoldState
from services.alarms.domain.ladder import Ladder
from services.alarms.domain.ladder import Step as LadderStep
from services.alarms.domain.ladder_reach import Around
from services.alarms.domain.quality_steps import Step
from services.alarms.domain.quality_targets import DEFAULTS, Targets
from services.audit import Entry
from services.paging import Key, Page
from streams.contracts import Action, AlarmEvent, Notice, Rule, Severity, TicketEvent


@dataclass(frozen=True, slots=True)
class Listed:
    """An alarm with the ticket that its episode belongs to, if any.

    ``together``: how many alarms the row stands for, where the list is collapsed.
    """

    alarm: Alarm
    ticket_id: str | None = None
    together: int = 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came to an incident, and when (epoch ms)."""

    at: int
    by: str


class LadderWork(Protocol):
    """Ladders in the transaction of what moves them. Those handed out are locked until it ends."""

    def of_incident(self, incident: str) -> Ladder | None: ...

    def due(self, now: int, limit: int) -> tuple[Ladder, ...]:
        """Those with something due, longest first, that nobody else has in hand."""
        ...

    def save(self, ladder: Ladder, steps: Sequence[LadderStep]) -> None:
        """Keep a ladder with its new steps and their messages, and send those on.

        Raises:
            Clash: another transaction took the step, or made the incident's ladder, first.
        """
        ...

    def around(self, device: str, area: str) -> Around:
        """Where the device stands, and everyone who could be told."""
        ...

    def note_arrival(self, event: TicketEvent) -> None:
        """Keep it, once."""
        ...

    def arrival(self, incident: str, *, since: int) -> Arrival | None:
        """The first one at or after ``since``."""
        ...

    def valve_open(self, devices: Sequence[str], *, since: int) -> bool:
        """Whether one of their valves was last seen open, in a message that came at or after ``since``."""
        ...


@dataclass(frozen=True, slots=True)
class LadderStory:
    """A ladder with its log and its messages, oldest first."""

    ladder: Ladder
    steps: tuple[LadderStep, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class LadderCounts:
    """What cannot be seen otherwise: ladders at work, and what they fail to do.

    ``unreached``: offices of ladders at work that nobody holds. ``unsent``: messages that Kafka has not
    had for a while. ``overdue_ms``: how long the longest due step has waited.
    """

    calling: int = 0
    awaiting: int = 0
    unreached: int = 0
    unsent: int = 0
    overdue_ms: int = 0


class LadderReader(Protocol):
    """Ladders for people and for Prometheus."""

    def story(self, incident: str) -> LadderStory | None: ...

    def counts(self, now: int) -> LadderCounts: ...


class Work(Protocol):
    """One transaction."""

    @property
    def ladders(self) -> LadderWork: ...

    def of_episode(self, episode: str) -> Alarm | None:
        """The alarm of an episode, locked until the transaction ends."""
        ...

    def alarm(self, alarm: str) -> Alarm | None:
        """By id or episode, not locked: the engine settles races, not this service."""
        ...

    def save(self, alarm: Alarm) -> None:
        """Raises: Clash, another transaction made this episode's row first."""
        ...

    def log(self, event: AlarmEvent) -> bool:
        """Keep a transition; False when it is there already."""
        ...

    def last_of(self, episode: str) -> AlarmEvent | None:
        """The newest transition there is of an episode."""
        ...

    def asked(self, command: str) -> Action | None: ...

    def ask(self, action: Action) -> None:
        """Keep a person's request, with the record that tells the engine.

        Raises:
            Clash: the command is there already.
        """
        ...

    def audit(self, entry: Entry) -> None:
        """Append to the audit chain; the last thing that a transaction does."""
        ...

    def hold_of(self, command: str) -> Hold | None: ...

    def open_hold(self, rule: str, device: str, kind: HoldKind) -> Hold | None:
        """The one that has not been ended (its time may have run out), locked until the transaction ends."""
        ...

    def keep_hold(self, hold: Hold) -> None:
        """Keep a new one, or the second person and the end of one that is there.

        Raises:
            Clash: another is open for the same rule, device and kind.
        """
        ...


class AlarmStore(Protocol):
    """Where alarms live. Nothing of a transaction that raises remains."""

    def transaction(self) -> AbstractContextManager[Work]: ...

    def count_active(self) -> Mapping[Severity, int]: ...

    def count_held(self, now: int) -> Mapping[HoldState, int]:
        """Holds that wait or are in force at ``now``."""
        ...

    def unapproved_since(self, now: int) -> int | None:
        """When the oldest wish was made that still waits for its second person at ``now``."""
        ...


class AlarmReader(Protocol):
    """Lists for people. ``scope`` is an area prefix and always applies."""

    def list_alarms(self, filters: AlarmFilters, *, scope: str, limit: int, after: Key | None) -> Page[Listed]:
        """Newest first; the key is (active_since, episode)."""
        ...

    def get_alarm(self, alarm: str, *, scope: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        """An alarm by id or episode, with its transitions in order."""
        ...

    def came(self, *, scope: str, since: int) -> tuple[int, ...]:
        """When new alarms came before people there (log time, in order), hidden ones and backlogs left out."""
        ...

    def count_by_severity(self, *, scope: str) -> Mapping[Severity, int]:
        """Alarms whose condition stands."""
        ...

    def count_by_rule(self, *, scope: str, since: int) -> Mapping[str, int]:
        """Alarms with an ``active_since`` since then, by rule; a rule without any is absent."""
        ...

    def list_holds(self, *, scope: str, now: int, rule: str = "", device: str = "") -> tuple[Hold, ...]:
        """What is held back or waits for a second person at ``now``, newest first."""
        ...


class RuleBook(Protocol):
    """The rules in force, which say how long their alarms may be shelved."""

    def get_rule(self, rule_id: str) -> Rule | None: ...


@dataclass(frozen=True, slots=True)
class KeptTargets:
    """Targets as somebody set them; version 0 are the defaults that nobody has touched."""

    version: int = 0
    targets: Targets = DEFAULTS
    by: str = ""
    at: int | None = None


class QualityReader(Protocol):
    """Transitions for the measurement of alarm quality."""

    def first(self) -> int | None:
        """The time of the oldest transition there is, of any area; None where there is none."""
        ...

    def steps(self, area: str, start: int, end: int) -> Iterator[Step]:
        """Transitions of an area from ``start`` to ``end`` in the order of time, read as they are taken.

        Before them come the earlier ones of every episode that stood at ``start``. Within an episode their
        number is their order: one that its clock puts before its forerunner takes the forerunner's time.
        """
        ...

    def targets(self) -> KeptTargets:
        """Those in force."""
        ...


class TargetsStore(Protocol):
    """Where targets are kept, every version."""

    def targets(self) -> KeptTargets: ...

    def keep_targets(self, kept: KeptTargets) -> bool:
        """False where that version is there already; the newest version is in force."""
        ...
