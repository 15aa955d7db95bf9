"""The call ladder of an alarm's incident: who was told what, when, and what comes next."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.alarms.domain.ladder_plan import Office, What
from services.alarms.ports import LadderStory
from services.api.container import Container
from services.api.door.auth import Caller, allow, within
from services.api.problems import PROBLEMS, refuse
from services.api.shapes import PREFIX, Shape
from services.api.words import Word, missing
from services.registry.domain import Permission

Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]


class NoticeShape(Shape):
    """One message to one addressee; ``to`` is empty where nobody holds the office."""

    id: str
    office: Office
    to: str
    name: str
    phone: str
    stands_in: bool
    task: bool = Field(description="a thing to do by hand, such as calling 119")
    zh: str
    en: str


class LadderStepShape(Shape):
    """One entry of the log; ``call`` counts runs of the clocks."""

    number: int
    call: int
    what: What
    at: int
    by: str
    why: str
    notices: list[NoticeShape]


class LadderShape(Shape):
    """Where the incident's calls stand. Times are epoch ms; ``due`` names what only time has to bring."""

    incident: str
    place: str
    calling: bool
    call: int
    called_at: int
    ended_at: int | None
    ended_by: str
    since: int = Field(description="the alarm that somebody has to come for")
    arrived_at: int | None
    arrived_by: str
    fire_why: str
    unreached: int = Field(description="offices that were to be told and that nobody holds")
    due: dict[What, int]
    steps: list[LadderStepShape]


def ladder_of(story: LadderStory) -> LadderShape:
    ladder = story.ladder
    told: dict[int, list[NoticeShape]] = {}
    for each in story.notices:
        told.setdefault(each.step, []).append(
            NoticeShape(
                id=each.id, office=Office(each.role), to=each.to, name=each.name, phone=each.phone,
                stands_in=each.stands_in, task=each.task, zh=each.zh, en=each.en,
            )
        )  # fmt: skip
    return LadderShape(
        incident=ladder.incident, place=ladder.place, calling=ladder.calling, call=ladder.call,
        called_at=ladder.called_at, ended_at=ladder.ended_at, ended_by=ladder.ended_by, since=ladder.since,
        arrived_at=ladder.arrived_at, arrived_by=ladder.arrived_by, fire_why=ladder.fire_why,
        unreached=ladder.unreached, due=ladder.steps_due,
        steps=[
            LadderStepShape(
                number=step.number, call=step.call, what=step.what, at=step.at, by=step.by, why=step.why,
                notices=told.get(step.number, []),
            )
            for step in story.steps
        ],
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["alarms"], responses=PROBLEMS)

    @routes.get("/alarms/{alarm}/ladder")
    def get_ladder(caller: Watcher, alarm: Annotated[Word, Path()]) -> LadderShape:
        """Whom the alarm's incident has called, with every message; only critical gas has a ladder."""
        found = container.alarms.get_alarm(alarm, scope="")
        if found is None:
            raise missing("alarm", alarm)
        within(caller, found[0].alarm.area, f"Alarm {alarm}")
        story = container.ladders.story(found[0].alarm.incident)
        if story is None:
            raise refuse(
                404, "not_found", f"Alarm {alarm} calls nobody.",
                "Only critical gas that is shown and fresh has a call ladder.", field="id", value=alarm,
            )  # fmt: skip
        return ladder_of(story)

    return routes
