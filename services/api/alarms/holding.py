"""Holding alarms back: shelving with an end and, where the rule says so, a second person; out of service."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.alarms.domain import Hold, HoldKind, HoldState
from services.alarms.handlers import Held, Holding
from services.api.alarms.alarms import AlarmShape, alarm_of, command_of, found_alarm
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.words import Moment, Text, Word
from services.registry.domain import Permission
from streams.contracts import ActionName

CONFLICTS: Final = documented(403, 409)
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Holder = Annotated[Caller, Depends(allow(Permission.RESET))]
Key = Annotated[Word | None, Header(alias="Idempotency-Key")]
Name = Annotated[Word, Path()]


class Shelving(Asked):
    """Until when and why. A rule says how long at most, and whether a second person has to agree."""

    until: Moment
    reason: Text = Field(examples=["施工动火，18:00 前恢复"])


class Reason(Asked):
    """Why, in the person's own words."""

    reason: Text = Field(examples=["探头更换中"])


class Release(Asked):
    """Why it may be seen again; may be left out."""

    reason: Text = ""


RELEASED: Final = Release()


class HoldQuery(BaseModel):
    """Holds of one device or rule, or all of the caller's area."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: Word = ""
    rule: Word = ""


class HoldShape(Shape):
    """What holds a rule's alarms back on a device; epoch ms. ``waiting``: a second person has yet to agree."""

    id: str
    kind: HoldKind
    state: HoldState
    rule: str
    device: str
    area: str
    by: str
    at: int
    why: str
    until: int | None
    second: str
    approved_at: int | None
    ended_by: str
    ended_at: int | None


class HeldShape(Shape):
    """A wish that was taken, with the alarm as it stood; ``hold`` is null where only the engine knew of one."""

    hold: HoldShape | None
    alarm: AlarmShape


def hold_of(hold: Hold, now: int) -> HoldShape:
    names = [name for name in HoldShape.model_fields if name != "state"]
    return HoldShape(state=hold.state(now), **{name: getattr(hold, name) for name in names})


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["alarms"], responses=PROBLEMS)

    @routes.get("/holds")
    def list_holds(caller: Watcher, query: Annotated[HoldQuery, Parameters()]) -> Listed[HoldShape]:
        """What is shelved, out of service or waiting for a second person in the caller's area, newest first."""
        now = container.clock.now()
        holds = container.alarms.list_holds(scope=caller.scope, now=now, rule=query.rule, device=query.device)
        return each(holds, lambda hold: hold_of(hold, now))

    @routes.post("/alarms/{alarm}/shelve", status_code=202, responses=CONFLICTS)
    def shelve(caller: Holder, alarm: Name, asked: Shelving, key: Key = None) -> HeldShape:
        """Hide this rule's alarms on this device until an end; history keeps them."""
        return _take(caller, alarm, ActionName.SHELVE, asked.reason, key, until=asked.until)

    _approvals(routes, container)

    @routes.post("/alarms/{alarm}/unshelve", status_code=202, responses=CONFLICTS)
    def unshelve(
        caller: Holder, alarm: Name, asked: Annotated[Release, Body()] = RELEASED, key: Key = None
    ) -> HeldShape:
        """End a shelving before its time, or withdraw one that waits; a condition that stands alarms as if new."""
        return _take(caller, alarm, ActionName.UNSHELVE, asked.reason, key)

    @routes.post("/alarms/{alarm}/out-of-service", status_code=202, responses=CONFLICTS)
    def out_of_service(caller: Holder, alarm: Name, asked: Reason, key: Key = None) -> HeldShape:
        """Take this rule out of service on this device until somebody puts it back; some rules want a second person."""
        return _take(caller, alarm, ActionName.OUT_OF_SERVICE, asked.reason, key)

    @routes.post("/alarms/{alarm}/in-service", status_code=202, responses=CONFLICTS)
    def in_service(
        caller: Holder, alarm: Name, asked: Annotated[Release, Body()] = RELEASED, key: Key = None
    ) -> HeldShape:
        """Put it back into service."""
        return _take(caller, alarm, ActionName.IN_SERVICE, asked.reason, key)

    def _take(
        caller: Caller, alarm: str, action: ActionName, why: str, key: str | None, until: int | None = None
    ) -> HeldShape:
        row, _ = found_alarm(container, caller, alarm)
        command = command_of(container, caller, key)
        wish = Holding(row.alarm.id, action, caller.id, command, why=why, until=until, scope=caller.scope)
        return _answer(container, container.hold_alarm(wish), alarm, caller)

    return routes


def _approvals(routes: APIRouter, container: Container) -> None:
    @routes.post("/alarms/{alarm}/approve-shelving", status_code=202, responses=CONFLICTS)
    def approve(caller: Holder, alarm: Name, key: Key = None) -> HeldShape:
        """Agree, as the second person, to a shelving that waits."""
        return _approve(caller, alarm, key, HoldKind.SHELVE)

    @routes.post("/alarms/{alarm}/approve-out-of-service", status_code=202, responses=CONFLICTS)
    def approve_out_of_service(caller: Holder, alarm: Name, key: Key = None) -> HeldShape:
        """Agree, as the second person, that a rule which asks for two goes out of service on this device."""
        return _approve(caller, alarm, key, HoldKind.OUT_OF_SERVICE)

    def _approve(caller: Caller, alarm: str, key: str | None, kind: HoldKind) -> HeldShape:
        row, _ = found_alarm(container, caller, alarm)
        command = command_of(container, caller, key)
        held = container.hold_alarm.approve(row.alarm.id, by=caller.id, command=command, scope=caller.scope, kind=kind)
        return _answer(container, held, alarm, caller)


def _answer(container: Container, held: Held, alarm: str, caller: Caller) -> HeldShape:
    row, _ = found_alarm(container, caller, alarm)
    hold = hold_of(held.hold, container.clock.now()) if held.hold else None
    return HeldShape(hold=hold, alarm=alarm_of(row))
