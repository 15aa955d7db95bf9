"""What people were told, what did not reach them, and how each wants to be told."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi import Query as Parameters
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, Signed
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Asked, Listed, Shape, each, listed
from services.api.words import Query, Word, missing, place
from services.audit import Did, Entry, said
from services.notices.domain import (
    MANDATORY,
    REPORTER,
    ROLE,
    Message,
    MessageFilter,
    Preference,
    State,
    Subject,
    Urgency,
    masked,
)
from services.notices.handlers import send_again, send_test, set_preference, wish
from services.registry.domain import Permission, Role
from streams.contracts import Refused

Minute = Annotated[int, Field(ge=0, le=1_439)]
Name = Annotated[Word, Path()]


class NoticeQuery(Query):
    """``person`` is a user's id; only administrators may ask for another's."""

    state: State | None = None
    person: Word = ""
    channel: Word = ""
    ticket: Word = ""


class NoticeShape(Shape):
    """One message to one person by one channel; times are epoch ms.

    ``person`` is a user's id, or ``reporter:<ticket>``. ``held``: quiet hours held it back, and it is
    joined with what else they held. ``error`` is why the last attempt failed.
    """

    id: str
    person: str
    channel: str = Field(description="Empty: no channel serves this person.")
    subject: Subject
    urgency: Urgency = Field(description="2 critical, 1 prompt, 0 low.")
    title: str
    body: str
    ticket: str
    state: State
    created: int
    due: int
    settled: int | None
    attempts: int
    held: bool
    error: str


class ChannelShape(Shape):
    """A way to people. ``personal``: it needs each person's address; ``default``: it serves who chose none."""

    name: str
    personal: bool
    default: bool


class QuietHours(Asked):
    """Minutes of the day in Asia/Shanghai, across midnight where ``to`` is the earlier."""

    begin: Minute = Field(alias="from", examples=[1_320])
    end: Minute = Field(alias="to", examples=[420])


class PreferencesAsked(Asked):
    """A person's choice, whole. ``version`` is the one it was made on.

    An address that comes back masked, as it was shown, stays what it is.
    """

    version: int = Field(ge=0, le=1_000_000)
    channels: list[Word] = Field(default=[], max_length=20, description="None: the default channels.")
    muted: list[Subject] = Field(default=[], max_length=20)
    quiet: QuietHours | None = Field(default=None, description="Null: no quiet hours.")
    language: Word = Field(default="zh", examples=["zh", "en"])
    addresses: dict[Word, Word] = Field(default={}, max_length=20)
    by_subject: dict[Subject, Annotated[list[Word], Field(max_length=20)]] = Field(
        default={}, description="Channels of what goes elsewhere than the rest.", examples=[{"call": ["sms"]}]
    )


class QuietShape(Shape):
    begin: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")


class PreferencesShape(Shape):
    """As they are; ``addresses`` masked. ``mandatory`` subjects cannot be muted.

    Version 0: the person has chosen nothing, and their role's wishes hold.
    """

    person: str
    version: int
    channels: list[str]
    muted: list[Subject]
    mandatory: list[Subject]
    quiet: QuietShape | None
    language: str
    addresses: dict[str, str]
    by_subject: dict[Subject, list[str]]


class TestSent(Shape):
    """How many test messages are on their way, one a channel."""

    messages: int


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=f"{PREFIX}/notices", tags=["notices"], responses=PROBLEMS)
    desk = container.notices

    @routes.get("")
    def list_notices(caller: Signed, query: Annotated[NoticeQuery, Parameters()]) -> Listed[NoticeShape]:
        """Messages to people, newest first: one's own; an administrator's list is everybody's."""
        filters = filters_of(caller, query.state or "", query.person, query.channel, query.ticket)
        page = desk.list_messages(filters, limit=query.limit, after=place(query.cursor, (int, str)))
        return listed(page, notice_of)

    @routes.get("/channels")
    def list_channels(_: Signed) -> Listed[ChannelShape]:
        """The configured channels; their addresses stay in the settings."""
        return each(desk.ways(), lambda way: ChannelShape(name=way.name, personal=way.personal, default=way.default))

    @routes.get("/preferences/{person}")
    def get_preferences(caller: Signed, person: Name) -> PreferencesShape:
        """How a person wants to be told: one's own, or anybody's and ``role:<role>``'s for an administrator."""
        return preferences_of(wish(desk, *somebody(container, caller, person)))

    @routes.put("/preferences/{person}", responses=documented(409))
    def put_preferences(caller: Signed, person: Name, asked: PreferencesAsked) -> PreferencesShape:
        """Keep a choice. What carries a deadline cannot be muted, and no quiet hours hold critical gas."""
        whom, _ = somebody(container, caller, person)
        quiet = (asked.quiet.begin, asked.quiet.end) if asked.quiet else None
        addresses = unmasked(asked.addresses, desk.preference(whom).addresses)
        wanted = Preference(
            whom, tuple(asked.channels), frozenset(asked.muted), quiet, asked.language, addresses, asked.version,
            {subject: tuple(names) for subject, names in asked.by_subject.items() if names},
        )  # fmt: skip
        return preferences_of(kept(container, caller, wanted))

    @routes.post("/preferences/{person}/test", status_code=202, responses=documented(409))
    def test(caller: Signed, person: Name) -> TestSent:
        """Send a test message by every channel that serves this person."""
        whom, role = somebody(container, caller, person)
        return TestSent(messages=send_test(desk, whom, role, ids=container.ids, now=container.clock.now()))

    @routes.get("/{notice}")
    def get_notice(caller: Signed, notice: Name) -> NoticeShape:
        """One message."""
        found = desk.get_message(notice)
        if found is None or owner(caller) not in ("", found.person):
            raise missing("notice", notice)
        return notice_of(found)

    @routes.post("/{notice}/resend", responses=documented(409))
    def resend(caller: Signed, notice: Name) -> NoticeShape:
        """Send it anew, at once and alone; 409 while it waits, or where it has no channel."""
        return notice_of(send_again(desk, notice, person=owner(caller), now=container.clock.now()))

    return routes


