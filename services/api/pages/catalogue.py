"""Which messages the pages say, read from templates and source, to be compared with the catalogue."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from babel.messages.extract import extract_from_file
from jinja2.ext import babel_extract

from dashboards.web import TEMPLATES

API: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = (API / "language", API / "pages")
KEYWORDS: Final = {"t": None, "N_": None}


def said() -> dict[str, str]:
    """Every message that is said anywhere, with one file that says it."""
    found: dict[str, str] = {}
    for name, message in _all():
        found.setdefault(message, name)
    return found


def _all() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob("*.html")):
        with path.open("rb") as source:
            for _, _, messages, _ in babel_extract(source, ["t"], [], {}):
                yield from ((path.name, message) for message in _first(messages))
    for path in sorted(path for folder in SOURCES for path in folder.rglob("*.py")):
        for _, message, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
            yield from ((path.name, text) for text in _first(message))


def _first(messages: str | Sequence[str | None] | None) -> list[str]:
    """A call's message; none where it says a variable."""
    first = messages if isinstance(messages, str) or messages is None else messages[0]
    return [first] if first else []
