"""Answers that may be a little old, so that a busy wall of screens asks the database once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """What was asked lately, by name and scope; ``now`` is in epoch ms."""

    now: Callable[[], int]
    kept: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)

    def get(self, name: str, scope: str, age: int, ask: Callable[[], R]) -> R:
        """The answer of at most ``age`` ms ago, else a new one."""
        at, value = self.kept.get((name, scope), (-age - 1, None))
        if self.now() - at > age or value is None:
            value = ask()
            self.kept[name, scope] = (self.now(), value)
        answer: R = value
        return answer
