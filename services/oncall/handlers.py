"""Taking notifications in, asking the next person, and taking a notification on."""

from collections.abc import Callable, Sequence

from services.oncall import domain
from services.oncall.domain import WATCHDOG, Change, Incoming, Notification
from services.oncall.ports import NotificationStore
from streams.contracts import Refused

Decide = Callable[[Notification | None], Change | None]


def take_in(store: NotificationStore, alerts: Sequence[Incoming], *, now: int) -> int:
    """Keep what is new in a delivery; returns how many of its alerts told something.

    An alert fires once at a time: where it comes with a later start, the earlier firing is over,
    though its end was never delivered (Prometheus and Alertmanager were restarted in between).
    """
    rota, changed = store.rota(), 0
    for alert in alerts:
        if alert.name == WATCHDOG:
            store.beat(now)
            continue
        for earlier in store.unresolved(alert.fingerprint, before=alert.started):
            _change(store, earlier, lambda known, end=alert.started: domain.resolve(known, end, now) if known else None)  # type: ignore[misc]
        changed += _change(store, alert.id, lambda known, alert=alert: domain.receive(known, alert, rota, now))[1]  # type: ignore[misc]
    return changed


def escalate(store: NotificationStore, *, now: int) -> None:
    """Ask the next person for everything whose time has passed."""
    rota = store.rota()
    for notification_id in store.due(now):
        store.change(notification_id, lambda known: domain.escalate(known, rota, now) if known else None)


def acknowledge(
    store: NotificationStore, notification_id: str, *, by: str, comment: str = "", now: int
) -> Notification:
    """Take a notification on in one's own name, which stops its escalation.

    Raises:
        Refused: ``not_found``; ``acknowledged`` by whom and when; ``resolved``.
    """
    current, taken = _change(
        store, notification_id, lambda known: domain.acknowledge(known, by, comment, now) if known else None
    )
    if current is None:
        raise Refused("not_found", f"there is no notification {notification_id}", field="id", value=notification_id)
    if not taken:
        by_whom = f" by {current.acknowledged_by}" if current.acknowledged_by else ""
        raise Refused(
            current.state.value,
            f"the notification is {current.state.value} already{by_whom}",
            state=current.state.value,
            by=current.acknowledged_by,
        )
    return current


def _change(store: NotificationStore, notification_id: str, decide: Decide) -> tuple[Notification | None, bool]:
    """What is kept now, and whether ``decide`` changed it."""
    changed = False

    def deciding(known: Notification | None) -> Change | None:
        nonlocal changed
        change = decide(known)
        changed = change is not None
        return change

    return store.change(notification_id, deciding), changed
