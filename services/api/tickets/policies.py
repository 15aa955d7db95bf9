"""Policies: the deadlines that new tickets get, as versioned data."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import Word
from services.registry.domain import Permission
from services.tickets.domain import Clock, Policy

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
Words = Annotated[str, Field(max_length=8, examples=["5wd"])]
"""``30m``, ``24h``, ``7d`` run on; ``4wh`` counts working hours, ``5wd`` working days."""
Urgency = Annotated[int, Field(ge=0, le=2)]
Minute = Annotated[int, Field(ge=0, le=1_440)]


class PolicyAsked(Asked):
    """A version to put in force: a known one as it is, or the next of its name.

    ``limits``: urgency (2 critical, 1 major, 0 ordinary) → clock → limit. ``returns`` and
    ``extension``: urgency 0 and 1. ``hours``: the office's, in minutes after midnight.
    """

    name: Word = Field(min_length=1, examples=["default"])
    version: int = Field(ge=1, le=1_000_000)
    limits: dict[Urgency, dict[Clock, Words]]
    returns: dict[Urgency, Words]
    extension: dict[Urgency, Words]
    extensions: int = Field(default=2, ge=0, le=9)
    wait: Words = "3wd"
    park_days: int = Field(default=90, ge=1, le=90)
    hours: list[tuple[Minute, Minute]] = Field(default=[(510, 720), (780, 1050)], min_length=1, max_length=8)


class PolicyShape(Shape):
    """One version of a city's deadlines, as :class:`PolicyAsked` has it."""

    name: str
    version: int
    in_force: bool
    limits: dict[int, dict[Clock, str]]
    returns: dict[int, str]
    extension: dict[int, str]
    extensions: int
    wait: str
    park_days: int
    hours: list[tuple[int, int]]


def policy_of(policy: Policy, in_force: Policy) -> PolicyShape:
    return PolicyShape(**{**msgspec.structs.asdict(policy), "in_force": policy == in_force})


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["policies"], responses=PROBLEMS)

    @routes.get("/policies")
    def list_policies(_: Reader) -> Listed[PolicyShape]:
        """The shipped profiles and every version that was ever in force."""
        now = container.policies.in_force()
        return each(container.policies.known(), lambda policy: policy_of(policy, now))

    @routes.post("/policies", responses=documented(403, 409))
    def post_policy(caller: Reader, asked: PolicyAsked) -> PolicyShape:
        """Put a version in force for tickets that open from now on: supervisors and administrators."""
        given: dict[str, Any] = asked.model_dump(mode="json")
        policy = msgspec.convert(given, Policy, str_keys=True)
        return policy_of(container.policies.enforce(policy, who=actor(caller)), policy)

    return routes
