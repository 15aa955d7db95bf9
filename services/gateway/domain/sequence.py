"""What a device's own counter tells of messages that were lost, came twice or came late."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REMEMBERED: Final = 64
"""How far back a counter can be told late from duplicated: one machine word of bits."""
MAX_GAP: Final = 10_000
"""A greater step forward is a counter that began anew, not ten thousand lost messages."""
MAX_DEVICES: Final = 200_000


_ALL: Final = (1 << REMEMBERED) - 1


class Seen(StrEnum):
    """One message's place in its device's sequence."""

    FIRST = "first"
    NEXT = "next"
    LOST = "lost"
    LATE = "late"
    DUPLICATED = "duplicated"
    RESTARTED = "restarted"


@dataclass(slots=True)
class _Track:
    """``bits``: bit n is set when ``newest - n`` has been seen."""

    newest: int
    bits: int = 1


class SequenceLedger:
    """Counters per device, for the devices that spoke last.

    Nothing is decided by it: duplicates and late messages travel on (everything downstream is
    idempotent); it tells a person whose radio link is bad. A ``LATE`` message fills a gap that
    was counted as lost before.
    """

    def __init__(self, max_devices: int = MAX_DEVICES) -> None:
        self._tracks: OrderedDict[str, _Track] = OrderedDict()
        self._max_devices = max_devices

    def __len__(self) -> int:
        return len(self._tracks)

    def enter(self, device: str, seq: int) -> tuple[Seen, int]:
        """Note a counter; returns what it is and how many messages that concerns."""
        track = self._tracks.get(device)
        if track is None:
            self._tracks[device] = _Track(seq)
            if len(self._tracks) > self._max_devices:
                self._tracks.popitem(last=False)
            return Seen.FIRST, 1
        self._tracks.move_to_end(device)
        step = seq - track.newest
        if step > MAX_GAP or step <= -REMEMBERED:
            track.newest, track.bits = seq, 1
            return Seen.RESTARTED, 1
        if step > 0:
            track.newest = seq
            track.bits = (track.bits << step | 1) & _ALL if step < REMEMBERED else 1
            return (Seen.NEXT, 1) if step == 1 else (Seen.LOST, step - 1)
        bit = 1 << -step
        if track.bits & bit:
            return Seen.DUPLICATED, 1
        track.bits |= bit
        return Seen.LATE, 1
