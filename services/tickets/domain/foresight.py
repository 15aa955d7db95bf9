"""What a policy would give a ticket that opens at a moment: every date by the calendar, holidays included. Pure.

The same arithmetic sets the clocks of a real ticket, so a supervisor sees a draft's dates before anybody
is held to them.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from services.tickets.domain import calendars
from services.tickets.domain.clocks import ClockRun, run_for
from services.tickets.domain.limits import DAY, Limit, due_after, limit_of, moved_by
from services.tickets.domain.policy import TIMED, URGENCIES, Policy
from services.tickets.domain.words import Clock
from streams.contracts import Refused

LONGEST: Final = 366 * DAY
"""Judgement: no city grants a step more than a year, and arithmetic over calendars ends somewhere."""


class Foreseen(msgspec.Struct, frozen=True):
    """The dates of one urgency, epoch ms. Each clock is counted as if it began at the opening.

    ``return_until`` and ``extended_until`` (how far the last extension reaches) are None for a critical
    ticket, which knows neither.
    """

    urgency: int
    runs: dict[Clock, ClockRun]
    return_until: int | None = None
    extended_until: int | None = None


class Unusual(msgspec.Struct, frozen=True):
    """A day of a holiday, or (``works``) a weekend day that is worked for it; the holiday's names."""

    day: date
    works: bool
    zh: str
    en: str


def check(policy: Policy, opens_at: int) -> None:
    """Refuse a policy that nobody may put in force.

    Raises:
        Refused: ``policy``, a limit that ends more than a year after ``opens_at``, by its field.
    """
    for field, words in policy.words():
        _bounded(field, words, opens_at, policy)


def foreseen(policy: Policy, opens_at: int) -> tuple[Foreseen, ...]:
    """The dates of a ticket that opens at ``opens_at``, the most urgent first."""
    return tuple(_of(policy, urgency, opens_at) for urgency in reversed(URGENCIES))


def unusual(since: int, until: int) -> tuple[Unusual, ...]:
    """The holidays between two moments (at most a year) and what is worked for them, as far as announced."""
    first = calendars.date_of(since)
    days = range(min(calendars.date_of(until) - first, timedelta(LONGEST // DAY)).days + 1)
    found = (calendars.unusual(first + timedelta(number)) for number in days)
    return tuple(Unusual(*each) for each in found if each is not None)


def last_of(every: Sequence[Foreseen]) -> int:
    """The last date among them."""
    dates = [run.due for each in every for run in each.runs.values()]
    return max(*dates, *(at for each in every for at in (each.return_until, each.extended_until) if at is not None))


def _of(policy: Policy, urgency: int, opens_at: int) -> Foreseen:
    hours = policy.hours
    runs: dict[Clock, ClockRun] = {
        clock: run_for(clock, policy.limits[urgency][clock], opens_at, hours) for clock in TIMED
    }
    if urgency not in policy.returns or urgency not in policy.extension:
        return Foreseen(urgency, runs)
    return Foreseen(
        urgency, runs, due_after(opens_at, limit_of(policy.returns[urgency]), hours),
        moved_by(runs[Clock.FINISH].due, limit_of(policy.extension[urgency]), hours),
    )  # fmt: skip


def _bounded(field: str, words: str, opens_at: int, policy: Policy) -> None:
    limit: Limit = limit_of(words)
    try:
        due = due_after(opens_at, limit, policy.hours)
    except Refused:
        due = opens_at + 2 * LONGEST
    if due - opens_at > LONGEST:
        raise Refused(
            "policy", f"not a policy: {field} is {words}, and no limit is longer than a year",
            field=field, value=words, remedy="Give less than a year.",
        )  # fmt: skip
