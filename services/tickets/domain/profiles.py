"""The shipped policies. Where no source names a figure it is judgement, and marked so.

Sources: Beijing's DB11/T 2021-2022 in its consultation draft (2 h, 24 h, 7 d, 15 d; no "working"
in its wording, so they run on); Shanghai's Xiayang street 2022 (first contact one working day,
five to handle, three to handle again, fifteen with approval); Shandong 2020 (five working days,
at most ten more, a return within two) with the provincial yellow and red cards.
"""

from types import MappingProxyType
from typing import Final

from services.tickets.domain.policy import Limits, Policy
from services.tickets.domain.words import Clock

_EVERY: Final[Limits] = {
    Clock.ACCEPT: "2h", Clock.DISPATCH: "5m", Clock.CONTACT: "1wd", Clock.REDO: "3wd", Clock.CALLBACK: "24h",
}  # fmt: skip
_CRITICAL: Final[Limits] = {
    **_EVERY,
    Clock.SIGN: "5m", Clock.ON_SITE: "30m", Clock.RESULT: "2h", Clock.REVIEW: "1h",
    Clock.FINISH: "24h",  # judgement: no later than a major one
}  # fmt: skip
_MAJOR: Final[Limits] = {
    **_EVERY,
    Clock.SIGN: "15m", Clock.ON_SITE: "2h", Clock.FINISH: "24h", Clock.REVIEW: "1h",
    Clock.RESULT: "8h",  # judgement
}  # fmt: skip
_ORDINARY: Final[Limits] = {
    **_EVERY,
    Clock.SIGN: "4wh", Clock.ON_SITE: "1wd", Clock.RESULT: "3wd",  # judgement, all three
    Clock.FINISH: "5wd", Clock.REVIEW: "1wd",
}  # fmt: skip
_RETURNS: Final = {0: "2wd", 1: "2h"}

DEFAULT: Final = Policy(
    name="default", version=1, limits={0: _ORDINARY, 1: _MAJOR, 2: _CRITICAL}, returns=_RETURNS,
    extension={0: "10wd", 1: "24h"},
)  # fmt: skip
BEIJING: Final = Policy(
    name="beijing",
    version=1,
    limits={
        0: {**_ORDINARY, Clock.SIGN: "4h", Clock.ON_SITE: "24h", Clock.RESULT: "3d", Clock.FINISH: "7d",
            Clock.CONTACT: "24h", Clock.REVIEW: "24h", Clock.REDO: "3d"},
        1: {**_MAJOR, Clock.CONTACT: "24h", Clock.REDO: "24h"},
        2: {**_CRITICAL, Clock.FINISH: "2h", Clock.CONTACT: "1h", Clock.REDO: "2h"},
    },
    returns={0: "2d", 1: "2h"},
    extension={0: "8d", 1: "24h"},
    extensions=1,
    wait="3d",
)  # fmt: skip
SHANGHAI_STREET: Final = Policy(
    name="shanghai-street", version=1, limits={0: _ORDINARY, 1: _MAJOR, 2: _CRITICAL}, returns=_RETURNS,
    extension={0: "10wd", 1: "24h"}, extensions=1,
)  # fmt: skip
SHANDONG: Final = Policy(
    name="shandong",
    version=1,
    limits={0: {**_ORDINARY, Clock.SIGN: "1wd"}, 1: _MAJOR, 2: _CRITICAL},
    returns=_RETURNS,
    extension={0: "10wd", 1: "24h"},
)

SHIPPED: Final = MappingProxyType({policy.name: policy for policy in (DEFAULT, BEIJING, SHANGHAI_STREET, SHANDONG)})
