"""One alarm told from its transitions: the path of its states, each step, the samples that decided. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sensors.kinds import metric_of
from services.api.language.vocabulary import ALARM_CAUSES, ALARM_STATES, QUALITIES, SEVERITIES, say
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.alarms.alarm_rows import AlarmRow
from services.api.pages.alarms.named import Named
from streams.contracts import AlarmEvent


@dataclass(frozen=True, slots=True)
class Stay:
    """One state of the path: when it began and how long it lasted (or lasts)."""

    state: str
    word: str
    severity: str
    at: int
    lasted: str
    now: bool


@dataclass(frozen=True, slots=True)
class StepView:
    """One transition as a row; ``place`` is where in the log the record stands that decided it."""

    at: int
    what: str
    old: str
    new: str
    severity: str
    severity_word: str
    value: str
    by: str
    why: str
    version: int
    place: str


@dataclass(frozen=True, slots=True)
class SampleView:
    """One sample that counted: the device's time, the arrival, the value, and where the record stands."""

    ts: int
    at: int
    late: str
    value: str
    quality: str
    place: str


def lasted(row: AlarmRow, now: int, t: Words) -> str:
    """How long the condition stood, or has stood."""
    return fmt.span((row.ended if row.ended is not None else now) - row.since, t)


def path(events: Sequence[AlarmEvent], now: int, t: Words) -> list[Stay]:
    """States in their order; what changed neither state nor severity is no stay of its own."""
    kept: list[AlarmEvent] = []
    for event in events:
        if not kept or (event.new, event.severity) != (kept[-1].new, kept[-1].severity):
            kept.append(event)
    stays = []
    for event, after in itertools.zip_longest(kept, kept[1:]):
        ended = str(event.new) == "normal"
        until = after.at if after is not None else now
        stays.append(
            Stay(
                state=str(event.new),
                word=say(ALARM_STATES, str(event.new), t),
                severity="" if ended else str(event.severity),
                at=event.at,
                lasted="" if ended and after is None else fmt.span(until - event.at, t),
                now=after is None,
            )
        )
    return stays


def steps(events: Sequence[AlarmEvent], row: AlarmRow, named: Named, t: Words) -> list[StepView]:
    """Newest first."""
    return [
        StepView(
            at=event.at,
            what=say(ALARM_CAUSES, str(event.cause), t),
            old=say(ALARM_STATES, str(event.old), t) if event is not events[0] else "",
            new=say(ALARM_STATES, str(event.new), t),
            severity=str(event.severity),
            severity_word=say(SEVERITIES, str(event.severity), t),
            value=_value(row, event.value, t) if event.ts is not None else "",
            by=named.person(event.by),
            why=event.why,
            version=event.rule_version,
            place=f"{event.source.partition}/{event.source.offset}",
        )
        for event in reversed(events)
    ]


def samples(events: Sequence[AlarmEvent], row: AlarmRow, t: Words) -> list[SampleView]:
    """Every sample that decided a transition, each once, oldest first."""
    found: dict[tuple[int, int], SampleView] = {}
    for event in events:
        for sample in event.samples:
            known = sample.offset >= 0
            found[sample.ts, sample.at] = SampleView(
                ts=sample.ts,
                at=sample.at,
                late=fmt.span(sample.at - sample.ts, t) if sample.at - sample.ts >= fmt.SECOND else "",
                value=_value(row, sample.value, t),
                quality="" if sample.quality == "good" else say(QUALITIES, sample.quality, t),
                place=f"{sample.partition}/{sample.offset}" if known else "",
            )
    return [found[key] for key in sorted(found)]


def _value(row: AlarmRow, value: float | None, t: Words) -> str:
    """With its unit; yes or no for a switch."""
    metric = metric_of(row.kind, row.metric)
    if value is None:
        return t("无数据")
    if metric is None:
        return fmt.number(value, 2)
    if metric.boolean:
        return t("是") if value else t("否")
    return f"{fmt.number(value, metric.digits)} {metric.unit}".strip()
