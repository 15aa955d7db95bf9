"""The audit log: who signed in, saw a masked number, changed a rule or a person, chained entry by entry.

Every schema that has something to audit keeps a chain of its own, written in the same transaction as
what it tells of. An entry's hash covers the hash before it, so a change, a removal or an insertion
breaks every entry behind it. What the chain cannot show is that its end was cut off: for that the
last number and hash are written to the process's log, and ``linli-audit`` compares a noted one. Pure.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from services.paging import Key, Page
from streams.contracts import Refused

CHAINS: Final = ("registry", "tickets", "alarms")
"""The schemas that keep one."""
GENESIS: Final = bytes(32)
"""What the first entry has before it."""
SHORTEST_REASON: Final = 4
"""Characters of a reason: "x" explains nothing to whoever reads the log."""
LONGEST_REASON: Final = 200


class Did(StrEnum):
    """What is audited."""

    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    TOKEN = "token"  # noqa: S105 - the making of one
    UNMASK = "unmask"
    EXPORT = "export"
    RULE = "rule"
    POLICY = "policy"
    POLICY_PUBLISHED = "policy_published"
    CATALOGUE = "catalogue"
    PERSON = "person"
    DUTY = "duty"
    ERASE = "erase"
    ENTRY_CARD = "entry_card"
    HOLD = "hold"
    MAINTENANCE = "maintenance"
    FEEDBACK_LINK = "feedback_link"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. ``at`` epoch ms; ``by`` a sign-in name; ``subject`` what it was done to.

    ``detail`` is JSON, and never holds what was hidden: that a number was seen, not the number.
    """

    at: int
    by: str
    did: Did
    subject: str = ""
    detail: str = "{}"
    role: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry in its chain, as it stands there: ``did`` is text, whatever somebody made of it."""

    chain: str
    number: int
    at: int
    by: str
    role: str
    did: str
    subject: str
    detail: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry of a chain that is not as it was written, and what is wrong with it."""

    chain: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Every field narrows; times are epoch ms, ``until`` excluded."""

    by: str = ""
    did: str = ""
    subject: str = ""
    since: int | None = None
    until: int | None = None


class AuditReader(Protocol):
    """The chains as people read them, newest first."""

    def list_entries(self, filters: AuditFilter, *, limit: int, after: Key | None) -> Page[Kept]:
        """The key of a page is (at, chain, number)."""


class AuditLog(AuditReader, Protocol):
    """… and written where nothing else changes: somebody took something out of the house."""

    def append(self, chain: str, entry: Entry) -> None: ...


def said(**detail: object) -> str:
    """A detail as it is kept."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def checked_reason(why: str) -> str:
    """The reason as it is kept.

    Raises:
        Refused: ``fields``, it explains nothing.
    """
    reason = " ".join(why.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(
            "fields", f"reason has {len(reason)} characters; it is kept, and has {SHORTEST_REASON} to {LONGEST_REASON}",
            wrong=["reason"], value=reason[:80],
            remedy="Say what you need the number for, such as: call back about the leak.",
        )  # fmt: skip
    return reason


def canonical(entry: Kept) -> bytes:
    """What the hash covers besides the hash before: every field with its length, so that none runs into the next."""
    fields = (entry.number, entry.at, entry.by, entry.role, entry.did, entry.subject, entry.detail)
    return b"".join(b"%d:%s" % (len(raw), raw) for raw in (str(field).encode() for field in fields))


def chained(entry: Kept) -> bytes:
    """The hash that ``entry`` must have."""
    return hashlib.sha256(entry.previous + canonical(entry)).digest()


def first_broken(
    entries: Iterable[Kept], *, number: int = 0, last: bytes = GENESIS
) -> tuple[Broken | None, int, bytes]:
    """Walk entries behind entry ``number`` with hash ``last``: what is broken, and where the sound part ends."""
    for entry in entries:
        if entry.number != number + 1:
            return (
                Broken(entry.chain, number + 1, f"it is missing: the next one there is has number {entry.number}"),
                number,
                last,
            )
        if entry.previous != last:
            return Broken(entry.chain, entry.number, "it does not continue the entry before it"), number, last
        if chained(entry) != entry.hash:
            return Broken(entry.chain, entry.number, "its fields are not those that its hash was made of"), number, last
        number, last = entry.number, entry.hash
    return None, number, last


def every_broken(
    entries: Iterable[Kept], *, number: int = 0, last: bytes = GENESIS
) -> tuple[tuple[Broken, ...], int, bytes]:
    """As :func:`first_broken`, and goes on behind each: all that is broken, and the end that there is."""
    found: list[Broken] = []
    for entry in entries:
        broken, _, _ = first_broken((entry,), number=number, last=last)
        found += [broken] if broken is not None else []
        number, last = entry.number, entry.hash
    return tuple(found), number, last


def detail_of(entry: Kept) -> Mapping[str, object]:
    """The detail as it reads; one that is no JSON object any more is shown as it stands."""
    try:
        found = json.loads(entry.detail)
    except ValueError:
        return {"detail": entry.detail}
    return found if isinstance(found, dict) else {"detail": entry.detail}
