"""Administering people: what an entry may say, which changes nobody may make, what a password has to be. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Final

from services.registry.domain.lockout import ACCOUNT, ADDRESS, Limit, Tries
from services.registry.domain.people import Permission, Role, User, may
from streams.contracts import Refused

OF_A_UNIT: Final = frozenset({Role.UNIT_HANDLER, Role.UNIT_LEADER})
ONCE_MS: Final = 72 * 3_600_000
"""A password that was given lasts over a weekend, and no longer."""
SHORTEST: Final = 12
LONGEST: Final = 200
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_LIMITS: Final[dict[str, Limit]] = {"account": ACCOUNT, "address": ADDRESS}


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change of an entry; None leaves a field as it is."""

    name: str | None = None
    role: Role | None = None
    scope: str | None = None
    unit: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A name or an address whose next sign-in is not looked at before ``until``, epoch ms.

    ``kind`` is ``account`` or ``address``; ``name`` is '' where the name is nobody's: people type
    their password there, so it is shown to nobody.
    """

    kind: str
    name: str
    until: int


def administers(user: User) -> bool:
    """Whether ``user`` keeps the register of people: it knows no areas, so the whole district's alone do."""
    return may(user, Permission.PEOPLE) and user.scope == ""


def changed_entry(user: User, changes: Changes) -> User:
    """The entry with what was changed of it; who is no longer of a unit's people leaves the unit."""
    role = user.role if changes.role is None else changes.role
    unit = user.unit if changes.unit is None else changes.unit
    return replace(
        user,
        name=user.name if changes.name is None else changes.name,
        role=role,
        scope=user.scope if changes.scope is None else changes.scope,
        unit="" if changes.unit is None and role not in OF_A_UNIT else unit,
        active=user.active if changes.active is None else changes.active,
    )


def check_entry(user: User, *, scope_known: bool, unit_known: bool) -> None:
    """Whether an entry can stand as it is written.

    Raises:
        Refused: ``fields`` with the field, its value and what would do.
    """
    if not _ID.fullmatch(user.id):
        raise _wrong(
            "id", user.id, "a sign-in name is 2 to 64 small letters, digits, dots, dashes or underscores, and begins "
            "with a letter or digit", "Choose such a name, as in chen.qiang."
        )  # fmt: skip
    if not user.name.strip() or len(user.name) > LONGEST or not user.name.isprintable():
        raise _wrong("name", user.name, "a person has a name of 1 to 200 printable characters", "Write the name.")
    if user.scope and not scope_known:
        raise _wrong(
            "scope", user.scope, f"there is no area {user.scope}", "Take a code of the list of areas, or none."
        )
    if user.role in OF_A_UNIT and not unit_known:
        raise _wrong(
            "unit", user.unit, f"{user.role} works for a unit, and there is no unit '{user.unit}'",
            "Take an id of the list of units.",
        )  # fmt: skip
    if user.role not in OF_A_UNIT and user.unit:
        raise _wrong("unit", user.unit, f"{user.role} belongs to no unit", "Leave the unit empty, or change the role.")


def check_change(by: User, before: User, after: User) -> None:
    """Whether ``by`` may make this of a person's entry.

    Raises:
        Refused: ``own_role``, nobody takes the administrator's rights from themselves.
    """
    if by.id == before.id and administers(before) and not administers(after):
        raise Refused(
            "own_role", "you would take your own administrator's rights away", field="role", value=str(after.role),
            remedy="Ask another administrator of the whole district to do it.",
        )  # fmt: skip


def last_administrator(person: str) -> Refused:
    """What the store raises where nobody would be left who can sign in and administer."""
    return Refused(
        "last_administrator", f"{person} is the last one who can sign in and administer the district", field="role",
        value=person, remedy="Make somebody else an administrator first, and let them sign in.",
    )  # fmt: skip


def check_password(user: User, password: str) -> None:
    """Whether a person may choose this word: long, and not their name. What it is made of is theirs.

    Raises:
        Refused: ``fields``; the word itself is never repeated.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise _wrong(
            "password", "", f"a password has {SHORTEST} to {LONGEST} characters, and this one has {len(password)}",
            "Three or four words in a row are long enough and easy to remember.",
        )  # fmt: skip
    if user.id.lower() in password.lower() or len(set(password)) < 5:
        raise _wrong(
            "password", "", "the password holds the sign-in name, or hardly any different characters",
            "Choose one that nobody tries first.",
        )  # fmt: skip


def differences(before: User, after: User) -> dict[str, str]:
    """What changed, as the audit log says it."""
    names = ("name", "role", "scope", "unit", "active")
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: f"{_said(old)} → {_said(new)}" for name, (old, new) in pairs.items() if old != new}


def locked_now(tries: dict[str, Tries], known: frozenset[str]) -> tuple[Lock, ...]:
    """The locks among what is counted, the one that lasts longest first; ``known`` are sign-in names."""
    found = []
    for key, counted in tries.items():
        kind, _, name = key.partition(" ")
        if kind in _LIMITS and counted.failures >= _LIMITS[kind].failures:
            found.append(Lock(kind, name if kind == "address" or name in known else "", counted.until))
    return tuple(sorted(found, key=lambda lock: (-lock.until, lock.kind, lock.name)))


def _said(value: object) -> str:
    return "—" if value == "" else str(value)


def _wrong(field: str, value: str, detail: str, remedy: str) -> Refused:
    return Refused("fields", detail, field=field, value=value, wrong=[field], remedy=remedy)
