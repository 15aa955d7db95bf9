"""Dead letters as rows, and the record that gives one another chance."""

from dataclasses import dataclass
from typing import Final

import msgspec

from streams.contracts import Command, CommandName, Refused, encode
from streams.contracts.topics import COMMANDS, INPUTS, Topic

GATEWAY: Final = "gateway"
PREVIEW: Final = 256
"""Bytes of a payload that a list shows."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A stored dead letter, with its replays. In a list ``payload`` is a preview of ``size`` bytes."""

    id: str
    source: str
    origin: str
    reason: str
    detail: str
    payload: bytes
    at: int
    size: int
    truncated: bool = False
    trace: str = ""
    replayed_at: int | None = None
    replayed_by: str | None = None
    replays: int = 0

    @property
    def key(self) -> tuple[int, str]:
        """The sort key of a list, newest first."""
        return (self.at, self.id)


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters a list shows."""

    source: str | None = None
    reason: str | None = None
    replayed: bool | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """A record for the outbox that sends a letter on its way again."""

    topic: Topic
    key: str
    value: bytes


class _Addressed(msgspec.Struct):
    """As much of an input as its partition needs."""

    grid: str


def record_of_replay(letter: Letter, *, command_id: str, by: str) -> Replay:
    """Where a letter goes when someone replays it.

    A message that the gateway refused is decoded again with its first arrival time; a record that
    came from the log returns to the log, in its grid's partition.

    Raises:
        Refused: ``replay``, the bytes are not all there or name no grid.
    """
    if letter.truncated:
        raise Refused("replay", "only the beginning of this message was kept; the device must send it again")
    if letter.source == GATEWAY:
        command = Command(command_id, CommandName.REPLAY, letter.origin, letter.payload, letter.at, by)
        return Replay(COMMANDS, letter.id, encode(command))
    try:
        grid = msgspec.json.decode(letter.payload, type=_Addressed).grid
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("replay", "the record names no grid, so no partition is right for it") from error
    return Replay(INPUTS, grid, letter.payload)
