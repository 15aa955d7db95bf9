"""What is remembered of a group, and how it is stored: one packed value, whose format is told by its first element."""

from typing import Final

import msgspec

from streams.contracts import Rule
from streams.groups.incidents import Flood, Incident
from streams.groups.overflow import Overflow
from streams.groups.own import Affected
from streams.rules import Slot, stored

FORMAT: Final = 3
FORMATS: Final = frozenset({1, 2, FORMAT})
"""Those that :func:`unpacked` takes over. 1 was not compressed and had no overflow, 2 not the rules of
what stands; both have defaults."""


class Seen(msgspec.Struct, array_like=True, gc=False):
    """The last record of one source: its offset there, what came with it, and when."""

    offset: int
    ids: list[str]
    at: int

    def after(self, offset: int, name: str, at: int) -> "Seen | None":
        """The last record once one more has come; None for one that was sent before (a restart repeats it)."""
        if offset < self.offset or (offset == self.offset and name in self.ids):
            return None
        ids = self.ids if offset == self.offset else []
        return Seen(offset, [*ids, *([name] if name else [])], at)


class State(msgspec.Struct, array_like=True):
    """Everything that is remembered of a group. ``episodes`` names the incident of each that may go on.

    ``overflows`` are the counts of each cause beyond :data:`MOST_MEMBERS` devices, ``beyond`` the last
    record of each partition that led to them. ``told_by`` are the rules of its own alarms, which may be
    gone when they end.
    """

    format: int
    code: str
    offset: int = -1
    incidents: dict[str, Incident] = {}
    episodes: dict[str, str] = {}
    flood: Flood = msgspec.field(default_factory=Flood)
    members: dict[str, dict[str, Affected]] = {}
    slots: dict[str, Slot] = {}
    places: dict[str, str] = {}
    hides: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {}
    disabled: dict[str, int] = {}
    actions: list[str] = []
    seen: dict[str, Seen] = {}
    overflows: dict[str, Overflow] = {}
    beyond: dict[str, Seen] = {}
    told_by: dict[str, Rule] = {}


_decoder = msgspec.msgpack.Decoder(State)


def unpacked(code: str, data: bytes) -> State:
    """A group as it was packed, here or in a version whose format is one of :data:`FORMATS`.

    Raises:
        ForeignState: it is of none of these.
    """
    state = stored.unpacked(data, _decoder, code, FORMATS, plain=True)
    state.format = FORMAT
    return state
