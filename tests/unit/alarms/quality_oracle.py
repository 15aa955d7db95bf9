"""Alarm quality once more, as slowly and plainly as the definitions read; the unit of time is what the test likes.

It looks at whole lists instead of a stream, tries every moment instead of jumping between events, and
shares nothing with the code under test but the names of what goes in.
"""

from collections import Counter
from typing import Any

from services.alarms.domain.quality_steps import Step
from services.alarms.domain.quality_targets import Targets

ACTIVE = {"active_unack", "active_ack"}
WAITS = {"active_unack", "rtn_unack"}


def standing(step: Step) -> bool:
    return step.new in ACTIVE and step.normal_since is None


def visible(step: Step) -> bool:
    return standing(step) and not step.hidden


def plain(steps: list[Step], low: int, high: int, targets: Targets) -> dict[str, Any]:
    """The figures of all these steps as one position, between ``low`` and ``high``."""
    lives: dict[str, list[Step]] = {}
    for step in steps:
        if step.at < high:
            lives.setdefault(step.episode, []).append(step)
    came = [(s.at, (s.device, s.rule), s.severity) for life in lives.values() for s in risen(life)]
    inside = [one for one in came if low <= one[0] < high]
    sources = Counter(source for _, source, _ in inside)
    shares = Counter({"critical": "high", "major": "medium"}.get(severity, "low") for _, _, severity in inside)
    went = [one for life in lives.values() for one in returns(life) if low <= one[0] < high]
    answered = [one for life in lives.values() for one in answers(life) if low <= one[0] < high]
    total = len(inside)
    return {
        "alarms": total,
        "flood": sum(low <= at < high for at in flooded([at for at, _, _ in came], high, targets)),
        "top": sum(sorted(sources.values())[-targets.top :]) / total if total else None,
        "chattering": {source for source in sources if chatters(source, came, low, targets)},
        "fleeting": sum(length < targets.fleeting_ms and not seen for _, length, seen in went),
        "returns": (len(went), mean([length for _, length, _ in went])),
        "answers": (len(answered), mean([waited for _, waited in answered])),
        "waiting": sum(life[-1].new in WAITS and not life[-1].hidden for life in lives.values()),
        "stale": sum(stale(life, low, high, targets) for life in lives.values()),
        "mix": {name: shares[name] / total if total else None for name in ("high", "medium", "low")},
    }


def mean(values: list[int]) -> float | None:
    return sum(values) / len(values) if values else None


def risen(life: list[Step]) -> list[Step]:
    """Steps with which an alarm came before people."""
    return [step for i, step in enumerate(life) if visible(step) and (i == 0 or not visible(life[i - 1]))]


def returns(life: list[Step]) -> list[tuple[int, int, bool]]:
    """When the condition had gone by itself, how long it had lasted, whether anybody had acknowledged it."""
    found = []
    for i in range(1, len(life)):
        step = life[i]
        if not standing(life[i - 1]) or standing(step) or step.cause in {"closed", "rule", "device"}:
            continue
        first = i - 1
        while first > 0 and standing(life[first - 1]):
            first -= 1
        opening = life[first]
        if not any(visible(each) for each in life[first:i]):
            continue
        began = opening.since if opening.old == "normal" else opening.ts
        shown = [j for j in range(i) if visible(life[j]) and (j == 0 or not visible(life[j - 1]))]
        since_shown = life[(shown[-1] if shown else 0) : i]
        seen = any(each.cause == "acknowledged" for each in since_shown)
        assert step.normal_since is not None
        assert began is not None
        found.append((step.at, max(step.normal_since - began, 0), seen))
    return found


def answers(life: list[Step]) -> list[tuple[int, int]]:
    found = []
    for i, step in enumerate(life):
        if step.cause != "acknowledged":
            continue
        waits = i
        while waits > 0 and life[waits - 1].new in WAITS and not life[waits - 1].hidden:
            waits -= 1
        if waits < i:
            found.append((step.at, step.at - life[waits].at))
    return found


def stale(life: list[Step], low: int, high: int, targets: Targets) -> int:
    """How many times it stood for too long, up to a moment in the period."""
    count, since = 0, None
    for step in life:
        listed = step.new in ACTIVE and not step.hidden
        if listed and since is None:
            since = step.at
        if not listed and since is not None:
            count += step.at >= low and step.at - since > targets.stale_ms
            since = None
    return count + (since is not None and high - since > targets.stale_ms)


def chatters(source: tuple[str, str], came: list[tuple[int, Any, Any]], low: int, targets: Targets) -> bool:
    times = [at for at, which, _ in came if which == source]
    return any(
        end >= low and sum(end - targets.chatter_window_ms < at <= end for at in times) >= targets.chatter_count
        for end in times
    )


def flooded(times: list[int], high: int, targets: Targets) -> list[int]:
    """Every moment in which there was a flood."""
    found, flood = [], False
    for moment in range(min(times, default=high), high):
        count = sum(moment - targets.flood_window_ms < at <= moment for at in times)
        flood = count >= (targets.flood_leave if flood else targets.flood_enter)
        if flood:
            found.append(moment)
    return found
