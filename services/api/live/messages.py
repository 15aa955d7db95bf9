"""Kafka records as live messages: the API's shapes, light. Pure."""

import json
from dataclasses import dataclass
from typing import Any, Final

from services.api.live.vector import Vector
from streams.contracts import AlarmEvent, TicketEvent, Undecodable, decode
from streams.contracts.topics import ALARMS

ALARM: Final = "alarm"
TICKET: Final = "ticket"
NAMES: Final = (ALARM, TICKET)


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """One message of the stream. ``after`` is the event id it leaves a reader with.

    ``device_time`` is the deciding sample's (epoch ms), where the latency to the screen can be
    told from it; ``event`` is empty for a record nobody can read, which only moves the offset.
    ``units`` are those that work on a ticket: their people hear of no other. ``ticket`` is its id: who reported it
    hears of it by that, since nothing here says who they are.
    """

    topic: str
    partition: int
    offset: int
    after: Vector
    event: str
    area: str
    data: str
    device_time: int | None = None
    units: tuple[str, ...] = ()
    ticket: str = ""


def from_record(topic: str, partition: int, offset: int, value: bytes | None, after: Vector) -> LiveMessage:
    """The message that a Kafka record becomes."""
    try:
        if topic == ALARMS.name:
            alarm = decode(value or b"", AlarmEvent)
            data = _text(of_alarm(alarm))
            return LiveMessage(topic, partition, offset, after, ALARM, alarm.grid, data, alarm.timed_from)
        ticket = decode(value or b"", TicketEvent)
        data = _text(of_ticket(ticket))
        return LiveMessage(
            topic, partition, offset, after, TICKET, ticket.area, data, units=ticket.units, ticket=ticket.ticket
        )
    except Undecodable:
        return LiveMessage(topic, partition, offset, after, "", "", "{}")


def of_alarm(event: AlarmEvent) -> dict[str, Any]:
    """An alarm as it stands after ``event``."""
    return {
        "episode": event.episode,
        "device": event.device,
        "kind": event.kind,
        "rule": event.rule,
        "metric": event.metric,
        "severity": event.severity,
        "state": event.new,
        "old_state": event.old,
        "cause": event.cause,
        "active_since": event.since,
        "at": event.at,
        "area": event.building or event.grid,
        "incident": event.incident,
        "value": event.value,
        "limit": event.limit,
        "latched": event.latched,
        "backlog": event.backlog,
    }


def of_ticket(event: TicketEvent) -> dict[str, Any]:
    """A ticket as it stands after ``event``."""
    return {
        "id": event.ticket,
        "number": event.number,
        "version": event.version,
        "state": event.new,
        "old_state": event.old,
        "stage": event.stage,
        "source": event.source,
        "action": event.action,
        "area": event.area,
        "urgency": event.urgency,
        "at": event.at,
        "by": "" if event.role == "citizen" else event.by,  # who reported it may be confidential
        "incident": event.incident,
        "device": event.device,
        "deadline": event.deadline,
        "mark": event.mark,
    }


def for_reporter(message: LiveMessage) -> str:
    """What whoever reported a ticket hears of it: that it moved. Who did what, and on what it rests, is the page's."""
    data = json.loads(message.data)
    return _text({name: data[name] for name in ("id", "number", "version", "state", "stage", "at")})


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
