"""When an alarm could have come at the earliest: told from the samples themselves, not from what the engine says."""

from collections.abc import Iterable
from typing import NamedTuple

from streams.contracts import AlarmEvent, Flag, Level, Quality, Rule, Sample, Value
from streams.rules.conditions import meets


class Delay(NamedTuple):
    """Arrivals (epoch ms).

    ``first``: of the first sample of the run that confirmed the alarm's level; ``due``: with which the level's
    own confirmation was complete, by samples or by nobody's refuting.
    """

    first: int
    due: int


def delay(rule: Rule, event: AlarmEvent, heard: Iterable[Sample], opened: int) -> Delay | None:
    """The delay of a ticket that ``event`` opened; ``heard`` is all its device has said, by arrival.

    None where no sample decided: a group's alarm, a silence.
    """
    level = next(level for level in rule.levels if level.severity is event.severity)
    run = confirming(rule, level, event, heard)
    if not run:
        return None
    times = [opened]
    if level.unrefuted_ms is not None:
        times.append(run[0].at + level.unrefuted_ms)
    for count, sample in enumerate(run, 1):
        held = max(sample.at - run[0].at, sample.ts - run[0].ts)
        if count >= level.repeat and held >= level.on_delay_ms:
            times.append(sample.at)
            break
    return Delay(run[0].at, min(times))


def confirming(rule: Rule, level: Level, event: AlarmEvent, heard: Iterable[Sample]) -> list[Sample]:
    """The samples in a row that met the level; of a derived quantity, those since the engine's own first one."""
    run: list[Sample] = []
    newest = 0
    for sample in heard:
        value = sample.values.get(rule.metric)
        if value is None or sample.ts <= newest or not _usable(sample, rule.metric):
            continue
        newest = sample.ts
        if not isinstance(rule.measure, Value):
            if max(sample.ts, sample.at) >= event.since:
                run.append(sample)
        elif meets(rule.op, level, value):
            run.append(sample)
        else:
            run.clear()
    return run


def _usable(sample: Sample, metric: str) -> bool:
    quality = sample.quality.get(metric, Quality.GOOD)
    return quality in {Quality.GOOD, Quality.OVER_RANGE} and {Flag.TEST, Flag.WARMUP}.isdisjoint(sample.flags)
