"""Whether a value may be believed, before any rule looks at it (alarms.md rule 1)."""

from collections.abc import Iterable, Mapping
from typing import Final

from sensors.kinds.definition import Kind, Metric
from streams.contracts import Flag, Quality

_FAULT: Final = "fault:"
# Looking a member up in its enumeration costs more than judging a value with it.
_GOOD: Final = Quality.GOOD
_UNLISTED: Final = Quality.UNLISTED


def spoiled_by(flags: Iterable[str], harmless: frozenset[str]) -> Quality:
    """What a message's flags say of its measurements: test before warm-up before fault."""
    worst = Quality.GOOD
    for flag in flags:
        if flag == Flag.TEST:
            return Quality.TEST
        if flag == Flag.WARMUP:
            worst = Quality.WARMUP
        elif flag.startswith(_FAULT) and worst is Quality.GOOD and flag.removeprefix(_FAULT) not in harmless:
            worst = Quality.FAULT
    return worst


def judge(
    kind: Kind | None, metrics: Mapping[str, Metric], values: Mapping[str, float], flags: Iterable[str]
) -> dict[str, Quality]:
    """The metrics of a message that are not good, each with the reason.

    Over-range beats a fault flag, since detectors raise one when they saturate and the gas is real;
    a test or a warm-up beats everything, since neither may ever open a ticket.
    """
    spoiled = spoiled_by(flags, kind.harmless_faults if kind else frozenset()) if flags else _GOOD
    verdict: dict[str, Quality] = {}
    for key, value in values.items():
        metric = metrics.get(key)
        if metric is None:
            verdict[key] = _UNLISTED
            continue
        clean = metric.low <= value <= metric.high and value not in metric.sentinels
        if clean and spoiled is _GOOD:
            continue
        quality = _GOOD if clean else metric.judge(value)
        if (
            spoiled is not _GOOD
            and metric.process
            and (spoiled is not Quality.FAULT or quality is not Quality.OVER_RANGE)
        ):
            quality = spoiled
        if quality is not _GOOD:
            verdict[key] = quality
    return verdict
