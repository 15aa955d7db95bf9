"""What the ticket loop needs from outside: a transactional store, a directory, a reader."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from services.audit import Entry
from services.paging import Key, Page
from services.tickets.domain import Event, Hotspot, Policy, StageCount, Ticket, TicketFilters
from services.tickets.domain.board import Noun, Posted
from services.tickets.domain.catalogue import Line
from services.tickets.domain.merging import Sought
from services.tickets.domain.ordering import Order
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.saved import SavedFilter
from services.tickets.ports.catalogue import Atlas, Catalogue, Changed
from services.tickets.ports.figures import FigureStore, Remade

__all__ = [
    "Answer",
    "Atlas",
    "Board",
    "Catalogue",
    "Changed",
    "Directory",
    "FigureStore",
    "HotspotReader",
    "MatchReader",
    "Position",
    "Remade",
    "SavedFilters",
    "Spot",
    "TicketReader",
    "TicketStore",
    "Work",
]

Position = tuple[float, float]
"""(lon, lat), WGS84."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request with an idempotency key did: the ticket and its version afterwards."""

    fingerprint: str
    ticket: str
    version: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a device stands: in a person's words, the building's code if any, and on the map."""

    place: str = ""
    building: str = ""
    position: Position | None = None


class Work(Protocol):
    """One transaction. Tickets it hands out are locked until it ends."""

    def ticket(self, ticket: str) -> Ticket | None: ...

    def events(self, ticket: str) -> tuple[Event, ...]: ...

    def of_episode(self, episode: str) -> Ticket | None: ...

    def newest_of(self, incident: str) -> Ticket | None:
        """The incident's open ticket, else a merged one, else the one that closed last."""
        ...

    def episodes_between(self, device: str, rule: str, *, since: int, until: int, other_than: str) -> int:
        """How many episodes on tickets began then (epoch ms, ``until`` excluded), ``other_than`` left out."""
        ...

    def merged_into(self, master: str) -> tuple[Ticket, ...]:
        """The tickets that wait for ``master``, by id."""
        ...

    def nearby(self, area: str, sought: Sought, *, alarmed: bool, since: int, limit: int) -> tuple[Ticket, ...]:
        """Open tickets, with alarms or without, of the community of ``area`` that opened since then.

        Only those of the device or of one of the categories that are ``sought``.

        Newest first, not locked. Who asks holds the community until the transaction ends, so that a
        call and an alarm that come at once find each other.
        """
        ...

    def policy(self) -> Policy | None:
        """The deadlines in force; None where nobody has chosen any."""
        ...

    def published(self) -> tuple[Published, ...]:
        """Every version that was written, in force or not, by name and version."""
        ...

    def enforced(self) -> tuple[Enforced, ...]:
        """Each time that a version was put in force, the newest last."""
        ...

    def publish(self, written: Published) -> bool:
        """Write a version, which changes nothing of what is in force; what it says never changes again.

        Whether it is new: where it was written before, its first author stays.

        Raises:
            Clash: that version exists and says something else.
        """
        ...

    def enforce(self, chosen: Enforced) -> None:
        """Put a version that was published in force for tickets that open from now on."""
        ...

    def next_count(self, day: str, many: int = 1) -> int:
        """The first of the day's next ``many`` ticket numbers; never the same twice."""
        ...

    def open_all(self, opened: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        """Write tickets that are new, as :meth:`save` writes one.

        Raises:
            Clash: as :meth:`save`; none of them is written then.
        """
        ...

    def save(self, ticket: Ticket, events: Sequence[Event]) -> None:
        """Write a ticket, its events and the records that tell of them.

        Raises:
            Clash: somebody else wrote this version, this episode, or an open ticket of its incident.
        """
        ...

    def show(self, ticket: str, photos: Sequence[str], *, since: int, now: int) -> frozenset[str]:
        """Photos become evidence and stay; which of them are the ticket's: shown before, or come since then."""
        ...

    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        """What the requests of these keys did, by key. Asking reserves them all until the transaction ends."""
        ...

    def remember(self, answers: Mapping[str, Answer]) -> None:
        """Raises: Clash, a key was taken meanwhile."""
        ...

    def numbers(self, tickets: Collection[str]) -> dict[str, str]:
        """Tickets' numbers, by id."""
        ...

    def audit(self, entry: Entry) -> None:
        """Append to the audit log, in this transaction and as its last word."""
        ...

    def personal(self, archived_until: int, limit: int) -> tuple[Ticket, ...]:
        """Tickets archived by then that still name who reported them, the oldest first, skipping those in use."""
        ...

    def oldest_personal(self) -> int | None:
        """When the oldest archived ticket that still names who reported it was archived, epoch ms."""
        ...

    def rewrite(self, ticket: str, events: Sequence[Event]) -> None:
        """Put erased events in the place of those they were; forget the requests that made them, and their photos.

        A photo is seen by nobody from then on, and removed like one that nobody showed.
        """
        ...

    def due(self, now: int, limit: int) -> tuple[Ticket, ...]:
        """Tickets on which the scheduler has something to do, skipping those in use elsewhere."""
        ...

    def assumed(self, until: int, limit: int) -> tuple[Ticket, ...]:
        """Open tickets with a running clock that was assumed and ends by ``until``, skipping those in use elsewhere."""
        ...


class TicketStore(Protocol):
    """Where tickets live. Nothing of a transaction that raises remains."""

    def transaction(self) -> AbstractContextManager[Work]: ...


class Directory(Protocol):
    """The dispatch catalogue, and the registry's public views."""

    def lines(self, area: str = "") -> tuple[Line, ...]:
        """What the catalogue and the units say of a place; of every place where none is given."""
        ...

    def spot(self, device: str) -> Spot: ...


class TicketReader(Protocol):
    """Lists for people. ``scope`` is an area prefix and always applies."""

    def list_tickets(
        self, filters: TicketFilters, *, scope: str, limit: int, after: Key | None, order: Order = ()
    ) -> Page[Ticket]:
        """Newest first, the key is (opened_at, id); in an ``order``, the key is the last ticket's place in it."""
        ...

    def count_tickets(self, filters: TicketFilters, *, scope: str, most: int) -> int:
        """How many there are; ``most`` where there are as many or more."""
        ...

    def find_tickets(self, filters: TicketFilters, *, scope: str, limit: int, most: int) -> tuple[Page[Ticket], int]:
        """The first page of :meth:`list_tickets`, newest first, and :meth:`count_tickets`, of one look."""
        ...

    def get_ticket(self, ticket: str, *, scope: str) -> tuple[Ticket, tuple[Event, ...]] | None:
        """A ticket by id or number, with its whole log."""
        ...

    def list_events(self, tickets: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        """The whole logs of several tickets, by ticket id."""
        ...

    def last_changes(self, tickets: Sequence[str]) -> dict[str, int]:
        """When each of several tickets changed last, epoch ms, by ticket id."""
        ...

    def count_by_stage(self, filters: TicketFilters, *, scope: str) -> tuple[StageCount, ...]:
        """Open tickets; of ``filters`` only ``unit`` and ``reporter`` narrow."""
        ...


class MatchReader(Protocol):
    """Tickets to compare a report with, and a caller's own. ``scope`` is an area prefix and always applies."""

    def around(self, area: str, position: Position | None) -> tuple[str, ...]:
        """The communities of which a grid's centre lies within 800 m, by code; none where the place is unknown.

        Measured from ``position``, else from the centre of ``area``.
        """
        ...

    def open_near(
        self, communities: Sequence[str], *, near: Position | None, scope: str, since: int, limit: int
    ) -> tuple[Ticket, ...]:
        """Open tickets of these communities, or within 800 m of a point, that opened since then, newest first."""
        ...

    def of_caller(self, phone: str, *, scope: str, limit: int) -> tuple[Ticket, ...]:
        """Tickets of a telephone number, newest first; none for an empty one."""
        ...


class Board(Protocol):
    """What the hotline's people keep: versions that are written once."""

    def newest(self, noun: Noun, *, limit: int) -> tuple[Posted, ...]:
        """The newest version of each, the one that was posted last first."""
        ...

    def versions(self, noun: Noun, named: str) -> tuple[Posted, ...]:
        """Every version of one, oldest first; none where there is no such thing."""
        ...

    def post(self, posted: Posted) -> None:
        """Raises: Clash, that version exists."""


class HotspotReader(Protocol):
    """Where tickets and alarms keep coming back. ``scope`` is an area prefix and always applies."""

    def hotspots(self, *, by: Literal["device", "building"], scope: str, since: int, limit: int) -> tuple[Hotspot, ...]:
        """Chronic devices or buildings by what was opened since then, the worst first."""
        ...


class SavedFilters(Protocol):
    """The filters that people keep."""

    def of(self, owner: str) -> tuple[SavedFilter, ...]:
        """A person's own, by name."""
        ...

    def put(self, kept: SavedFilter, *, most: int) -> bool:
        """Keep it under its name, in place of what stood there; False where the person has ``most`` already."""
        ...

    def drop(self, owner: str, name: str) -> bool: ...
