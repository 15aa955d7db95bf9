"""(event, people, preferences, now) to the messages that are due. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from services.notices.domain import texts
from services.notices.domain.quiet import held_until
from services.notices.domain.routes import TO_REPORTER, concerns, helps, in_units, reached, routes_of
from services.notices.domain.words import MANDATORY as NOT_TO_MUTE
from services.notices.domain.words import (
    Facts,
    Message,
    Person,
    Preference,
    State,
    Subject,
    Urgency,
    Way,
    message_id,
    wish_of,
)
from streams.contracts import Notice, TicketEvent

DAY: Final = 86_400_000
STALE: Final = DAY
"""An event older than this tells nobody any more: a first start reads months of them."""
NO_WAY: Final = "no channel: none is chosen and configured, or the address is missing"
REPORTER: Final = "reporter:"
REPORTER_WAYS: Final = ("sms", "box")
"""Ways to a telephone number, the first that is there; a robot's room is nobody's business outside the house."""


def of_event(
    event: TicketEvent,
    facts: Facts,
    people: Sequence[Person],
    preferences: Mapping[str, Preference],
    ways: Sequence[Way],
    now: int,
    *,
    on_duty: Collection[str] = (),
) -> tuple[Message, ...]:
    """The messages of one action on a ticket; each person once, by the first line that means them.

    ``on_duty`` are the people on duty for their unit at ``now``.
    """
    if now - event.at > STALE:
        return ()
    made: list[Message] = []
    told: set[str] = set()
    to_units = in_units(event, facts.lead, people, on_duty)
    for route in routes_of(event):
        urgency = Urgency.CRITICAL if event.urgency >= Urgency.CRITICAL else route.urgency
        for person in people:
            if person.id in told or not concerns(person, route.roles, event, facts, to_units):
                continue
            told.add(person.id)
            wants = wish_of(person, preferences)
            title, body = texts.about(event, wants.language, helps=helps(person, event, facts.lead))
            message = _message(event.id, person.id, route.subject, urgency, title, body, event, now)
            made += _by_ways(message, wants, ways, now)
    if event.action in TO_REPORTER:
        made += _to_reporter(event, facts, people, preferences, ways, now)
    return tuple(made)


def _to_reporter(
    event: TicketEvent,
    facts: Facts,
    people: Iterable[Person],
    preferences: Mapping[str, Preference],
    ways: Sequence[Way],
    now: int,
) -> list[Message]:
    """To the reporter's own account where there is one, else as a text message to the caller."""
    known = next((person for person in people if person.id == facts.reporter and person.role == "citizen"), None)
    if known is None and not facts.phone:
        return []
    who = known.id if known else f"{REPORTER}{facts.ticket}"
    wants = wish_of(known, preferences) if known else preferences.get(who, Preference(who))
    title, body = texts.to_reporter(event, wants.language, unsolved=facts.unsolved)
    message = _message(event.id, who, Subject.PROGRESS, Urgency.LOW, title, body, event, now)
    return _by_ways(message, wants, ways, now)


def of_call(
    notice: Notice,
    people: Sequence[Person],
    preferences: Mapping[str, Preference],
    ways: Sequence[Way],
    now: int,
    *,
    on_duty: Collection[str] = (),
) -> tuple[Message, ...]:
    """A call ladder's message to who holds the office: a person, or a unit's people on duty. Never held."""
    if now - notice.at > STALE or not notice.to:
        return ()
    unit = reached(notice.to, people, on_duty)
    meant = [one for one in people if one.id == notice.to or one.id in unit]
    made: list[Message] = []
    for person in meant:
        wants = wish_of(person, preferences)
        title = "Gas alarm" if wants.language == "en" else "燃气告警"
        body = notice.en if wants.language == "en" else notice.zh
        message = Message(
            message_id(notice.id, person.id, ""), notice.id, person.id, "", Subject.CALL, Urgency.CRITICAL, title, body,
            created=now, due=now, expires=now + DAY, area=notice.area,
        )  # fmt: skip
        made += _by_ways(message, wants, ways, now)
    return tuple(made)


def of_test(person: str, event: str, wants: Preference, ways: Sequence[Way], now: int) -> tuple[Message, ...]:
    """What the test button sends: at once, by every way that would be used."""
    title, body = (
        ("Linli test message", "Your notices arrive here.") if wants.language == "en"
        else ("邻里测试消息", "您的通知会送到这里。")
    )  # fmt: skip
    message = Message(
        "", event, person, "", Subject.TEST, Urgency.CRITICAL, title, body, created=now, due=now, expires=now + DAY
    )
    return tuple(_by_ways(message, wants, ways, now))


def _message(
    event: str, person: str, subject: Subject, urgency: Urgency, title: str, body: str, about: TicketEvent, now: int
) -> Message:
    return Message(
        message_id(event, person, ""), event, person, "", subject, urgency, title, body, created=now, due=now,
        expires=now + DAY, ticket=about.ticket, area=about.area,
    )  # fmt: skip


def _by_ways(message: Message, wants: Preference, ways: Sequence[Way], now: int) -> list[Message]:
    """One message a way; where there is no way it is kept as undelivered, so that somebody sees it."""
    if message.subject in wants.muted and message.subject not in NOT_TO_MUTE:
        return []
    until = None if message.urgency is Urgency.CRITICAL else held_until(now, wants.quiet)
    due = now if until is None else until
    chosen = chosen_ways(wants, ways, message.subject, reporter=message.person.startswith(REPORTER))
    if not chosen:
        lost = message_id(message.event, message.person, "")
        return [replace(message, id=lost, state=State.DEAD, error=NO_WAY, settled=now)]
    return [
        replace(
            message, id=message_id(message.event, message.person, way.name), channel=way.name, due=due,
            held=until is not None, expires=due + DAY,
        )
        for way in chosen
    ]  # fmt: skip


def chosen_ways(wants: Preference, ways: Sequence[Way], subject: Subject, *, reporter: bool = False) -> tuple[Way, ...]:
    """The ways by which a subject reaches a person; a caller's telephone number is the ticket's, not a preference.

    Where none of those chosen for the subject is there, it goes as the rest does; a test goes by every one.
    """
    usable = [way for way in ways if reporter or not way.personal or wants.addresses.get(way.name)]
    if reporter:
        return tuple(way for name in REPORTER_WAYS for way in usable if way.name == name)[:1]
    general = wants.channels or tuple(way.name for way in usable if way.default)
    wanted = [wants.by_subject.get(subject, ()), wants.channels]
    if subject is Subject.TEST:
        wanted = [(*general, *(name for names in wants.by_subject.values() for name in names))]
    found = ([way for way in usable if way.name in names] for names in wanted)
    return tuple(next(filter(None, found), [way for way in usable if way.default]))
