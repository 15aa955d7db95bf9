"""Which tickets somebody may see, as the database is told it: the second line behind the front door's own checks.

Row security reads it (migration ``0016_row_security.sql``); a transaction that was told nothing sees nothing.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

SETTING: Final = "linli.scope"


@dataclass(frozen=True, slots=True)
class Reach:
    """``area`` is a prefix that always applies; ``holder`` the unit, reporter or ticket where ``who`` is one."""

    who: Literal["area", "unit", "reporter", "open311", "ticket"]
    area: str = ""
    holder: str = ""

    def settings(self) -> dict[str, str]:
        """What a transaction is told."""
        return {SETTING: json.dumps({"who": self.who, "area": self.area, "holder": self.holder})}


EVERYTHING: Final = Reach("area")
"""Every ticket of the district."""
