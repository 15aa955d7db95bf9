"""What leaves the house as a file is in the audit log before its first byte: who, what, by which filter."""

from typing import Final

from services.api.container import Container
from services.api.door.auth import Caller
from services.audit import Did, Entry, said

HIDDEN: Final = "…"


def note_export(container: Container, caller: Caller, chain: str, what: str, **asked: object) -> None:
    """Keep that ``caller`` exports ``what``. ``asked`` is the filter; an empty value is none, ``area`` is theirs.

    What people search for may be a name or a number, so the log keeps that there was a text, not the text.
    """
    asked["area"] = caller.scope
    given = {name: value for name, value in asked.items() if value not in (None, "", False)}
    if "text" in given:
        given["text"] = HIDDEN
    entry = Entry(
        container.clock.now(),
        caller.id,
        Did.EXPORT,
        f"export {what}",
        said(**given),
        str(caller.role),
    )
    container.audit.append(chain, entry)
