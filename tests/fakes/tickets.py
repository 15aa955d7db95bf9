"""The ticket store, directory and reader in memory, with the same promises as PostgreSQL's."""

import math
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from services.audit import Did, Entry, said
from services.paging import Key, Page
from services.registry.domain import Area
from services.registry.ports import PlaceReader
from services.tickets.domain import Event, Hotspot, Policy, Stage, StageCount, State, Ticket, TicketFilters
from services.tickets.domain.catalogue import Line
from services.tickets.domain.catalogue.exchange import UnitFact
from services.tickets.domain.merging import METRES_A_DEGREE, NEAR_M, Sought
from services.tickets.domain.ordering import Order, place_of
from services.tickets.domain.photos import Photo
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.saved import SavedFilter
from services.tickets.ports import Answer, Changed, Position, Spot
from services.transactions import Clash
from streams.contracts.areas import COMMUNITY_LENGTH
from tests.fakes.audit import MemoryChain


@dataclass
class MemoryState:
    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: dict[str, tuple[Event, ...]] = field(default_factory=dict)
    episodes: dict[str, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    sent: list[Event] = field(default_factory=list)
    policies: dict[tuple[str, int], Published] = field(default_factory=dict)
    enforced: list[Enforced] = field(default_factory=list)
    photos: dict[tuple[str, str], tuple[Photo, bool]] = field(default_factory=dict)
    audit: MemoryChain = field(default_factory=lambda: MemoryChain("tickets"))

    def copy(self) -> "MemoryState":
        return MemoryState(
            dict(self.tickets), dict(self.events), dict(self.episodes), dict(self.counters), dict(self.answers),
            list(self.sent), dict(self.policies), list(self.enforced), dict(self.photos),
            MemoryChain("tickets", list(self.audit.entries)),
        )  # fmt: skip


class MemoryTicketStore:
    """One transaction at a time; what raises leaves nothing."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator["MemoryWork"]:
        with self._lock:
            draft = self.state.copy()
            yield MemoryWork(draft)
            self.state = draft


class MemoryWork:
    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def ticket(self, ticket: str) -> Ticket | None:
        found = self._state.tickets.get(ticket)
        return found or next((each for each in self._state.tickets.values() if each.number == ticket), None)

    def events(self, ticket: str) -> tuple[Event, ...]:
        return self._state.events.get(ticket, ())

    def of_episode(self, episode: str) -> Ticket | None:
        owner = self._state.episodes.get(episode)
        return self._state.tickets[owner] if owner else None

    def newest_of(self, incident: str) -> Ticket | None:
        gone = (State.ARCHIVED, State.WITHDRAWN, State.REJECTED)
        found = [t for t in self._state.tickets.values() if incident and t.incident == incident and t.state not in gone]
        merged = State.MERGED
        return max(found, key=lambda t: (t.open, t.state is merged, t.closed_at or 0), default=None)

    def episodes_between(self, device: str, rule: str, *, since: int, until: int, other_than: str) -> int:
        known = self._state.episodes.items()
        found = [self._state.tickets[ticket].episode(name) for name, ticket in known if name != other_than]
        return sum((each.device, each.rule) == (device, rule) and since <= each.since < until for each in found if each)

    def merged_into(self, master: str) -> tuple[Ticket, ...]:
        found = (t for t in self._state.tickets.values() if t.master == master and t.state is State.MERGED)
        return tuple(sorted(found, key=lambda ticket: ticket.id))

    def nearby(self, area: str, sought: Sought, *, alarmed: bool, since: int, limit: int) -> tuple[Ticket, ...]:
        near = _near(self._state, (area[:COMMUNITY_LENGTH],), None, "", since)
        fits = (t for t in near if (t.device and t.device == sought.device) or t.category in sought.categories)
        return tuple(ticket for ticket in fits if bool(ticket.episodes) is alarmed)[:limit]

    def policy(self) -> Policy | None:
        newest = self._state.enforced[-1] if self._state.enforced else None
        return self._state.policies[newest.name, newest.version].policy if newest else None

    def published(self) -> tuple[Published, ...]:
        return tuple(self._state.policies[key] for key in sorted(self._state.policies))

    def enforced(self) -> tuple[Enforced, ...]:
        return tuple(self._state.enforced)

    def publish(self, written: Published) -> bool:
        policy = written.policy
        first = self._state.policies.setdefault((policy.name, policy.version), written)
        if first.policy != policy:
            raise Clash(f"version {policy.version} of {policy.name} was published by somebody else")
        return first is written

    def enforce(self, chosen: Enforced) -> None:
        if (chosen.name, chosen.version) not in self._state.policies:
            raise ValueError(f"{chosen.name} has no version {chosen.version}")  # the database's foreign key
        self._state.enforced.append(chosen)

    def next_count(self, day: str, many: int = 1) -> int:
        first = self._state.counters.get(day, 0) + 1
        self._state.counters[day] = first + many - 1
        return first

    def open_all(self, opened: Sequence[tuple[Ticket, Sequence[Event]]]) -> None:
        for ticket, events in opened:
            self.save(ticket, events)

    def save(self, ticket: Ticket, events: Sequence[Event]) -> None:
        before = self._state.tickets.get(ticket.id)
        if (before.version if before else 0) != events[0].version - 1:
            raise Clash(f"{ticket.number} has moved on")
        if (
            ticket.incident
            and ticket.open
            and any(
                other.incident == ticket.incident and other.open and other.id != ticket.id
                for other in self._state.tickets.values()
            )
        ):
            raise Clash(f"{ticket.incident} has an open ticket")
        for event in events:
            if "episode" in event.evidence:
                self._own(event.evidence["episode"]["episode"], ticket.id)
        self._state.tickets[ticket.id] = ticket
        self._state.events[ticket.id] = (*self._state.events.get(ticket.id, ()), *events)
        self._state.sent += events

    def _own(self, episode: str, ticket: str) -> None:
        owner = self._state.episodes.get(episode)
        if owner is not None and owner != ticket and self._state.tickets[owner].open:
            raise Clash(f"{episode} belongs to {owner}")
        self._state.episodes[episode] = ticket

    def show(self, ticket: str, photos: Sequence[str], *, since: int, now: int) -> frozenset[str]:
        there = set()
        for name in photos:
            photo, stored = self._state.photos.get((ticket, name), (None, False))
            if photo is not None and stored and (photo.shown_at is not None or photo.at >= since):
                shown_at = now if photo.shown_at is None else photo.shown_at
                self._state.photos[ticket, name] = (msgspec.structs.replace(photo, shown_at=shown_at), True)
                there.add(name)
        return frozenset(there)

    def answers(self, keys: Collection[str]) -> dict[str, Answer]:
        return {key: self._state.answers[key] for key in keys if key in self._state.answers}

    def remember(self, answers: Mapping[str, Answer]) -> None:
        if taken := answers.keys() & self._state.answers.keys():
            raise Clash(", ".join(sorted(taken)))
        self._state.answers |= answers

    def numbers(self, tickets: Collection[str]) -> dict[str, str]:
        return {name: self._state.tickets[name].number for name in tickets if name in self._state.tickets}

    def audit(self, entry: Entry) -> None:
        self._state.audit.put(entry)

    def personal(self, archived_until: int, limit: int) -> tuple[Ticket, ...]:
        return tuple(ticket for at, ticket in _personal(self._state) if at <= archived_until)[:limit]

    def oldest_personal(self) -> int | None:
        return next((at for at, _ in _personal(self._state)), None)

    def rewrite(self, ticket: str, events: Sequence[Event]) -> None:
        self._state.events[ticket] = tuple(events)
        for key, (photo, _) in list(self._state.photos.items()):
            if photo.ticket == ticket:
                self._state.photos[key] = (msgspec.structs.replace(photo, at=0, shown_at=None), False)
        self._state.answers = {key: kept for key, kept in self._state.answers.items() if kept.ticket != ticket}

    def due(self, now: int, limit: int) -> tuple[Ticket, ...]:
        times = [(ticket.look_at, ticket.id) for ticket in self._state.tickets.values()]
        ready = sorted((at, name) for at, name in times if at is not None and at <= now)
        return tuple(self._state.tickets[name] for _, name in ready[:limit])

    def assumed(self, until: int, limit: int) -> tuple[Ticket, ...]:
        found = sorted(
            ticket.id for ticket in self._state.tickets.values()
            if ticket.open and any(run.assumed and run.running and run.due <= until for run in ticket.clocks)
        )  # fmt: skip
        return tuple(self._state.tickets[name] for name in found[:limit])


def _personal(state: MemoryState) -> list[tuple[int, Ticket]]:
    """Archived tickets that name who reported them, with when they were archived, the oldest first."""
    found = [
        (t.archived_at, t) for t in state.tickets.values()
        if t.archived_at is not None and t.erased_at is None and (t.reporter or t.caller)
    ]  # fmt: skip
    return sorted(found, key=lambda pair: pair[0])


def _near(
    state: MemoryState, communities: Sequence[str], near: Position | None, scope: str, since: int
) -> tuple[Ticket, ...]:
    found = [
        t for t in state.tickets.values()
        if t.open and (t.area.startswith(tuple(communities)) or _within(near, t.position))
        and t.area.startswith(scope) and t.opened_at >= since
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda ticket: (ticket.opened_at, ticket.id), reverse=True))


def _within(here: Position | None, there: Position | None) -> bool:
    """A box as the database's, not a circle."""
    if here is None or there is None:
        return False
    north = NEAR_M / METRES_A_DEGREE
    east = north / math.cos(math.radians(here[1]))
    return abs(here[0] - there[0]) <= east and abs(here[1] - there[1]) <= north


class MemoryMatchReader:
    def __init__(self, store: MemoryTicketStore, places: PlaceReader | None = None) -> None:
        self._store, self._places = store, places

    def around(self, area: str, position: Position | None) -> tuple[str, ...]:
        if self._places is None:
            return ()
        found = self._places.get_area(area)
        here = position or _centre(found)
        grids = self._places.list_areas(level="grid", scope="", limit=100_000, after=None).items
        return tuple(sorted({grid.code[:COMMUNITY_LENGTH] for grid in grids if _within(here, _centre(grid))}))

    def open_near(
        self, communities: Sequence[str], *, near: Position | None, scope: str, since: int, limit: int
    ) -> tuple[Ticket, ...]:
        return _near(self._store.state, communities, near, scope, since)[:limit]

    def of_caller(self, phone: str, *, scope: str, limit: int) -> tuple[Ticket, ...]:
        mine = [
            t for t in self._store.state.tickets.values()
            if phone and t.caller is not None and t.caller.phone == phone and t.area.startswith(scope)
            and t.erased_at is None
        ]  # fmt: skip
        return tuple(sorted(mine, key=lambda ticket: (ticket.opened_at, ticket.id), reverse=True)[:limit])


def _centre(area: Area | None) -> Position | None:
    return (area.lon, area.lat) if area is not None and area.lon is not None and area.lat is not None else None


class MemoryHotspots:
    def __init__(self, store: MemoryTicketStore) -> None:
        self._store = store

    def hotspots(self, *, by: Literal["device", "building"], scope: str, since: int, limit: int) -> tuple[Hotspot, ...]:
        groups: dict[str, list[Ticket]] = {}
        for ticket in self._store.state.tickets.values():
            gone = ticket.state in {State.REJECTED, State.WITHDRAWN}
            name = ticket.device if by == "device" else ticket.building
            if name and not gone and ticket.opened_at >= since and ticket.area.startswith(scope):
                groups.setdefault(name, []).append(ticket)
        owners = list(self._store.state.episodes.values())
        found = [(name, _hotspot(by, name, sorted(mine, key=lambda t: (-t.opened_at, t.id)), owners))
                 for name, mine in groups.items()]  # fmt: skip
        found.sort(key=lambda pair: (-pair[1].tickets - pair[1].recurrences, -pair[1].alarms, pair[0]))
        return tuple(spot for _, spot in found if spot.chronic)[:limit]


def _hotspot(by: str, name: str, mine: list[Ticket], owners: list[str]) -> Hotspot:
    newest, device = mine[0], by == "device"
    return Hotspot(
        device=name if device else "",
        kind=max(ticket.kind for ticket in mine) if device else "",
        building=newest.building,
        area=newest.area,
        place=newest.place,
        tickets=len(mine),
        alarms=sum(owners.count(ticket.id) for ticket in mine),
        recurrences=sum(ticket.recurrences for ticket in mine),
        last=newest.opened_at,
    )


@dataclass
class MemoryDirectory:
    """``units`` maps (category, area prefix) to a unit, ``spots`` a device to its place; ``written`` has lines."""

    units: dict[tuple[str, str], str] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)
    written: dict[str, Line] = field(default_factory=dict)

    def lines(self, area: str = "") -> tuple[Line, ...]:
        own = [Line(f"unit:{unit}:{name}", name, prefix, unit, own=True) for (name, prefix), unit in self.units.items()]
        return tuple(line for line in (*self.written.values(), *own) if not area or area.startswith(line.area))

    def spot(self, device: str) -> Spot:
        return self.spots.get(device, Spot())


