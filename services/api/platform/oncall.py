"""What the platform says about itself, and who took it on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Path
from fastapi import Query as Parameters

from services.api.alarms.alarms import CONFLICTS, SILENT, Comment
from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, listed
from services.api.words import Query, Word, missing, place
from services.oncall.domain import Event, Notification, NotificationFilter, State
from services.oncall.handlers import acknowledge
from services.registry.domain import Permission

Engineer = Annotated[Caller, Depends(allow(Permission.PLATFORM))]


class NotificationQuery(Query):
    """``open`` leaves the resolved out."""

    state: State | Literal[""] = ""
    severity: Word = ""
    open: bool = False


class NotificationShape(Shape):
    """One firing of one alert; ``responsible`` is who is being asked now, until ``escalate_at`` (epoch ms)."""

    id: str
    name: str
    severity: str
    state: State
    started: int
    received: int
    ended: int | None
    summary: str
    summary_en: str
    runbook: str
    labels: dict[str, str]
    acknowledged: int | None
    acknowledged_by: str
    comment: str
    responsible: str
    step: int
    escalate_at: int | None


class NotificationEventShape(Shape):
    """received, escalated, exhausted, acknowledged or resolved; ``at`` epoch ms."""

    at: int
    what: str
    person: str
    comment: str


class NotificationWithEvents(NotificationShape):
    events: list[NotificationEventShape]


def notification_of(row: Notification) -> NotificationShape:
    return NotificationShape(**_fields(row))


def _fields(row: Notification) -> dict[str, Any]:
    return {name: getattr(row, name) for name in NotificationShape.model_fields}


def _whole(row: Notification, events: tuple[Event, ...]) -> NotificationWithEvents:
    shown = [
        NotificationEventShape(at=event.at, what=event.what, person=event.person, comment=event.comment)
        for event in events
    ]
    return NotificationWithEvents(**_fields(row), events=shown)


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=f"{PREFIX}/oncall", tags=["on-call"], responses=PROBLEMS)
    desk = container.notifications

    @routes.get("/notifications")
    def list_notifications(_: Engineer, query: Annotated[NotificationQuery, Parameters()]) -> Listed[NotificationShape]:
        """What Prometheus reported about the platform, newest first."""
        filters = NotificationFilter(query.state, query.severity, query.open)
        page = desk.list_notifications(filters, limit=query.limit, after=place(query.cursor, (int, str)))
        return listed(page, notification_of)

    @routes.get("/notifications/{notification}")
    def get_notification(_: Engineer, notification: Annotated[Word, Path()]) -> NotificationWithEvents:
        """One notification with what happened to it."""
        found = desk.get_notification(notification)
        if found is None:
            raise missing("notification", notification)
        return _whole(found, desk.list_events(notification))

    @routes.post("/notifications/{notification}/ack", responses=CONFLICTS)
    def take(
        caller: Engineer, notification: Annotated[Word, Path()], asked: Annotated[Comment, Body()] = SILENT
    ) -> NotificationWithEvents:
        """Take it on; its escalation stops at once."""
        taken = acknowledge(desk, notification, by=caller.id, comment=asked.comment, now=container.clock.now())
        return _whole(taken, desk.list_events(notification))

    return routes
