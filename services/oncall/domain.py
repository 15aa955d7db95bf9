"""Notifications of Alertmanager and the rota that they climb. Pure.

A notification is one firing of one alert: (fingerprint, start). It is ``firing`` until a named
person takes it (``acknowledged``) or Prometheus says that it is over (``resolved``). While it is
firing, the next person of the rota is responsible each time a step's time has passed; the clock
is data (``escalate_at``), so a restart neither loses nor repeats a step.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

WATCHDOG: Final = "Watchdog"
"""The alert that always fires; hearing of it proves that Prometheus and Alertmanager live."""
SELF: Final = "NobodyAnswers"
"""Says that a rota ran out; it must not count itself."""


class State(StrEnum):
    """未认领, 已认领, 已恢复."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One alert of one webhook call; ``ended`` is None while it fires. Times are epoch ms."""

    fingerprint: str
    started: int
    ended: int | None
    labels: dict[str, str]
    annotations: dict[str, str]

    @property
    def id(self) -> str:
        """The same firing has the same id, however often it is delivered."""
        return hashlib.sha256(f"{self.fingerprint} {self.started}".encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the rota: who, and how long they have before the next is asked."""

    person: str
    within_ms: int


@dataclass(frozen=True, slots=True)
class Notification:
    """One firing as the desk knows it. ``responsible`` is who is being asked now."""

    id: str
    fingerprint: str
    name: str
    severity: str
    state: State
    started: int
    received: int
    labels: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    summary_en: str = ""
    runbook: str = ""
    ended: int | None = None
    acknowledged: int | None = None
    acknowledged_by: str = ""
    comment: str = ""
    responsible: str = ""
    step: int = 0
    escalate_at: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to a notification; ``what`` is received, escalated, exhausted, acknowledged or resolved."""

    notification: str
    at: int
    what: str
    person: str = ""
    comment: str = ""


Change = tuple[Notification, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class NotificationFilter:
    """What a list is narrowed by; '' leaves a field open. ``open`` leaves the resolved out."""

    state: str = ""
    severity: str = ""
    open: bool = False


def receive(known: Notification | None, incoming: Incoming, rota: Sequence[Step], now: int) -> Change | None:
    """The notification after a delivery; None where the delivery says nothing new.

    Deliveries may repeat and overtake each other: what is resolved stays resolved.
    """
    if known is None:
        return _first(incoming, rota, now)
    return None if incoming.ended is None else resolve(known, incoming.ended, now)


def resolve(known: Notification, ended: int, now: int) -> Change | None:
    """It is over; None where that was known."""
    if known.state is State.RESOLVED:
        return None
    return replace(known, state=State.RESOLVED, ended=ended, escalate_at=None), (Event(known.id, now, "resolved"),)


def _first(incoming: Incoming, rota: Sequence[Step], now: int) -> Change:
    resolved = incoming.ended is not None
    asked = rota[0] if rota and not resolved else None
    made = Notification(
        id=incoming.id,
        fingerprint=incoming.fingerprint,
        name=incoming.name,
        severity=incoming.labels.get("severity", ""),
        state=State.RESOLVED if resolved else State.FIRING,
        started=incoming.started,
        received=now,
        labels=incoming.labels,
        summary=incoming.annotations.get("summary", ""),
        summary_en=incoming.annotations.get("summary_en", ""),
        runbook=incoming.annotations.get("runbook", ""),
        ended=incoming.ended,
        responsible=asked.person if asked else "",
        escalate_at=now + asked.within_ms if asked else None,
    )
    events = [Event(made.id, now, "received", made.responsible)]
    if resolved:
        events.append(Event(made.id, now, "resolved"))
    return made, tuple(events)


def escalate(known: Notification, rota: Sequence[Step], now: int) -> Change | None:
    """The next rung, where this one's time has passed; None where it has not."""
    if known.state is not State.FIRING or known.escalate_at is None or now < known.escalate_at:
        return None
    step = known.step + 1
    if step >= len(rota):
        return replace(known, step=step, escalate_at=None), (Event(known.id, now, "exhausted", known.responsible),)
    asked = rota[step]
    after = replace(known, step=step, responsible=asked.person, escalate_at=now + asked.within_ms)
    return after, (Event(known.id, now, "escalated", asked.person),)


def acknowledge(known: Notification, by: str, comment: str, now: int) -> Change | None:
    """Taken by a named person, which stops the escalation; None where it is not waiting for one."""
    if known.state is not State.FIRING:
        return None
    after = replace(
        known,
        state=State.ACKNOWLEDGED,
        acknowledged=now,
        acknowledged_by=by,
        comment=comment,
        responsible=by,
        escalate_at=None,
    )
    return after, (Event(known.id, now, "acknowledged", by, comment),)
