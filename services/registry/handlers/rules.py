"""Writing rules: judged whole, kept as a version with its reason, in force within a tick."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from services.paging import MAX_LIMIT, Key
from services.registry.domain import DeviceFilter, Permission, Reach, Revision, User, may
from services.registry.domain.rule_drafts import changed, drafted
from services.registry.domain.rules import errors, findings, reach_of
from services.registry.ports import DeviceReader, RuleReader, RuleStore
from streams.contracts import Device, DeviceState, Refused, Rule
from streams.rules.problems import Problem, Weight


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft and what is to be said of it.

    ``rule`` is None where it cannot even be read, ``reach`` where the devices were not counted.
    """

    rule: Rule | None
    problems: tuple[Problem, ...]
    reach: Reach | None = None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.weight is Weight.WARNING)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a change, why, and under which command."""

    user: User
    why: str
    command: str
    now: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A version that is in force, what it was warned of, and whether the same request had made it before."""

    revision: Revision
    warnings: tuple[Problem, ...] = ()
    repeated: bool = False


def rehearse_rule(rules: RuleReader, devices: DeviceReader | None, fields: Mapping[str, Any], *, user: User) -> Judged:
    """Judge a rule without keeping it: a whole one, or the changes to one that is there.

    Without ``devices`` it is judged by itself and among the rules, which is quick enough for each key.

    Raises:
        Refused: ``role`` or ``scope``.
    """
    rule, found = _draft(rules, fields)
    if rule is None:
        _allow(user, None)
        return Judged(None, tuple(found))
    _allow(user, rule)
    return _judge(rule, rules.list_rules(), devices)


def sound_rule(rules: RuleReader, fields: Mapping[str, Any]) -> Rule:
    """The rule that a draft makes, for somebody who will only try it: it needs no right to write rules.

    Raises:
        Refused: ``invalid`` with every problem under ``errors``.
    """
    rule, found = _draft(rules, fields)
    if rule is None:
        raise _invalid(found)
    problems = _judge(rule, rules.list_rules(), None).problems
    if errors(problems):
        raise _invalid(problems)
    return rule


def _draft(rules: RuleReader, fields: Mapping[str, Any]) -> tuple[Rule | None, list[Problem]]:
    """A whole rule, or the changes to the one that has its id."""
    name = fields.get("id")
    base = rules.get_rule(name) if isinstance(name, str) else None
    return drafted(fields) if base is None else changed(base, fields)


def create_rule(store: RuleStore, devices: DeviceReader, fields: Mapping[str, Any], wish: Wish) -> Kept:
    """Put a new rule in force.

    Raises:
        Refused: ``invalid`` with every problem under ``errors``; ``exists``; ``role`` or ``scope``;
            ``fields`` without a reason; ``idempotency`` when the command was another request.
    """
    rule, found = drafted(fields)
    return _keep(store, devices, rule, found, wish)


def change_rule(
    store: RuleStore, devices: DeviceReader, rule_id: str, version: int, changes: Mapping[str, Any], wish: Wish
) -> Kept:
    """Put the next version of a rule in force; enabling and disabling are changes of ``enabled``.

    Raises:
        Refused: as creating does; ``not_found``; ``version`` with the ``current`` one where somebody
            else was quicker.
    """
    based_on = _version(store, rule_id, version)
    _allow(wish.user, based_on)
    rule, found = changed(based_on, changes)
    return _keep(store, devices, rule, found, wish)


def restore_rule(
    store: RuleStore, devices: DeviceReader, rule_id: str, version: int, restored: int, wish: Wish
) -> Kept:
    """Make version ``restored`` the next version after ``version``; it is judged anew, since the world has moved."""
    based_on = _version(store, rule_id, version)
    _allow(wish.user, based_on)
    rule = msgspec.structs.replace(_version(store, rule_id, restored), version=version + 1)
    return _keep(store, devices, rule, [], wish)


def _version(store: RuleReader, rule_id: str, version: int) -> Rule:
    versions = store.list_versions(rule_id)
    if not versions:
        raise Refused("not_found", f"there is no rule {rule_id}", field="id", value=rule_id)
    found = next((rule for rule in versions if rule.version == version), None)
    if found is None:
        raise Refused("not_found", f"rule {rule_id} has no version {version}", field="version", value=version)
    return found


