"""Signing in and out: passwords for people, hashed tokens for what comes after."""

import hashlib

from services.registry.domain import API_TOKEN_MS, SESSION_MS, Grant, Identity, Token, TokenKind, User
from services.registry.ports import Passwords, PeopleStore, Secrets

LASTS_MS = {TokenKind.SESSION: SESSION_MS, TokenKind.API: API_TOKEN_MS}


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
) -> Grant | None:
    """A new token, or None where name and password do not fit; both answers take as long."""
    user, password_hash = store.get_user(user_id), store.password_hash(user_id)
    if user is None or password_hash is None or not user.active:
        passwords.hash(password)  # an unknown name must not answer sooner than a wrong password
        return None
    if not passwords.fits(password_hash, password):
        return None
    return _grant(store, secrets, user, kind, now=now, lasts_ms=lasts_ms)


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


def sign_out(store: PeopleStore, user_id: str, csrf: str) -> None:
    """Forget one session, known by its form word."""
    store.drop_token(user_id, csrf)


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
