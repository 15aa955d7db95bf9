"""The parts of a ticket as the pages show them. Times are epoch ms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One running clock of a ticket; ``assumed``: counted before the holidays of its year were announced."""

    name: str
    started: int
    due: int
    mark: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class EventRow:
    """One entry of a ticket's log; ``carried`` is what the action came with, by its fields' names."""

    at: int
    action: str
    old: str
    new: str
    by: str
    role: str
    why: str = ""
    carried: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A sub-task that another unit owes; ``done`` when it did it."""

    number: int
    unit: str
    text: str
    until: int
    done: int | None = None


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo that was shown, and when it came; ``ticket`` is where its picture is read.

    ``number`` is its report's, where it came with a merged one that the reader may see.
    """

    id: str
    at: int
    ticket: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """An alarm of the ticket that still stands; ``normal``: its reading is, and it waits to be reset."""

    device: str
    rule: str
    normal: bool


@dataclass(frozen=True, slots=True)
class ProofRow:
    """The first of the two proofs, at the moment of reading.

    ``held`` is what it rests on, '' while it does not stand; ``lack`` what the sensors do not prove, '' where they
    do; ``until`` when they will have, if all stay normal.
    """

    held: str
    lack: str
    standing: tuple[SignalRow, ...] = ()
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An entry of the knowledge base; ``fits``: it says something to this ticket."""

    cite: str
    question: str
    fits: bool
