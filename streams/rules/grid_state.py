"""How a grid is stored: one packed value, whose format is told by its first element."""

from collections.abc import Iterable
from typing import Final

import msgspec

from streams.contracts import AlarmState, Rule
from streams.rules import stored
from streams.rules.built_in import BUILT_IN
from streams.rules.track import PackedTrack, Track

FORMAT: Final = 3
FORMATS: Final = frozenset({2, FORMAT})
"""Those that :func:`unpacked` takes over. 2 did not keep the rules of what stands, which has a default."""


class PackedGrid(msgspec.Struct, array_like=True, frozen=True):
    """A grid as it lies in the state topic. ``rules`` are the versions in force.

    ``told_by`` are the rules of the alarms that stand: they may be gone when somebody unpacks this,
    and without them nobody could tell of the end.
    """

    format: int
    code: str
    offset: int
    rules: dict[str, int]
    tracks: list[PackedTrack]
    told_by: list[Rule] = []


_decoder = msgspec.msgpack.Decoder(PackedGrid)


def unpacked(code: str, data: bytes) -> PackedGrid:
    """A grid as it was packed, here or in a version whose format is one of :data:`FORMATS`.

    Raises:
        ForeignState: it is of none of these.
    """
    return stored.unpacked(data, _decoder, code, FORMATS)


def with_alarms(tracks: Iterable[Track]) -> dict[str, Track]:
    """The rules, by id and in that order, of which an alarm stands, each with a device that has one."""
    standing = {
        slot.rule: track
        for track in tracks
        for slot in track.slots.values()
        if slot.state is not AlarmState.NORMAL and slot.rule not in BUILT_IN
    }
    return dict(sorted(standing.items()))
