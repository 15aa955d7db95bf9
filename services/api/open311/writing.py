"""The two forms of an answer: XML, and JSON as the specification maps it (its Spark convention).

A list is an element that holds its singular once an item; in JSON it is the array itself.
"""

import json
from enum import StrEnum
from typing import Any, Final
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from services.api.language.words import Language

Value = Any
"""A mapping, a list, or a plain value; None is an empty element, and null."""

SINGULAR: Final = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
ANYWHERE: Final = {"Access-Control-Allow-Origin": "*"}
"""An app of another site may read the answers in a browser: no cookie opens anything here, so it borrows no right."""
DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'


class Format(StrEnum):
    """What stands after the last dot of an address."""

    XML = "xml"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return "text/xml" if self is Format.XML else "application/json"


def answered(form: Format, root: str, value: Value, *, status: int = 200, **headers: str) -> Response:
    """An answer in the caller's form; both are UTF-8 and say so."""
    body = DECLARATION + element(root, value) if form is Format.XML else json.dumps(value, ensure_ascii=False)
    media_type = f"{form.media_type}; charset=utf-8"
    return Response(body.encode(), status, {"Content-Type": media_type, **ANYWHERE, **headers})


def spoken(request: Request) -> Language:
    """The language that an app asks for; Chinese where it asks for none."""
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"


def element(name: str, value: Value) -> str:
    """``value`` as an XML element, its text escaped and free of what XML 1.0 cannot hold."""
    if value is None:
        return f"<{name}/>"
    if isinstance(value, dict):
        inner = "".join(element(key, each) for key, each in value.items())
    elif isinstance(value, list):
        inner = "".join(element(SINGULAR[name], each) for each in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = escape("".join(char if _holds(char) else "\N{REPLACEMENT CHARACTER}" for char in str(value)))
    return f"<{name}>{inner}</{name}>"


def _holds(char: str) -> bool:
    """XML 1.0, production 2."""
    return char in "\t\n\r" or "\x20" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"
