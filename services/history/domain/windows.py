"""How a list walks back through time: near windows first, so that no query reads all of history."""

from collections.abc import Iterator
from typing import Final

FIRST_MS: Final = 60_000
GROWTH: Final = 8
BEGINNING: Final = -(1 << 63)
END: Final = (1 << 63) - 1
KNOWN_SPAN_MS: Final = 400 * 86_400_000
"""Older than this only misdated readings exist; the last window takes them all."""


def windows(*, start: int | None, end: int | None, now: int) -> Iterator[tuple[int, int]]:
    """Adjoining windows ``(from, to)``, newest first, that cover ``start`` to ``end``.

    ``to`` is excluded. The first takes what lies in the future, then each is ``GROWTH`` times the
    one before: a short page is found in the first minutes, a rare reading in a handful of queries.
    """
    floor = BEGINNING if start is None else start
    to = END if end is None else end
    ahead = now + FIRST_MS
    if to > ahead:
        yield max(floor, ahead), to
        to = ahead
    span = FIRST_MS
    while to > floor:
        since = floor if span > KNOWN_SPAN_MS else max(floor, to - span)
        yield since, to
        to, span = since, span * GROWTH
