"""A policy as a form and back: a number beside its unit for each limit, the office's hours as times. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from services.api.language import vocabulary as voc
from services.api.language.words import N_, Words
from services.api.pages.tickets.policy_views import COLUMNS, LIMIT, UNITS
from services.daytime import clock_of, minutes_of
from services.tickets.domain import Policy
from services.tickets.domain.policy import CRITICAL, TIMED
from streams.contracts import Refused

SPANS: Final = 8
"""Spans of office hours that a day may have."""
MORE: Final = 2
"""Empty ones that the form offers beyond those there are."""
CELLS: Final = tuple(f"limits.{urgency}.{clock}" for clock in TIMED for urgency in COLUMNS)
LATER: Final = tuple(f"{row}.{urgency}" for row in ("returns", "extension") for urgency in COLUMNS[1:])
LIMITS: Final = (*CELLS, *LATER, "wait")
COUNTS: Final = {"extensions": (0, 9), "park_days": (1, 90)}
HOURS: Final = tuple(f"hours.{number}.{end}" for number in range(SPANS) for end in ("from", "to"))
FIELDS: Final = (
    *(f"{name}{part}" for name in LIMITS for part in ("", ".unit")), *COUNTS, *HOURS, "version", "reason", "opens",
    "name",
)  # fmt: skip
WRONG_HOURS: Final = N_("办公时间须是先后不重叠的时段，例如 08:30 至 12:00、13:00 至 17:30")
ROWS: Final = {"returns": N_("可退单"), "extension": N_("延期最多"), "wait": N_("等诉求人")}


def values_of(policy: Policy) -> dict[str, str]:
    """The form's fields as text."""
    given = dict.fromkeys(FIELDS, "")
    for name, words in policy.words():
        found = LIMIT.fullmatch(words)
        if found is not None and name in LIMITS:
            given |= {name: found[1], f"{name}.unit": found[2]}
    for number, (begin, end) in enumerate(policy.hours[:SPANS]):
        given |= {f"hours.{number}.from": clock_of(begin), f"hours.{number}.to": clock_of(end)}
    return given | {"extensions": str(policy.extensions), "park_days": str(policy.park_days)}


def drafted(given: Mapping[str, str], name: str, version: int, t: Words) -> tuple[Policy | None, dict[str, str]]:
    """The form as a policy, or what is wrong with it by field: which, what was typed, what would do."""
    errors = {field: wrong for field in LIMITS if (wrong := _wrong_limit(given, field, t))}
    for field, (least, most) in COUNTS.items():
        if not (_whole(given[field]) and least <= int(given[field]) <= most):
            errors[field] = t(
                "“{value}”不行，请填 {least} 到 {most} 的整数", value=given[field], least=least, most=most
            )
    hours = _hours(given)
    if hours is None:
        errors["hours"] = t(WRONG_HOURS)
    if errors:
        return None, errors
    words = {field: f"{int(given[field])}{given[f'{field}.unit']}" for field in LIMITS}
    asked: dict[str, Any] = {
        "name": name, "version": version, "hours": hours, "wait": words["wait"],
        "limits": {int(u): {str(clock): words[f"limits.{u}.{clock}"] for clock in TIMED} for u in COLUMNS},
        "extensions": int(given["extensions"]), "park_days": int(given["park_days"]),
        **{row: {int(u): words[f"{row}.{u}"] for u in COLUMNS[1:]} for row in ("returns", "extension")},
    }  # fmt: skip
    try:
        return msgspec.convert(asked, Policy, str_keys=True), {}
    except Refused as refused:
        return None, of_refused(refused, t)


def of_refused(refused: Refused, t: Words) -> dict[str, str]:
    """A policy's own refusal at the form's field."""
    field, value = str(refused.extra.get("field", "")), str(refused.extra.get("value", ""))
    if field == "hours":
        return {"hours": t(WRONG_HOURS)}
    if field in LIMITS:
        return {field: t("{name}“{value}”太长，请填不到一年的时限", name=label(field, t), value=value)}
    return {"version": str(refused)}


def label(field: str, t: Words) -> str:
    """``limits.0.sign`` as 普通·签收."""
    row, _, rest = field.partition(".")
    urgency, _, clock = rest.partition(".")
    what = t(ROWS[row]) if row in ROWS else voc.say(voc.CLOCKS, clock, t)
    return t("{urgency}：{clock}", urgency=t(voc.URGENCIES[urgency]), clock=what) if urgency else what


def lines(t: Words) -> list[tuple[str, list[str]]]:
    """The form's table: what a row limits, and the field of each urgency, '' where the urgency does not know it."""
    rows = [(voc.say(voc.CLOCKS, clock, t), [f"limits.{u}.{clock}" for u in COLUMNS]) for clock in TIMED]
    later = [
        (t(ROWS[row]), [f"{row}.{u}" if int(u) < CRITICAL else "" for u in COLUMNS]) for row in ("returns", "extension")
    ]
    return [*rows, *later]


def spans(given: Mapping[str, str]) -> list[int]:
    """The spans of office hours that the form shows: those filled, and some more."""
    filled = [number for number in range(SPANS) if given[f"hours.{number}.from"] or given[f"hours.{number}.to"]]
    return list(range(min(max(filled, default=-1) + 1 + MORE, SPANS)))


def units(t: Words) -> list[tuple[str, str]]:
    return [(code, t(word)) for code, (_, _, word) in UNITS.items()]


def _wrong_limit(given: Mapping[str, str], field: str, t: Words) -> str:
    number, unit = given[field], given[f"{field}.unit"]
    if not (_whole(number) and 1 <= int(number) <= 9_999):
        return t("{name}“{value}”不行，请填 1 到 9999 的整数", name=label(field, t), value=number)
    if unit not in UNITS:
        return t("{name}“{value}”不是单位，请从列表里选", name=label(field, t), value=unit)
    return ""


def _hours(given: Mapping[str, str]) -> list[tuple[int, int]] | None:
    found = []
    for number in range(SPANS):
        begin, end = given[f"hours.{number}.from"], given[f"hours.{number}.to"]
        if not begin and not end:
            continue
        from_, to = minutes_of(begin), minutes_of(end)
        if from_ is None or to is None:
            return None
        found.append((from_, to))
    return found or None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6
