"""Who is asking: bearer tokens and session cookies, CSRF, and what a role may do.

The middleware in :mod:`services.api.door.gatekeeper` refuses every request that carries neither, so an
endpoint that forgets to ask is closed, not open. Endpoints take ``Signed`` to learn who it is, and
``Depends(allow(Permission.…))`` to keep roles out; pages :func:`require`.
"""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal, Protocol

from fastapi import Depends, Request

from services.api.problems import ProblemError, refuse
from services.registry.domain import PERMISSIONS, Permission, Role, User
from streams.contracts.areas import contains

CSRF_HEADER: Final = "X-CSRF-Token"
CSRF_FIELD: Final = "csrf_token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. ``scope`` is an area-code prefix, '' the whole district.

    ``csrf`` is what a page puts in its forms (field ``csrf_token``) and in the header
    ``X-CSRF-Token``; a bearer token needs none. ``once``: the password was given to them, and opens
    nothing but the choice of their own.
    """

    id: str
    name: str
    role: Role
    scope: str
    unit: str
    via: Literal["session", "token"]
    csrf: str = ""
    once: bool = False

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Grant:
    """A fresh token (the only time it is readable), its CSRF word and its end, epoch ms."""

    token: str
    csrf: str
    expires: int
    user: str
    role: str


def user_of(caller: Caller) -> User:
    """The caller as the use cases know people."""
    return User(caller.id, caller.name, caller.role, caller.scope, caller.unit)


class Identities(Protocol):
    """What the front door needs of the people register."""

    def sign_in(
        self, name: str, password: str, kind: Literal["session", "api"], *, now: int, address: str = ""
    ) -> Grant | None:
        """A new token, or None where name and password do not fit. ``address``: the network's, where it is known.

        Raises:
            Refused: ``locked``, too many tries failed; ``until`` epoch ms.
        """

    def sign_in_as(self, role: str, *, now: int) -> Grant | None:
        """A new session for the demo user of ``role``, where there is one."""

    def caller(self, token: str, *, now: int) -> Caller | None:
        """Whose token this is, unless it has expired or its person left."""

    def sign_out(self, caller: Caller, *, now: int) -> None:
        """Forget the session that ``caller`` came with."""


async def current(request: Request) -> Caller:
    """The caller that the gatekeeper found.

    It waits for nothing, and is a coroutine all the same, as :func:`allow` is: a plain function is run on a thread.

    Raises:
        ProblemError: 401, on a public address without a sign-in.
    """
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise unauthorised()
    return caller


Signed = Annotated[Caller, Depends(current)]


def address_of(request: Request) -> str:
    """Where a request came from; a proxy in front is told to uvicorn, which then names the client."""
    return request.client.host if request.client else ""


def unauthorised() -> ProblemError:
    return refuse(
        401,
        "unauthorised",
        "This address answers signed-in people only, and the token is missing, wrong or expired.",
        "Send Authorization: Bearer <token>; POST /api/v1/tokens with name and password gives one.",
        headers={"WWW-Authenticate": 'Bearer realm="linli"'},
    )


def require(caller: Caller, *permissions: Permission) -> None:
    """Refuse 403 whoever holds none of ``permissions``."""
    if not any(caller.may(permission) for permission in permissions):
        wanted = sorted(role for role in Role if PERMISSIONS[role].intersection(permissions))
        raise refuse(
            403,
            "role",
            f"Your role {caller.role} may not do this.",
            f"Sign in as one of: {', '.join(wanted)}.",
            field="role",
            value=caller.role,
            extra={"allowed": wanted},
        )


def allow(*permissions: Permission) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency that lets in whoever holds one of ``permissions``."""

    async def check(caller: Signed) -> Caller:
        require(caller, *permissions)
        return caller

    return check


def within(caller: Caller, area: str, what: str) -> None:
    """Refuse 403 where ``area`` is outside the caller's scope."""
    if not contains(caller.scope, area):
        raise refuse(
            403,
            "scope",
            f"{what} lies outside your area {caller.scope}.",
            "Ask someone whose area holds it, or an administrator to widen yours.",
            field="area",
            value=area,
        )


async def csrf(request: Request) -> AsyncIterator[None]:
    """Refuse a change that came by cookie without the session's CSRF word; close the form's files afterwards.

    Raises:
        ProblemError: 403.
    """
    try:
        await _check_csrf(request)
        yield
    finally:
        await request.close()


async def _check_csrf(request: Request) -> None:
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None or caller.via == "token" or request.method in SAFE_METHODS:
        return
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(FORMS):
        word = (await request.form()).get(CSRF_FIELD, "")
        given = word if isinstance(word, str) else ""
    if not hmac.compare_digest(given.encode(), caller.csrf.encode()):
        raise refuse(
            403,
            "csrf",
            "The page's form is older than your sign-in, or came from elsewhere.",
            f"Reload the page; programs send {CSRF_HEADER}, or a bearer token instead of the cookie.",
            field=CSRF_HEADER,
        )
