"""What the alarms service needs from outside: a transactional store and a reader."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from services.alarms.domain import Alarm, AlarmFilters
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
