"""Area codes: digits in levels, so that a prefix is a scope.

6 county (GB/T 2260) + 3 street + 3 community + 3 grid (15 digits, as the DB11 unit grids),
+ 5 building (20 digits).
"""

import re
from typing import Final

LEVELS: Final = {6: "county", 9: "street", 12: "community", 15: "grid", 20: "building"}
COMMUNITY_LENGTH: Final = 12
GRID_LENGTH: Final = 15
_SCIENTIFIC: Final = re.compile(r"[0-9.]+[eE]\+?[0-9]+")


def level_of(code: str) -> str | None:
    """Name the level of an area code, or None when it is not one."""
    return LEVELS.get(len(code)) if code.isascii() and code.isdigit() else None


def was_rounded(code: str) -> bool:
    """Whether a spreadsheet took a code for a number, as 9.90101E+14: its last digits are lost."""
    return bool(_SCIENTIFIC.fullmatch(code))


def is_grid(code: str) -> bool:
    return level_of(code) == "grid"


def contains(scope: str, code: str) -> bool:
    """Whether ``code`` lies in ``scope``; the empty scope holds everything."""
    return code.startswith(scope)


def ancestors(code: str) -> tuple[str, ...]:
    """The codes above ``code``, widest first, itself excluded."""
    return tuple(code[:length] for length in LEVELS if length < len(code))
