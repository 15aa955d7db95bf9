"""A ticket as a service request, and the query that finds several of them."""

from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from services.api.door.auth import Caller
from services.api.language.vocabulary import NOTES, TICKET_STATES
from services.api.language.words import Words
from services.api.open311.errors import wrong
from services.api.open311.offered import OTHER, codes, name_of, unknown
from services.api.open311.reporting import apart
from services.api.words import Moment
from services.tickets.domain import Clock, Role, Source, State, Ticket, TicketFilters
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.domain.privacy import SEES_CALLER

SECOND_MS: Final = 1_000
DAY_MS: Final = 86_400_000
SPAN_MS: Final = 90 * DAY_MS
"""The longest range of dates, and the one that is meant where none is named."""
MOST_NAMED: Final = 100
"""Requests that may be named one by one."""
STATES: Final = {
    "open": tuple(state for state in State if state.open or state is State.MERGED),
    "closed": tuple(state for state in State if not state.open and state is not State.MERGED),
}
"""A merged ticket is never shown as resolved by itself: it waits for its master, and is open as long."""
_STATUS: Final = {state: status for status, states in STATES.items() for state in states}
_MOMENT: Final[TypeAdapter[int]] = TypeAdapter(Moment)


def filters_of(query: QueryParams, now: int) -> TicketFilters:
    """What ``GET requests`` asks for.

    Raises:
        NoReportError: 400, what is wrong with it; 404, a service that is not there.
    """
    since, until = _range(query, now)
    statuses = _words(query, "status")
    if lost := ", ".join(word for word in statuses if word not in STATES)[:100]:
        raise wrong(400, (f"status “{lost}”须是 open 或 closed", f"status {lost} is neither open nor closed"))
    services = _words(query, "service_code")
    if lost := ", ".join(code for code in services if code not in codes()):
        raise wrong(404, unknown(lost))
    states = tuple(state for word in dict.fromkeys(statuses) for state in STATES[word])
    categories = (*services, *([""] if OTHER in services else []))
    return TicketFilters(states=states, categories=categories, since=since, until=until)


def numbers_of(query: QueryParams) -> tuple[str, ...]:
    """The requests that are named one by one; they override every other argument.

    Raises:
        NoReportError: 400, too many.
    """
    named = tuple(dict.fromkeys(_words(query, "service_request_id")))
    if (n := len(named)) > MOST_NAMED:
        raise wrong(
            400,
            (
                f"service_request_id 有 {n} 个，一次最多 {MOST_NAMED} 个，请分几次查",
                f"service_request_id names {n} requests; at most {MOST_NAMED} at once",
            ),
        )
    return named


def part_of(query: QueryParams, most: int) -> slice:
    """``page`` and ``page_size``, the extension that most servers have: a part of the ``most`` newest requests.

    Raises:
        NoReportError: 400, a number that means nothing.
    """
    size = _number(query, "page_size", most, most)
    start = (_number(query, "page", 1, most) - 1) * size
    return slice(start, start + size)


def _number(query: QueryParams, name: str, default: int, most: int) -> int:
    given = query.get(name, "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) <= len(str(most)) else 0
    if given and not 1 <= number <= most:
        raise wrong(
            400,
            (
                f"{name} “{given[:50]}”须是 1 到 {most} 的整数",
                f"{name} {given[:50]!r} is to be a number from 1 to {most}",
            ),
        )
    return number or default


def _words(query: QueryParams, name: str) -> list[str]:
    """Declared several times, or once with commas between."""
    return [word.strip() for given in query.getlist(name) for word in given.split(",") if word.strip()]


def _range(query: QueryParams, now: int) -> tuple[int, int]:
    """The first moment and the one after the last: both dates are included, to the second that an answer shows."""
    start, end = _moment(query, "start_date"), _moment(query, "end_date")
    if end is None:
        end = now if start is None else start + SPAN_MS
    if start is None:
        start = max(0, min(end, now) - SPAN_MS)
        end = min(end, start + SPAN_MS)
    if not 0 <= end - start <= SPAN_MS:
        raise wrong(
            400,
            (
                "end_date 要在 start_date 之后，且不超过 90 天，请缩短范围分几次查",
                "end_date has to be after start_date, and at most 90 days after it; ask for a shorter range",
            ),
        )
    return start // SECOND_MS * SECOND_MS, (end // SECOND_MS + 1) * SECOND_MS


def _moment(query: QueryParams, name: str) -> int | None:
    given = query.get(name, "")
    if not given:
        return None
    try:
        return _MOMENT.validate_python(given)
    except ValidationError:
        example = "2026-11-22T09:41:00+08:00"
        raise wrong(
            400,
            (
                f"{name} “{given[:50]}”须是 1970 年以后带时区的时间，如 {example}",
                f"{name} {given[:50]!r} is no time since 1970 with a zone, such as {example}",
            ),
        ) from None


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
    written, photo = apart(ticket.text)
    made: dict[str, Any] = {
        "service_request_id": ticket.number,
        "status": _STATUS[ticket.state],
        "status_notes": _notes(ticket, caller, t),
        "service_name": name_of(ticket.category, t.lang),
        "service_code": ticket.category or OTHER,
        "description": None if caller is None else (written or ticket.title),
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
        "media_url": None if caller is None else photo,
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
