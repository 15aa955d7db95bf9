"""What a rehearsal reads: rules, devices, stored readings; and where those that people asked for stand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from services.rehearsal.domain import Outages, Outcome, Rehearsal, Stored, Window
from streams.contracts import Device, Rule


class Archive(Protocol):
    """The registry and the history, to be read only."""

    def rules(self) -> Mapping[str, Rule]:
        """Those in force."""

    def devices(self, kind: str, area: str, device: str, most: int) -> Sequence[Device]:
        """By id, at most ``most``; what is empty restricts nothing, and kind "*" means any."""

    def windows(self, devices: Sequence[str], metrics: frozenset[str] | None, start: int, end: int) -> Iterator[Window]:
        """Readings with device times from ``start`` to ``end``, in adjoining stretches, each by (arrival, device, ts).

        They are read as they are taken: memory depends on neither the period nor the number of readings.
        """

    def outages(self, start: int, end: int, least: int) -> Outages:
        """When the platform itself was away for longer than ``least`` ms, as far as it meets ``start`` to ``end``."""


class Shelf(Protocol):
    """The rehearsals of all processes: who runs which, and what the ended ones found. Times in epoch ms."""

    def begin(self, asked: Rehearsal, most: int) -> None:
        """Take one of ``most`` places; of two at one moment one is first.

        Raises:
            Refused: as :func:`services.rehearsal.domain.place_for`.
        """

    def get(self, name: str, by: str) -> Rehearsal | None:
        """One of this person's."""

    def reach(self, name: str, progress: float, now: int) -> bool:
        """Note that it still runs, and how far it is; whether it is to go on. Progress never falls."""

    def end(self, name: str, outcome: Outcome, now: int) -> bool:
        """Note how it ended and make its place free; whether this was its end: the first counts."""

    def forsake(self, heard_before: int, now: int) -> Sequence[str]:
        """End those whose process was not heard since, as failed; which."""

    def forget(self, ended_before: int, most: int) -> None:
        """Remove what ended before, and of more than ``most`` ended ones the oldest."""


__all__ = ["Archive", "Outages", "Shelf", "Stored", "Window"]
