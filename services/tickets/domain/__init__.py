"""The ticket loop as values and pure functions; the transition table decides everything."""

from services.tickets.domain.clocks import ClockRun
from services.tickets.domain.effects import apply, replay
from services.tickets.domain.errors import IllegalTransition, NotAllowed, Stale
from services.tickets.domain.guards import SYSTEM, Actor
from services.tickets.domain.lifecycle import (
    alarmed,
    allowed_actions,
    archived,
    marked,
    move,
    open_for_alarm,
    report,
    returned,
)
from services.tickets.domain.privacy import caller_for, masked
from services.tickets.domain.proof import Proof, proof_one, why_not
from services.tickets.domain.rows import StageCount, TicketFilters
from services.tickets.domain.table import ROWS, TRANSITIONS, Row, edges, fields
from services.tickets.domain.ticket import Caller, Details, Episode, Event, Evidence, Opening, Ticket
from services.tickets.domain.words import Action, Card, Clock, Role, Satisfaction, Source, Stage, State

__all__ = [
    "ROWS",
    "SYSTEM",
    "TRANSITIONS",
    "Action",
    "Actor",
    "Caller",
    "Card",
    "Clock",
    "ClockRun",
    "Details",
    "Episode",
    "Event",
    "Evidence",
    "IllegalTransition",
    "NotAllowed",
    "Opening",
    "Proof",
    "Role",
    "Row",
    "Satisfaction",
    "Source",
    "Stage",
    "StageCount",
    "Stale",
    "State",
    "Ticket",
    "TicketFilters",
    "alarmed",
    "allowed_actions",
    "apply",
    "archived",
    "caller_for",
    "edges",
    "fields",
    "marked",
    "masked",
    "move",
    "open_for_alarm",
    "proof_one",
    "replay",
    "report",
    "returned",
    "why_not",
]
