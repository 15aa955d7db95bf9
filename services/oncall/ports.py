"""What the on-call desk's use cases and its readers need, as Protocols."""

from collections.abc import Callable, Sequence
from typing import Protocol

from services.oncall.domain import Change, Event, Notification, NotificationFilter, Step
from services.paging import Key, Page


class NotificationReader(Protocol):
    """Notifications as they are looked at."""

    def get_notification(self, notification_id: str) -> Notification | None: ...

    def list_notifications(self, filters: NotificationFilter, *, limit: int, after: Key | None) -> Page[Notification]:
        """Newest first; the key of a page is ``(started, id)``."""

    def list_events(self, notification_id: str) -> tuple[Event, ...]:
        """Oldest first."""

    def heartbeat(self) -> int | None:
        """When Prometheus last proved that it watches, epoch ms."""


class NotificationStore(NotificationReader, Protocol):
    """Notifications as they change: read, decided and kept under one lock."""

    def change(
        self, notification_id: str, decide: Callable[[Notification | None], Change | None]
    ) -> Notification | None:
        """Keep what ``decide`` makes of the current one; returns what is kept now."""

    def unresolved(self, fingerprint: str, *, before: int) -> tuple[str, ...]:
        """Firings of one alert that began before ``before`` and are not resolved."""

    def due(self, now: int) -> tuple[str, ...]:
        """Whose step's time has passed."""

    def beat(self, now: int) -> None: ...

    def rota(self) -> tuple[Step, ...]: ...

    def add_rota(self, steps: Sequence[Step]) -> bool:
        """Keep a first rota; False where there is one."""

    def counts(self) -> tuple[int, int]:
        """How many are firing, and how many of these went through the whole rota unanswered."""
