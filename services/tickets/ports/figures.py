"""What counting over tickets needs: the rows that are counted, and the published rules of the rates."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from services.paging import Key, Page
from services.tickets.domain.figures import Figure, FigureQuery, FigureTicket, Published, Tally


@dataclass(frozen=True, slots=True)
class Remade:
    """How many rows of figures were made, and the tickets whose logs could not be folded, which keep their old one."""

    made: int
    failed: tuple[str, ...] = ()


class FigureStore(Protocol):
    """Counting over tickets, the rules of the rates, and making the rows that are counted anew."""

    def scorings(self) -> tuple[Published, ...]:
        """Every version that was published, in order."""
        ...

    def publish(self, published: Published) -> None:
        """Raises: Clash, that version exists."""
        ...

    def behind(self, most: int) -> int:
        """How many tickets have no row by the present definition, at most ``most``."""
        ...

    def remake(self, limit: int, *, without: Collection[str] = ()) -> Remade:
        """Make rows that are missing or of an older definition, at most ``limit``, leaving out the tickets named."""
        ...

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        """One row a key, by key; a key without tickets has none."""
        ...

    def list_tickets(
        self,
        query: FigureQuery,
        figure: Figure,
        *,
        hit: bool | None,
        limit: int,
        after: Key | None,
    ) -> Page[FigureTicket]:
        """The tickets that a figure is made of: newest first by (opened_at, id), of a mean longest first by (span, id).

        ``hit`` narrows a share to those that count, or to the others.
        """
        ...
