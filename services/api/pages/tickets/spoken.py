"""What was erased says so in the reader's language: the ticket and its log keep one word for it, in Chinese. Pure."""

from dataclasses import replace
from typing import Any, Final

from services.api.language.words import N_, Words
from services.api.pages.ports import TicketRow
from services.api.pages.tickets.ticket_rows import EventRow
from services.tickets.domain.erasure import ERASED

GONE: Final = N_("已清除")


def spoken(row: TicketRow, t: Words) -> TicketRow:
    """``row`` with what was erased in it said in the language of ``t``; any other row as it is."""
    if row.erased is None:
        return row
    return replace(
        row,
        title=word(row.title, t),
        text=word(row.text, t),
        place=word(row.place, t),
        plan=word(row.plan, t),
        caller_name=word(row.caller_name, t),
        caller_phone=word(row.caller_phone, t),
        tasks=tuple(replace(task, text=word(task.text, t)) for task in row.tasks),
        events=tuple(_event(event, t) for event in row.events),
    )


def word(text: str, t: Words) -> str:
    """``text``, or that it was erased."""
    return t(GONE) if text == ERASED else text


def _event(event: EventRow, t: Words) -> EventRow:
    carried = {name: _value(value, t) for name, value in event.carried.items()}
    return replace(event, by=word(event.by, t), why=word(event.why, t), carried=carried)


def _value(value: Any, t: Words) -> Any:
    return word(value, t) if isinstance(value, str) else value
