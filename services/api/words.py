"""What a caller may write in an address or a body: checked words, codes, moments and cursors."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from services.api.door.auth import Caller
from services.api.problems import refuse
from services.paging import DEFAULT_LIMIT, MAX_LIMIT, Key, decode_cursor
from streams.contracts import Refused
from streams.contracts.areas import contains

LAST_MOMENT: Final = 253_402_300_799_999
"""The end of the year 9999, epoch ms."""
_BIGGEST: Final = 2**63 - 1
_LOST_PLUS: Final = re.compile(r"(T[0-9:.]+) ([0-9]{2}:?[0-9]{2})\Z")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Use printable characters only")
    return text


def _text(text: str) -> str:
    if not all(char.isprintable() or char in "\n\t" for char in text):
        raise ValueError("Use printable characters and line breaks only")
    return text


Word = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
"""An id, a code, a name: one line."""
Text = Annotated[str, Field(max_length=4_000), AfterValidator(_text)]
"""What people write."""
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{0,20}$", examples=["990101001"])]
"""An area code or the beginning of one."""
PhotoId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081" * 8])]
"""A photo of a ticket: the SHA-256 of what was sent, in hex."""

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


def _moment(given: Any) -> int:
    """Epoch ms, or ISO 8601 with its zone (a ``+`` that a query string turned into a space is mended).

    Raises:
        ValueError: it is neither; the message is the remedy.
    """
    text = str(given).strip()
    if text.isascii() and text.isdigit() and len(text) <= 15:
        moment = int(text)
    else:
        try:
            parsed = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text))
        except ValueError:
            parsed = None
        if parsed is None or parsed.tzinfo is None:
            raise ValueError(
                "Give epoch milliseconds, or ISO 8601 with a zone such as 2026-11-22T09:41:00+08:00"
            ) from None
        try:
            moment = round(parsed.astimezone(UTC).timestamp() * 1000)
        except OverflowError:
            moment = -1
    if not 0 <= moment <= LAST_MOMENT:
        raise ValueError("Give a moment between 1970 and 9999")
    return moment


Moment = Annotated[
    int,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}],
            "examples": [1_795_312_800_000, "2026-11-22T09:41:00+08:00"],
        }
    ),
]


class Query(BaseModel):
    """A list's query; an unknown name is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Items a page.")
    cursor: str | None = Field(default=None, max_length=500, description="``next`` of the page before.")


class Placed(Query):
    """A list that is narrowed by device, kind and area."""

    device: Word = ""
    kind: Word = ""
    area: AreaCode = Field(default="", description="An area code or its beginning.")


class Timed(Placed):
    """… and by time: ``from`` is included, ``to`` is not."""

    start: Moment | None = Field(default=None, alias="from")
    end: Moment | None = Field(default=None, alias="to")


def place(cursor: str | None, shape: tuple[type, ...]) -> Key | None:
    """The key of a cursor.

    Raises:
        Refused: ``cursor``, this list never gave it.
    """
    key = decode_cursor(cursor, shape)
    for part in key or ():
        fits = part.isprintable() if isinstance(part, str) else abs(part) <= _BIGGEST
        if not fits:
            raise Refused("cursor", "cursor is not one this list gave; start again without it")
    return key


def asked_area(caller: Caller, area: str) -> str:
    """The area filter, unless it lies wholly outside the caller's scope.

    Raises:
        ProblemError: 403.
    """
    if contains(caller.scope, area) or contains(area, caller.scope):
        return area
    raise refuse(
        403,
        "scope",
        f"Area {area} lies outside your area {caller.scope}.",
        f"Ask for {caller.scope} or a part of it.",
        field="area",
        value=area,
    )


def missing(what: str, value: str) -> Exception:
    """A 404 that names what was looked for."""
    return refuse(
        404, "not_found", f"There is no {what} {value}.", f"The list of {what}s has those there are.",
        field="id", value=value,
    )  # fmt: skip
