"""Rules: what counts as an alarm. Read only here; the engine follows the registry."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field

from services.api.auth import Caller, allow
from services.api.container import Container
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Listed, Shape, each
from services.api.words import Word, missing
from services.registry.domain import Permission
from streams.contracts import Level, Op, Rule, Severity

Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]


class RuleQuery(BaseModel):
    """Rules of one kind, or all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Word = ""


class TicketPolicyShape(Shape):
    """What ticket an alarm opens; durations in ms."""

    category: str
    urgency: int
    normal_for_ms: int
    reopen_ms: int


class LevelShape(Shape):
    """One limit with its own confirmation; durations in ms, ``unrefuted_ms`` null: never by silence."""

    severity: Severity
    limit: float
    deadband: float
    on_delay_ms: int
    repeat: int
    unrefuted_ms: int | None
    off_delay_ms: int
    latch: bool
    ticket: TicketPolicyShape | None
    given: list[dict[str, object]]


class RuleShape(Shape):
    """A detection rule on one metric; ``levels`` from the worst down. In the demo the times to clear are short."""

    id: str = Field(examples=["gas.ch4"])
    version: int
    kind: str
    metric: str
    op: Op
    levels: list[LevelShape]
    cause: str
    name_zh: str
    name_en: str
    response_zh: str
    response_en: str
    measure: dict[str, object] = Field(examples=[{"type": "value"}])
    gate: list[dict[str, object]]
    schedule: dict[str, object] | None
    scope: dict[str, object] = Field(examples=[{"attributes": {"zone": "fire_lane"}}])
    family: str
    group: list[str]
    suppress_when: list[str]
    reorder_wait_ms: int
    no_data_periods: int
    no_data_after_ms: int
    latch_over_range: bool
    realarm_after_ms: int | None
    max_shelve_ms: int
    second_approver: bool
    health: bool
    list_only: bool
    enabled: bool


def rule_of(rule: Rule) -> RuleShape:
    """Every field, defaults too."""
    plain = {name: msgspec.to_builtins(value) for name, value in msgspec.structs.asdict(rule).items()}
    levels = [_level_of(level) for level in rule.levels]
    return RuleShape(**{**plain, "levels": levels})


def _level_of(level: Level) -> LevelShape:
    ticket = TicketPolicyShape(**msgspec.structs.asdict(level.ticket)) if level.ticket else None
    given = msgspec.to_builtins(level.given)
    return LevelShape(**{**msgspec.structs.asdict(level), "ticket": ticket, "given": given})


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["rules"], responses=PROBLEMS)

    @routes.get("/rules")
    def list_rules(_: Watcher, query: Annotated[RuleQuery, Parameters()]) -> Listed[RuleShape]:
        """The rules in force."""
        return each(container.rules.list_rules(kind=query.kind), rule_of)

    @routes.get("/rules/{rule}")
    def get_rule(_: Watcher, rule: Annotated[Word, Path()]) -> RuleShape:
        """The version in force of one rule."""
        found = container.rules.get_rule(rule)
        if found is None:
            raise missing("rule", rule)
        return rule_of(found)

    @routes.get("/rules/{rule}/versions")
    def list_versions(_: Watcher, rule: Annotated[Word, Path()]) -> Listed[RuleShape]:
        """Every version of one rule, newest first."""
        versions = container.rules.list_versions(rule)
        if not versions:
            raise missing("rule", rule)
        return each(versions, rule_of)

    return routes
