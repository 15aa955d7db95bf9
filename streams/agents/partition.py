"""What a worker keeps of one assigned partition between its records."""

import math
from typing import Any, Final

from streams.agents.sending import Acknowledged, Hand
from streams.agents.stages import PureShard
from streams.contracts.topics import PARTITIONS

SAVE_EVERY_S: Final = 10.0
MOST_UNACKED: Final = 5_000
Passing = tuple[Hand, Acknowledged]
"""A tick on its way to the second stage: how it is handed over once more, and what to await."""


class Partition:
    """One assigned partition: its shard, and the inputs that are not yet acknowledged.

    ``ticking`` holds ticks that are on their way to the second stage: nobody waits for one before
    the input that brought it is to be acknowledged. ``now`` and its like are seconds that only run on.
    """

    def __init__(self, number: int, shard: PureShard, offset: int, now: float) -> None:
        self.shard = shard
        self.unacked: list[Any] = []
        self.ticking: list[Passing] = []
        self.next = offset
        self.hole_since: float | None = None
        self.rewound = -math.inf
        self.saved = now - SAVE_EVERY_S * number / PARTITIONS  # or all would be written at once, and alarms wait

    def due(self, now: float) -> bool:
        """Whether everything that has changed is to be written, so that inputs can be acknowledged."""
        return now - self.saved >= SAVE_EVERY_S or len(self.unacked) >= MOST_UNACKED
