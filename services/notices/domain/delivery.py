"""What became of an attempt, and what follows from it. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from services.notices.domain.words import Message, State

FIRST_RETRY: Final = 10_000
LONGEST_RETRY: Final = 15 * 60_000
MOST_ATTEMPTS: Final = 8
MOST_ERROR: Final = 300


@dataclass(frozen=True, slots=True)
class Sent:
    """The server acknowledged it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not; ``retry``: the same may succeed later. ``why`` names no address."""

    why: str
    retry: bool


Outcome = Sent | Failed


def settled(message: Message, outcome: Outcome, now: int) -> Message:
    """The message after an attempt (which ``attempts`` counts already)."""
    if isinstance(outcome, Sent):
        return replace(message, state=State.SENT, settled=now, error="")
    again = outcome.retry and message.attempts < MOST_ATTEMPTS
    if not again:
        return replace(message, state=State.DEAD, settled=now, error=outcome.why[:MOST_ERROR])
    pause = min(FIRST_RETRY * 2 ** (message.attempts - 1), LONGEST_RETRY)
    return replace(message, due=now + pause, error=outcome.why[:MOST_ERROR])


def sent_again(message: Message, now: int) -> Message:
    """A person asked for it anew: at once, with all its attempts, alone."""
    return replace(
        message, state=State.WAITING, due=now, expires=max(message.expires, now + 3_600_000), attempts=0, error="",
        settled=None, held=False,
    )  # fmt: skip
