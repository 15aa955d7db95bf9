"""A ticket as a service request, and the query that finds several of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from services.api.door.auth import Caller
from services.api.open311.errors import wrong
from services.api.open311.offered import OTHER, codes, name_of
from services.api.pages.vocabulary import NOTES, TICKET_STATES
from services.api.pages.words import Words
from services.api.words import Moment
from services.tickets.domain import Clock, Role, Source, State, Ticket, TicketFilters
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.domain.privacy import SEES_CALLER

DAY_MS: Final = 86_400_000
SPAN_MS: Final = 90 * DAY_MS
"""The longest range of dates, and the one that is meant where none is named."""
STATES: Final = {
    "open": tuple(state for state in State if state.open or state is State.MERGED),
    "closed": tuple(state for state in State if not state.open and state is not State.MERGED),
}
"""A merged ticket is never shown as resolved by itself: it waits for its master, and is open as long."""
_STATUS: Final = {state: status for status, states in STATES.items() for state in states}
_MOMENT: Final[TypeAdapter[int]] = TypeAdapter(Moment)


def filters_of(query: Mapping[str, str], now: int) -> TicketFilters:
    """What ``GET requests`` asks for.

    Raises:
        NoReportError: 400, each thing that is wrong with it; 404, a service that is not there.
    """
    since, until = _range(query, now)
    statuses = _words(query, "status")
    if unknown := [word for word in statuses if word not in STATES]:
        raise wrong(400, f"status {', '.join(unknown)[:100]} is neither open nor closed")
    services = _words(query, "service_code")
    if unknown := [code for code in services if code not in codes()]:
        raise wrong(404, f"service_code {', '.join(unknown)[:100]} was not found; GET services lists those there are")
    states = tuple(state for word in dict.fromkeys(statuses) for state in STATES[word])
    categories = (*services, *([""] if OTHER in services else []))
    return TicketFilters(states=states, categories=categories, since=since, until=until)


def numbers_of(query: Mapping[str, str]) -> tuple[str, ...]:
    """The requests that are named one by one; they override every other argument."""
    return tuple(dict.fromkeys(_words(query, "service_request_id")))


def _words(query: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in query.get(name, "").split(",") if word.strip()]


def _range(query: Mapping[str, str], now: int) -> tuple[int, int]:
    start, end = _moment(query, "start_date"), _moment(query, "end_date")
    if end is None:
        end = now + 1 if start is None else start + SPAN_MS
    if start is None:
        start = max(0, end - SPAN_MS)
    if not 0 <= end - start <= SPAN_MS:
        raise wrong(400, "end_date has to be after start_date, and at most 90 days after it")
    return start, end


def _moment(query: Mapping[str, str], name: str) -> int | None:
    given = query.get(name, "")
    if not given:
        return None
    try:
        return _MOMENT.validate_python(given)
    except ValidationError:
        raise wrong(400, f"{name} is no time with a zone, such as 2026-11-22T09:41:00+08:00") from None


def visible(ticket: Ticket, caller: Caller | None) -> bool:
    """Whether this interface shows it: to strangers what came in through it, and nothing confidential."""
    confidential = ticket.caller is not None and ticket.caller.confidential
    if caller is None:
        return ticket.source is Source.OPEN311 and not confidential
    return not confidential or Role(caller.role) in SEES_CALLER or ticket.reporter == caller.id


def request_of(
    ticket: Ticket, caller: Caller | None, t: Words, *, changed: int, agency: str, address: str, extended: bool
) -> dict[str, Any]:
    """The ticket as ``caller`` (None: a stranger) reads it; what people wrote is for callers with a key.

    Times carry the city's zone. ``changed`` epoch ms; ``agency`` and ``address`` as they are to be shown.
    """
    finish = ticket.run(Clock.FINISH)
    longitude, latitude = ticket.position or (None, None)
    made: dict[str, Any] = {
        "service_request_id": ticket.number,
        "status": _STATUS[ticket.state],
        "status_notes": _notes(ticket, caller, t),
        "service_name": name_of(ticket.category, t.lang),
        "service_code": ticket.category or OTHER,
        "description": None if caller is None else (ticket.text or ticket.title),
        "agency_responsible": agency or None,
        "service_notice": None,
        "requested_datetime": moment(ticket.opened_at),
        "updated_datetime": moment(ticket.closed_at or changed),
        "expected_datetime": moment(finish.due) if finish else None,
        "address": (address if caller is None else ticket.place or address) or None,
        "address_id": (ticket.building or ticket.area) or None,
        "zipcode": None,
        "lat": latitude,
        "long": longitude,
        "media_url": None,
    }
    return made | ({"extended_attributes": _more(ticket)} if extended else {})


def moment(at: int) -> str:
    """A time in the w3 form, in the city's zone."""
    return datetime.fromtimestamp(at / 1000, SHANGHAI).isoformat(timespec="seconds")


def _notes(ticket: Ticket, caller: Caller | None, t: Words) -> str:
    """Our state in words: four of ours are one of theirs."""
    if ticket.state is State.MERGED:
        return t(NOTES["merged"])
    notes = t(TICKET_STATES[ticket.state])
    if ticket.unsolved:
        notes = t(NOTES["unsolved"], state=notes)
    if caller is not None and ticket.outcome:
        notes = t(NOTES["outcome"], state=notes, outcome=ticket.outcome)
    return notes


def _more(ticket: Ticket) -> dict[str, Any]:
    """What the loop knows and the specification has no field for; given where ``extensions=true`` asks."""
    return {
        "state": str(ticket.state),
        "stage": str(ticket.stage),
        "step": str(ticket.state.step),
        "source": str(ticket.source),
        "urgency": ticket.urgency,
        "area": ticket.area,
        "lead": ticket.lead,
        "deadline_datetime": None if ticket.deadline is None else moment(ticket.deadline),
        "recurrences": ticket.recurrences,
        "supervised": ticket.supervised,
        "unsolved": ticket.unsolved,
        "version": ticket.version,
    }
