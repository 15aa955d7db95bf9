"""Packed state as an older or newer version wrote it: recognised before it is believed (ADR 51).

Every packed value is an array whose first element is the number of its format. A value of another
format that nobody can take over is no bug and no reason to stop: its partition is worked out again
from the log.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from streams.contracts import Rule
from streams.rules.catalogue import Catalogue

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
NOTHING_SEEN: Final = (0, 0, -1)
_encoder = msgspec.msgpack.Encoder()
_clocks = msgspec.json.Decoder(tuple[int, int, int])


class ForeignState(Exception):
    """Stored state that this version cannot take over; ``found`` is its format, None where it tells none."""

    def __init__(self, code: str, found: int | None, wanted: Collection[int], detail: str = "") -> None:
        self.code = code
        self.found = found
        formats = ", ".join(map(str, sorted(wanted))) or "three numbers"
        super().__init__(f"state of {code}: format {found}, this version takes {formats}{detail and f' ({detail})'}")


def wordless(rule: Rule) -> Rule:
    """A rule as it is kept to tell of an alarm's end: its words for people are half of it, and no event has them."""
    return msgspec.structs.replace(rule, name_zh="", name_en="", response_zh="", response_en="")


class Decoder(Protocol[T_co]):
    """What turns packed bytes into a state."""

    def decode(self, data: bytes, /) -> T_co: ...


def format_of(data: bytes) -> int | None:
    """The first element of a packed array, where that is a number."""
    try:
        first = msgspec.msgpack.decode(data, type=list[msgspec.Raw])[0]
        return msgspec.msgpack.decode(first, type=int)
    except (msgspec.DecodeError, IndexError):
        return None


def packed(state: object) -> bytes:
    """A state as bytes: an array whose first element is its format, pressed lightly."""
    return zlib.compress(_encoder.encode(state), level=1)


def unpacked(data: bytes, decoder: Decoder[T], code: str, formats: Collection[int], *, plain: bool = False) -> T:
    """A state as :func:`packed` left it, here or in a version whose format is one of ``formats``.

    ``plain``: one of them was not pressed.

    Raises:
        ForeignState: it is of none of these, or damaged.
    """
    try:
        pressed = zlib.decompress(data)
    except zlib.error as error:
        if not plain:
            raise ForeignState(code, None, formats, str(error)) from error
        pressed = data
    return believed(pressed, decoder, code, formats)


def believed(data: bytes, decoder: Decoder[T], code: str, formats: Collection[int]) -> T:
    """The state in ``data``, whose format is one of ``formats``.

    Raises:
        ForeignState: it is of another format, or not what its format promises.
    """
    found = format_of(data)
    if found not in formats:
        raise ForeignState(code, found, formats)
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise ForeignState(code, found, formats, str(error)) from error


class Lacking(NamedTuple):
    """What stored state knows and its catalogue has lost; ``everything``: it has no rule, or no device, at all."""

    rules: frozenset[str]
    devices: frozenset[str]
    everything: bool

    def __bool__(self) -> bool:
        return bool(self.rules or self.devices)

    def __str__(self) -> str:
        named = [f"{len(ids)} {what} ({', '.join(sorted(ids)[:3])})" for what, ids in self.of() if ids]
        return " and ".join(named) or "nothing"

    def of(self) -> tuple[tuple[str, frozenset[str]], ...]:
        return ("rules", self.rules), ("devices", self.devices)


def lacking(catalogue: Catalogue, rules: Iterable[str], devices: Iterable[str]) -> Lacking:
    """Which of the rules and devices that stored state knows the catalogue has lost."""
    if catalogue.withdrawn is None:
        return Lacking(frozenset(), frozenset(), everything=False)
    lost = frozenset(filter(catalogue.has_lost_rule, rules))
    unknown = frozenset(filter(catalogue.has_lost_device, devices))
    nothing = bool(lost and not catalogue.rules) or bool(unknown and not catalogue.devices)
    return Lacking(lost, unknown, everything=nothing)


class Stored(NamedTuple, Generic[T]):
    """What a partition had stored: its clock and its parts, or nothing of either where something was ``refused``."""

    clock: tuple[int, int, int]
    parts: dict[str, T]
    refused: list[ForeignState]


def restored(stored: Mapping[str, bytes], clock_code: str, unpack: Callable[[str, bytes], T]) -> Stored[T]:
    """Take over a partition's stored state, all of it or nothing.

    A part that is worked out again needs records that the other parts have long seen, and a rule or
    a device that changed meanwhile must reach all of them at the same one. So they begin together.
    """
    parts: dict[str, T] = {}
    refused: list[ForeignState] = []
    clock = NOTHING_SEEN
    for code, data in sorted(stored.items()):
        try:
            if code == clock_code:
                clock = _clock(code, data)
            else:
                parts[code] = unpack(code, data)
        except ForeignState as error:
            refused.append(error)
    return Stored(NOTHING_SEEN, {}, refused) if refused else Stored(clock, parts, [])


def _clock(code: str, data: bytes) -> tuple[int, int, int]:
    try:
        return _clocks.decode(data)
    except msgspec.DecodeError as error:
        raise ForeignState(code, None, (), str(error)) from error
