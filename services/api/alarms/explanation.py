"""Why an alarm fired: a sentence in both languages, and every figure that it rests on."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from services.api.container import Container
from services.api.devices.readings import PointShape
from services.api.door.auth import Caller, allow
from services.api.language.words import Words, words
from services.api.pages.alarms import countdown as cd
from services.api.pages.alarms import reasons
from services.api.pages.alarms.alarm_source import AlarmBook
from services.api.pages.alarms.alarm_views import called
from services.api.pages.alarms.named import NOBODY, Named
from services.api.pages.rules import rule_words as rw
from services.api.problems import PROBLEMS
from services.api.shapes import PREFIX, Shape
from services.api.words import Word, missing
from services.history.domain import Step
from services.registry.domain import Permission
from streams.contracts import AlarmEvent, Cause, Evidence, Op, Rule, Severity

Watcher = Annotated[Caller, Depends(allow(Permission.WATCH))]
ROOM_MS: Final = 720_000
"""Least time that the chart's window takes in before and after the decision."""


class Said(Shape):
    """The same in both languages."""

    zh: str
    en: str


class CountedShape(Shape):
    """A sample of the run that decided: ``held_ms`` after the first, what was then still wanted, and its record.

    ``value`` is in ``unit`` of the explanation; ``offset`` is null where the sample came from stored state.
    """

    ts: int
    at: int
    value: float
    quality: str
    number: int = Field(description="Which reading of the run it is.")
    held_ms: int
    left_ms: int
    missing: int = Field(description="Readings that were still wanted.")
    partition: int | None
    offset: int | None


class DelayShape(Shape):
    """What the level asks for; durations in ms, ``clear_at`` null for yes or no."""

    on_delay_ms: int
    repeat: int
    unrefuted_ms: int | None
    off_delay_ms: int
    deadband: float
    clear_at: float | None
    latch: bool


class ToldShape(Shape):
    """One transition in words; ``id`` is its event's."""

    id: str
    at: int
    cause: Cause
    rule_version: int
    text: Said


class DrawnShape(Shape):
    """The metric around the decision."""

    metric: str
    unit: str
    step: Step
    start: int
    end: int
    points: list[PointShape]


class ExplanationShape(Shape):
    """Why an alarm fired. ``text`` explains its rise to its worst severity; ``steps`` every transition.

    What depends on the rule is null where its version is no longer kept. ``more``: the run had more
    samples than an event keeps, the first and the newest of which are ``samples``.
    """

    alarm: str
    text: Said
    rule: str
    rule_version: int
    rule_name: Said | None
    quantity: Said | None
    condition: Said | None
    op: Op | None
    limit: float | None
    unit: str
    severity: Severity
    since: int
    decided_at: int
    partition: int
    offset: int
    delay: DelayShape | None
    samples: list[CountedShape]
    more: bool
    steps: list[ToldShape]
    chart: DrawnShape


def explained(alarm: str, place: Said, events: Sequence[AlarmEvent], rules: Sequence[Rule | None], now: int,
              chart: DrawnShape, named: Named = NOBODY) -> ExplanationShape:  # fmt: skip
    """The answer; ``rules`` are those in force at each event."""
    zh, en = words("zh"), words("en")
    event = cd.deciding(events)
    rule = rules[list(events).index(event)]
    level = cd.level_of(rule, event) if rule else None
    run = cd.countdown(event, rule, level) if rule and level else None
    return ExplanationShape(
        alarm=alarm,
        text=Said(**{t.lang: reasons.headline(getattr(place, t.lang), events, rules, now, t, named) for t in (zh, en)}),
        rule=event.rule,
        rule_version=event.rule_version,
        rule_name=Said(zh=rule.name_zh, en=rule.name_en) if rule else None,
        quantity=Said(**{t.lang: rw.quantity(rule, event.kind, t) for t in (zh, en)}) if rule else None,
        condition=Said(**{t.lang: _condition(rule, event, t) for t in (zh, en)}) if rule else None,
        op=rule.op if rule else None,
        limit=event.limit,
        unit=rw.unit(rule, event.kind) if rule else "",
        severity=event.severity,
        since=run.since if run else event.since,
        decided_at=event.at,
        partition=event.source.partition,
        offset=event.source.offset,
        delay=DelayShape(
            on_delay_ms=level.on_delay_ms, repeat=level.repeat, unrefuted_ms=level.unrefuted_ms,
            off_delay_ms=level.off_delay_ms, deadband=level.deadband, clear_at=rw.cleared_at(rule, level),
            latch=level.latch,
        ) if rule and level else None,
        samples=[_counted(sample) for sample in run.samples] if run else [_uncounted(s) for s in event.samples],
        more=run.cut if run else False,
        steps=[
            ToldShape(
                id=each.id, at=each.at, cause=each.cause, rule_version=each.rule_version,
                text=Said(**{t.lang: reasons.told_of(events, rules, index, now, t, named) for t in (zh, en)}),
            )
            for index, each in enumerate(events)
        ],
        chart=chart,
    )  # fmt: skip


def _condition(rule: Rule, event: AlarmEvent, t: Words) -> str:
    level = cd.level_of(rule, event)
    if level is None:
        return rw.condition(rule, event.kind, event.limit, t)
    return rw.whole_condition(rule, event.kind, level, event.limit, t)


def _counted(counted: cd.Counted) -> CountedShape:
    return _shape(counted.sample, counted.number, counted.held, counted.left, counted.missing)


def _uncounted(sample: Evidence) -> CountedShape:
    """Without its rule nobody can say what a sample left to wait for."""
    return _shape(sample, 0, 0, 0, 0)


def _shape(sample: Evidence, number: int, held: int, left: int, lacking: int) -> CountedShape:
    known = sample.offset >= 0
    return CountedShape(
        ts=sample.ts, at=sample.at, value=sample.value, quality=sample.quality, number=number, held_ms=held,
        left_ms=left, missing=lacking, partition=sample.partition if known else None,
        offset=sample.offset if known else None,
    )  # fmt: skip


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["alarms"], responses=PROBLEMS)
    book = AlarmBook(container)

    @routes.get("/alarms/{alarm}/explanation")
    def explain(caller: Watcher, alarm: Annotated[Word, Path()]) -> ExplanationShape:
        """Why it fired: in a sentence, with the rule in force, the limit, the delay and the samples that counted."""
        found = book.story(caller, alarm)
        if found is None or not found[1]:
            raise missing("alarm", alarm)
        listed, events = found
        device = container.devices.get_device(listed.alarm.device)
        place = (device.place or device.name) if device else ""
        now = container.clock.now()
        chart = _drawn(container, cd.deciding(events), now)
        zh, en = (place or called(listed.alarm.device, words(lang)) for lang in ("zh", "en"))
        named = book.named(caller, [event.suppressed_by for event in reversed(events) if event.suppressed_by])
        return explained(listed.alarm.id, Said(zh=zh, en=en), events, book.rules_of(events), now, chart, named)

    return routes


def _drawn(container: Container, event: AlarmEvent, now: int) -> DrawnShape:
    room = max(ROOM_MS, (event.at - event.since) // 4)
    start, end = event.since - room, min(now, event.at + room)
    chart = container.history.chart(event.device, event.metric, start, end + 1, scope="")
    points = [PointShape(ts=p.ts, value=p.value, low=p.low, high=p.high, n=p.n) for p in chart.points]
    unit = rw.metric_unit(event.kind, event.metric)
    return DrawnShape(metric=event.metric, unit=unit, step=chart.step, start=start, end=end, points=points)