def _keep(store: RuleStore, devices: DeviceReader, rule: Rule | None, found: Sequence[Problem], wish: Wish) -> Kept:
    if rule is None:
        _allow(wish.user, None)
        raise _invalid(found)
    _allow(wish.user, rule)
    if not wish.why.strip():
        raise Refused("fields", "a version of a rule needs a reason", missing=["reason"])
    before = _repeated(store, rule, wish)
    if before is not None:
        return before
    judged = _judge(rule, store.list_rules(), devices)
    if errors(judged.problems):
        raise _invalid(judged.problems)

    def judge(rules: Sequence[Rule]) -> None:
        """Once more among the rules as they are now: somebody may have closed the circle meanwhile."""
        late = errors(findings(rule, rules, judged.reach))
        if late:
            raise _invalid(late)

    if not store.put_rule(rule, by=wish.user.id, now=wish.now, why=wish.why, command=wish.command, judge=judge):
        return _repeated(store, rule, wish) or _lost(store, rule)
    return Kept(Revision(rule, wish.now, wish.user.id, wish.why), judged.warnings)


def _repeated(store: RuleStore, rule: Rule, wish: Wish) -> Kept | None:
    before = store.revision_of(wish.command)
    if before is None:
        return None
    if (before.rule, before.by, before.why) != (rule, wish.user.id, wish.why):
        raise Refused("idempotency", "this Idempotency-Key was used for another request; take a new one")
    return Kept(before, repeated=True)


def _lost(store: RuleStore, rule: Rule) -> Kept:
    """Somebody else's version is in force.

    Raises:
        Refused: always.
    """
    current = store.get_rule(rule.id)
    if rule.version == 1 or current is None:
        raise Refused(
            "exists", f"a rule {rule.id} is there already", field="id", value=rule.id,
            remedy="Change that one, or give this one its own id.",
        )  # fmt: skip
    raise Refused(
        "version", f"the rule has changed since; it is at version {current.version} now", current=current.version
    )


def _judge(rule: Rule, rules: Sequence[Rule], devices: DeviceReader | None) -> Judged:
    reach = None if devices is None else reach_of(rule, rules, watched(devices, rule))
    return Judged(rule, tuple(findings(rule, rules, reach)), reach)


def watched(devices: DeviceReader, rule: Rule) -> Iterator[Device]:
    """The devices that are not retired in a rule's area and of its kind, read page by page."""
    kind = "" if rule.kind == "*" else rule.kind
    after: Key | None = None
    while True:
        filters = DeviceFilter(device=rule.scope.device, kind=kind, area=rule.scope.area[:15])
        page = devices.list_devices(filters, scope="", limit=MAX_LIMIT, after=after)
        yield from (device for device in page.items if device.state is not DeviceState.RETIRED)
        after = page.next
        if after is None:
            return


def _allow(user: User, rule: Rule | None) -> None:
    if not may(user, Permission.RULES):
        raise Refused(
            "role", f"the role {user.role} may not write rules", field="role", value=user.role,
            remedy="Ask a supervisor or an administrator.",
        )  # fmt: skip
    if rule is not None and not may(user, Permission.RULES, rule.scope.area):
        raise Refused(
            "scope", f"the rule is for area {rule.scope.area or '(everywhere)'}, yours is {user.scope}",
            field="scope.area", value=rule.scope.area, remedy=f"Give a scope.area within {user.scope}.",
        )  # fmt: skip


def _invalid(found: Sequence[Problem]) -> Refused:
    wrong = errors(found)
    listed = [
        {"field": problem.field, "value": str(problem.value)[:200], "detail": problem.remedy, "remedy": problem.remedy}
        for problem in wrong
    ]
    first = wrong[0]
    many = f"; {len(wrong)} fields in all" if len(wrong) > 1 else ""
    return Refused(
        "invalid", f"{first.field}: {first.remedy}{many}", field=first.field, value=str(first.value),
        remedy=f"{first.field}: {first.remedy}.", errors=listed,
    )  # fmt: skip
