"""Units' rosters: who is on duty when, who stands in for whom, and who that makes it now."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.container import Container
from services.api.door.auth import Caller, allow, user_of
from services.api.platform.people import command_of
from services.api.problems import PROBLEMS, documented, refuse
from services.api.shapes import PREFIX, Asked, Shape
from services.api.words import Moment, Word
from services.daytime import clock_of, minutes_of
from services.duty import Dated, Duty, OnDuty, Substitution, Weekly
from services.registry.domain import Permission
from services.registry.handlers import UnitRoster
from streams.contracts import Refused

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
Name = Annotated[Word, Path()]
Key = Annotated[Word | None, Header(alias="Idempotency-Key")]
CHANGES: Final = documented(403, 409)
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", examples=["08:00"])]


class RosterQuery(BaseModel):
    """``at``: who is on duty then; now where it is not given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Moment | None = None


class DutyAsked(Asked):
    """A duty, either weekly (``days``, ``begins``, ``ends``) or once (``since``, ``until``)."""

    person: Word = Field(min_length=1, examples=["chen.qiang"])
    days: list[Annotated[int, Field(ge=1, le=7)]] | None = Field(
        default=None, max_length=7, description="ISO weekdays, 1 is Monday."
    )
    begins: Clock | None = Field(default=None, description="Asia/Shanghai.")
    ends: Clock | None = Field(default=None, description="Not after begins: the next day's.")
    since: Moment | None = None
    until: Moment | None = None


class SubstitutionAsked(Asked):
    """``person`` is away from ``since`` until ``until``; ``substitute`` stands in."""

    person: Word = Field(min_length=1, examples=["chen.qiang"])
    substitute: Word = Field(min_length=1, examples=["li.na"])
    since: Moment
    until: Moment


class OnDutyShape(Shape):
    """Somebody on duty until ``until``, epoch ms; ``instead_of`` the chain they stand in for, nearest last."""

    person: str
    name: str
    until: int
    instead_of: list[str]


class MemberShape(Shape):
    """One of the unit's people who can sign in."""

    id: str
    name: str
    role: str


class DutyShape(Shape):
    """A duty: weekly fields or dated ones, the others null; ``since`` and ``until`` epoch ms."""

    id: str
    person: str
    days: list[int] | None
    begins: str | None
    ends: str | None
    since: int | None
    until: int | None


class SubstitutionShape(Shape):
    """Who stands in for whom; epoch ms."""

    id: str
    person: str
    substitute: str
    since: int
    until: int


class RosterShape(Shape):
    """A unit's roster; ``on_duty`` is the answer for ``at``, empty where nobody is: its leaders are told then."""

    unit: str
    at: int
    on_duty: list[OnDutyShape]
    people: list[MemberShape]
    duties: list[DutyShape]
    substitutions: list[SubstitutionShape]


def duty_of(duty: Duty) -> DutyShape:
    when = duty.when
    if isinstance(when, Dated):
        return DutyShape(
            id=duty.id, person=duty.person, days=None, begins=None, ends=None, since=when.since, until=when.until
        )
    return DutyShape(
        id=duty.id, person=duty.person, days=sorted(when.days), begins=clock_of(when.begins), ends=clock_of(when.ends),
        since=None, until=None,
    )  # fmt: skip


def substitution_of(each: Substitution) -> SubstitutionShape:
    return SubstitutionShape(
        id=each.id, person=each.person, substitute=each.substitute, since=each.since, until=each.until
    )


def roster_of(roster: UnitRoster) -> RosterShape:
    names = {user.id: user.name for user in roster.people}
    return RosterShape(
        unit=roster.unit.id,
        at=roster.at,
        on_duty=[
            OnDutyShape(
                person=one.person, name=names.get(one.person, one.person), until=one.until,
                instead_of=list(one.instead_of),
            )
            for one in roster.on_duty
        ],
        people=[MemberShape(id=user.id, name=user.name, role=str(user.role)) for user in roster.people],
        duties=[duty_of(duty) for duty in roster.duties],
        substitutions=[substitution_of(each) for each in roster.substitutions],
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["rosters"], responses=PROBLEMS)
    rosters = container.rosters

    @routes.get("/units/{unit}/roster")
    def get_roster(_: Reader, unit: Name, query: Annotated[RosterQuery, Parameters()]) -> RosterShape:
        """A unit's roster and who is on duty; who it is, is no secret in the city."""
        return roster_of(rosters.of(unit, query.at))

    @routes.post("/units/{unit}/duties", status_code=201, responses=CHANGES)
    def post_duty(caller: Reader, unit: Name, asked: DutyAsked, response: Response, key: Key = None) -> DutyShape:
        """Put somebody on duty: the unit's leader and administrators."""
        duty = Duty(command_of(container, caller, key), unit, asked.person, when_of(asked))
        made = rosters.add_duty(duty, by=user_of(caller))
        response.headers["Location"] = f"{PREFIX}/units/{unit}/roster"
        return duty_of(made)

    @routes.delete("/units/{unit}/duties/{duty}", responses=documented(403))
    def delete_duty(caller: Reader, unit: Name, duty: Name) -> DutyShape:
        """Take a duty away; returns it as it was."""
        return duty_of(rosters.remove_duty(unit, duty, by=user_of(caller)))

    @routes.post("/units/{unit}/substitutions", status_code=201, responses=CHANGES)
    def post_substitution(
        caller: Reader, unit: Name, asked: SubstitutionAsked, response: Response, key: Key = None
    ) -> SubstitutionShape:
        """Let somebody stand in for another: 409 where it overlaps or would close a ring."""
        name = command_of(container, caller, key)
        new = Substitution(name, unit, asked.person, asked.substitute, asked.since, asked.until)
        made = rosters.add_substitution(new, by=user_of(caller))
        response.headers["Location"] = f"{PREFIX}/units/{unit}/roster"
        return substitution_of(made)

    @routes.delete("/units/{unit}/substitutions/{substitution}", responses=documented(403))
    def delete_substitution(caller: Reader, unit: Name, substitution: Name) -> SubstitutionShape:
        """Take a substitution away, since the person is back; returns it as it was."""
        return substitution_of(rosters.remove_substitution(unit, substitution, by=user_of(caller)))

    return routes


def when_of(asked: DutyAsked) -> Weekly | Dated:
    """Raises: ProblemError, 422, it is neither weekly nor dated, or both."""
    weekly, dated = (asked.days, asked.begins, asked.ends), (asked.since, asked.until)
    begins, ends = minutes_of(asked.begins or ""), minutes_of(asked.ends or "")
    if asked.days and begins is not None and ends is not None and dated == (None, None):
        return Weekly(frozenset(asked.days), begins, ends)
    if asked.since is not None and asked.until is not None and weekly == (None, None, None):
        return Dated(asked.since, asked.until)
    raise refuse(
        422, "invalid", "A duty is weekly or dated, and this one is neither or both.",
        "Give days, begins and ends, or since and until.", field="days",
    )  # fmt: skip


def on_duty_for(container: Container, unit: str) -> tuple[tuple[OnDuty, str], ...]:
    """Who is on duty for a unit now, with the name; nobody where there is no such unit."""
    if not unit:
        return ()
    try:
        roster = container.rosters.of(unit)
    except Refused:  # the city's backstop is no unit, and has no roster
        return ()
    names = {user.id: user.name for user in roster.people}
    return tuple((one, names.get(one.person, one.person)) for one in roster.on_duty)
