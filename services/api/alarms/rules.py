"""Rules: what counts as an alarm, as data. Written here, kept in versions, taken up by the engine at its next tick."""

import json
import uuid
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path
from fastapi import Query as Parameters
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.adapters import logging
from services.adapters.metrics import counter
from services.api.alarms.rule_shapes import (
    AppliedShape,
    ChangedRule,
    DifferencesShape,
    DraftRule,
    KeptShape,
    NewRule,
    RehearsedShape,
    RestoredRule,
    RevisionShape,
    RuleShape,
    SwitchedRule,
    applied_of,
    difference_of,
    kept_of,
    rehearsed_of,
    revision_of,
    rule_of,
)
from services.api.container import Container
from services.api.door.auth import Caller, allow, user_of, within
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Listed, each
from services.api.words import Word, missing
from services.registry.domain import Permission, Revision
from services.registry.domain.rules import applying, differences
from services.registry.handlers import Kept, Wish, change_rule, create_rule, rehearse_rule, restore_rule
from streams.contracts.metrics import RULES_WRITTEN
from streams.contracts.schemas import schema_text

_LOG: Final = logging.get(__name__)
CHANGES: Final = documented(403, 409)
COMMANDS: Final = uuid.UUID("0f6e3f0e-3f9b-5a1c-8d55-1d0f6a3d9c21")
"""Name space of commands that carry an Idempotency-Key: the same person and key are the same command."""
Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
Author = Annotated[Caller, Depends(allow(Permission.RULES))]
Key = Annotated[Word | None, Header(alias="Idempotency-Key")]
Name = Annotated[Word, Path()]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RuleQuery(BaseModel):
    """Rules of one kind, or all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Word = ""


class VersionsQuery(BaseModel):
    """Two versions to be compared; without ``to`` the one in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int = Field(alias="from", ge=1, le=2**31 - 1)
    end: int | None = Field(default=None, alias="to", ge=1, le=2**31 - 1)


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["rules"], responses=PROBLEMS)
    _look(routes, container)
    _write(routes, container)
    return routes


def _look(routes: APIRouter, container: Container) -> None:
    @routes.get("/rules")
    def list_rules(_: Watcher, query: Annotated[RuleQuery, Parameters()]) -> Listed[RuleShape]:
        """The rules in force."""
        return each(container.rules.list_rules(kind=query.kind), rule_of)

    @routes.get("/rules/schema")
    def get_schema(_: Watcher) -> dict[str, Any]:
        """The JSON Schema of a rule."""
        schema: dict[str, Any] = json.loads(schema_text("linli.rules"))
        return schema

    @routes.get("/rules/{rule}")
    def get_rule(_: Watcher, rule: Name) -> RuleShape:
        """The version in force of one rule."""
        found = container.rules.get_rule(rule)
        if found is None:
            raise missing("rule", rule)
        return rule_of(found)

    @routes.get("/rules/{rule}/versions")
    def list_versions(_: Watcher, rule: Name) -> Listed[RevisionShape]:
        """Every version of one rule with author, reason and time, newest first."""
        return each(revisions(container, rule), revision_of)

    @routes.get("/rules/{rule}/versions/{version}")
    def get_version(_: Watcher, rule: Name, version: Number) -> RevisionShape:
        """One version of a rule."""
        return revision_of(revision(container, rule, version))

    @routes.get("/rules/{rule}/diff")
    def compare(_: Watcher, rule: Name, query: Annotated[VersionsQuery, Parameters()]) -> DifferencesShape:
        """What differs between two versions, field by field with units."""
        before = revision(container, rule, query.start).rule
        after = revision(container, rule, query.end or revisions(container, rule)[0].rule.version).rule
        listed = [difference_of(difference) for difference in differences(before, after)]
        return DifferencesShape(before=before.version, after=after.version, differences=listed)

    @routes.get("/devices/{device}/rules")
    def list_applied(caller: Watcher, device: Name) -> Listed[AppliedShape]:
        """The rules of a device's kind: which are in force on it, and why the others are not."""
        found = container.devices.get_device(device)
        if found is None:
            raise missing("device", device)
        within(caller, found.area, f"Device {device}")
        return each(applying(found, container.rules.list_rules()), applied_of)


