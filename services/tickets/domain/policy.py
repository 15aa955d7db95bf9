"""Deadlines as data: what a city grants each step. A ticket takes a copy when it opens.

Editing a policy publishes a new version and bends no running clock. The shipped profiles are in
:mod:`services.tickets.domain.profiles`; this module says what a policy is made of.
"""

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
_TIMED: Final = frozenset(Clock) - {Clock.TASK}


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
        for urgency in URGENCIES:
            missing = _TIMED - self.limits.get(urgency, {}).keys()
            if missing:
                raise _wrong(f"limits.{urgency} lacks {', '.join(sorted(missing))}")
        for urgency in URGENCIES[:CRITICAL]:
            if urgency not in self.returns or urgency not in self.extension:
                raise _wrong(f"returns and extension need a limit for urgency {urgency}")
        words_of = [words for row in self.limits.values() for words in row.values()]
        for words in (*words_of, *self.returns.values(), *self.extension.values(), self.wait):
            try:
                limit_of(words or "nothing")
            except ValueError as error:
                raise _wrong(str(error)) from None
        ends = [minute for span in self.hours for minute in span]
        if not ends or sorted(set(ends)) != ends or ends[0] < 0 or ends[-1] > 24 * 60:
            raise _wrong("hours are spans of minutes after midnight, in order and without overlap")
        if self.park_days not in range(1, 91) or self.extensions not in range(10):
            raise _wrong("park_days is 1 to 90, extensions 0 to 9")


def _wrong(detail: str) -> Refused:
    return Refused("policy", f"not a policy: {detail}")
