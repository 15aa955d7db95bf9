"""Bytes to records and back: JSON by msgspec, one decoder per record type."""

from typing import TypeVar

import msgspec

from streams.contracts.alarms import AlarmEvent
from streams.contracts.commands import Command
from streams.contracts.dead_letters import DeadLetter
from streams.contracts.devices import Device
from streams.contracts.errors import Undecodable
from streams.contracts.groups import Candidate, GroupRecord, Member
from streams.contracts.inputs import Action, Batch, Input, Tick
from streams.contracts.notices import Notice
from streams.contracts.rules import Rule
from streams.contracts.tickets import TicketEvent

Record = (
    Batch
    | Tick
    | Action
    | Candidate
    | Member
    | AlarmEvent
    | TicketEvent
    | Notice
    | Command
    | Rule
    | Device
    | DeadLetter
)
T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_decoders: dict[object, msgspec.json.Decoder[object]] = {}


def encode(record: Record) -> bytes:
    """Write a record as JSON; the same record always gives the same bytes."""
    return _encoder.encode(record)


def decode(data: bytes, kind: type[T]) -> T:
    """Read one record of ``kind``.

    Raises:
        Undecodable: the bytes are not JSON, or a field is missing or of a wrong type.
    """
    return _decode(data, kind)  # type: ignore[return-value]


def decode_input(data: bytes) -> Input:
    """Read one record of ``linli.inputs``, whichever of the three it is."""
    return _decode(data, Input)  # type: ignore[return-value]


def decode_group(data: bytes) -> GroupRecord:
    """Read one record of ``linli.groups``, whichever of the four it is."""
    return _decode(data, GroupRecord)  # type: ignore[return-value]


def _decode(data: bytes, kind: object) -> object:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise Undecodable("schema", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Undecodable("json", str(error)) from error
    except RecursionError as error:
        raise Undecodable("depth", "nested too deeply") from error
    except TypeError as error:
        raise Undecodable("empty", "no value") from error