def _own_chain() -> Callable[[], MemoryChain]:
    chain = MemoryChain("tickets")
    return lambda: chain


@dataclass
class MemoryCatalogue:
    """The catalogue over a directory's lines and the registry's places; ``record`` is its history."""

    directory: MemoryDirectory
    places: PlaceReader
    chain: Callable[[], MemoryChain] = field(default_factory=_own_chain)
    record: list[Changed] = field(default_factory=list)

    def lines(self, area: str = "") -> tuple[Line, ...]:
        return self.directory.lines(area)

    def has_area(self, area: str) -> bool:
        return self.places.get_area(area) is not None

    def unit_area(self, unit: str) -> str | None:
        found = self.places.get_unit(unit)
        return found.area if found else None

    def areas_of(self, codes: Collection[str]) -> frozenset[str]:
        return frozenset(code for code in codes if self.has_area(code))

    def units(self) -> tuple[UnitFact, ...]:
        return tuple(UnitFact(unit.id, unit.area, (unit.name_zh, unit.name_en))
                     for unit in self.places.list_units(scope=""))  # fmt: skip

    def put(self, line: Line, *, by: str, role: str, now: int) -> None:
        old = self._put(line, by, now)
        now_is: dict[str, object] = {"line": msgspec.to_builtins(line)}
        self._audit(now, by, role, f"line {line.id}", now_is | ({"was": msgspec.to_builtins(old)} if old else {}))

    def put_all(
        self, lines: Sequence[Line], *, by: str, role: str, now: int, judge: Callable[[tuple[Line, ...]], None]
    ) -> None:
        judge(self.lines())
        written, record = dict(self.directory.written), list(self.record)
        try:
            changed = sum(self._put(line, by, now) is not None for line in lines)
        except Clash:
            self.directory.written, self.record = written, record
            raise
        self._audit(now, by, role, "import", {"added": len(lines) - changed, "changed": changed})

    def _put(self, line: Line, by: str, now: int) -> Line | None:
        keys = {(old.category, old.area, old.urgency): old.id for old in self.directory.written.values()}
        if keys.get((line.category, line.area, line.urgency), line.id) != line.id:
            raise Clash(line.id)
        old = self.directory.written.get(line.id)
        self.directory.written[line.id] = line
        self.record.append(Changed(len(self.record) + 1, now, by, line.id, old, line))
        return old

    def remove(self, line: str, *, by: str, role: str, now: int) -> None:
        old = self.directory.written.pop(line, None)
        if old is not None:
            self.record.append(Changed(len(self.record) + 1, now, by, line, old, None))
            self._audit(now, by, role, f"line {line}", {"was": msgspec.to_builtins(old)})

    def changes(self, *, scope: str, line: str, limit: int, after: Key | None) -> Page[Changed]:
        found = [
            each for each in reversed(self.record)
            if line in ("", each.line) and (after is None or each.number < int(after[0]))
            and any(code.startswith(scope) or scope.startswith(code) for code in [_area_of(each)])
        ]  # fmt: skip
        items = tuple(found[:limit])
        return Page(items, (items[-1].number,) if len(found) > limit else None)

    def _audit(self, now: int, by: str, role: str, subject: str, detail: dict[str, object]) -> None:
        self.chain().put(Entry(now, by, Did.CATALOGUE, subject, said(**detail), role))


