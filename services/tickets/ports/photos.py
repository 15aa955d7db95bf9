"""What photos of tickets need from outside, beside the blob store and the darkroom: rows that say what there is."""

from collections.abc import Callable, Collection
from typing import Protocol

from services.tickets.domain.photos import Photo


class PhotoStore(Protocol):
    """What is known of each photo. A row is there before its picture is and leaves after it."""

    def begin(self, photo: Photo, *, most: int) -> bool | None:
        """Note that a picture is about to be kept; whether it is kept already, or None where a ticket has ``most``.

        One that nobody has shown is as young as this anew.
        """
        ...

    def stored(self, ticket: str, photo: str, *, shown_at: int | None) -> Photo:
        """Its picture is kept: people see it from now on, as shown where a time is given."""
        ...

    def of(self, ticket: str) -> tuple[Photo, ...]:
        """The photos of a ticket whose pictures are kept, in the order in which they came."""
        ...

    def shown_of(self, tickets: Collection[str], *, limit: int) -> tuple[Photo, ...]:
        """What actions or reports of several tickets showed, in the order in which it came, at most ``limit``."""
        ...

    def merged_into(self, master: str, *, limit: int) -> tuple[Photo, ...]:
        """What was shown on reports merged into ``master``, or into one of these, for who works on ``master`` alone.

        In the order in which it came. Who sent them is left out, and so is all that was reported confidentially.
        """
        ...

    def get(self, ticket: str, photo: str) -> Photo | None:
        """One whose picture is kept."""
        ...

    def remove_unshown(self, before: int, *, limit: int, drop: Callable[[Photo], None]) -> int:
        """Remove photos that came before then and that nobody showed, at most ``limit``; returns how many.

        ``drop`` removes a picture, while nobody else can show or send it; where it raises, all rows stay.
        """
        ...

    def remove_of(self, ticket: str, drop: Callable[[Photo], None]) -> int:
        """Remove every photo of a ticket, shown or not; returns how many."""
        ...
