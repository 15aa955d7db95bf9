"""What makes a rule sound in this district, what a change changes, what applies to a device and why. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import msgspec

from sensors.kinds import CATEGORIES, KINDS, metric_of
from streams.contracts import Device, Flagged, Members, Nominal, Rate, Ratio, Rule, Share, Unchanged
from streams.contracts.areas import contains
from streams.groups import MOST_MEMBERS
from streams.rules import Catalogue
from streams.rules.built_in import BUILT_IN
from streams.rules.circles import cycles
from streams.rules.problems import Problem, Ranges, Weight, problems

RANGES: Final[Ranges] = {
    kind.key: {metric.key: (metric.low, metric.high) for metric in kind.metrics} for kind in KINDS.values()
}
RULE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)+\Z")
"""The dot keeps ids apart from the addresses beside them."""
RULE_ID_LENGTH: Final = 64
SHOWN_DEVICES: Final = 20


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a rule with its author, reason and time (epoch ms)."""

    rule: Rule
    at: int
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which devices a rule is for: how many its scope covers, on how many of them it wins.

    ``devices`` are the first that it wins; ``beaten_by`` counts the devices that a more specific rule
    of its family keeps; ``largest`` is its biggest group and how many devices that has.
    """

    covered: int
    won: int
    devices: tuple[str, ...] = ()
    beaten_by: tuple[tuple[str, int], ...] = ()
    largest: tuple[str, int] = ("", 0)


class Standing(StrEnum):
    """Why a rule applies to a device, or does not."""

    IN_FORCE = "in_force"
    DISABLED = "disabled"
    BEATEN = "beaten"
    AREA = "area"
    MODEL = "model"
    DEVICE = "device"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class Applied:
    """One rule of a device's kind; ``about`` is what decided: the winner, the area, ``attribute=value``."""

    rule: Rule
    standing: Standing
    about: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of two versions; None where a version does not have it. ``unit`` "" where it has none."""

    field: str
    before: Any
    after: Any
    unit: str = ""


def findings(rule: Rule, others: Iterable[Rule], reach: Reach | None) -> list[Problem]:
    """Everything against a rule among ``others`` and, where they were counted, the devices it reaches; errors first."""
    found = [*problems(rule, RANGES), *_named(rule), *_hiding(rule, others), *_reached(rule, reach)]
    return sorted(found, key=lambda problem: problem.weight is Weight.WARNING)


def errors(found: Iterable[Problem]) -> list[Problem]:
    """Those that forbid the rule."""
    return [problem for problem in found if problem.weight is Weight.ERROR]


def _named(rule: Rule) -> Iterator[Problem]:
    if rule.id and (not RULE_ID.match(rule.id) or len(rule.id) > RULE_ID_LENGTH):
        yield Problem("id", rule.id, "small letters, digits, _ and - in parts joined by dots, such as gas.kitchen")
    if rule.id in BUILT_IN:
        yield Problem("id", rule.id, "the engine's own rule has this id; take another")
    for number, level in enumerate(rule.levels):
        if level.ticket is not None and level.ticket.category not in CATEGORIES:
            remedy = f"one of {', '.join(sorted(CATEGORIES))}"
            yield Problem(f"levels[{number}].ticket.category", level.ticket.category, remedy)
        if level.ticket is not None and level.ticket.urgency not in {0, 1, 2}:
            yield Problem(f"levels[{number}].ticket.urgency", level.ticket.urgency, "0 ordinary, 1 major, 2 critical")


def _hiding(rule: Rule, others: Iterable[Rule]) -> Iterator[Problem]:
    """The circles that this rule closes, and the names among its own that nobody has."""
    whole = [*(other for other in others if other.id != rule.id), rule]
    for problem in cycles(whole):
        begins = str(problem.value).split(" → ", maxsplit=1)[0]
        own = problem.weight is Weight.ERROR and begins == rule.id and rule.suppress_when != (rule.id,)
        if own or (problem.weight is Weight.WARNING and problem.value in rule.suppress_when):
            yield problem


def _reached(rule: Rule, reach: Reach | None) -> Iterator[Problem]:
    if reach is None:
        return
    if reach.covered == 0:
        remedy = "no registered device is in this scope, so that it can never fire; widen it or register the device"
        yield Problem("scope", _scope_text(rule), remedy, Weight.WARNING)
    elif reach.won == 0 and rule.enabled:
        beaten = ", ".join(name for name, _ in reach.beaten_by)
        remedy = f"more specific rules of its family keep every device it covers: {beaten}"
        yield Problem("scope", _scope_text(rule), remedy, Weight.WARNING)
    name, members = reach.largest
    if rule.group and reach.won and not members:
        remedy = "no device it watches has such an attribute, so that no alarms come together; name one they have"
        yield Problem("group", ", ".join(rule.group), remedy, Weight.WARNING)
    if members > MOST_MEMBERS:
        remedy = f"{name} has {members} devices, a group at most {MOST_MEMBERS}; group by a finer attribute"
        yield Problem("group", ", ".join(rule.group), remedy)


def _scope_text(rule: Rule) -> str:
    scope = rule.scope
    parts = [("kind", rule.kind), ("area", scope.area), ("model", scope.model), ("device", scope.device)]
    parts += list(scope.attributes.items())
    return " ".join(f"{name}={value}" for name, value in parts if value)


def reach_of(rule: Rule, others: Iterable[Rule], devices: Iterable[Device]) -> Reach:
    """Count the devices that ``rule`` would watch among ``others``; the given devices are of any kind."""
    kin = [other for other in others if other.id != rule.id and other.kin == rule.kin]
    catalogue = Catalogue.of([*kin, msgspec.structs.replace(rule, enabled=True)], [])
    covered = 0
    won: list[str] = []
    beaten: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for device in devices:
        if rule.kind not in {"*", device.kind} or not rule.scope.covers(device):
            continue
        covered += 1
        if rule.id in catalogue.plan(device).rules:
            won.append(device.id)
            groups[rule.group_of(device)] += 1
        else:
            beaten.update(list(catalogue.plan(device).rules))
    del groups[""]
    largest = max(groups.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return Reach(covered, len(won), tuple(won[:SHOWN_DEVICES]), tuple(beaten.most_common()), largest)


def applying(device: Device, rules: Sequence[Rule]) -> list[Applied]:
    """Every rule of the device's kind, those in force first, each with what decided."""
    plan = Catalogue.of(rules, []).plan(device)
    winners = {rule.kin: rule.id for rule in plan.rules.values()}
    mine = [rule for rule in rules if rule.kind in {"*", device.kind}]
    found = [_standing(rule, device, winners) for rule in mine]
    return sorted(found, key=lambda applied: (applied.standing is not Standing.IN_FORCE, applied.rule.id))


