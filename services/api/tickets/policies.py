"""Policies: the deadlines that new tickets get, as versioned data."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends
from pydantic import Field

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Asked, Listed, Shape, each
from services.api.tickets.tickets import actor
from services.api.words import Moment, Word
from services.registry.domain import Permission
from services.tickets.domain import Clock, Policy
from services.tickets.domain.foresight import Foreseen
from services.tickets.domain.policy import NAME, Published
from services.tickets.handlers.policies import Preview

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS))]
Words = Annotated[str, Field(max_length=8, examples=["5wd"])]
"""``30m``, ``24h``, ``7d`` run on; ``4wh`` counts working hours, ``5wd`` working days."""
Urgency = Annotated[int, Field(ge=0, le=2)]
Minute = Annotated[int, Field(ge=0, le=1_440)]
_THIS_CENTURY: Final = 4_102_416_000_000


class DraftAsked(Asked):
    """A version that nobody has published yet.

    ``limits``: urgency (2 critical, 1 major, 0 ordinary) → clock → limit. ``returns`` and
    ``extension``: urgency 0 and 1. ``hours``: the office's, in minutes after midnight.
    """

    name: Word = Field(
        min_length=1, pattern=r"^[\w-]+$", examples=["default"],
        description=f"One that there is, or a new one at version 1: {NAME.pattern}",
    )  # fmt: skip
    version: int = Field(ge=1, le=1_000_000)
    limits: dict[Urgency, dict[Clock, Words]]
    returns: dict[Urgency, Words]
    extension: dict[Urgency, Words]
    extensions: int = Field(default=2, ge=0, le=9)
    wait: Words = "3wd"
    park_days: int = Field(default=90, ge=1, le=90)
    hours: list[tuple[Minute, Minute]] = Field(default=[(510, 720), (780, 1050)], min_length=1, max_length=8)


class PolicyAsked(DraftAsked):
    """A version, and by which decision: a known one as it is, the next of its name, or the first of a new name."""

    reason: Word = Field(min_length=1, examples=["按 2026 年热线办理规定第 12 条"])
    enforce: bool = Field(
        default=True,
        description="False publishes it only: it counts where the catalogue names it, and what is in force stays.",
    )


class PreviewAsked(DraftAsked):
    """A draft, and when the ticket opens whose dates are asked for; now, where nobody says."""

    opens_at: Annotated[Moment, Field(le=_THIS_CENTURY)] | None = None


class PolicyShape(Shape):
    """One version of a city's deadlines, as :class:`DraftAsked` has it, with who wrote it, when and why.

    A shipped one has no author; ``at`` is epoch ms, 0 there.
    """

    name: str
    version: int
    in_force: bool
    by: str
    at: int
    reason: str
    limits: dict[int, dict[Clock, str]]
    returns: dict[int, str]
    extension: dict[int, str]
    extensions: int
    wait: str
    park_days: int
    hours: list[tuple[int, int]]


class EnforcedShape(Shape):
    """A version was put in force: by whom, when (epoch ms) and by which decision."""

    name: str
    version: int
    by: str
    at: int
    reason: str


class ForeseenShape(Shape):
    """The dates of one urgency, epoch ms, each clock counted from the opening; ``assumed`` have no calendar yet."""

    urgency: int
    due: dict[Clock, int]
    assumed: list[Clock] = Field(description="they end in a year whose holidays are not announced")
    return_until: int | None
    extended_until: int | None


class UnusualShape(Shape):
    """A working day that is free, or a weekend day that is worked."""

    day: str = Field(examples=["2026-10-01"])
    works: bool
    zh: str
    en: str


class PreviewShape(Shape):
    """What a ticket that opens at ``opens_at`` gets by the policy in force and would get by the draft."""

    opens_at: int
    in_force: list[ForeseenShape]
    drafted: list[ForeseenShape]
    days: list[UnusualShape]


def policy_of(policy: Policy, in_force: Policy, written: Published | None) -> PolicyShape:
    author = {"by": written.by, "at": written.at, "reason": written.reason} if written else _NOBODY
    return PolicyShape(**{**msgspec.structs.asdict(policy), **author, "in_force": policy == in_force})


_NOBODY: dict[str, Any] = {"by": "", "at": 0, "reason": ""}


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["policies"], responses=PROBLEMS)
    keep = container.policies

    @routes.get("/policies")
    def list_policies(_: Reader) -> Listed[PolicyShape]:
        """The shipped profiles and every version that was published, in force or not."""
        now, written = keep.in_force(), keep.published()
        return each(keep.known(), lambda policy: policy_of(policy, now, written.get((policy.name, policy.version))))

    @routes.get("/policies/history")
    def list_history_of_policies(_: Reader) -> Listed[EnforcedShape]:
        """Each time that a version was put in force, the newest last."""
        return each(keep.history(), lambda one: EnforcedShape(**msgspec.structs.asdict(one)))

    @routes.post("/policies", responses=documented(403, 409))
    def post_policy(caller: Reader, asked: PolicyAsked) -> PolicyShape:
        """Publish a version and put it in force for tickets that open from now on, or publish it only.

        Supervisors and administrators; ``in_force`` of the answer says which of the two became of it.
        """
        write = keep.enforce if asked.enforce else keep.publish
        kept = write(_draft(asked), who=actor(caller), reason=asked.reason)
        return policy_of(kept, keep.in_force(), keep.published().get((kept.name, kept.version)))

    @routes.post("/policies/preview", responses=documented(403))
    def preview_policy(caller: Reader, asked: PreviewAsked) -> PreviewShape:
        """The dates, holidays included, that a ticket would get by a draft; nothing is kept."""
        return preview_of(keep.preview(_draft(asked), who=actor(caller), opens_at=asked.opens_at))

    return routes


def _draft(asked: DraftAsked) -> Policy:
    given: dict[str, Any] = asked.model_dump(mode="json", include=set(DraftAsked.model_fields))
    return msgspec.convert(given, Policy, str_keys=True)


def preview_of(preview: Preview) -> PreviewShape:
    return PreviewShape(
        opens_at=preview.opens_at,
        in_force=[_foreseen_of(each) for each in preview.in_force],
        drafted=[_foreseen_of(each) for each in preview.drafted],
        days=[UnusualShape(day=day.day.isoformat(), works=day.works, zh=day.zh, en=day.en) for day in preview.days],
    )


def _foreseen_of(found: Foreseen) -> ForeseenShape:
    return ForeseenShape(
        urgency=found.urgency, due={clock: run.due for clock, run in found.runs.items()},
        assumed=[clock for clock, run in found.runs.items() if run.assumed],
        return_until=found.return_until, extended_until=found.extended_until,
    )  # fmt: skip
