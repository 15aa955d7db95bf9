"""The knowledge base: what to say to a question, by category, found while the caller still speaks. Pure."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from services.tickets.domain.errors import Wrong
from services.tickets.domain.merging.wording import matters_of, plain_words, shared_letters
from services.tickets.domain.words import Role
from streams.contracts import Refused

EDITORS: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
CITED: Final = re.compile(r"(?P<id>[0-9a-zA-Z-]{1,64})@(?P<version>[1-9][0-9]{0,5})")
"""How a direct answer names what it said: the entry and its version, which never changes."""
_LEAST: Final = 0.1
_LETTERS: Final = 0.5
_MATTER: Final = 0.4
_CATEGORY: Final = 0.3


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An entry: a question as people ask it, and what to say. ``retired``: no longer said."""

    question: str
    text: str
    category: str = ""
    retired: bool = False


def checked(answer: Answer) -> Answer:
    """Raises: Refused, ``fields`` names what is missing."""
    missing = [name for name in ("question", "text") if not getattr(answer, name).strip()]
    if missing:
        raise Refused(
            "fields",
            f"an answer needs {' and '.join(missing)}",
            missing=missing,
            remedy=f"Add {' and '.join(missing)}.",
        )
    return answer


def may_edit(role: Role) -> None:
    """Raises: Refused, ``forbidden``."""
    if role not in EDITORS:
        raise Refused("forbidden", f"the knowledge base is kept by {', '.join(sorted(EDITORS))}")


def found(entries: Iterable[tuple[str, Answer]], text: str, category: str) -> list[str]:
    """The entries that fit what was typed, best first; with nothing typed, the category's (or all) as they come."""
    kept = [(name, entry) for name, entry in entries if not entry.retired]
    if not plain_words(text):
        return [name for name, entry in kept if not category or entry.category == category]
    scored = [(_fit(entry, text, category), name) for name, entry in kept]
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    return [name for fit, name in scored if fit >= _LEAST]


def _fit(entry: Answer, text: str, category: str) -> float:
    asked, said = plain_words(text), plain_words(f"{entry.question} {entry.text}")
    letters = 1.0 if asked in said else max(0.0, shared_letters(text, entry.question) - 0.2)
    matter = bool(matters_of(text) & matters_of(f"{entry.question} {entry.text}"))
    fit = _LETTERS * letters + _MATTER * matter
    return fit + _CATEGORY * (bool(category) and category == entry.category) * (fit > 0)


def cited(words: str) -> tuple[str, int]:
    """The entry and version that a citation names.

    Raises:
        Refused: ``fields``, it names none.
    """
    match = CITED.fullmatch(words)
    if match is None:
        raise Wrong(
            "cites", words, "cites is an entry of the knowledge base with its version",
            "Write it as a1@3; GET /api/v1/answers has both.",
        )  # fmt: skip
    return match["id"], int(match["version"])
