"""What a rehearsal reads: rules, devices, stored readings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from services.rehearsal.domain import Outages, Stored, Window
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


__all__ = ["Archive", "Outages", "Stored", "Window"]
