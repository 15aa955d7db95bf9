"""Answers that may be a little old, so that what many look at is worked out once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

R = TypeVar("R")

MOST: Final = 1_000
"""Answers kept. A question names a scope or a period, and of those there is no end."""


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """What was asked lately; of more than ``most`` answers, the one that was given longest ago goes first.

    ``now`` is in epoch ms. Threads may share one; two that ask at the same moment may both be answered anew.
    """

    now: Callable[[], int]
    most: int = MOST
    _kept: OrderedDict[Hashable, tuple[int, Any]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, age: int, ask: Callable[[], R]) -> R:
        """The answer to ``key`` of at most ``age`` ms ago, else a new one."""
        with self._lock:
            known = self._kept.get(key)
        if known is not None and 0 <= self.now() - known[0] <= age:
            kept: R = known[1]
            return kept
        answer = ask()  # outside the lock: one slow question keeps nobody else waiting
        with self._lock:
            self._kept[key] = (self.now(), answer)
            self._kept.move_to_end(key)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return answer