def _standing(rule: Rule, device: Device, winners: dict[str, str]) -> Applied:
    if not rule.enabled:
        return Applied(rule, Standing.DISABLED)
    if winners.get(rule.kin) == rule.id:
        return Applied(rule, Standing.IN_FORCE, _scope_text(rule))
    outside = next(_outside(rule, device), None)
    return outside or Applied(rule, Standing.BEATEN, winners[rule.kin])


def _outside(rule: Rule, device: Device) -> Iterator[Applied]:
    """What of the scope the device does not meet."""
    scope = rule.scope
    if scope.device not in {"", device.id}:
        yield Applied(rule, Standing.DEVICE, scope.device)
    if scope.model not in {"", device.model}:
        yield Applied(rule, Standing.MODEL, scope.model)
    if not contains(scope.area, device.building or device.area):
        yield Applied(rule, Standing.AREA, scope.area)
    for name, value in scope.attributes.items():
        if device.attributes.get(name) != value:
            yield Applied(rule, Standing.ATTRIBUTE, f"{name}={value}")


def unit_of(rule: Rule) -> str:
    """The unit in which its limits and deadbands are given."""
    metric = metric_of(rule.kind, rule.metric)
    own = metric.unit if metric else ""
    match rule.measure:
        case Rate():
            return f"{own}/h"
        case Share() | Members() | Nominal():
            return "%"
        case Unchanged():
            return "h"
        case Ratio() | Flagged():
            return ""
        case _:
            return own


def differences(before: Rule, after: Rule) -> list[Difference]:
    """What differs between two versions, field by field; levels are matched by their severity."""
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [*new, *(name for name in old if name not in new)]
    return [
        Difference(name, old.get(name), new.get(name), _unit(name, after if name in new else before))
        for name in names
        if name not in {"version", "id"} and (name not in old or name not in new or old[name] != new[name])
    ]


def _flat(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, msgspec.Struct):
        tag = type(value).__struct_config__.tag
        if tag is not None:
            yield f"{path}.type", tag
        for name in value.__struct_fields__:
            yield from _flat(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        for index, item in enumerate(value):
            yield from _flat(item, f"{path}[{getattr(item, 'severity', index)}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield f"{path}.{name}", item
    elif value not in (None, ()):
        plain = msgspec.to_builtins(value)
        yield path, list(plain) if isinstance(plain, tuple) else plain


def _unit(field: str, rule: Rule) -> str:
    last = field.rpartition(".")[2]
    if last.endswith("_ms"):
        return "ms"
    if last in {"limit", "deadband"} and field.startswith("levels[") and ".given" not in field:
        return unit_of(rule)
    return "min" if field in {"schedule.start", "schedule.end"} else ""
