"""Tickets and their actions as counters, wherever the use case runs."""

from collections.abc import Iterable

from services.adapters.metrics import counter
from services.tickets.domain import Action, Event
from streams.contracts.metrics import TICKETS_ACTIONS, TICKETS_OPENED


def count(events: Iterable[Event]) -> None:
    """Count what has been written."""
    for event in events:
        counter(TICKETS_ACTIONS, action=str(event.action)).inc()
        if event.action is Action.REPORT:
            counter(TICKETS_OPENED, source=str(event.evidence["source"])).inc()