def owner(caller: Caller) -> str:
    """Whose messages the caller may see: their own, '' for everybody's."""
    return "" if caller.may(Permission.PEOPLE) else caller.id


def filters_of(caller: Caller, state: str, person: str, channel: str, ticket: str) -> MessageFilter:
    """What the caller asked for, where they may.

    Raises:
        ProblemError: 403, another person's messages.
    """
    mine = owner(caller)
    if mine and person not in ("", mine):
        raise _others(person)
    return MessageFilter(state, mine or person, channel, ticket)


def somebody(container: Container, caller: Caller, person: str) -> tuple[str, str]:
    """``person`` and their role, where it is the caller, or anybody and any ``role:<role>`` for an administrator.

    Raises:
        ProblemError: 403, 404.
    """
    if owner(caller) not in ("", person):
        raise _others(person)
    if (role := person.removeprefix(ROLE)) in {str(known) for known in Role} and role != person:
        return person, role
    found = None if person.startswith(REPORTER) else container.people.get_user(person)
    if found is None:
        raise missing("person", person)
    return person, str(found.role)


def kept(container: Container, caller: Caller, wanted: Preference) -> Preference:
    """Keep a choice; one that an administrator made for somebody else, or for a role, is in the audit log.

    Raises:
        Refused: as :func:`services.notices.handlers.set_preference`.
    """
    now = container.clock.now()
    made = set_preference(container.notices, wanted, now=now)
    if wanted.person != caller.id:
        whose = wanted.person.replace(":", " ") if wanted.person.startswith(ROLE) else f"person {wanted.person}"
        detail = said(what="notices changed", version=made.version)
        container.audit.append("registry", Entry(now, caller.id, Did.PERSON, whose, detail, str(caller.role)))
    return made


def _others(person: str) -> Exception:
    return refuse(
        403, "role", f"Messages and settings of {person} are theirs and the administrator's.",
        "Leave person out, or give your own id.", field="person", value=person,
    )  # fmt: skip


def unmasked(given: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """Addresses as they shall be: one that came back as it was shown stays, an empty one goes.

    Raises:
        Refused: ``invalid``, a mask that was never shown for this channel.
    """
    made: dict[str, str] = {}
    for name, address in given.items():
        known = kept.get(name, "")
        if known and address == masked(known):
            made[name] = known
        elif "***" in address:
            raise Refused(
                "invalid", f"the address of {name} is a mask; give the whole address, or leave it as it was shown",
                field=f"address.{name}", value=address,
            )  # fmt: skip
        elif address:
            made[name] = address
    return made


def notice_of(message: Message) -> NoticeShape:
    fields: dict[str, Any] = {name: getattr(message, name) for name in NoticeShape.model_fields}
    return NoticeShape(**fields)


def preferences_of(made: Preference) -> PreferencesShape:
    return PreferencesShape(
        person=made.person, version=made.version, channels=list(made.channels), muted=sorted(made.muted),
        mandatory=sorted(MANDATORY), quiet=QuietShape(begin=made.quiet[0], end=made.quiet[1]) if made.quiet else None,
        language=made.language, addresses={name: masked(address) for name, address in made.addresses.items()},
        by_subject={subject: list(names) for subject, names in made.by_subject.items()},
    )  # fmt: skip
