"""The ticket loop as values and pure functions; the transition table decides everything."""

from services.tickets.domain.clocks import ClockRun
from services.tickets.domain.details import Details
from services.tickets.domain.effects import apply, replay
from services.tickets.domain.errors import IllegalTransition, NotAllowed, Stale
from services.tickets.domain.facts import (
    alarmed,
    archived,
    erased,
    marked,
    master_ended,
    overdue,
    raised,
    recounted,
    returned,
)
from services.tickets.domain.guards import SYSTEM, Actor
from services.tickets.domain.lifecycle import allowed_actions, move, open_for_alarm, report
from services.tickets.domain.policy import Policy
from services.tickets.domain.privacy import caller_for, hidden_from, masked, may_ask, may_unmask
from services.tickets.domain.proof import Lack, Proof, lacking, proof_one, proved_from, standing
from services.tickets.domain.responsible import Responsible, responsible
from services.tickets.domain.rows import Hotspot, StageCount, TicketFilters
from services.tickets.domain.table import ROWS, TRANSITIONS, Row, edges, fields
from services.tickets.domain.ticket import Caller, Episode, Event, Evidence, Opening, Task, Ticket
from services.tickets.domain.words import (
    Action,
    Card,
    Clock,
    Level,
    Role,
    Satisfaction,
    Scale,
    Source,
    Stage,
    State,
    Step,
)

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
    "Hotspot",
    "IllegalTransition",
    "Lack",
    "Level",
    "NotAllowed",
    "Opening",
    "Policy",
    "Proof",
    "Responsible",
    "Role",
    "Row",
    "Satisfaction",
    "Scale",
    "Source",
    "Stage",
    "StageCount",
    "Stale",
    "State",
    "Step",
    "Task",
    "Ticket",
    "TicketFilters",
    "alarmed",
    "allowed_actions",
    "apply",
    "archived",
    "caller_for",
    "edges",
    "erased",
    "fields",
    "hidden_from",
    "lacking",
    "marked",
    "masked",
    "master_ended",
    "may_ask",
    "may_unmask",
    "move",
    "open_for_alarm",
    "overdue",
    "proof_one",
    "proved_from",
    "raised",
    "recounted",
    "replay",
    "report",
    "responsible",
    "returned",
    "standing",
]
