"""The simulator's own book of what the broker acknowledged: JSON lines ``{"device","metric","ts","value"}``.

Each line is a reading that the platform now owes: made by the same codecs that the gateway uses, so that
any dialect's message counts as what history should hold. Rubbish owes nothing.
"""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from sensors.codecs import ROUTES, read
from sensors.simulator.scenarios import Message
from streams.contracts import Device, Undecodable

_encode: Final = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True):
    """One reading: the key by which history is idempotent, and its value."""

    device: str
    metric: str
    ts: int
    value: float


def entries(message: Message, devices: dict[str, Device]) -> list[Entry]:
    """The readings that a message carries."""
    try:
        reception = read(ROUTES, message.topic, message.payload, at=message.at, lookup=devices.get)
    except Undecodable:
        return []
    return [
        Entry(sample.device, metric, sample.ts, value)
        for _, sample in reception.samples
        for metric, value in sample.values.items()
    ]


class Ledger:
    """Appends to a file; every line is whole once :meth:`write` returns."""

    def __init__(self, path: Path, devices: Iterable[Device]) -> None:
        self._devices = {device.id: device for device in devices}
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, messages: Iterable[Message]) -> int:
        """Book acknowledged messages; returns how many readings they carried."""
        owed = [entry for message in messages for entry in entries(message, self._devices)]
        if owed:
            self._file.write(b"".join(_encode(entry) + b"\n" for entry in owed))
            self._file.flush()
        return len(owed)