def _write(routes: APIRouter, container: Container) -> None:
    rules, devices = container.rules, container.devices

    @routes.post("/rules/dry-run", responses=CHANGES)
    def rehearse(caller: Author, asked: DraftRule) -> RehearsedShape:
        """Judge a rule and count the devices it would watch, without keeping it."""
        return rehearsed_of(rehearse_rule(rules, devices, asked.rule, user=user_of(caller)))

    @routes.post("/rules", status_code=201, responses=CHANGES)
    def create(caller: Author, asked: NewRule, response: Response, key: Key = None) -> KeptShape:
        """Put a new rule in force."""
        kept = create_rule(rules, devices, asked.rule, wish(container, caller, asked.reason, key))
        response.headers["Location"] = f"{PREFIX}/rules/{kept.revision.rule.id}"
        return _answer(kept, response)

    @routes.patch("/rules/{rule}", responses=CHANGES)
    def change(caller: Author, rule: Name, asked: ChangedRule, response: Response, key: Key = None) -> KeptShape:
        """Put the next version of a rule in force."""
        wanted = wish(container, caller, asked.reason, key)
        return _answer(change_rule(rules, devices, rule, asked.version, asked.rule, wanted), response)

    @routes.post("/rules/{rule}/enable", responses=CHANGES)
    def enable(caller: Author, rule: Name, asked: SwitchedRule, response: Response, key: Key = None) -> KeptShape:
        """Let a rule raise alarms again."""
        wanted = wish(container, caller, asked.reason, key)
        return _answer(change_rule(rules, devices, rule, asked.version, {"enabled": True}, wanted), response)

    @routes.post("/rules/{rule}/disable", responses=CHANGES)
    def disable(caller: Author, rule: Name, asked: SwitchedRule, response: Response, key: Key = None) -> KeptShape:
        """Take a rule out of force; its standing alarms end with the cause ``rule``."""
        wanted = wish(container, caller, asked.reason, key)
        return _answer(change_rule(rules, devices, rule, asked.version, {"enabled": False}, wanted), response)

    @routes.post("/rules/{rule}/restore", responses=CHANGES)
    def restore(caller: Author, rule: Name, asked: RestoredRule, response: Response, key: Key = None) -> KeptShape:
        """Make an earlier version the next one."""
        wanted = wish(container, caller, asked.reason, key)
        return _answer(restore_rule(rules, devices, rule, asked.version, asked.restore, wanted), response)


def wish(container: Container, caller: Caller, why: str, key: str | None) -> Wish:
    """A change as the use cases want it; without a key every request is its own command."""
    command = str(uuid.uuid5(COMMANDS, f"{caller.id} {key}")) if key else container.ids.new()
    return Wish(user_of(caller), why, command, container.clock.now())


def revisions(container: Container, rule: str) -> tuple[Revision, ...]:
    """Every version, newest first.

    Raises:
        ProblemError: 404.
    """
    found = container.rules.list_revisions(rule)
    if not found:
        raise missing("rule", rule)
    return found


def revision(container: Container, rule: str, version: int) -> Revision:
    """One version.

    Raises:
        ProblemError: 404.
    """
    found = next((each for each in revisions(container, rule) if each.rule.version == version), None)
    if found is None:
        raise missing("version", str(version))
    return found


def written(kept: Kept) -> Kept:
    """Count and log a version that is in force now."""
    if not kept.repeated:
        rule = kept.revision.rule
        counter(RULES_WRITTEN, enabled=str(rule.enabled).lower()).inc()
        _LOG.info("rule written", rule=rule.id, version=rule.version, by=kept.revision.by, why=kept.revision.why)
    return kept


def _answer(kept: Kept, response: Response) -> KeptShape:
    written(kept)
    if kept.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return kept_of(kept)
