"""What people ask: open a ticket by phone, page or patrol; act on one. Each request once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from services.ports import Clock, Ids
from services.tickets import domain
from services.tickets.domain import (
    Action,
    Actor,
    Caller,
    Details,
    IllegalTransition,
    Opening,
    Policy,
    Role,
    Source,
    Stale,
    Ticket,
)  # fmt: skip
from services.tickets.domain.catalogue import Line, check_category
from services.tickets.domain.errors import MergedItself, Wrong
from services.tickets.domain.numbers import day_of, number
from services.tickets.domain.policy import URGENCIES
from services.tickets.domain.text import check_phone, check_text
from services.tickets.handlers.board import KeepAnswers
from services.tickets.handlers.erasing import keep_account, put
from services.tickets.handlers.incidents import gather, led, save
from services.tickets.handlers.joining import join
from services.tickets.handlers.photos import show
from services.tickets.handlers.places import check_area, check_units, units_named
from services.tickets.handlers.policies import deadlines_of, named_for, settled
from services.tickets.ports import Answer, Atlas, TicketStore, Work
from services.transactions import in_transaction
from streams.contracts import Refused
from streams.contracts.areas import level_of

_SOURCES = {
    Role.OPERATOR: Source.HOTLINE,
    Role.CITIZEN: Source.CITIZEN,
    Role.GRID_WORKER: Source.PATROL,
    Role.GRID_MANAGER: Source.PATROL,
}


class Report(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What somebody reports. ``area`` is an area code, ``category`` a guess that classifying settles.

    ``position`` is (lon, lat), WGS84.
    ``device`` is the sensor that it is about, where somebody stands before it. ``urgency`` is the hotline's
    first word on it, which classifying settles as well.
    """

    title: str
    text: str = ""
    place: str = ""
    area: str = ""
    category: str = ""
    building: str = ""
    device: str = ""
    caller: Caller | None = None
    position: tuple[float, float] | None = None
    urgency: int = 0


