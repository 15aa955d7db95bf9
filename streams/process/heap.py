"""What lives as long as its process stays out of Python's collections (ADR 72, 74)."""

import gc
from typing import Final

YOUNGEST: Final = 50_000
"""Objects made before the youngest are looked through, not Python's 700: most of a request's or a record's are gone
by then."""


def collect_less_often() -> None:
    """Let more come together before the youngest are looked through; the older generations keep their thresholds."""
    gc.set_threshold(YOUNGEST, *gc.get_threshold()[1:])


def leave_out() -> None:
    """Collect once, and leave out whatever lives then."""
    gc.collect()
    gc.freeze()