def _area_of(change: Changed) -> str:
    line = change.new or change.old
    return line.area if line else ""


class MemoryTicketReader:
    def __init__(self, store: MemoryTicketStore) -> None:
        self._store = store

    def list_tickets(
        self, filters: TicketFilters, *, scope: str, limit: int, after: Key | None, order: Order = ()
    ) -> Page[Ticket]:
        found = [t for t in self._store.state.tickets.values() if t.area.startswith(scope) and _fits(t, filters)]
        if order:
            placed = sorted(((place_of(ticket, order), ticket) for ticket in found), key=lambda each: each[0])
            beyond = [ticket for place, ticket in placed if after is None or place > after]
            return Page(tuple(beyond[:limit]), place_of(beyond[limit - 1], order) if len(beyond) > limit else None)
        found.sort(key=lambda ticket: (ticket.opened_at, ticket.id), reverse=True)
        rest = [ticket for ticket in found if after is None or (ticket.opened_at, ticket.id) < after]
        items = tuple(rest[:limit])
        return Page(items, (items[-1].opened_at, items[-1].id) if len(rest) > limit else None)

    def count_tickets(self, filters: TicketFilters, *, scope: str, most: int) -> int:
        found = [t for t in self._store.state.tickets.values() if t.area.startswith(scope) and _fits(t, filters)]
        return min(len(found), most)

    def find_tickets(self, filters: TicketFilters, *, scope: str, limit: int, most: int) -> tuple[Page[Ticket], int]:
        page = self.list_tickets(filters, scope=scope, limit=limit, after=None)
        return page, self.count_tickets(filters, scope=scope, most=most)

    def get_ticket(self, ticket: str, *, scope: str) -> tuple[Ticket, tuple[Event, ...]] | None:
        found = MemoryWork(self._store.state).ticket(ticket)
        if found is None or not found.area.startswith(scope):
            return None
        return found, self._store.state.events[found.id]

    def list_events(self, tickets: Sequence[str]) -> dict[str, tuple[Event, ...]]:
        return {ticket: self._store.state.events.get(ticket, ()) for ticket in tickets}

    def last_changes(self, tickets: Sequence[str]) -> dict[str, int]:
        events = self._store.state.events
        return {ticket: max(event.at for event in events[ticket]) for ticket in tickets if ticket in events}

    def count_by_stage(self, filters: TicketFilters, *, scope: str) -> tuple[StageCount, ...]:
        narrow = TicketFilters(unit=filters.unit, reporter=filters.reporter)
        mine = [
            t for t in self._store.state.tickets.values() if t.open and t.area.startswith(scope) and _fits(t, narrow)
        ]
        return tuple(
            StageCount(
                stage,
                sum(t.stage is stage for t in mine),
                sum(t.stage is stage and t.card == "yellow" for t in mine),
                sum(t.stage is stage and t.card == "red" for t in mine),
            )
            for stage in Stage
        )


