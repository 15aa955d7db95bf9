"""Alarms: one an episode, with its transitions; acknowledge, reset, close."""

import uuid
from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import Field

from services.alarms.domain import AlarmFilters
from services.alarms.ports import Listed as ListedAlarm
from services.api.container import Container
from services.api.door.auth import Caller, allow, within
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Asked, Listed, Shape, listed
from services.api.words import Text, Timed, Word, asked_area, missing, place
from services.registry.domain import Permission
from streams.contracts import ActionName, AlarmEvent, AlarmState, Cause, Severity

CONFLICTS: Final = documented(403, 409)
STATES: Final = tuple(state for state in AlarmState if state is not AlarmState.PENDING)
COMMANDS: Final = uuid.UUID("6b0f4b52-4d6c-5c57-9a43-3b0c6c1f7a11")
"""Name space of commands that carry an Idempotency-Key: the same person and key are the same command."""
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Acknowledger = Annotated[Caller, Depends(allow(Permission.ACKNOWLEDGE))]
Resetter = Annotated[Caller, Depends(allow(Permission.RESET))]
Key = Annotated[Word | None, Header(alias="Idempotency-Key")]


class AlarmQuery(Timed):
    """``state`` may name several, separated by commas, or ``active``; ``from`` and ``to`` bound ``active_since``.

    ``shelved``: those that a shelving hides, or the others.
    """

    state: Word = Field(default="", examples=["active"])
    severity: Severity | None = None
    metric: Word = ""
    rule: Word = ""
    incident: Word = ""
    shelved: bool | None = None
    suppressed_by: Word = Field(default="", description="The episode of the alarm that hides them.")


class Comment(Asked):
    """Why, in the person's own words; closing by hand needs one."""

    comment: Text = Field(default="", examples=["已通知燃气公司"])


SILENT: Final = Comment()


class TransitionShape(Shape):
    """One step of an alarm; ``at`` is the time in the log, ``ts`` the deciding sample's device time."""

    id: str
    old: AlarmState
    new: AlarmState
    cause: Cause
    severity: Severity
    at: int
    ts: int | None
    value: float | None
    limit: float | None
    by: str
    why: str
    offset: str = Field(description="partition/offset in linli.inputs of the record that decided it")


class AlarmShape(Shape):
    """An alarm. Times are epoch ms; a latched one with ``normal_since`` waits for a reset."""

    id: str
    episode: str
    device: str
    rule: str
    severity: Severity
    state: AlarmState
    active_since: int
    ticket_id: str | None
    kind: str
    metric: str
    area: str
    building: str
    incident: str
    group: str = Field(description="group whose incident it belongs to, as main:M7; empty: it stands by itself")
    first_out: bool = Field(description="the first of its incident to become active")
    flood: bool = Field(description="it came in an alarm flood of its group")
    cause: str
    worst: Severity
    value: float | None
    limit: float | None
    ts: int | None
    raised_at: int
    changed_at: int
    normal_since: int | None
    latched: bool
    backlog: bool
    acknowledged_by: str
    acknowledged_at: int | None
    comment: str
    last_cause: str
    last_by: str
    last_why: str
    rule_version: int
    shelved_until: int | None = Field(description="Hidden until then; these four as its last transition found them.")
    suppressed_by: str
    out_of_service: bool
    maintenance: bool


class AlarmWithTransitions(AlarmShape):
    """An alarm with every step it took."""

    transitions: list[TransitionShape]


class CommandShape(Shape):
    """A request that is on its way to the engine, which decides what becomes of it; the alarm as it stood."""

    command: str
    action: ActionName
    alarm: AlarmShape


def alarm_of(row: ListedAlarm) -> AlarmShape:
    return AlarmShape(**_fields(row))


def _fields(row: ListedAlarm) -> dict[str, object]:
    names = [name for name in AlarmShape.model_fields if name != "ticket_id"]
    return {"ticket_id": row.ticket_id, **{name: getattr(row.alarm, name) for name in names}}


