"""Deadlines as data. A ticket takes a copy when it opens: editing them bends no running clock.

Durations are continuous (a working day counts 24 h until calendars arrive). Where the source
names no figure the value is judgement and marked so.
"""

from typing import Final

from sensors.kinds.categories import FIRE_LANE, GAS_LEAK, SEPTIC_GAS
from services.tickets.domain.words import Clock

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

Limits = dict[int, dict[Clock, int]]

_EVERY: Final = {
    Clock.ACCEPT: 2 * HOUR,
    Clock.DISPATCH: 5 * MINUTE,
    Clock.CONTACT: DAY,
    Clock.REDO: 3 * DAY,
    Clock.CALLBACK: DAY,
}

DEFAULT_LIMITS: Final[Limits] = {
    2: {
        **_EVERY,
        Clock.SIGN: 5 * MINUTE,
        Clock.ON_SITE: 30 * MINUTE,
        Clock.RESULT: 2 * HOUR,
        Clock.FINISH: DAY,  # judgement: no later than a major one
        Clock.REVIEW: HOUR,
    },
    1: {
        **_EVERY,
        Clock.SIGN: 15 * MINUTE,
        Clock.ON_SITE: 2 * HOUR,
        Clock.RESULT: 8 * HOUR,  # judgement
        Clock.FINISH: DAY,
        Clock.REVIEW: HOUR,
    },
    0: {
        **_EVERY,
        Clock.SIGN: 4 * HOUR,  # judgement, as the next two
        Clock.ON_SITE: DAY,
        Clock.RESULT: 3 * DAY,
        Clock.FINISH: 7 * DAY,
        Clock.REVIEW: DAY,
    },
}
"""urgency (2 critical, 1 major, 0 ordinary) -> clock -> ms."""

CRITICAL: Final = 2
MAX_RETURNS: Final = 3
"""The third return goes a level up, and is final."""
MAX_MISSES: Final = 3
MISSES_SPAN: Final = 2 * DAY
"""Three calls that reached nobody, over at least two days, end the call-back."""
CITIZEN_REOPEN: Final = 7 * DAY
"""How long after closing a reporter may say "not solved", once."""
SAFETY: Final = frozenset({GAS_LEAK, SEPTIC_GAS, FIRE_LANE})
"""Categories that nobody may withdraw: the danger does not end with the complaint."""
