"""How often a sign-in may fail: guessing is slow, by name and by address, and the locked learn how long. Pure."""

from dataclasses import dataclass
from typing import Final

MINUTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Limit:
    """After ``failures`` within ``window_ms`` nothing more is tried for ``lock_ms``."""

    failures: int
    window_ms: int
    lock_ms: int


ACCOUNT: Final = Limit(5, 15 * MINUTE, 15 * MINUTE)
"""Ours: well below the 100 in a row that NIST SP 800-63B allows at most, and above what a person mistypes."""
ADDRESS: Final = Limit(30, 15 * MINUTE, 15 * MINUTE)
"""One address may be a whole office behind one router, so it has more."""


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries of one key that did not end well; ``until`` is when they are forgotten, epoch ms."""

    failures: int
    until: int

    def locked(self, limit: Limit) -> bool:
        """Whether this very try came too late to be looked at."""
        return self.failures > limit.failures


def counted(tries: Tries | None, limit: Limit, now: int) -> Tries:
    """One more try, counted before its password is looked at, so that many at once are no way around."""
    if tries is None or tries.until <= now:
        return Tries(1, now + limit.window_ms)
    failures = tries.failures + 1
    return Tries(failures, now + limit.lock_ms if failures == limit.failures else tries.until)


def keys_of(user_id: str, address: str) -> tuple[tuple[str, Limit], ...]:
    """What a try counts against; an address that is not known counts against none."""
    account = ((f"account {user_id}", ACCOUNT),)
    return (*account, (f"address {address}", ADDRESS)) if address else account