def transition_of(event: AlarmEvent) -> TransitionShape:
    return TransitionShape(
        id=event.id, old=event.old, new=event.new, cause=event.cause, severity=event.severity, at=event.at,
        ts=event.ts, value=event.value, limit=event.limit, by=event.by, why=event.why,
        offset=f"{event.source.partition}/{event.source.offset}",
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["alarms"], responses=PROBLEMS)

    @routes.get("/alarms")
    def list_alarms(caller: Watcher, query: Annotated[AlarmQuery, Parameters()]) -> Listed[AlarmShape]:
        """Alarms of the caller's area, newest first."""
        page = container.alarms.list_alarms(
            _filters(caller, query), scope=caller.scope, limit=query.limit, after=place(query.cursor, (int, str))
        )
        return listed(page, alarm_of)

    @routes.get("/alarms/{alarm}")
    def get_alarm(caller: Watcher, alarm: Annotated[Word, Path()]) -> AlarmWithTransitions:
        """One alarm by id or episode, with its transitions."""
        row, events = _found(caller, alarm)
        return AlarmWithTransitions(**_fields(row), transitions=[transition_of(event) for event in events])

    @routes.post("/alarms/{alarm}/ack", status_code=202, responses=CONFLICTS)
    def acknowledge(
        caller: Acknowledger,
        alarm: Annotated[Word, Path()],
        asked: Annotated[Comment, Body()] = SILENT,
        key: Key = None,
    ) -> CommandShape:
        """Say that you have seen it; the escalation stops."""
        return _ask(caller, alarm, ActionName.ACKNOWLEDGE, asked, key)

    @routes.post("/alarms/{alarm}/reset", status_code=202, responses=CONFLICTS)
    def reset(
        caller: Resetter, alarm: Annotated[Word, Path()], asked: Annotated[Comment, Body()] = SILENT, key: Key = None
    ) -> CommandShape:
        """Release a latched alarm whose condition is gone."""
        return _ask(caller, alarm, ActionName.RESET, asked, key)

    @routes.post("/alarms/{alarm}/close", status_code=202, responses=CONFLICTS)
    def close(
        caller: Resetter, alarm: Annotated[Word, Path()], asked: Annotated[Comment, Body()], key: Key = None
    ) -> CommandShape:
        """End an alarm by hand, with a reason: the device was replaced or retired."""
        return _ask(caller, alarm, ActionName.CLOSE, asked, key)

    def _found(caller: Caller, alarm: str) -> tuple[ListedAlarm, tuple[AlarmEvent, ...]]:
        return found_alarm(container, caller, alarm)

    def _ask(caller: Caller, alarm: str, action: ActionName, asked: Comment, key: str | None) -> CommandShape:
        row, _ = _found(caller, alarm)
        command = command_of(container, caller, key)
        taken = container.ask_of_alarm(
            row.alarm.id, action, by=caller.id, command=command, why=asked.comment, scope=caller.scope
        )
        return CommandShape(command=taken.command.id, action=taken.command.action, alarm=alarm_of(row))

    return routes


def found_alarm(container: Container, caller: Caller, alarm: str) -> tuple[ListedAlarm, tuple[AlarmEvent, ...]]:
    """An alarm by id or episode, with its transitions.

    Raises:
        ProblemError: 404; 403 outside the caller's area.
    """
    found = container.alarms.get_alarm(alarm, scope="")
    if found is None:
        raise missing("alarm", alarm)
    within(caller, found[0].alarm.area, f"Alarm {alarm}")
    return found


def command_of(container: Container, caller: Caller, key: str | None) -> str:
    """The command of a request; without a key every request is its own."""
    return str(uuid.uuid5(COMMANDS, f"{caller.id} {key}")) if key else container.ids.new()


def _filters(caller: Caller, query: AlarmQuery) -> AlarmFilters:
    states = tuple(word for word in query.state.split(",") if word)
    active = True if "active" in states else None
    unknown = set(states) - set(STATES) - {"active"}
    if unknown or (active and len(states) > 1):
        raise refuse(
            422, "invalid", "state names something that is no state of an alarm, or mixes active with one.",
            f"Use active, or any of: {', '.join(STATES)}.", field="state", value=query.state,
        )  # fmt: skip
    return AlarmFilters(
        states=() if active else states,
        active=active,
        severity=query.severity or "",
        device=query.device,
        kind=query.kind,
        area=asked_area(caller, query.area),
        rule=query.rule,
        metric=query.metric,
        incident=query.incident,
        since=query.start,
        until=query.end,
        shelved=query.shelved,
        suppressed_by=query.suppressed_by,
    )
