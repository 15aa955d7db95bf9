"""A ticket as callers read it: the present, the log, and what this very person may do next."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from pydantic import Field

from services.api.door.auth import Caller
from services.api.shapes import Shape
from services.tickets.domain import (
    Action,
    Card,
    Clock,
    ClockRun,
    Event,
    Level,
    Role,
    Satisfaction,
    Source,
    Stage,
    State,
    Step,
    Ticket,
    allowed_actions,
    caller_for,
    fields,
    hidden_from,
    may_unmask,
    responsible,
)  # fmt: skip
from services.tickets.domain import Caller as Reporter
from streams.contracts import Severity

HIDDEN: Final = frozenset({"caller", "policy"})
"""What the opening event carries and a log does not show: the number is masked by role, on the ticket."""


class ClockShape(Shape):
    """One clock: ``due`` and ``warn`` (its yellow card) epoch ms; ``card`` yellow, red or empty.

    ``limit`` is the policy's word: ``30m``, ``4wh`` (working hours), ``5wd`` (working days), empty
    where a person chose the date. ``left`` of a paused clock is ms, or working days for ``wd``.
    ``assumed``: the holidays of the year it ends in are not known yet. ``task``: its sub-task.
    """

    clock: Clock
    started: int
    limit: str = Field(examples=["5wd"])
    due: int
    warn: int
    left: int | None
    card: Card
    task: int
    assumed: bool


class TaskShape(Shape):
    """A sub-task of another unit; ``until`` and ``done_at`` epoch ms."""

    number: int
    unit: str
    text: str
    until: int
    done_at: int | None
    done_by: str
    outcome: str


class ResponsibleShape(Shape):
    """Who acts next: a role at a level of the city, and the unit where it is a unit's people."""

    role: Role
    level: Level
    unit: str


class SignalShape(Shape):
    """One alarm episode of the ticket's incident."""

    episode: str
    rule: str
    device: str
    severity: Severity
    since: int
    active: bool
    normal_since: int | None
    metric: str
    value: float | None
    limit: float | None


class EventShape(Shape):
    """One entry of the log; ``version`` is the ticket's after it."""

    id: str
    version: int
    action: Action
    old: State | None
    new: State
    at: int
    by: str
    role: str
    why: str
    evidence: dict[str, Any]


class ReporterShape(Shape):
    """Who reported it; masked for everybody who does not call back, and absent where it is confidential."""

    name: str
    phone: str
    confidential: bool


class AllowedShape(Shape):
    """An action that the caller may take now; ``a|b`` among the required wants either."""

    action: Action
    required: list[str]
    optional: list[str]


class TicketShape(Shape):
    """A ticket. Times are epoch ms; ``deadline`` is the nearest running clock's."""

    id: str
    number: str = Field(examples=["LY-20261122-0029"])
    state: State
    stage: Stage
    step: Step = Field(description="The stage in the words of cities that count five.")
    source: Source
    incident: str = Field(examples=["gas-leak:gas-0007"])
    episodes: list[str]
    device: str
    area: str
    version: int
    deadline: int | None
    events: list[EventShape]
    actions: list[AllowedShape]
    card: Card
    clocks: list[ClockShape]
    signals: list[SignalShape]
    title: str
    text: str
    place: str
    building: str
    kind: str
    category: str
    urgency: int
    lead: str
    assisting: list[str]
    reporter: str
    position: tuple[float, float] | None = Field(description="lon, lat; WGS84.")
    caller: ReporterShape | None
    unmaskable: bool = Field(description="Whether POST …/caller would show the caller whole, with a reason.")
    outcome: str
    evidence: dict[str, Any] | None
    checked_by: str
    satisfied: Satisfaction | None
    misses: list[int] = Field(description="When call-backs reached nobody; three over two days end it.")
    booked: int | None = Field(description="When the reporter wants to be called back.")
    sensor_active: bool
    sensor_normal_since: int | None
    returns: int
    redos: int
    recurrences: int
    hot_spot: str
    reassigns: int
    extensions: int
    parkings: int
    waits: int
    urges: int
    appeals: int
    tasks: list[TaskShape]
    waiting_until: int | None
    asked_until: int | None
    plan: str
    master: str
    told: str
    found: bool | None
    unsolved: bool
    responsible: ResponsibleShape | None
    level: Level
    supervised: bool
    policy: str = Field(examples=["default 1"])
    backlog: bool
    opened_at: int
    closed_at: int | None
    archived_at: int | None
    erased_at: int | None = Field(description="When what it held of a person was erased; 已清除 stands in its place.")


