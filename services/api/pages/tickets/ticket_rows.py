"""The parts of a ticket as the pages show them. Times are epoch ms."""

from dataclasses import dataclass


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
    """One entry of a ticket's log."""

    at: int
    action: str
    old: str
    new: str
    by: str
    role: str
    why: str = ""


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
    """A photo that was shown, and when it came."""

    id: str
    at: int
