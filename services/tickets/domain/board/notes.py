"""One version of something that the hotline's people keep; who wrote it and when is part of it."""

from enum import StrEnum
from typing import Any

import msgspec

from streams.contracts import Refused


class Noun(StrEnum):
    """What is kept on the board."""

    ANSWER = "answer"
    WORKS = "works"
    SHIFT = "shift"


class Posted(msgspec.Struct, frozen=True):
    """A version as it was posted: what it says never changes. ``at`` epoch ms."""

    noun: Noun
    id: str
    version: int
    at: int
    by: str
    body: dict[str, Any]


def next_of(noun: Noun, named: str, seen: int, newest: Posted | None) -> int:
    """The version that a change of ``named`` gets, made by somebody who saw version ``seen``.

    Raises:
        Refused: ``not-found``; ``conflict`` where somebody changed it meanwhile.
    """
    if newest is None and seen:
        raise Refused("not-found", f"there is no {noun} {named}")
    current = newest.version if newest else 0
    if seen != current:
        raise Refused(
            "conflict", f"{noun} {named} is at version {current}, not {seen}; read it again",
            version=current, value=str(seen),
        )  # fmt: skip
    return current + 1
