"""In-memory twin of the on-call desk's store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.oncall.domain import SELF, Change, Event, Notification, NotificationFilter, State, Step
from services.paging import Key, Page


@dataclass
class MemoryNotifications:
    """Twin of ``PostgresNotifications``."""

    notifications: dict[str, Notification] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    beaten: int | None = None

    def get_notification(self, notification_id: str) -> Notification | None:
        return self.notifications.get(notification_id)

    def list_notifications(self, filters: NotificationFilter, *, limit: int, after: Key | None) -> Page[Notification]:
        found = [
            one
            for one in sorted(self.notifications.values(), key=lambda one: (one.started, one.id), reverse=True)
            if (after is None or (one.started, one.id) < after)
            and filters.state in ("", one.state)
            and filters.severity in ("", one.severity)
            and not (filters.open and one.state is State.RESOLVED)
        ]
        items = tuple(found[:limit])
        return Page(items, (items[-1].started, items[-1].id) if len(found) > limit else None)

    def list_events(self, notification_id: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.notification == notification_id)

    def heartbeat(self) -> int | None:
        return self.beaten

    def change(
        self, notification_id: str, decide: Callable[[Notification | None], Change | None]
    ) -> Notification | None:
        change = decide(self.notifications.get(notification_id))
        if change is not None:
            self.notifications[notification_id] = change[0]
            self.events += change[1]
        return self.notifications.get(notification_id)

    def unresolved(self, fingerprint: str, *, before: int) -> tuple[str, ...]:
        same = [one for one in self.notifications.values() if one.fingerprint == fingerprint and one.started < before]
        open_ones = [one for one in same if one.state is not State.RESOLVED]
        return tuple(one.id for one in sorted(open_ones, key=lambda one: one.started))

    def due(self, now: int) -> tuple[str, ...]:
        waiting = [one for one in self.notifications.values() if one.escalate_at is not None and one.escalate_at <= now]
        return tuple(one.id for one in sorted(waiting, key=lambda one: (one.escalate_at, one.id)))

    def beat(self, now: int) -> None:
        self.beaten = now

    def rota(self) -> tuple[Step, ...]:
        return self.steps

    def add_rota(self, steps: Sequence[Step]) -> bool:
        if self.steps:
            return False
        self.steps = tuple(steps)
        return True

    def counts(self) -> tuple[int, int]:
        firing = [one for one in self.notifications.values() if one.state is State.FIRING]
        unanswered = [one for one in firing if one.escalate_at is None and one.step > 0 and one.name != SELF]
        return len(firing), len(unanswered)
