"""What people write: words only, and not without end; and a number to call them by."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from services.tickets.domain.errors import Wrong

MOST: Final = 4_000
"""Characters of one field: two printed pages."""
_SHOWN: Final = 80
_LAYOUT: Final = frozenset("\n\r\t")
_PHONE: Final = re.compile(r"(?:[+0-9 ()./*#,;-]|转|分机|ext)+", re.IGNORECASE | re.ASCII)
_DIGITS: Final = 5


def check_text(record: msgspec.Struct) -> None:
    """Refuse what no database and no page could show.

    Raises:
        Refused: ``fields``, names the field and what is wrong with it.
    """
    for name, text in _texts(msgspec.to_builtins(record), ""):
        if len(text) > MOST:
            raise Wrong(
                name,
                text[:_SHOWN],
                f"{name} has {len(text)} characters",
                f"Write at most {MOST}.",
                named="long",
                most=MOST,
            )
        if not all(_writable(character) for character in text):
            raise Wrong(name, text[:_SHOWN], f"{name} holds control characters", "Send plain text.", named="plain")


def is_phone(text: str) -> bool:
    """Whether somebody could dial it: digits with what is written between them, as many as a number has at least.

    ``12345`` is the shortest there is.
    """
    return bool(_PHONE.fullmatch(text)) and sum(letter.isdigit() for letter in text) >= _DIGITS


def check_phone(phone: str) -> None:
    """Refuse a number that nobody can be called back by; none at all is fine.

    Raises:
        Refused: ``fields``.
    """
    if phone and not is_phone(phone):
        remedy = f"Give {_DIGITS} digits or more, with + and an extension where it has one, or leave it out."
        raise Wrong("phone", phone[:_SHOWN], "phone is no telephone number", remedy)


def _writable(character: str) -> bool:
    return (character >= " " and not "\ud800" <= character <= "\udfff") or character in _LAYOUT


def _texts(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, str(key))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _texts(inner, name)
