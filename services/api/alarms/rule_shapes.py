"""Rules as the API shows them: a rule, its versions, their difference, what a draft would do."""

from typing import Any

import msgspec
from pydantic import Field

from services.api.shapes import Asked, Shape
from services.api.words import Text
from services.registry.domain import Applied, Difference, Reach, Revision, Standing
from services.registry.handlers import Judged, Kept
from streams.contracts import Level, Op, Rule, Severity
from streams.rules.problems import Problem, Weight

DRAFT: dict[str, Any] = {
    "id": "gas.kitchen", "kind": "gas", "metric": "ch4_lel", "op": "ge",
    "levels": [{"severity": "major", "limit": 20.0, "deadband": 5.0, "on_delay_ms": 30000, "repeat": 2}],
    "cause": "gas-leak", "name_zh": "厨房燃气", "name_en": "Kitchen gas", "family": "gas.ch4",
    "scope": {"attributes": {"room": "kitchen"}},
}  # fmt: skip


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


class RevisionShape(RuleShape):
    """A version with its author, its reason and when it was written (epoch ms)."""

    by: str
    why: str
    at: int


class ProblemShape(Shape):
    """One finding: the field as a path, what was given, what to do instead. A warning forbids nothing."""

    field: str
    value: str
    remedy: str
    weight: Weight


class KeptShape(RevisionShape):
    """The version that is in force now, and what it was warned of."""

    warnings: list[ProblemShape]


class DifferenceShape(Shape):
    """One field of two versions; null where a version does not have it."""

    field: str = Field(examples=["levels[critical].limit"])
    before: Any
    after: Any
    unit: str = Field(examples=["%LEL"])


class DifferencesShape(Shape):
    """What differs between two versions of a rule."""

    before: int
    after: int
    differences: list[DifferenceShape]


class RehearsedShape(Shape):
    """What a rule would do: its problems, how many devices its scope covers, on how many it wins."""

    valid: bool
    problems: list[ProblemShape]
    covered: int
    won: int
    devices: list[str] = Field(description="The first that it wins.")
    beaten_by: dict[str, int] = Field(description="More specific rules of its family, and how many devices each keeps.")
    largest_group: str = Field(examples=["feeder:F12"])
    largest_group_devices: int


class AppliedShape(Shape):
    """A rule of a device's kind: in force on it, or why not; ``about`` is what decided."""

    standing: Standing
    about: str = Field(examples=["gas.kitchen", "room=kitchen"])
    rule: RuleShape


class NewRule(Asked):
    """A rule to put in force, and why. The fields of ``rule``: GET /api/v1/rules/schema."""

    rule: dict[str, Any] = Field(examples=[DRAFT])
    reason: Text = Field(examples=["厨房探头误报少，限值可以更严"])


class ChangedRule(Asked):
    """The fields that change, each as a whole, the version they are based on, and why."""

    version: int = Field(ge=1, le=2**31 - 1)
    rule: dict[str, Any] = Field(examples=[{"enabled": False}])
    reason: Text = Field(examples=["检修期间停用"])


class RestoredRule(Asked):
    """The version to make the next one, the one in force, and why."""

    version: int = Field(ge=1, le=2**31 - 1)
    restore: int = Field(ge=1, le=2**31 - 1)
    reason: Text


class SwitchedRule(Asked):
    """The version that is switched, and why."""

    version: int = Field(ge=1, le=2**31 - 1)
    reason: Text


class DraftRule(Asked):
    """A whole rule, or the changes to the one that has its ``id``."""

    rule: dict[str, Any] = Field(examples=[DRAFT])


def revision_of(revision: Revision) -> RevisionShape:
    return RevisionShape(**rule_of(revision.rule).model_dump(), by=revision.by, why=revision.why, at=revision.at)


def kept_of(kept: Kept) -> KeptShape:
    warnings = [problem_of(problem) for problem in kept.warnings]
    return KeptShape(**revision_of(kept.revision).model_dump(), warnings=warnings)


def problem_of(problem: Problem) -> ProblemShape:
    return ProblemShape(
        field=problem.field, value=str(problem.value)[:200], remedy=problem.remedy, weight=problem.weight
    )


def difference_of(difference: Difference) -> DifferenceShape:
    return DifferenceShape(
        field=difference.field, before=difference.before, after=difference.after, unit=difference.unit
    )


def rehearsed_of(judged: Judged) -> RehearsedShape:
    problems = [problem_of(problem) for problem in judged.problems]
    reach = judged.reach or Reach(0, 0)
    return RehearsedShape(
        valid=all(problem.weight is Weight.WARNING for problem in judged.problems), problems=problems,
        covered=reach.covered, won=reach.won, devices=list(reach.devices), beaten_by=dict(reach.beaten_by),
        largest_group=reach.largest[0], largest_group_devices=reach.largest[1],
    )  # fmt: skip


def applied_of(applied: Applied) -> AppliedShape:
    return AppliedShape(standing=applied.standing, about=applied.about, rule=rule_of(applied.rule))
