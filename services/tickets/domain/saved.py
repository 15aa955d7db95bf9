"""Filters that people keep: the query of a list under a name of their own."""

from dataclasses import dataclass
from typing import Final

from streams.contracts import Refused

MOST: Final = 30
"""Filters of one person: what fits beside a list."""
LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """One person's filter; ``query`` are the list's own parameters, by name."""

    owner: str
    name: str
    query: dict[str, str]
    at: int


def check_name(name: str) -> str:
    """A name as it is kept.

    Raises:
        Refused: ``invalid``.
    """
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NAME or not kept.isprintable():
        raise Refused(
            "invalid", f"A filter's name has 1 to {LONGEST_NAME} characters.", field="name", value=name,
            remedy="Choose a short name in plain words.",
        )  # fmt: skip
    return kept
