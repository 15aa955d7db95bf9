"""A reading from sample to row: what is kept, under which code, and where its time stamp puts it."""

from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from sensors.kinds import metric_of
from streams.contracts import Flag, Quality, Sample

DAY_MS: Final = 86_400_000
MOST_LATE_MS: Final = 30 * DAY_MS
"""A reading may be this old on arrival and still land in its own day; older is a nonsense date."""
MOST_AHEAD_MS: Final = DAY_MS
HEARD_MS: Final = 10_000
"""How finely history remembers when the log had records; the function ``history.outages`` counts in it too."""
UNLISTED_FACTOR: Final = 1_000_000.0
LONGEST_NAME: Final = 200
"""Characters of a device id or metric name: both are part of an index entry."""

FIRST_UNSOUND: Final = 10
"""Codes from here on are kept and shown, but never averaged or charted as values."""
_CODES: Final = {
    Quality.GOOD: 0,
    Quality.UNLISTED: 1,
    Quality.OVER_RANGE: 2,
    Quality.TEST: 10,
    Quality.WARMUP: 11,
    Quality.FAULT: 12,
    Quality.SENTINEL: 13,
    Quality.OUT_OF_RANGE: 14,
}
_NAMES: Final = {code: quality.value for quality, code in _CODES.items()}
_BITS: Final = {
    Flag.TEST.value: 1,
    Flag.WARMUP.value: 2,
    Flag.NO_TS.value: 4,
    Flag.OLD.value: 8,
    Flag.FUTURE.value: 16,
    Flag.STARTUP.value: 32,
}
_FAULT_BIT: Final = 64
UNTIMELY: Final = 8 | 16
"""The bits of a time stamp that nothing live may follow from."""


class NewReading(NamedTuple):
    """One value on its way into the store. Times in epoch ms; ``quality`` and ``flags`` as codes."""

    device: str
    metric: str
    ts: int
    kind: str
    at: int
    value: float
    quality: int
    flags: int


_row: Final = partial(tuple.__new__, NewReading)
"""``NewReading(*fields)`` at half the price: history makes one for every value of the town."""


class Outcome(NamedTuple):
    """What a store did with a chunk, in readings."""

    new: int = 0
    duplicate: int = 0
    misdated: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored value in its metric's unit. ``ts`` is device time, ``at`` arrival, epoch ms."""

    device: str
    metric: str
    ts: int
    value: float
    quality: str
    at: int
    kind: str = ""
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[int, str, str]:
        """The sort key of a list, newest first."""
        return (self.ts, self.device, self.metric)


@dataclass(frozen=True, slots=True)
class LastValue:
    """The newest value of one metric whose time stamp could be believed."""

    device: str
    metric: str
    ts: int
    value: float
    quality: str
    at: int


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Which readings a list shows; ``start`` is included, ``end`` is not (epoch ms)."""

    device: str | None = None
    metric: str | None = None
    kind: str | None = None
    area: str | None = None
    quality: str | None = None
    start: int | None = None
    end: int | None = None


def quality_code(quality: Quality | str) -> int:
    """The small code a quality is stored as."""
    return _CODES[Quality(quality)]


def quality_name(code: int) -> str:
    return _NAMES[code]


def flag_bits(flags: tuple[str, ...]) -> int:
    """A message's flags as bits; every ``fault:<code>`` is one and the same bit."""
    bits = 0
    for flag in flags:
        bits |= _BITS.get(flag, _FAULT_BIT if flag.startswith("fault:") else 0)
    return bits


def names_of_flags(bits: int) -> tuple[str, ...]:
    names = tuple(name for name, bit in _BITS.items() if bits & bit)
    return (*names, "fault") if bits & _FAULT_BIT else names


def factor_of(kind: str, metric: str) -> float:
    """Stored integer = value x factor: the precision that the kind states for its metric."""
    known = metric_of(kind, metric)
    return float(known.scale) if known else UNLISTED_FACTOR


def is_misdated(ts: int, at: int) -> bool:
    """Whether a stamp is so far off that its own day is no place for the reading."""
    return at - ts > MOST_LATE_MS or ts - at > MOST_AHEAD_MS


def is_timely(flags: int) -> bool:
    """Whether a reading may become the last value."""
    return not flags & UNTIMELY


def unstorable(sample: Sample) -> str | None:
    """Why a sample cannot be a row, or None. Such samples are dead letters, not losses."""
    names = (sample.device, sample.kind, *sample.values)
    if any("\x00" in name for name in names):
        return "a NUL character in a name"
    if any(not name or len(name) > LONGEST_NAME for name in names):
        return f"a name that is empty or longer than {LONGEST_NAME} characters"
    if abs(sample.ts) >= 1 << 63 or not 0 <= sample.at < 1 << 52:
        return "a time beyond 64 bits"
    return None


def readings_of(sample: Sample) -> list[NewReading]:
    """A sample's values as rows."""
    device, kind, ts, at = sample.device, sample.kind, sample.ts, sample.at
    flags = flag_bits(sample.flags) if sample.flags else 0
    if not sample.quality:
        return [_row((device, metric, ts, kind, at, value, 0, flags)) for metric, value in sample.values.items()]
    quality = sample.quality
    return [
        _row((device, metric, ts, kind, at, value, _CODES[quality.get(metric, Quality.GOOD)], flags))
        for metric, value in sample.values.items()
    ]
