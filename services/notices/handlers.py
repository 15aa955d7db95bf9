"""Planning messages, delivering them, sending one again, setting one's preferences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.daytime import DAY_MINUTES
from services.duty import on_duty
from services.notices import domain
from services.notices.domain import MANDATORY, REPORTER, ROLE, Failed, Message, Outcome, Preference, State, Subject, Way
from services.notices.ports import Channel, Letter, LinkTo, NoticeDesk, NoticeStore
from services.ports import Clock, Ids
from services.retention import Swept, cut_off, swept
from streams.contracts import Notice, Refused, TicketEvent, Unavailable

MOST_WAITING = 100_000
"""Beyond this nothing more is planned: Kafka keeps the events until messages have left."""
LEASE_MS = 120_000
"""Longer than a channel may take for one message."""
LONGEST_ADDRESS = 200
BATCH = 500
"""Messages, and letters, of one sweep."""


def no_link(ticket: str, version: int, now: int) -> str:
    """Where no call-back links are made."""
    del ticket, version, now
    return ""


@dataclass(frozen=True, slots=True)
class PlanMessages:
    """Events in, messages kept; the same event again keeps nothing."""

    store: NoticeStore
    clock: Clock

    def __call__(self, events: Sequence[TicketEvent | Notice]) -> int:
        """Returns how many messages are new.

        Raises:
            Unavailable: too many wait already; the events have to.
        """
        now = self.clock.now()
        waiting = self.store.tally(now).waiting
        if waiting >= MOST_WAITING:
            raise Unavailable(f"{waiting} messages wait to be sent, and {MOST_WAITING} may")
        wishes, ways, rosters = self.store.preferences(), self.store.ways(), self.store.rosters(now)
        people = domain.with_deputies(self.store.people(), rosters, now)
        watching = frozenset(one.person for roster in rosters.values() for one in on_duty(roster, now))
        kept = 0
        for event in events:
            if isinstance(event, Notice):
                planned = domain.of_call(event, people, wishes, ways, now, on_duty=watching)
            elif now - event.at > domain.STALE or (facts := self.store.facts(event.ticket)) is None:
                continue
            else:
                planned = domain.of_event(event, facts, people, wishes, ways, now, on_duty=watching)
            kept += self.store.keep(planned)
        return kept


@dataclass(frozen=True, slots=True)
class DeliverMessages:
    """One message, or one person's digest, from the store to its channel."""

    store: NoticeStore
    channels: Mapping[str, Channel]
    clock: Clock
    holder: str
    lease_ms: int = LEASE_MS
    link: LinkTo = no_link

    def __call__(self) -> tuple[tuple[Message, ...], Outcome] | None:
        """What was tried and what came of it; None where nothing is due.

        A message is settled after its server acknowledged it, so a process that is killed between the
        two sends again when the lease is over: at least once before the acknowledgement is known, at
        most once after.
        """
        now = self.clock.now()
        leased = self.store.lease(self.holder, now, now + self.lease_ms)
        if not leased:
            return None
        outcome = self._attempt(leased, now)
        self.store.settle([domain.settled(one, outcome, self.clock.now()) for one in leased], self.holder)
        return leased, outcome

    def _attempt(self, leased: tuple[Message, ...], now: int) -> Outcome:
        first = leased[0]
        channel = self.channels.get(first.channel)
        if channel is None:
            return Failed(f"channel {first.channel} is not configured any more", retry=False)
        if all(one.expires <= now for one in leased):
            return Failed("expired: it could not be sent while it was true", retry=False)
        whole = tuple(replace(one, body=self._linked(one, now)) for one in leased)
        title, body = first.title, whole[0].body
        if len(whole) > 1:
            title, body = domain.digest(whole, self.store.preference(first.person).language)
        return channel.send(Letter(first.id, first.person, self.store.address(first), title, body, now))

    def _linked(self, message: Message, now: int) -> str:
        """The body with its link made now: kept nowhere, and gone where the call-back is over meanwhile."""
        facts = self.store.facts(message.ticket) if message.subject is Subject.PROGRESS else None
        waits = facts is not None and facts.called_back
        return domain.linked(message.body, self.link(facts.ticket, facts.version, now) if facts and waits else "")


@dataclass(frozen=True, slots=True)
class EraseByAge:
    """Removes what people were told ``years`` ago: whom, of what, and the letter that said it."""

    store: NoticeStore
    clock: Clock
    years: int

    def __call__(self) -> Swept:
        """One batch; the same again at once goes on with the next."""
        until = cut_off(self.clock.now(), self.years)
        erased = self.store.erase_before(until, limit=BATCH)
        return swept(erased, until, self.store.oldest())


@dataclass(frozen=True, slots=True)
class EraseWithTickets:
    """Removes what was told of a ticket that was erased: its messages name its reporter's account."""

    store: NoticeStore

    def __call__(self, events: Sequence[TicketEvent | Notice]) -> int:
        """Returns how many went; the same events again remove nothing."""
        erased = {each.ticket for each in events if isinstance(each, TicketEvent) and each.action == "erase"}
        return sum(self.store.erase_of(ticket) for ticket in sorted(erased))


