"""What telling people needs from the outside, as Protocols."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.duty import Roster
from services.notices.domain import Facts, Message, MessageFilter, Outcome, Person, Preference, Way
from services.paging import Key, Page

LinkTo = Callable[[str, int, int], str]
"""(ticket, version, now) to the address where its reporter can answer once, '' where there is none."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one channel is asked to carry; ``address`` '' where the channel is a room."""

    id: str
    person: str
    address: str
    title: str
    body: str
    at: int


@dataclass(frozen=True, slots=True)
class Tally:
    """``oldest``: how long the longest due message has waited, ms; ``dead`` in the last day."""

    waiting: int
    oldest: int
    dead: int


@dataclass(frozen=True, slots=True)
class Posted:
    """What the post box of the demo would have shown on a person's phone."""

    id: str
    person: str
    title: str
    body: str
    at: int


class Channel(Protocol):
    """One way to people. Returns within a minute, whatever the other side does."""

    def send(self, letter: Letter) -> Outcome: ...


class PostBox(Protocol):
    """Where the demo's messages lie."""

    def post(self, letter: Letter) -> None:
        """Keep it; the same id a second time changes nothing."""


class NoticeReader(Protocol):
    """Messages and preferences as they are looked at."""

    def get_message(self, message_id: str) -> Message | None: ...

    def list_messages(self, filters: MessageFilter, *, limit: int, after: Key | None) -> Page[Message]:
        """Newest first; the key of a page is ``(created, id)``."""

    def count_by_state(self, *, person: str) -> dict[str, int]:
        """How many there are of each state; ``person`` '' is everybody."""

    def ways(self) -> tuple[Way, ...]:
        """The channels that the delivering process has declared."""

    def preference(self, person: str) -> Preference: ...

    def posted(self, *, person: str, limit: int) -> tuple[Posted, ...]:
        """Newest first; ``person`` '' is everybody."""


class NoticeDesk(NoticeReader, Protocol):
    """… and what people change from the front door."""

    def keep(self, messages: Sequence[Message]) -> int:
        """Keep what is new by (event, person, channel); returns how many."""

    def change(self, message_id: str, decide: Callable[[Message], Message | None]) -> Message | None:
        """Decide under the message's lock; returns what is kept now, None where there is none."""

    def set_preference(self, preference: Preference, *, now: int) -> bool:
        """Keep the version after ``preference.version - 1``; False where that is no longer the current one."""


class NoticeStore(NoticeDesk, Protocol):
    """… and what planning and delivery need."""

    def declare(self, ways: Sequence[Way]) -> None:
        """These are the channels now, and no others."""

    def people(self) -> tuple[Person, ...]: ...

    def rosters(self, now: int) -> Mapping[str, Roster]:
        """What decides who is on duty at ``now``, by unit; a unit without any is left out."""

    def facts(self, ticket: str) -> Facts | None: ...

    def preferences(self) -> Mapping[str, Preference]: ...

    def lease(self, holder: str, now: int, until: int) -> tuple[Message, ...]:
        """The most urgent due message, or all that quiet hours held for one person and channel.

        Nobody else is given them before ``until``. Each counts an attempt.
        """

    def settle(self, messages: Sequence[Message], holder: str) -> int:
        """Keep what became of them, where ``holder`` has them still; returns how many that were."""

    def address(self, message: Message) -> str:
        """Where its channel reaches its person, '' where nowhere."""

    def tally(self, now: int) -> Tally: ...

    def erase_before(self, until: int, *, limit: int) -> int:
        """Remove messages that were made up to then and no longer wait, and the post box's letters, ``limit`` of each.

        Returns how many went; what a sender has in its hands is left for the next time.
        """

    def erase_of(self, ticket: str) -> int:
        """Remove every message about a ticket, waiting or not, with its letters; returns how many."""

    def oldest(self) -> int | None:
        """When the oldest of what :meth:`erase_before` may remove was made, epoch ms."""
