"""History in memory: the twin of ``services.history.postgres``."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from services.history.domain import (
    Chart,
    LastValue,
    Letter,
    LetterFilter,
    NewReading,
    Outcome,
    Point,
    Reading,
    ReadingFilter,
    Replay,
    Step,
    Stranger,
    chart_step,
    danger_of,
    danger_rank,
    is_misdated,
    is_timely,
    names_of_flags,
    quality_name,
    with_gaps,
)
from services.history.domain.letters import PREVIEW
from services.history.domain.readings import FIRST_UNSOUND
from services.paging import Key, Page
from streams.contracts import DeadLetter, Device

ReadingKey = tuple[str, str, int]


@dataclass
class MemoryHistory:
    """Every port of history over dictionaries."""

    readings: dict[ReadingKey, NewReading] = field(default_factory=dict)
    quarantine: dict[ReadingKey, NewReading] = field(default_factory=dict)
    strangers: dict[str, Stranger] = field(default_factory=dict)
    latest: dict[tuple[str, str], NewReading] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    outbox: list[Replay] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)

    def store(self, readings: Sequence[NewReading], strangers: Sequence[NewReading]) -> Outcome:
        known = [row._replace(kind=self.devices[row.device].kind) for row in strangers if row.device in self.devices]
        outcome = self._write([*readings, *known])
        unknown = [row for row in strangers if row.device not in self.devices]
        return outcome._replace(quarantined=self._quarantine(unknown))

    def _write(self, rows: Sequence[NewReading]) -> Outcome:
        new = misdated = 0
        for row in rows:
            key = (row.device, row.metric, row.ts)
            if key in self.readings:
                continue
            self.readings[key] = row
            if is_misdated(row.ts, row.at):
                misdated += 1
                continue
            new += 1
            before = self.latest.get((row.device, row.metric))
            if is_timely(row.flags) and (before is None or _recency(row) > _recency(before)):
                self.latest[row.device, row.metric] = row
        return Outcome(new, len(rows) - new - misdated, misdated)

    def _quarantine(self, rows: Sequence[NewReading]) -> int:
        fresh = 0
        for row in rows:
            new = (row.device, row.metric, row.ts) not in self.quarantine
            self.quarantine.setdefault((row.device, row.metric, row.ts), row)
            fresh += new
            known = self.strangers.get(row.device) or Stranger(row.device, row.kind, 0, row.at, row.at)
            last = {value.metric: value for value in known.last_values} | {row.metric: _last(row)}
            self.strangers[row.device] = replace(
                known,
                kind=row.kind,
                readings=known.readings + new,
                first_seen=min(known.first_seen, row.at),
                last_seen=max(known.last_seen, row.at),
                danger=max(known.danger, danger_of(row), key=danger_rank),
                last_values=tuple(last[metric] for metric in sorted(last)),
            )
        return fresh

    def hear(self, stretches: Collection[int]) -> None:
        self.heard |= set(stretches)

    def register(self, devices: Sequence[Device], gone: Sequence[str]) -> int:
        for device_id in gone:
            self.devices.pop(device_id, None)
        for device in devices:
            known = self.devices.get(device.id)
            if known is None or device.version >= known.version:
                self.devices[device.id] = device
            self.strangers.pop(device.id, None)
        ids = {device.id for device in devices}
        adopted = [row for row in self.quarantine.values() if row.device in ids]
        self.quarantine = {key: row for key, row in self.quarantine.items() if row.device not in ids}
        self._write([row._replace(kind=self.devices[row.device].kind) for row in adopted])
        return len(adopted)

    def bury(self, letters: Sequence[DeadLetter]) -> int:
        fresh = [letter for letter in letters if letter.id not in self.letters]
        for letter in fresh:
            self.letters[letter.id] = Letter(
                letter.id,
                letter.source,
                letter.origin,
                letter.reason,
                letter.detail,
                letter.payload,
                letter.at,
                len(letter.payload),
                letter.truncated,
                letter.trace,
            )
        return len(fresh)

    def get_letter(self, letter_id: str, *, scope: str = "") -> Letter | None:
        letter = self.letters.get(letter_id)
        return letter if letter and letter.origin.startswith(f"linli/v1/{scope}" if scope else "") else None

    def replay(self, letter_id: str, record: Replay, *, by: str, at: int) -> None:
        letter = self.letters[letter_id]
        self.letters[letter_id] = replace(letter, replays=letter.replays + 1, replayed_at=at, replayed_by=by)
        self.outbox.append(record)

    def list_letters(self, filters: LetterFilter, *, scope: str, limit: int, after: Key | None) -> Page[Letter]:
        found = sorted(
            (
                replace(letter, payload=letter.payload[:PREVIEW])
                for letter in self.letters.values()
                if self.get_letter(letter.id, scope=scope)
                and filters.source in (None, letter.source)
                and filters.reason in (None, letter.reason)
                and filters.replayed in (None, letter.replays > 0)
                and _within(letter.at, filters.start, filters.end)
                and (after is None or letter.key < after)
            ),
            key=lambda letter: letter.key,
            reverse=True,
        )
        return Page(tuple(found[:limit]), found[limit - 1].key if len(found) > limit else None)

    def list_readings(
        self, filters: ReadingFilter, *, scope: str, limit: int, after: Key | None, now: int
    ) -> Page[Reading]:
        found = sorted(
            (
                reading
                for reading in map(_reading, self._visible(scope))
                if filters.device in (None, reading.device)
                and filters.metric in (None, reading.metric)
                and filters.quality in (None, reading.quality)
                and filters.kind in (None, reading.kind)
                and (filters.area is None or self._area(reading.device).startswith(filters.area))
                and _within(reading.ts, filters.start, filters.end)
                and (after is None or reading.key < after)
            ),
            key=lambda reading: reading.key,
            reverse=True,
        )
        return Page(tuple(found[:limit]), found[limit - 1].key if len(found) > limit else None)

    def last_values(self, devices: Sequence[str], *, scope: str) -> list[LastValue]:
        return [
            _last(row)
            for (device, _), row in sorted(self.latest.items())
            if device in devices and self._in_scope(device, scope)
        ]

    def chart(self, device: str, metric: str, start: int, end: int, *, scope: str) -> Chart:
        step = chart_step(end - start)
        sound = sorted(
            (row.ts, row.value)
            for row in self._visible(scope)
            if (row.device, row.metric) == (device, metric)
            and row.quality < FIRST_UNSOUND
            and not is_misdated(row.ts, row.at)
        )
        if step is Step.RAW:
            points = [Point(ts, value, n=1) for ts, value in sound if start <= ts < end]
        else:
            buckets: dict[int, list[float]] = {}
            for ts, value in sound:
                buckets.setdefault(ts // step.ms * step.ms, []).append(value)
            points = [
                Point(ts, sum(values) / len(values), min(values), max(values), len(values))
                for ts, values in buckets.items()
                if start <= ts < end
            ]
        period = self.devices[device].period_s if device in self.devices else 3_600
        return Chart(device, metric, step, with_gaps(points, step=step, period_ms=period * 1000))

    def list_quarantine(self, *, scope: str, limit: int, after: Key | None) -> Page[Stranger]:
        found = sorted(
            (stranger for stranger in self.strangers.values() if after is None or stranger.key < after),
            key=lambda stranger: stranger.key,
            reverse=True,
        )
        if scope:
            return Page(())
        return Page(tuple(found[:limit]), found[limit - 1].key if len(found) > limit else None)

    def _visible(self, scope: str) -> Iterable[NewReading]:
        return (row for row in self.readings.values() if self._in_scope(row.device, scope))

    def _area(self, device: str) -> str:
        return self.devices[device].area if device in self.devices else ""

    def _in_scope(self, device: str, scope: str) -> bool:
        return self._area(device).startswith(scope)


def _recency(row: NewReading) -> tuple[int, int]:
    return (min(row.ts, row.at), row.ts)


def _within(at: int, start: int | None, end: int | None) -> bool:
    return (start is None or at >= start) and (end is None or at < end)


def _last(row: NewReading) -> LastValue:
    return LastValue(row.device, row.metric, row.ts, row.value, quality_name(row.quality), row.at)


def _reading(row: NewReading) -> Reading:
    return Reading(
        row.device,
        row.metric,
        row.ts,
        row.value,
        quality_name(row.quality),
        row.at,
        row.kind,
        names_of_flags(row.flags),
    )