def send_again(desk: NoticeDesk, message_id: str, *, person: str, now: int) -> Message:
    """Send a message anew that was sent or given up; ``person`` '' may do so for everybody.

    Raises:
        Refused: ``not_found``; ``waiting``, it is about to be sent; ``channel``, it has none.
    """
    found = desk.get_message(message_id)
    if found is None or person not in ("", found.person):
        raise Refused("not_found", f"there is no message {message_id}", field="id", value=message_id)
    if not found.channel:
        raise Refused(
            "channel",
            f"the message has no channel: {found.person} has chosen none that is configured, or gave no address; "
            "set the person's preferences, and the next message will have one",
            field="channel",
            value="",
        )
    kept = desk.change(message_id, lambda one: None if one.state is State.WAITING else domain.sent_again(one, now))
    if kept is None or found.state is State.WAITING:
        raise Refused("waiting", f"message {message_id} is waiting to be sent already", field="id", value=message_id)
    return kept


def wish(desk: NoticeDesk, person: str, role: str) -> Preference:
    """How ``person`` is told: as they chose, else as their ``role``; version 0 where the choice is not theirs.

    What stands under a role's name is asked for by that name, and ``role`` is nobody's then.
    """
    own = desk.preference(person)
    if own.version or person.startswith(ROLE):
        return own
    return domain.inherited(person, desk.preference(f"{ROLE}{role}"))


def send_test(desk: NoticeDesk, person: str, role: str, *, ids: Ids, now: int) -> int:
    """A test message by every way that serves ``person``; returns how many.

    Raises:
        Refused: ``invalid``, it is a role; ``channel``, no way does.
    """
    if person.startswith(ROLE):
        raise _invalid("person", person, "a test goes to a person; ask for one with a person's settings")
    wants = wish(desk, person, role)
    planned = domain.of_test(person, f"test:{ids.new()}", wants, desk.ways(), now)
    if planned[0].state is State.DEAD:
        raise Refused(
            "channel", "no configured channel reaches you; choose one below and give its address", field="channels",
            value=" ".join(wants.channels),
        )  # fmt: skip
    return desk.keep(planned)


def set_preference(desk: NoticeDesk, wanted: Preference, *, now: int) -> Preference:
    """Keep a person's choice; ``wanted.version`` is the version it was made on.

    Raises:
        Refused: ``invalid`` with the field; ``conflict``, somebody was quicker.
    """
    _check(wanted, desk.ways())
    after = replace(wanted, version=wanted.version + 1)
    if not desk.set_preference(after, now=now):
        raise Refused(
            "conflict", "the preferences were changed elsewhere meanwhile; load them again and change those",
            field="version", value=str(wanted.version),
        )  # fmt: skip
    return after


def _check(wanted: Preference, ways: Sequence[Way]) -> None:
    known = {way.name: way for way in ways}
    of_role = wanted.person.startswith(ROLE)
    chosen = [*wanted.channels, *(name for names in wanted.by_subject.values() for name in names)]
    for name in (*chosen, *wanted.addresses):
        if name not in known:
            raise _invalid("channels", name, f"there is no channel {name}; there are {', '.join(sorted(known))}")
    if of_role and wanted.addresses:
        raise _invalid("addresses", "", "an address is a person's own; leave addresses out of a role's wishes")
    if of_role and wanted.language != "zh":
        raise _invalid("language", wanted.language, "each person chooses their language; leave it out of a role's")
    for name in () if of_role else chosen:
        if known[name].personal and not wanted.addresses.get(name):
            raise _invalid(f"address.{name}", "", f"channel {name} needs an address; give one or leave the channel out")
    _check_rest(wanted)


def _check_rest(wanted: Preference) -> None:
    for name, address in wanted.addresses.items():
        if len(address) > LONGEST_ADDRESS or not address.isprintable() or any(char.isspace() for char in address):
            raise _invalid(
                f"address.{name}", "", f"the address of {name} has spaces, or over {LONGEST_ADDRESS} characters"
            )
    for subject in wanted.muted & MANDATORY:
        raise _invalid("muted", subject, f"{subject} carries deadlines and cannot be muted")
    if wanted.quiet is not None and not all(0 <= minute < DAY_MINUTES for minute in wanted.quiet):
        raise _invalid("quiet", str(wanted.quiet), "quiet hours are times of the day, as in 22:00 to 07:00")
    if wanted.language not in ("zh", "en"):
        raise _invalid("language", wanted.language, "language is zh or en")
    if wanted.person.startswith(REPORTER):
        raise _invalid("person", wanted.person, "a caller without an account has no preferences")


def _invalid(field: str, value: str, detail: str) -> Refused:
    return Refused("invalid", detail, field=field, value=value)
