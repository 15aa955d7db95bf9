"""What is wrong with a rule before it is put in force: every problem at once, each with a remedy."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from streams.contracts import (
    Condition,
    Flagged,
    Level,
    Measure,
    Members,
    Noise,
    Nominal,
    Op,
    Quality,
    Rate,
    Ratio,
    Rule,
    Schedule,
    Severity,
    Share,
    Sum,
    Value,
)
from streams.contracts.areas import level_of

Ranges = Mapping[str, Mapping[str, tuple[float, float]]]
"""Kind -> metric -> lowest and highest value that can be believed."""

DAY_MINUTES = 1440
MOST_NAME = 80
CAUSE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
"""It is part of an incident's name."""


class Weight(StrEnum):
    """An error forbids the rule; a warning asks whether it is meant."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One finding: the field as a path, its value, what to do instead."""

    field: str
    value: object
    remedy: str
    weight: Weight = Weight.ERROR


def problems(rule: Rule, ranges: Ranges) -> list[Problem]:
    """Everything that one rule by itself has against it, errors first."""
    found = [
        *_words(rule),
        *_metrics(rule, ranges),
        *_levels(rule, ranges),
        *_durations(rule),
        *_figures(rule),
        *_waiting(rule),
        *_scope(rule),
        *_schedule(rule.schedule),
        *_hiding(rule),
    ]
    return sorted(found, key=lambda problem: problem.weight is Weight.WARNING)


def _words(rule: Rule) -> Iterator[Problem]:
    for field in ("id", "kind", "cause", "name_zh", "name_en"):
        if not getattr(rule, field).strip():
            yield Problem(field, getattr(rule, field), "must not be empty")
    for field in ("name_zh", "name_en"):
        if len(getattr(rule, field)) > MOST_NAME:
            yield Problem(field, getattr(rule, field), f"at most {MOST_NAME} characters")
    if rule.cause.strip() and not CAUSE.match(rule.cause):
        yield Problem("cause", rule.cause, "small letters and digits in parts joined by -, such as gas-leak")
    if not rule.response_zh or not rule.response_en:
        yield Problem("response_zh", rule.response_zh, "say what is to be done, in both languages", Weight.WARNING)


def _metrics(rule: Rule, ranges: Ranges) -> Iterator[Problem]:
    if rule.kind == "*":
        known = {metric for metrics in ranges.values() for metric in metrics}
    elif rule.kind in ranges:
        known = set(ranges[rule.kind])
    else:
        yield Problem("kind", rule.kind, f"one of {', '.join(sorted(ranges))}, or * for every kind")
        return
    whole = rule.op is Op.SILENT or isinstance(rule.measure, Flagged)
    bare = isinstance(rule.measure, Members) and rule.measure.of is None
    asked = [] if (whole or bare) and not rule.metric else [("metric", rule.metric)]
    if rule.op is Op.SILENT and rule.metric:
        yield Problem("metric", rule.metric, "a silence rule watches for messages at all; leave the metric empty")
    asked += [(f"measure.{field}", name) for field, name in _others(rule.measure)]
    for place, condition in _conditions(rule):
        asked.append((f"{place}.metric", condition.metric))
        asked += [(f"{place}.measure.{field}", name) for field, name in _others(condition.measure)]
        if condition.op is Op.SILENT:
            yield Problem(f"{place}.op", condition.op, "silence cannot be a side condition; use ge, gt, le, lt or true")
    for field, name in asked:
        if name not in known:
            yield Problem(field, name, f"{rule.kind} has no such metric; one of {', '.join(sorted(known))}")


def _others(measure: Measure) -> list[tuple[str, str]]:
    if isinstance(measure, Sum | Ratio):
        return [("other", measure.other)]
    dimming = getattr(measure, "dimming", "")
    return [("dimming", dimming)] if dimming else []


def _conditions(rule: Rule) -> Iterator[tuple[str, Condition]]:
    for index, condition in enumerate(rule.gate):
        yield f"gate[{index}]", condition
    for number, level in enumerate(rule.levels):
        for index, condition in enumerate(level.given):
            yield f"levels[{number}].given[{index}]", condition


def _levels(rule: Rule, ranges: Ranges) -> Iterator[Problem]:
    if not rule.levels:
        yield Problem("levels", [], "a rule needs at least one level")
    for number, level in enumerate(rule.levels):
        yield from _level(rule, level, f"levels[{number}]", ranges)
    for number, (worse, milder) in enumerate(pairwise(rule.levels), start=1):
        yield from _order(rule, worse, milder, f"levels[{number}]")


def _level(rule: Rule, level: Level, place: str, ranges: Ranges) -> Iterator[Problem]:
    if level.deadband < 0 or level.deadband != level.deadband:
        yield Problem(f"{place}.deadband", level.deadband, "0 or more, in the unit of the limit")
    if level.repeat < 1:
        yield Problem(f"{place}.repeat", level.repeat, "1 or more samples")
    if level.limit != level.limit or level.limit in {float("inf"), float("-inf")}:
        yield Problem(f"{place}.limit", level.limit, "a finite number")
        return
    if level.severity is Severity.WARNING and level.ticket is not None:
        yield Problem(f"{place}.ticket", level.ticket.category, "a warning opens no ticket; leave the ticket out")
    interval = _believable(rule, ranges)
    if interval is not None and not _reachable(rule.op, level.limit, *interval):
        low, high = interval
        yield Problem(f"{place}.limit", level.limit, f"can never be met; values lie in {low:g}..{high:g}")


