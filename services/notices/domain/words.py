"""Who is told, of what, by which way: the words of this service. Pure; times are epoch ms."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Final

MINUTE: Final = 60_000
NIGHT: Final = (22 * 60, 7 * 60)
"""Quiet hours of whoever has not chosen any: minutes of the day, Asia/Shanghai."""


class Urgency(IntEnum):
    """Low and prompt wait for the end of quiet hours; critical (a gas leak's) never does."""

    LOW = 0
    PROMPT = 1
    CRITICAL = 2


class State(StrEnum):
    """待发, 已发, 未送达."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class Subject(StrEnum):
    """What a message is about; people mute by subject."""

    CALL = "call"
    ASSIGNED = "assigned"
    REVIEW = "review"
    DECIDED = "decided"
    CARD = "card"
    ESCALATED = "escalated"
    REOPENED = "reopened"
    CHECK = "check"
    CALLBACK = "callback"
    PROGRESS = "progress"
    TEST = "test"


MANDATORY: Final = frozenset(
    {Subject.CALL, Subject.ASSIGNED, Subject.CARD, Subject.ESCALATED, Subject.REOPENED, Subject.TEST}
)
"""What nobody may mute: work and warnings that carry a deadline."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told. ``scope`` is an area-code prefix, ``unit`` '' outside the units."""

    id: str
    name: str
    role: str
    scope: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A configured channel. ``personal``: it needs each person's address; otherwise it is a room.

    ``default``: it serves whoever has chosen none.
    """

    name: str
    personal: bool = False
    default: bool = False


ROLE: Final = "role:"
"""Begins the name under which the wishes of a role stand."""


@dataclass(frozen=True, slots=True)
class Preference:
    """What a person or a role chose; ``channels`` () is the default ways, ``quiet`` None is no quiet hours.

    ``by_subject`` names the channels of what goes elsewhere than the rest. ``addresses`` by channel are
    private: shown masked, logged never; a role has none.
    """

    person: str
    channels: tuple[str, ...] = ()
    muted: frozenset[Subject] = frozenset()
    quiet: tuple[int, int] | None = NIGHT
    language: str = "zh"
    addresses: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    by_subject: Mapping[Subject, tuple[str, ...]] = field(default_factory=dict)


def inherited(person: str, wishes: Preference) -> Preference:
    """A role's wishes as those of one of its people; an address is nobody's but their own."""
    return replace(wishes, person=person, addresses={}, version=0)


def wish_of(person: Person, chosen: Mapping[str, Preference]) -> Preference:
    """How ``person`` is told: as they chose, else as their role, else as everybody."""
    own = chosen.get(person.id)
    if own is not None:
        return own
    name = f"{ROLE}{person.role}"
    return inherited(person.id, chosen.get(name, Preference(name)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a ticket's event does not carry, as it is now. ``phone`` is the caller's.

    ``called_back``: it waits for its call-back, at ``version``; ``unsolved``: it was given up.
    """

    ticket: str
    number: str
    lead: str = ""
    reporter: str = ""
    phone: str = ""
    version: int = 0
    called_back: bool = False
    unsolved: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One notice to one person by one channel, the unit that is sent, retried and settled.

    ``held``: quiet hours held it back, so it is joined with what else they held. ``expires``: after
    that it would mislead. ``person`` is a user's id, or ``reporter:<ticket>``.
    """

    id: str
    event: str
    person: str
    channel: str
    subject: Subject
    urgency: Urgency
    title: str
    body: str
    created: int
    due: int
    expires: int
    ticket: str = ""
    area: str = ""
    held: bool = False
    state: State = State.WAITING
    attempts: int = 0
    error: str = ""
    settled: int | None = None


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What a list is narrowed by; '' leaves a field open."""

    state: str = ""
    person: str = ""
    channel: str = ""
    ticket: str = ""


def message_id(event: str, person: str, channel: str) -> str:
    """The same event has one message a person and channel, however often it is planned."""
    return hashlib.sha256(f"{event}\n{person}\n{channel}".encode()).hexdigest()[:32]


def masked(address: str) -> str:
    """An address as it may be shown: enough to recognise, too little to use."""
    if "@" in address:
        name, _, host = address.partition("@")
        return f"{name[:1]}***@{host}"
    return f"{address[:3]}****{address[-4:]}" if len(address) > 7 else "****"
