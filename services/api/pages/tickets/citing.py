"""The knowledge base while a ticket is answered at once: which entries to choose from, and the words of the chosen."""

from typing import Final

from services.api.container import Container
from services.api.pages.tickets.ticket_rows import AnswerRow
from services.tickets.domain import Ticket

FITTING: Final = 8
OTHERS: Final = 100
"""Entries beyond those that fit; who wants an older one looks it up in the knowledge base."""


def citable(container: Container, ticket: Ticket) -> tuple[AnswerRow, ...]:
    """The entries that fit the ticket's words, best first, then those of its category; then the newest others."""
    kept = container.answers
    by_words = kept.listed(text=f"{ticket.title} {ticket.text}", category=ticket.category, limit=FITTING)
    by_category = kept.listed(category=ticket.category, limit=FITTING) if ticket.category else ()
    fitting = {each.id: each for each in (*by_words, *by_category)}
    others = {each.id: each for each in kept.listed(limit=OTHERS)} | fitting
    return tuple(
        AnswerRow(f"{each.id}@{each.version}", each.what.question, each.id in fitting)
        for each in (*fitting.values(), *(each for each in others.values() if each.id not in fitting))
    )


def words_of(container: Container, cite: str) -> str:
    """What the cited version says, '' where there is none."""
    name, _, version = cite.partition("@")
    versions = container.answers.versions(name) if name else ()
    return next((kept.what.text for kept in versions if str(kept.version) == version), "")