def ticket_of(ticket: Ticket, events: Sequence[Event], caller: Caller, now: int) -> TicketShape:
    """The ticket for ``caller``."""
    role = Role(caller.role)
    secret = ticket.reporter if hidden_from(role, ticket.caller) and ticket.reporter != caller.id else ""
    return TicketShape(
        id=ticket.id,
        number=ticket.number,
        state=ticket.state,
        stage=ticket.stage,
        step=ticket.state.step,
        source=ticket.source,
        incident=ticket.incident,
        episodes=[episode.episode for episode in ticket.episodes],
        device=ticket.device,
        area=ticket.area,
        version=ticket.version,
        deadline=ticket.deadline,
        events=[_event(event, secret) for event in events],
        actions=_actions(ticket, caller, now),
        card=ticket.card,
        clocks=[_clock(run) for run in ticket.clocks],
        signals=[_signal(episode) for episode in ticket.episodes],
        title=ticket.title,
        text=ticket.text,
        place=ticket.place,
        building=ticket.building,
        kind=ticket.kind,
        category=ticket.category,
        urgency=ticket.urgency,
        lead=ticket.lead,
        assisting=list(ticket.assisting),
        reporter="" if secret else ticket.reporter,
        position=ticket.position,
        caller=reporter_of(seen) if (seen := caller_for(role, ticket.caller)) else None,
        unmaskable=may_unmask(role, ticket.caller),
        outcome=ticket.outcome,
        evidence=msgspec.to_builtins(ticket.evidence) if ticket.evidence else None,
        checked_by=ticket.checked_by,
        satisfied=ticket.satisfied,
        misses=list(ticket.misses),
        booked=ticket.booked,
        sensor_active=ticket.sensor_active,
        sensor_normal_since=ticket.sensor_normal_since,
        returns=ticket.returns,
        redos=ticket.redos,
        recurrences=ticket.recurrences,
        hot_spot=ticket.hot_spot,
        reassigns=ticket.reassigns,
        extensions=ticket.extensions,
        parkings=ticket.parkings,
        waits=ticket.waits,
        urges=ticket.urges,
        appeals=ticket.appeals,
        tasks=[TaskShape(**msgspec.structs.asdict(task)) for task in ticket.tasks],
        waiting_until=ticket.waiting_until,
        asked_until=ticket.asked_until,
        plan=ticket.plan,
        master=ticket.master,
        told=ticket.told,
        found=ticket.found,
        unsolved=ticket.unsolved,
        responsible=_responsible(ticket),
        level=ticket.level,
        supervised=ticket.supervised,
        policy=f"{ticket.policy.name} {ticket.policy.version}",
        backlog=ticket.backlog,
        opened_at=ticket.opened_at,
        closed_at=ticket.closed_at,
        archived_at=ticket.archived_at,
        erased_at=ticket.erased_at,
    )


def _clock(run: ClockRun) -> ClockShape:
    return ClockShape.model_validate(run, from_attributes=True)


def _responsible(ticket: Ticket) -> ResponsibleShape | None:
    who = responsible(ticket)
    return ResponsibleShape(role=who.role, level=who.level, unit=who.unit) if who else None


def _actions(ticket: Ticket, caller: Caller, now: int) -> list[AllowedShape]:
    allowed = []
    for action in allowed_actions(ticket, Role(caller.role), by=caller.id, unit=caller.unit, now=now):
        required, optional = fields(ticket.state, action)
        allowed.append(AllowedShape(action=action, required=list(required), optional=list(optional)))
    return allowed


def _event(event: Event, secret: str) -> EventShape:
    """``secret``: the reporter whom the log names as little as the ticket does; '' where there is none."""
    evidence = {name: value for name, value in event.evidence.items() if name not in HIDDEN}
    return EventShape(
        id=event.id, version=event.version, action=event.action, old=event.old, new=event.new, at=event.at,
        by="" if secret and event.by == secret else event.by, role=event.role, why=event.why, evidence=evidence,
    )  # fmt: skip


def _signal(episode: Any) -> SignalShape:
    return SignalShape.model_validate(episode, from_attributes=True)


def reporter_of(reporter: Reporter) -> ReporterShape:
    return ReporterShape(name=reporter.name, phone=reporter.phone, confidential=reporter.confidential)
