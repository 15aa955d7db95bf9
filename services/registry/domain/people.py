"""People, their roles, what a role may do and where. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.audit import Did, Entry, said
from streams.contracts.areas import contains

SESSION_MS: Final = 12 * 3_600_000
"""A page's session lasts one shift."""
API_TOKEN_MS: Final = 30 * 86_400_000


class Role(StrEnum):
    """居民, 网格员, 网格长, 话务员, 派单员, 处置人员, 单位负责人, 督办, 平台值班, 管理员."""

    CITIZEN = "citizen"
    GRID_WORKER = "grid_worker"
    GRID_MANAGER = "grid_manager"
    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    UNIT_HANDLER = "unit_handler"
    UNIT_LEADER = "unit_leader"
    SUPERVISOR = "supervisor"
    ONCALL = "oncall"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What may be done; who may act on a ticket in which state stands in the tickets' own table."""

    WATCH = "watch"
    """See devices, readings, alarms and areas."""
    ACKNOWLEDGE = "acknowledge"
    """Acknowledge an alarm."""
    RESET = "reset"
    """Reset a latched alarm, close one by hand, shelve it, take it out of service, approve another's shelving."""
    REPORT = "report"
    """Open a ticket."""
    TICKETS = "tickets"
    """See the tickets of one's scope, not only one's own reports."""
    CALLERS = "callers"
    """See a reporter's telephone number."""
    DEVICES = "devices"
    """Register, adopt, change and retire devices."""
    DEAD_LETTERS = "dead_letters"
    """See quarantine and refused messages, and replay them."""
    PLATFORM = "platform"
    """See and acknowledge what Prometheus says about the platform itself."""
    RULES = "rules"
    """Write the rules: what counts as an alarm, in one's area."""
    TARGETS = "targets"
    """Set what alarm quality is measured against."""
    AUDIT = "audit"
    """Read the audit log; it knows no areas, so only whose scope is the whole district."""
    PEOPLE = "people"
    """Manage users and their tokens."""


_WATCHERS: Final = frozenset({Permission.WATCH, Permission.TICKETS, Permission.REPORT})
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.CITIZEN: frozenset({Permission.REPORT}),
    Role.GRID_WORKER: _WATCHERS | {Permission.ACKNOWLEDGE},
    Role.GRID_MANAGER: _WATCHERS | {Permission.ACKNOWLEDGE, Permission.RESET, Permission.DEVICES},
    Role.OPERATOR: _WATCHERS | {Permission.ACKNOWLEDGE, Permission.CALLERS},
    Role.DISPATCHER: _WATCHERS | {Permission.ACKNOWLEDGE, Permission.CALLERS},
    Role.UNIT_HANDLER: _WATCHERS | {Permission.ACKNOWLEDGE},
    Role.UNIT_LEADER: _WATCHERS | {Permission.ACKNOWLEDGE},
    Role.SUPERVISOR: _WATCHERS
    | {Permission.ACKNOWLEDGE, Permission.RESET, Permission.CALLERS, Permission.RULES, Permission.TARGETS}
    | {Permission.AUDIT},
    Role.ONCALL: frozenset({Permission.WATCH, Permission.PLATFORM, Permission.DEAD_LETTERS, Permission.DEVICES}),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class User:
    """A person. ``id`` is the sign-in name; ``scope`` an area-code prefix, '' the whole district.

    ``unit`` binds the people of a unit to it. ``once_until``, epoch ms: the password was given to them,
    is good until then and has to be replaced; None where they chose it themselves.
    """

    id: str
    name: str
    role: Role
    scope: str = ""
    unit: str = ""
    active: bool = True
    once_until: int | None = None
    version: int = 1


class TokenKind(StrEnum):
    SESSION = "session"
    API = "api"


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: its hash, never itself. ``csrf`` is the session's form word."""

    hash: bytes
    user: str
    kind: TokenKind
    csrf: str
    created: int
    expires: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A fresh token, readable this once."""

    token: str
    csrf: str
    expires: int
    user: User


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token a request carried."""

    user: User
    kind: TokenKind
    csrf: str


def made(token: Token) -> Entry:
    """What the audit log says of a token that was made."""
    did = Did.SIGN_IN if token.kind is TokenKind.SESSION else Did.TOKEN
    return Entry(token.created, token.user, did, f"person {token.user}", said(expires=token.expires))


def may(user: User, permission: Permission, area: str | None = None) -> bool:
    """Whether ``user`` may do this, in ``area`` (None: where no place is concerned)."""
    return user.active and permission in PERMISSIONS[user.role] and (area is None or contains(user.scope, area))
