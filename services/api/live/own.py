"""The live stream of whoever reported something: that their own tickets moved, and nothing that tells of another's.

The log names no reporter, so which tickets are theirs is read from the tickets themselves, within the
bounds of the request, when the stream begins and again while it lasts: one reported meanwhile is heard of.
"""

from collections.abc import Callable
from typing import Final

from services.api.live.messages import TICKET, LiveMessage, for_reporter
from services.api.live.stream import Voice

MOST: Final = 200
"""A person's newest reports that are followed."""
MOST_STREAMS: Final = 1_000
"""Streams of one process beyond which no reporter's begins: each costs a little with every message of the city."""
AGAIN_S: Final = 30.0
"""How often it is looked whether the reader still is who they were, and what else they reported."""
VOICE: Final = Voice(for_reporter, placed=False)


class OwnTickets:
    """Which tickets are the reader's; ``read`` asks for their ids."""

    def __init__(self, read: Callable[[], frozenset[str]]) -> None:
        self._read = read
        self._ids = read()

    def look(self) -> None:
        self._ids = self._read()

    def accepts(self, message: LiveMessage) -> bool:
        return message.event == TICKET and message.ticket in self._ids
