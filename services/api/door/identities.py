"""The people register as the front door uses it."""

from dataclasses import dataclass
from typing import Literal

from services.api.door.auth import Caller, Grant
from services.registry import handlers
from services.registry.domain import Grant as Granted
from services.registry.domain import TokenKind
from services.registry.handlers import KeepRosters
from services.registry.ports import Passwords, PeopleStore, Secrets

LONGEST = 200
"""No token or password is longer; what is, is refused before it is hashed."""


@dataclass(frozen=True, slots=True)
class RegisteredPeople:
    """:class:`services.api.door.auth.Identities` over the registry's use cases."""

    store: PeopleStore
    passwords: Passwords
    secrets: Secrets
    session_ms: int
    rosters: KeepRosters

    def sign_in(
        self, name: str, password: str, kind: Literal["session", "api"], *, now: int, address: str = ""
    ) -> Grant | None:
        if len(name) > LONGEST or len(password) > LONGEST or not name.isprintable():
            return None
        lasts = self.session_ms if kind == "session" else None
        granted = handlers.sign_in(
            self.store,
            self.passwords,
            self.secrets,
            name,
            password,
            TokenKind(kind),
            now=now,
            lasts_ms=lasts,
            address=address,
        )
        return _grant(granted)

    def sign_in_as(self, role: str, *, now: int) -> Grant | None:
        """The demo has one user a role, named after it."""
        return _grant(handlers.sign_in_as(self.store, self.secrets, role, now=now, lasts_ms=self.session_ms))

    def caller(self, token: str, *, now: int) -> Caller | None:
        identity = handlers.identify(self.store, token, now=now) if len(token) <= LONGEST else None
        if identity is None:
            return None
        user = self.rosters.acting(identity.user)
        via: Literal["session", "token"] = "session" if identity.kind is TokenKind.SESSION else "token"
        once = user.once_until is not None
        return Caller(user.id, user.name, user.role, user.scope, user.unit, via, identity.csrf, once=once)

    def sign_out(self, caller: Caller, *, now: int) -> None:
        handlers.sign_out(self.store, caller.id, caller.csrf, now=now)


def _grant(granted: Granted | None) -> Grant | None:
    if granted is None:
        return None
    return Grant(granted.token, granted.csrf, granted.expires, granted.user.id, granted.user.role)
