"""What lives as long as its process stays out of Python's collections (ADR 72, 74)."""

import gc


def collect_less_often(youngest: int) -> None:
    """Let ``youngest`` objects come together before they are looked through, not Python's 700.

    The older generations keep their thresholds.
    """
    gc.set_threshold(youngest, *gc.get_threshold()[1:])


def leave_out() -> None:
    """Collect once, and leave out whatever lives then."""
    gc.collect()
    gc.freeze()
