"""Messages and preferences in memory."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.duty import Roster
from services.notices.domain import (
    REPORTER,
    Facts,
    Message,
    MessageFilter,
    Outcome,
    Person,
    Preference,
    Sent,
    State,
    Way,
)
from services.notices.ports import Letter, Posted, Tally
from services.paging import Key, Page

BOX = (Way("box", default=True),)


@dataclass
class MemoryNotices:
    """:class:`services.notices.ports.NoticeStore`."""

    known: tuple[Way, ...] = BOX
    persons: tuple[Person, ...] = ()
    kept_rosters: dict[str, Roster] = field(default_factory=dict)
    tickets: dict[str, Facts] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    chosen: dict[str, Preference] = field(default_factory=dict)
    leases: dict[str, tuple[str, int]] = field(default_factory=dict)
    box: dict[str, Posted] = field(default_factory=dict)

    def get_message(self, message_id: str) -> Message | None:
        return self.messages.get(message_id)

    def list_messages(self, filters: MessageFilter, *, limit: int, after: Key | None) -> Page[Message]:
        found = [
            one
            for one in sorted(self.messages.values(), key=lambda one: (one.created, one.id), reverse=True)
            if (after is None or (one.created, one.id) < after)
            and filters.state in ("", one.state)
            and filters.person in ("", one.person)
            and filters.channel in ("", one.channel)
            and filters.ticket in ("", one.ticket)
        ]
        items = tuple(found[:limit])
        return Page(items, (items[-1].created, items[-1].id) if len(found) > limit else None)

    def count_by_state(self, *, person: str) -> dict[str, int]:
        return dict(Counter(str(one.state) for one in self.messages.values() if person in ("", one.person)))

    def ways(self) -> tuple[Way, ...]:
        return self.known

    def declare(self, ways: Sequence[Way]) -> None:
        self.known = tuple(sorted(ways, key=lambda way: way.name))

    def preference(self, person: str) -> Preference:
        return self.chosen.get(person, Preference(person))

    def preferences(self) -> Mapping[str, Preference]:
        return self.chosen

    def posted(self, *, person: str, limit: int) -> tuple[Posted, ...]:
        mine = [one for one in self.box.values() if person in ("", one.person)]
        return tuple(sorted(mine, key=lambda one: (one.at, one.id), reverse=True)[:limit])

    def post(self, letter: Letter) -> None:
        self.box.setdefault(letter.id, Posted(letter.id, letter.person, letter.title, letter.body, letter.at))

    def keep(self, messages: Sequence[Message]) -> int:
        kept = 0
        for message in messages:
            same = {(one.event, one.person, one.channel) for one in self.messages.values()}
            if message.id not in self.messages and (message.event, message.person, message.channel) not in same:
                self.messages[message.id] = message
                kept += 1
        return kept

    def change(self, message_id: str, decide: Callable[[Message], Message | None]) -> Message | None:
        found = self.messages.get(message_id)
        after = decide(found) if found else None
        if after is not None:
            self.messages[message_id] = after
            self.leases.pop(message_id, None)
        return self.messages.get(message_id)

    def set_preference(self, preference: Preference, *, now: int) -> bool:
        if self.preference(preference.person).version != preference.version - 1:
            return False
        self.chosen[preference.person] = preference
        return True

    def people(self) -> tuple[Person, ...]:
        return self.persons

    def rosters(self, now: int) -> Mapping[str, Roster]:
        return self.kept_rosters

    def facts(self, ticket: str) -> Facts | None:
        return self.tickets.get(ticket)

    def lease(self, holder: str, now: int, until: int) -> tuple[Message, ...]:
        due = [
            one
            for one in self.messages.values()
            if one.state is State.WAITING and one.due <= now and self.leases.get(one.id, ("", 0))[1] <= now
        ]
        if not due:
            return ()
        first = min(due, key=lambda one: (-one.urgency, one.due, one.id))
        joined = [one for one in due if one.held and (one.person, one.channel) == (first.person, first.channel)]
        taken = sorted(joined if first.held else [first], key=lambda one: (one.created, one.id))
        for one in taken:
            self.leases[one.id] = (holder, until)
            self.messages[one.id] = replace(one, attempts=one.attempts + 1)
        return tuple(self.messages[one.id] for one in taken)

    def settle(self, messages: Sequence[Message], holder: str) -> int:
        mine = [one for one in messages if self.leases.get(one.id, ("", 0))[0] == holder]
        for one in mine:
            self.messages[one.id] = one
            del self.leases[one.id]
        return len(mine)

    def address(self, message: Message) -> str:
        if message.person.startswith(REPORTER):
            found = self.facts(message.person.removeprefix(REPORTER))
            return found.phone if found else ""
        return self.preference(message.person).addresses.get(message.channel, "")

    def tally(self, now: int) -> Tally:
        waiting = [one for one in self.messages.values() if one.state is State.WAITING]
        due = [now - one.due for one in waiting if one.due <= now]
        day = now - 86_400_000
        dead = [one for one in self.messages.values() if one.state is State.DEAD and (one.settled or 0) > day]
        return Tally(len(waiting), max(due, default=0), len(dead))

    def erase_before(self, until: int, *, limit: int) -> int:
        old = sorted(
            (one for one in self.messages.values() if one.created <= until and one.state is not State.WAITING),
            key=lambda one: (one.created, one.id),
        )[:limit]
        letters = sorted((one for one in self.box.values() if one.at <= until), key=lambda one: (one.at, one.id))[
            :limit
        ]
        for one in old:
            del self.messages[one.id]
        for letter in letters:
            del self.box[letter.id]
        return len(old) + len(letters)

    def erase_of(self, ticket: str) -> int:
        mine = [one.id for one in self.messages.values() if one.ticket == ticket]
        for name in mine:
            del self.messages[name]
            self.leases.pop(name, None)
        return len(mine) + len([self.box.pop(name) for name in mine if name in self.box])

    def oldest(self) -> int | None:
        made = [one.created for one in self.messages.values() if one.state is not State.WAITING]
        return min((*made, *(letter.at for letter in self.box.values())), default=None)


@dataclass
class ScriptedChannel:
    """Answers as told, then well; remembers what it was given."""

    answers: list[Outcome] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Sent()
