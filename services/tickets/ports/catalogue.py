"""What the dispatch catalogue's use cases need: its lines, its history, and which areas and units there are."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.paging import Key, Page
from services.tickets.domain.catalogue import Line
from services.tickets.domain.catalogue.exchange import UnitFact


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of the catalogue: the line before, None where it is new, and after, None where it went."""

    number: int
    at: int
    by: str
    line: str
    old: Line | None
    new: Line | None


class Atlas(Protocol):
    """Which areas and units there are, and who is responsible there."""

    def lines(self, area: str = "") -> tuple[Line, ...]:
        """As :meth:`Directory.lines`."""
        ...

    def has_area(self, area: str) -> bool: ...

    def areas_of(self, codes: Collection[str]) -> frozenset[str]:
        """Those of ``codes`` that are areas."""
        ...

    def unit_area(self, unit: str) -> str | None:
        """Where a unit works; None where there is no such unit."""
        ...


class Catalogue(Atlas, Protocol):
    """The dispatch catalogue, to read and to change; what changes is on record with who and when."""

    def units(self) -> tuple[UnitFact, ...]: ...

    def put(self, line: Line, *, by: str, role: str, now: int) -> None:
        """Write a line, or rewrite the one of its id; on record, and in the audit chain.

        Raises:
            Clash: another line says who is responsible for the same category, area and urgency.
        """
        ...

    def put_all(
        self,
        lines: Sequence[Line],
        *,
        by: str,
        role: str,
        now: int,
        judge: Callable[[tuple[Line, ...]], None],
    ) -> None:
        """Write them all or none; ``judge`` sees the lines as they are while nobody else can change them.

        Raises:
            Clash: as :meth:`put`.
        """
        ...

    def remove(self, line: str, *, by: str, role: str, now: int) -> None:
        """Take a line away; one that is not there is gone already."""
        ...

    def changes(self, *, scope: str, line: str, limit: int, after: Key | None) -> Page[Changed]:
        """What was changed in ``scope`` or around it, newest first; the key is (number,)."""
        ...
