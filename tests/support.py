"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    probe: Callable[[], T], *, within_s: float = 30.0, every_s: float = 0.05, what: str | Callable[[], str] = ""
) -> T:
    """Call ``probe`` until it returns something true; its last answer is in the failure.

    ``what`` is awaited; a callable is asked once the time is up, as for a log that grows meanwhile.
    """
    deadline = time.monotonic() + within_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            said = what() if callable(what) else what
            raise AssertionError(f"still not so after {within_s} s: {said or probe} (last answer {answer!r})")
        time.sleep(every_s)