def _believable(rule: Rule, ranges: Ranges) -> tuple[float, float] | None:
    if isinstance(rule.measure, Share | Members):
        return 0.0, 100.0
    if isinstance(rule.measure, Value):
        return ranges.get(rule.kind, {}).get(rule.metric)
    return None


def _reachable(op: Op, limit: float, low: float, high: float) -> bool:
    match op:
        case Op.GE:
            return limit <= high
        case Op.GT:
            return limit < high
        case Op.LE:
            return limit >= low
        case Op.LT:
            return limit > low
        case Op.TRUE | Op.SILENT:
            return True


def _order(rule: Rule, worse: Level, milder: Level, place: str) -> Iterator[Problem]:
    if milder.severity.rank >= worse.severity.rank:
        yield Problem(f"{place}.severity", milder.severity, "levels run from the worst severity down, each once")
    if rule.op not in {Op.GE, Op.GT, Op.LE, Op.LT}:
        return
    rising = rule.op in {Op.GE, Op.GT}
    gap = worse.limit - milder.limit if rising else milder.limit - worse.limit
    if gap < 0 or (gap == 0 and not worse.given):
        yield Problem(f"{place}.limit", milder.limit, f"must be milder than {worse.limit:g} of the level above it")
    elif gap and worse.deadband >= gap:
        yield Problem(
            f"{place[:-2]}{int(place[-2]) - 1}].deadband",
            worse.deadband,
            f"crosses the next limit: the level clears only where {milder.severity.value} does; keep it below {gap:g}",
            Weight.WARNING,
        )


def _durations(rule: Rule) -> Iterator[Problem]:
    for number, level in enumerate(rule.levels):
        for field in ("on_delay_ms", "off_delay_ms", "unrefuted_ms"):
            value = getattr(level, field)
            if value is not None and value < 0:
                yield Problem(f"levels[{number}].{field}", value, "0 ms or more")
        for field in ("on_delay_ms", "unrefuted_ms"):
            value = getattr(level, field)
            if value is not None and value >= rule.no_data_after_ms and rule.op is not Op.SILENT:
                yield Problem(
                    f"levels[{number}].{field}",
                    value,
                    f"must be shorter than no_data_after_ms, {rule.no_data_after_ms}",
                )


def _figures(rule: Rule) -> Iterator[Problem]:
    for field, least in (("reorder_wait_ms", 0), ("no_data_after_ms", 1), ("no_data_periods", 1), ("max_shelve_ms", 0)):
        if getattr(rule, field) < least:
            yield Problem(field, getattr(rule, field), f"{least} or more")
    if rule.realarm_after_ms is not None and rule.realarm_after_ms <= 0:
        yield Problem("realarm_after_ms", rule.realarm_after_ms, "more than 0 ms, or leave it out")
    for field, measure in [("measure", rule.measure), *((f"{p}.measure", c.measure) for p, c in _conditions(rule))]:
        if isinstance(measure, Rate | Share | Noise):
            if measure.window_ms <= 0:
                yield Problem(f"{field}.window_ms", measure.window_ms, "more than 0 ms")
            if not 2 <= measure.minimum <= 16:
                yield Problem(f"{field}.minimum", measure.minimum, "2 to 16 points")
        if isinstance(measure, Flagged) and not measure.qualities:
            yield Problem(f"{field}.qualities", [], f"name at least one of {', '.join(Quality)}")
        of = measure.of if isinstance(measure, Members) else measure
        if isinstance(of, Nominal) and not of.attribute:
            place = f"{field}.of" if of is not measure else field
            yield Problem(
                f"{place}.attribute", "", "name the attribute that holds the nominal value, such as nominal_w"
            )


def _waiting(rule: Rule) -> Iterator[Problem]:
    if rule.reorder_wait_ms >= rule.no_data_after_ms > 0:
        remedy = f"must be shorter than no_data_after_ms, {rule.no_data_after_ms}"
        yield Problem("reorder_wait_ms", rule.reorder_wait_ms, remedy)
    elif rule.reorder_wait_ms > 0 and any(level.severity is Severity.CRITICAL for level in rule.levels):
        remedy = "every alarm comes that much later, a critical one too"
        yield Problem("reorder_wait_ms", rule.reorder_wait_ms, remedy, Weight.WARNING)


def _scope(rule: Rule) -> Iterator[Problem]:
    scope = rule.scope
    if scope.area and level_of(scope.area) is None:
        yield Problem("scope.area", scope.area, "the digits of an area code, from the county down")
    for name, value in scope.attributes.items():
        if not name or not value:
            yield Problem(f"scope.attributes.{name}", value, "name an attribute and the value it must have")
    if isinstance(rule.measure, Members) and not rule.group:
        yield Problem("group", [], "a rule on a group must name the attribute that makes it, such as feeder")


def _schedule(schedule: Schedule | None) -> Iterator[Problem]:
    if schedule is None:
        return
    for field, most in (("start", DAY_MINUTES - 1), ("end", DAY_MINUTES)):
        minutes = getattr(schedule, field)
        if not 0 <= minutes <= most:
            yield Problem(f"schedule.{field}", minutes, f"minutes since midnight, 0 to {most}")
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem("schedule.zone", schedule.zone, "a zone of the tz database, such as Asia/Shanghai")


def _hiding(rule: Rule) -> Iterator[Problem]:
    if rule.id in rule.suppress_when:
        yield Problem("suppress_when", rule.id, "a rule cannot hide itself; take it out")
    if rule.max_shelve_ms == 0:
        yield Problem("max_shelve_ms", 0, "its alarms can never be shelved; give the longest time", Weight.WARNING)
    if rule.list_only and any(level.ticket for level in rule.levels):
        yield Problem("list_only", True, "an entry in a list opens no ticket; leave the tickets out")
