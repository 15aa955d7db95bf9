"""Counts of a second, handed to Prometheus together: a lock per message would be felt."""

from collections import Counter

from sensors.codecs import Reception
from sensors.kinds import KINDS
from services.adapters.metrics import counter, gauge, histogram
from services.gateway.domain.sequence import Seen
from streams.contracts import DeadLetter, Flag, Quality, Sample
from streams.contracts.metrics import (
    DEAD_LETTERS,
    GATEWAY_ACK_SECONDS,
    GATEWAY_FLAGGED,
    GATEWAY_LAST_READING,
    GATEWAY_MESSAGES,
    GATEWAY_QUARANTINED,
    GATEWAY_QUEUE,
    GATEWAY_READINGS,
    GATEWAY_SEQUENCE,
    GATEWAY_UNIDENTIFIED,
    GATEWAY_UNLISTED,
    Metric,
)
from streams.contracts.topics import QUARANTINE_KEY

OTHER = "other"
"""The label of a kind that a device invented: labels must not grow with bad input."""


class Tally:
    """What was seen since the last :meth:`publish`."""

    def __init__(self) -> None:
        self._messages: Counter[str] = Counter()
        self._readings: Counter[str] = Counter()
        self._unlisted: Counter[str] = Counter()
        self._flagged: Counter[str] = Counter()
        self._sequence: Counter[str] = Counter()
        self._quarantined = 0
        self._unidentified = 0
        self._newest = 0

    def received(self, reception: Reception) -> None:
        self._messages[reception.codec] += 1
        for grid, sample in reception.samples:
            kind = sample.kind if sample.kind in KINDS else OTHER
            self._readings[kind] += len(sample.values)
            self._newest = sample.at
            if grid == QUARANTINE_KEY:
                self._quarantined += 1
            if sample.flags:
                self._flags(sample)
            if sample.quality:
                self._qualities(kind, sample)

    def sequence(self, seen: Seen, count: int) -> None:
        self._sequence[seen] += count

    def letter(self, dead: DeadLetter) -> None:
        counter(DEAD_LETTERS, source=dead.source, reason=dead.reason).inc()

    def acknowledged(self, oldest_ms: int) -> None:
        """The oldest of the messages acknowledged together: the slowest is the one that matters."""
        histogram(GATEWAY_ACK_SECONDS).observe(max(0, oldest_ms) / 1000)

    def publish(self, *, waiting: int) -> None:
        """Hand everything over and begin anew."""
        _add(GATEWAY_MESSAGES, self._messages)
        _add(GATEWAY_READINGS, self._readings)
        _add(GATEWAY_UNLISTED, self._unlisted)
        _add(GATEWAY_FLAGGED, self._flagged)
        _add(GATEWAY_SEQUENCE, self._sequence)
        counter(GATEWAY_QUARANTINED).inc(self._quarantined)
        counter(GATEWAY_UNIDENTIFIED).inc(self._unidentified)
        self._quarantined = self._unidentified = 0
        gauge(GATEWAY_QUEUE).set(waiting)
        if self._newest:
            gauge(GATEWAY_LAST_READING).set(self._newest / 1000)

    def _flags(self, sample: Sample) -> None:
        for flag in sample.flags:
            # fault:<code>, note:<word> and event:<name> carry the device's own words.
            self._flagged[flag if flag.startswith("time:") else flag.partition(":")[0]] += 1
        if sample.seq is None and Flag.NO_TS in sample.flags:
            self._unidentified += 1

    def _qualities(self, kind: str, sample: Sample) -> None:
        for quality in sample.quality.values():
            if quality is Quality.UNLISTED:
                self._unlisted[kind] += 1
            else:
                self._flagged[quality] += 1


def _add(metric: Metric, counts: Counter[str]) -> None:
    for label, number in counts.items():
        counter(metric, **{metric.labels[0]: label}).inc(number)
    counts.clear()
