"""Password hashes by Argon2id, and unguessable words by the operating system."""

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """Argon2id with the parameters that OWASP names first: 19 MiB, two passes, one lane.

    The library's own (64 MiB, three passes, four lanes) took 2 s a sign-in on two busy cores.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter that is taken for another, aloud or in print."""


class RandomSecrets:
    """256 random bits, URL-safe; 79 bits, readable."""

    def word(self) -> str:
        return secrets.token_urlsafe(32)

    def phrase(self) -> str:
        return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
