"""Deadlines as data: what a city grants each step. A ticket takes a copy when it opens.

Editing a policy publishes a new version and bends no running clock. The shipped profiles are in
:mod:`services.tickets.domain.profiles`; this module says what a policy is made of.
"""

import re
from typing import Final

import msgspec

from sensors.kinds.categories import FIRE_LANE, GAS_LEAK, SEPTIC_GAS
from services.tickets.domain.calendars import Hours
from services.tickets.domain.limits import DAY, limit_of
from services.tickets.domain.words import Clock
from streams.contracts import Refused

Limits = dict[Clock, str]

CRITICAL: Final = 2
URGENCIES: Final = (0, 1, CRITICAL)
OFFICE: Final[Hours] = ((510, 720), (780, 1050))
"""08:30-12:00 and 13:00-17:30, eight working hours. Judgement: no source names them."""
MAX_RETURNS: Final = 3
"""The third return goes a level up, and is final."""
MAX_REASSIGNS: Final = 4
"""The fourth reassignment is a supervisor's, and is final."""
MAX_PARKINGS: Final = 4
"""Judgement: a matter that is still parked after a year of reviews is closed as unresolved."""
MAX_TASKS: Final = 20
MAX_MISSES: Final = 3
MISSES_SPAN: Final = 2 * DAY
"""Three calls that reached nobody, over at least two days, end the call-back."""
MAX_BOOKINGS: Final = 3
"""Judgement: a reporter who moves the call a fourth time is called when the clock says so."""
BOOKING_GRACE: Final = DAY // 24
"""A booked call that has not been made an hour after its time is late."""
CITIZEN_REOPEN: Final = 7 * DAY
"""How long after closing a reporter may say "not solved", once; and appeal, once."""
SAFETY: Final = frozenset({GAS_LEAK, SEPTIC_GAS, FIRE_LANE})
"""Categories that nobody may withdraw: the danger does not end with the complaint."""
TIMED: Final[tuple[Clock, ...]] = tuple(clock for clock in Clock if clock is not Clock.TASK)
"""The clocks that a policy limits; a share of the work has a date that its dispatcher chose."""
_TIMED: Final = frozenset(TIMED)
_LATER: Final = frozenset(URGENCIES[:CRITICAL])
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""What a new policy may be called: it stands in addresses, and in cells where a number would become something else."""
WRITE_LIMIT: Final = "Write it as 30m, 24h, 7d, 4wh (working hours) or 5wd (working days)."


class Policy(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One version of a city's deadlines, in the words of :mod:`services.tickets.domain.limits`.

    ``limits``: urgency -> clock -> limit. ``returns``: until when after dispatch a unit may say
    "not ours"; a critical ticket knows no return, extension, parking or wait, so these name
    urgencies 0 and 1 only. ``extension``: how far beyond its deadline an extension may reach.

    Raises:
        Refused: ``policy``, names what is missing or no limit.
    """

    name: str
    version: int
    limits: dict[int, Limits]
    returns: dict[int, str]
    extension: dict[int, str]
    extensions: int = 2
    wait: str = "3wd"
    park_days: int = 90
    hours: Hours = OFFICE

    def __post_init__(self) -> None:
        try:  # read with every ticket, so fields are named only where one is wrong
            whole = all(self.limits[urgency].keys() >= _TIMED for urgency in URGENCIES)
            whole = whole and all(row.keys() >= _LATER for row in (self.returns, self.extension))
            for row in self.limits.values():
                _ = [limit_of(words or "nothing") for words in row.values()]
            _ = [
                limit_of(words or "nothing") for words in (*self.returns.values(), *self.extension.values(), self.wait)
            ]
        except (KeyError, ValueError):
            whole = False
        if not whole:
            raise _no_limit(self)
        ends = [minute for span in self.hours for minute in span]
        if not ends or sorted(set(ends)) != ends or ends[0] < 0 or ends[-1] > 24 * 60:
            raise _wrong(
                "hours", self.hours, "hours are spans of minutes after midnight, in order and without overlap",
                "Give them as [[510, 720], [780, 1050]], the earliest first.",
            )  # fmt: skip
        if self.park_days not in range(1, 91):
            raise _wrong("park_days", self.park_days, "park_days is 1 to 90", "Give 1 to 90 days.")
        if self.extensions not in range(10):
            raise _wrong("extensions", self.extensions, "extensions is 0 to 9", "Give 0 to 9.")

    def words(self) -> tuple[tuple[str, str], ...]:
        """Every limit with the field that it stands in."""
        rows = ((f"limits.{urgency}", row) for urgency, row in self.limits.items())
        timed = [(f"{field}.{clock}", words) for field, row in rows for clock, words in row.items()]
        tables = (("returns", self.returns), ("extension", self.extension))
        rest = [(f"{field}.{urgency}", words) for field, row in tables for urgency, words in row.items()]
        return (*timed, *rest, ("wait", self.wait))


class Published(msgspec.Struct, frozen=True):
    """A version as it was written: by whom, when (epoch ms) and by which decision; empty before reasons were kept."""

    policy: Policy
    by: str
    at: int
    reason: str


class Enforced(msgspec.Struct, frozen=True):
    """That a version was put in force: who, when (epoch ms) and by which decision; empty before reasons were kept."""

    name: str
    version: int
    by: str
    at: int
    reason: str


def check_name(name: str) -> None:
    """That a policy which begins may be called so.

    Raises:
        Refused: ``policy``.
    """
    if NAME.fullmatch(name) is None:
        raise _wrong(
            "name", name, f"{name!r} is no name for it",
            "Use 1 to 40 lower-case letters, digits and hyphens, a letter first, such as chengdu-gas.",
        )  # fmt: skip


def _no_limit(policy: Policy) -> Refused:
    """The refusal of the first field that has no limit, or words that are none."""
    given = dict(policy.words())
    timed = [f"limits.{urgency}.{clock}" for urgency in URGENCIES for clock in TIMED]
    later = [f"{row}.{urgency}" for row in ("returns", "extension") for urgency in URGENCIES[:CRITICAL]]
    field = next(field for field in (*timed, *later, *given) if not _is_limit(given.get(field, "")))
    words = given.get(field, "")
    return _wrong(
        field, words, f"{field} is {words!r}, which is no limit" if words else f"{field} is missing", WRITE_LIMIT
    )


def _is_limit(words: str) -> bool:
    try:
        return limit_of(words or "nothing") is not None
    except ValueError:
        return False


def _wrong(field: str, value: object, detail: str, remedy: str) -> Refused:
    return Refused("policy", f"not a policy: {detail}", field=field, value=value, remedy=remedy)