class Act(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An action on a ticket as the caller saw it at ``version``."""

    ticket: str
    action: str
    version: int
    details: Details = Details()


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Opens a ticket that a person reports."""

    store: TicketStore
    clock: Clock
    ids: Ids
    atlas: Atlas | None = None

    def __call__(
        self, report: Report, *, who: Actor, key: str = "", scope: str = "", source: Source | None = None
    ) -> Ticket:
        """Open it, or answer as before when ``key`` was used for this very report.

        ``source`` is the channel where it is another than the role's own.

        Raises:
            Refused: ``fields`` or ``forbidden``; ``idempotency`` for a key of another request.
        """
        own = source_of(report, who, scope)
        check_phone(report.caller.phone if report.caller else "")
        if self.atlas is not None:
            check_area(self.atlas, report.area)
        lines = self.atlas.lines(report.area) if self.atlas is not None and report.category and report.area else ()
        named = named_for(lines, report.category, report.area, report.urgency)
        request = Request(key, who, report)
        return in_transaction(
            self.store, lambda work: request.once(work, lambda: self._open(work, report, who, source or own, named))
        )

    def _open(self, work: Work, report: Report, who: Actor, source: Source, named: str) -> Ticket:
        now = self.clock.now()
        day = day_of(now)
        opening = opening_of(
            report, who, number=number(day, work.next_count(day)), source=source, policy=deadlines_of(work, named)
        )
        ticket, events = domain.report(opening, id=self.ids.new(), now=now, who=who)
        save(work, ticket, events, now)
        return join(work, ticket, now)


def opening_of(report: Report, who: Actor, *, number: str, source: Source, policy: Policy) -> Opening:
    """A report as the ticket that it opens."""
    return Opening(
        number=number,
        source=source,
        title=report.title,
        policy=policy,
        text=report.text,
        place=report.place,
        area=report.area,
        building=report.building,
        device=report.device,
        category=report.category,
        caller=report.caller,
        reporter="" if who.role is Role.OPERATOR else who.by,
        position=report.position,
        urgency=report.urgency,
    )


def source_of(report: Report, who: Actor, scope: str) -> Source:
    """The channel of whoever reports, where they and what they say may pass; that the area exists is not looked up.

    Raises:
        Refused: ``fields`` or ``forbidden``.
    """
    check_text(report)
    own = _SOURCES.get(who.role)
    if own is None:
        raise Refused("forbidden", f"report belongs to {', '.join(_SOURCES)}")
    if report.area and level_of(report.area) is None:
        raise Wrong("area", report.area, "area is no area code", "Use one of 6, 9, 12, 15 or 20 digits.")
    if report.category:
        check_category(report.category)
    if not report.area.startswith(scope):
        raise Refused("forbidden", f"the place lies outside your area {scope}")
    if report.urgency and (report.urgency not in URGENCIES or who.role is not Role.OPERATOR):
        detail = "urgency is 0 (ordinary), 1 (major) or 2 (critical), and the hotline's to say"
        raise Wrong("urgency", report.urgency, detail, "Leave it out, or have an operator say it.")
    return own


@dataclass(frozen=True, slots=True)
class _Known:
    """What the registry and the catalogue say of an action, asked before its transaction."""

    units: Mapping[str, str | None] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class ActOnTicket:
    """Takes one action on one ticket."""

    store: TicketStore
    clock: Clock
    answers: KeepAnswers | None = None
    atlas: Atlas | None = None

    def __call__(self, act: Act, *, who: Actor, key: str = "", scope: str = "") -> Ticket:
        """Act, or answer as before when ``key`` was used for this very action.

        Raises:
            Stale: the ticket is not at ``act.version`` any more.
            IllegalTransition, NotAllowed, Refused: as the loop's rules say.
        """
        check_text(act)
        if act.details.cites and self.answers is not None:
            self.answers.cited(act.details.cites)
        if self.atlas is not None and act.action == Action.CLASSIFY:
            check_area(self.atlas, act.details.area)
        known = self._known(act)
        request = Request(key, who, act)
        return in_transaction(
            self.store, lambda work: request.once(work, lambda: self._act(work, act, who, scope, known))
        )

    def _known(self, act: Act) -> "_Known":
        if self.atlas is None:
            return _Known()
        classifies = act.action == Action.CLASSIFY and act.details.area
        lines = self.atlas.lines(act.details.area) if classifies else ()
        return _Known(units_named(self.atlas, act.action, act.details), lines)

    def _act(self, work: Work, act: Act, who: Actor, scope: str, known: "_Known") -> Ticket:
        ticket = work.ticket(act.ticket)
        if ticket is None or not ticket.area.startswith(scope):
            raise Refused("not-found", "there is no such ticket in your area")
        now = self.clock.now()
        if act.version != ticket.version:
            raise Stale(act.version, ticket.version)
        check_units(known.units, ticket, act.details)
        if act.action not in set(Action):
            allowed = domain.allowed_actions(ticket, who.role, by=who.by, unit=who.unit, now=now)
            raise IllegalTransition(ticket.state, act.action, allowed)
        action = Action(act.action)
        master = self._master(work, act.details.master, scope) if action is Action.MERGE else None
        deadlines = self._deadlines(work, ticket, act.details, known) if action is Action.CLASSIFY else None
        try:
            moved, events = domain.move(
                ticket, action, now=now, by=who.by, role=who.role, unit=who.unit, details=act.details, master=master,
                deadlines=deadlines,
            )  # fmt: skip
        except MergedItself as merged:
            leading = led(work, master) or ticket
            raise (merged.by_this() if leading.id == ticket.id else merged.led_by(leading.number)) from None
        if action is Action.ERASE:
            put(work, moved, events)
            keep_account(work, moved, now, who, act.details.reason)
            return moved
        show(work, ticket.id, act.details.photos, now)
        save(work, moved, events, now)
        if master is not None:
            gather(work, ticket, master, now)
        return join(work, moved, now) if action is Action.CLASSIFY else moved

    def _deadlines(self, work: Work, ticket: Ticket, details: Details, known: "_Known") -> Policy | None:
        if self.atlas is None:
            return None
        urgency = max(ticket.urgency, details.urgency or 0)
        return settled(work, ticket, named_for(known.lines, details.category, details.area, urgency))

    @staticmethod
    def _master(work: Work, named: str, scope: str) -> Ticket | None:
        found = work.ticket(named) if named else None
        return found if found is not None and found.area.startswith(scope) else None


@dataclass(frozen=True, slots=True)
class Request:
    """One request with the key that makes it happen once; keys of different people never meet."""

    key: str
    who: Actor
    body: Report | Act

    @property
    def name(self) -> str:
        return f"{self.who.by} {self.key}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.body)).hexdigest()

    def among(self, answers: Mapping[str, Answer]) -> Answer | None:
        """What the key did, if it was used for this very request.

        Raises:
            Refused: ``idempotency``, it was used for another one.
        """
        found = answers.get(self.name)
        if found is not None and found.fingerprint != self.fingerprint:
            raise Refused(
                "idempotency", "this Idempotency-Key was used for another request", field="Idempotency-Key",
                value=self.key, remedy="Take a new key for a new request.",
            )  # fmt: skip
        return found

    def done(self, ticket: Ticket) -> Answer:
        """What is remembered of it."""
        return Answer(self.fingerprint, ticket.id, ticket.version)

    def once(self, work: Work, do: Callable[[], Ticket]) -> Ticket:
        if not self.key:
            return do()
        before = self.among(work.answers({self.name}))
        if before is None:
            ticket = do()
            work.remember({self.name: self.done(ticket)})
            return ticket
        return domain.replay(work.events(before.ticket)[: before.version])
