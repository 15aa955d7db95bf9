"""What the hotline's people keep for each other: answers, announced works, hand-overs. Versions, never overwritten."""

from services.tickets.domain.board.answers import CITED, Answer, cited, found, may_edit
from services.tickets.domain.board.notes import Noun, Posted, next_of
from services.tickets.domain.board.works import WorkKind, Works, concerns, in_force

__all__ = [
    "CITED",
    "Answer",
    "Noun",
    "Posted",
    "WorkKind",
    "Works",
    "cited",
    "concerns",
    "found",
    "in_force",
    "may_edit",
    "next_of",
]
