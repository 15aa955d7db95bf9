"""Signing in and out: passwords for people, hashed tokens for what comes after."""

import hashlib
from collections.abc import Sequence
from typing import Final

from services.audit import Did, Entry, said
from services.registry.domain import API_TOKEN_MS, SESSION_MS, Grant, Identity, Token, TokenKind, User
from services.registry.domain.lockout import MINUTE, Limit, Tries, keys_of
from services.registry.ports import Passwords, PeopleStore, Secrets
from streams.contracts import Refused

LASTS_MS = {TokenKind.SESSION: SESSION_MS, TokenKind.API: API_TOKEN_MS}
UNKNOWN: Final = "-"
"""Who a try names where it names nobody."""


def sign_in(
    store: PeopleStore,
    passwords: Passwords,
    secrets: Secrets,
    user_id: str,
    password: str,
    kind: TokenKind,
    *,
    now: int,
    lasts_ms: int | None = None,
    address: str = "",
) -> Grant | None:
    """A new token, or None where name and password do not fit; both answers take as long.

    Raises:
        Refused: ``locked``, the name or the address failed too often; ``until`` is when it ends, epoch ms.
    """
    user = prove(store, passwords, user_id, password, now=now, address=address)
    return None if user is None else _grant(store, secrets, user, kind, now=now, lasts_ms=lasts_ms)


def prove(
    store: PeopleStore, passwords: Passwords, user_id: str, password: str, *, now: int, address: str
) -> User | None:
    """The person whose password this is, or None; the try counts against the name and the address.

    Raises:
        Refused: ``locked``, as :func:`sign_in`.
    """
    keys = keys_of(user_id, address)
    _refuse_locked(store, user_id, address, [(store.count_try(key, limit, now), limit) for key, limit in keys], now)
    user, password_hash = store.get_user(user_id), store.password_hash(user_id)
    expired = user is not None and user.once_until is not None and user.once_until <= now
    if user is None or password_hash is None or not user.active or expired:
        passwords.hash(password)  # an unknown name must not answer sooner than a wrong password
        store.note(_entry(user_id if user else UNKNOWN, address, now))
        return None
    if not passwords.fits(password_hash, password):
        store.note(_entry(user_id, address, now))
        return None
    store.forgive([key for key, _ in keys[:1]])
    store.excuse([key for key, _ in keys[1:]])
    return user


def sign_in_as(
    store: PeopleStore, secrets: Secrets, user_id: str, *, now: int, lasts_ms: int | None = None
) -> Grant | None:
    """A session without a password, for a caller who has proved otherwise who it is (the demo's links)."""
    user = store.get_user(user_id)
    if user is None or not user.active:
        return None
    return _grant(store, secrets, user, TokenKind.SESSION, now=now, lasts_ms=lasts_ms)


def identify(store: PeopleStore, token: str, *, now: int) -> Identity | None:
    """Whose token this is, unless it has expired or its person has left."""
    identity = store.identify(token_hash(token), now)
    return identity if identity is not None and identity.user.active else None


def sign_out(store: PeopleStore, user_id: str, csrf: str, *, now: int) -> None:
    """Forget one session, known by its form word."""
    store.drop_token(user_id, csrf, now=now)


def _refuse_locked(
    store: PeopleStore, user_id: str, address: str, tries: Sequence[tuple[Tries, Limit]], now: int
) -> None:
    """Raises: Refused, ``locked``. The first refusal of a lock is kept in the audit log, the rest only counted."""
    locked = [(each, limit) for each, limit in tries if each.locked(limit)]
    if not locked:
        return
    until = max(each.until for each, _ in locked)
    if any(each.failures == limit.failures + 1 for each, limit in locked):
        name = user_id if store.get_user(user_id) else UNKNOWN
        store.note(_entry(name, address, now, locked_until=until))
    minutes = -(-(until - now) // MINUTE)
    raise Refused(
        "locked",
        f"Too many sign-ins failed; the next is looked at in {minutes} min.",
        field="name", value=user_id, until=until, seconds=-(-(until - now) // 1000),
        remedy="Wait, or have an administrator reset it on the people page.",
    )  # fmt: skip


def _entry(name: str, address: str, now: int, **more: object) -> Entry:
    """A name that is nobody's is not kept: people type their password there."""
    return Entry(now, name, Did.SIGN_IN_REFUSED, "", said(address=address, **more))


def token_hash(token: str) -> bytes:
    """What is stored of a token; it has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def _grant(
    store: PeopleStore, secrets: Secrets, user: User, kind: TokenKind, *, now: int, lasts_ms: int | None
) -> Grant:
    word, csrf = secrets.word(), secrets.word()
    expires = now + (LASTS_MS[kind] if lasts_ms is None else lasts_ms)
    store.add_token(Token(token_hash(word), user.id, kind, csrf, created=now, expires=expires))
    return Grant(word, csrf, expires, user)
