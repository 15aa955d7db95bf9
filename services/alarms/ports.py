"""What the alarms service needs from outside: a transactional store and readers."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from services.alarms.domain import Alarm, AlarmFilters
from services.alarms.domain.quality_steps import Step
from services.alarms.domain.quality_targets import DEFAULTS, Targets
from services.paging import Key, Page
from streams.contracts import Action, AlarmEvent, Severity


@dataclass(frozen=True, slots=True)
class Listed:
    """An alarm with the ticket that its episode belongs to, if any."""

    alarm: Alarm
    ticket_id: str | None = None


class Work(Protocol):
    """One transaction."""

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

    def asked(self, command: str) -> Action | None: ...

    def ask(self, action: Action) -> None:
        """Keep a person's request, with the record that tells the engine.

        Raises:
            Clash: the command is there already.
        """
        ...


class AlarmStore(Protocol):
    """Where alarms live. Nothing of a transaction that raises remains."""

    def transaction(self) -> AbstractContextManager[Work]: ...

    def count_active(self) -> Mapping[Severity, int]: ...


class AlarmReader(Protocol):
    """Lists for people. ``scope`` is an area prefix and always applies."""

    def list_alarms(self, filters: AlarmFilters, *, scope: str, limit: int, after: Key | None) -> Page[Listed]:
        """Newest first; the key is (active_since, episode)."""
        ...

    def get_alarm(self, alarm: str, *, scope: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        """An alarm by id or episode, with its transitions in order."""
        ...

    def count_by_severity(self, *, scope: str) -> Mapping[Severity, int]:
        """Alarms whose condition stands."""
        ...


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