def _fits(ticket: Ticket, filters: TicketFilters) -> bool:
    wanted = (
        (filters.states, ticket.state in filters.states),
        (filters.stage, ticket.stage == filters.stage),
        (filters.area, ticket.area.startswith(filters.area)),
        (filters.device, ticket.device == filters.device),
        (filters.kind, ticket.kind == filters.kind),
        (filters.source, ticket.source == filters.source),
        (filters.incident, ticket.incident == filters.incident),
        (filters.masters, ticket.master in filters.masters),
        (filters.supervised is not None, ticket.supervised == filters.supervised),
        (filters.watched is not None, bool(ticket.card or ticket.supervised) == filters.watched),
        (filters.level, ticket.level == filters.level),
        (filters.unit, filters.unit in {ticket.lead, *ticket.assisting}),
        (filters.reporter, ticket.reporter == filters.reporter),
        (filters.card, ticket.card == filters.card),
        (filters.categories, ticket.category in filters.categories),
        (filters.urgency is not None, ticket.urgency == filters.urgency),
        (filters.since is not None, ticket.opened_at >= (filters.since or 0)),
        (filters.until is not None, ticket.opened_at < (filters.until or 0)),
        (filters.open is not None, ticket.open == filters.open),
    )
    held = f"{ticket.number} {ticket.title} {ticket.place} {ticket.text} {ticket.outcome}".lower()
    if not all(word.lower() in held for word in filters.text.split()):
        return False
    return all(holds for asked, holds in wanted if asked)


@dataclass
class MemorySavedFilters:
    """Twin of ``PostgresSavedFilters``."""

    kept: dict[tuple[str, str], SavedFilter] = field(default_factory=dict)

    def of(self, owner: str) -> tuple[SavedFilter, ...]:
        return tuple(kept for (whose, _), kept in sorted(self.kept.items()) if whose == owner)

    def put(self, kept: SavedFilter, *, most: int) -> bool:
        others = [name for whose, name in self.kept if whose == kept.owner and name != kept.name]
        if len(others) >= most:
            return False
        self.kept[kept.owner, kept.name] = kept
        return True

    def drop(self, owner: str, name: str) -> bool:
        return self.kept.pop((owner, name), None) is not None
