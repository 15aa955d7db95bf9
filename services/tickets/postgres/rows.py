"""Rows of the tickets schema as the domain's values."""

from functools import lru_cache
from typing import Any

import msgspec

from services.tickets.domain import Event, Policy, Ticket
from services.tickets.domain.policy import Enforced, Published


def ticket_of(body: Any) -> Ticket:
    """A ticket from its jsonb column."""
    return msgspec.convert({**body, "policy": _copied(msgspec.json.encode(body["policy"]))}, Ticket, str_keys=True)


@lru_cache(maxsize=256)
def _copied(words: bytes) -> Policy:
    """The policy that a ticket took a copy of. All tickets of a version took the same one: it is checked once.

    To check it with each ticket took four fifths of the time in which a ticket is read.
    """
    return msgspec.json.decode(words, type=Policy)


def policy_of(body: Any) -> Policy:
    """A policy from its jsonb column."""
    return msgspec.convert(body, Policy, str_keys=True)


def published_of(row: tuple[Any, ...]) -> Published:
    """From ``body, by, at, reason``."""
    body, by, at, reason = row
    return Published(policy_of(body), by, at, reason)


def enforced_of(row: tuple[Any, ...]) -> Enforced:
    """From ``name, version, by, at, reason``."""
    name, version, by, at, reason = row
    return Enforced(name, version, by, at, reason)


def event_of(row: tuple[Any, ...]) -> Event:
    """An event from ``ticket, version, action, old, new, at, by, role, why, evidence, clocks``."""
    ticket, version, action, old, new, at, by, role, why, evidence, clocks = row
    return msgspec.convert(
        {
            "ticket": ticket, "version": version, "action": action, "old": old or None, "new": new, "at": at,
            "by": by, "role": role, "why": why, "evidence": evidence, "clocks": clocks,
        },
        Event,
    )  # fmt: skip
