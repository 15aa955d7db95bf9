"""Keyset pages: what every list answers, and the opaque cursor that asks for the next one."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from streams.contracts import Refused

T = TypeVar("T")
Key = tuple[str | int, ...]
MAX_LIMIT = 1_000
DEFAULT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``next`` is the sort key of the last item, None on the last page."""

    items: tuple[T, ...]
    next: Key | None = None


def encode_cursor(key: Key | None) -> str | None:
    """A key as the text that a caller sends back untouched."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(text: str | None, shape: tuple[type, ...]) -> Key | None:
    """Read a cursor of this list, whose key has ``shape``.

    Raises:
        Refused: ``cursor``, the text is not a cursor of this list.
    """
    if text is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Refused("cursor", "cursor is not one this list gave; start again without it") from error
    if not isinstance(key, list) or tuple(type(part) for part in key) != shape:
        raise Refused("cursor", "cursor belongs to another list; start again without it")
    return tuple(key)
