"""Photos of tickets: kept once, seen by who sees the ticket, removed when nobody showed them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import IO, Final

from services.pictures import Blobs, Darkroom, Picture
from services.ports import Clock
from services.tickets.domain.photos import MOST, UNSHOWN_MS, Photo, blob_of, check_open, check_shown, missing_photo
from services.tickets.domain.ticket import Ticket
from services.tickets.ports import Work
from services.tickets.ports.photos import PhotoStore
from streams.contracts import Refused

MOST_MERGED: Final = 200
"""Photos of merged reports that stand on a master; what is beyond stands on its own report's page."""
BATCH: Final = 100
"""Photos removed in one transaction."""


@dataclass(frozen=True, slots=True)
class KeepPhotos:
    """Photos over the rows, the blob store and the darkroom."""

    photos: PhotoStore
    blobs: Blobs
    darkroom: Darkroom
    clock: Clock

    def develop(self, source: IO[bytes]) -> Picture:
        """A picture of what was sent, kept nowhere yet.

        Raises:
            Refused, Unavailable: as :meth:`services.pictures.Darkroom.develop`.
        """
        return self.darkroom.develop(source)

    def add(self, ticket: Ticket, picture: Picture, *, by: str, reported: bool = False) -> Photo:
        """Keep a picture with a ticket; the same again is the same photo.

        ``reported``: it came with the report itself and needs no action that shows it.

        Raises:
            Refused: ``ended``; ``full``, the ticket has as many as it may.
            Unavailable: it could not be kept; sending it again is safe.
        """
        if not reported:
            check_open(ticket)
        now = self.clock.now()
        photo = Photo(ticket.id, picture.digest, by, now, picture.width, picture.height, len(picture.body))
        known = self.photos.begin(photo, most=MOST)
        if known is None:
            raise Refused(
                "full", f"{ticket.number} has {MOST} photos, as many as a ticket may", most=MOST, because="full",
                field="photo", value=photo.id,
                remedy="Show one that is there.",
            )  # fmt: skip
        if not known:
            self.blobs.put(blob_of(photo, thumbnail=True), picture.thumbnail)
            self.blobs.put(blob_of(photo), picture.body)
        return self.photos.stored(ticket.id, photo.id, shown_at=now if reported else None)

    def of(self, ticket: str) -> tuple[Photo, ...]:
        """The photos of a ticket, in the order in which they came."""
        return self.photos.of(ticket)

    def shown_of(self, tickets: Collection[str], *, limit: int) -> tuple[Photo, ...]:
        """What was shown on several tickets, in the order in which it came; at most ``limit``."""
        return self.photos.shown_of(tickets, limit=limit) if tickets else ()

    def merged_into(self, master: str) -> tuple[Photo, ...]:
        """What was shown on reports merged into a ticket, without who sent it and nothing that is confidential."""
        return self.photos.merged_into(master, limit=MOST_MERGED)

    def read_merged(self, master: str, photo: str, *, thumbnail: bool = False) -> bytes | None:
        """The JPEG of one of these, or None where there is no such photo."""
        found = next((each for each in self.merged_into(master) if each.id == photo), None)
        return self.blobs.get(blob_of(found, thumbnail=thumbnail)) if found else None

    def read(self, ticket: str, photo: str, *, thumbnail: bool = False) -> bytes | None:
        """The JPEG itself, or None where the ticket has no such photo."""
        found = self.photos.get(ticket, photo)
        return self.blobs.get(blob_of(found, thumbnail=thumbnail)) if found else None

    def sweep(self) -> int:
        """Remove what nobody showed within a day, a batch of it; returns how many."""
        return self.photos.remove_unshown(self.clock.now() - UNSHOWN_MS, limit=BATCH, drop=self._drop)

    def forget(self, ticket: str) -> int:
        """Remove every photo of a ticket, rows and pictures; returns how many. Again is safe."""
        return self.photos.remove_of(ticket, self._drop)

    def _drop(self, photo: Photo) -> None:
        self.blobs.delete(blob_of(photo))
        self.blobs.delete(blob_of(photo, thumbnail=True))


def show(work: Work, ticket: str, photos: tuple[str, ...], now: int) -> None:
    """Photos become the evidence of an action, in its transaction.

    Raises:
        Refused: ``fields``, one is none of this ticket's.
    """
    if not photos:
        return
    check_shown(photos)
    there = work.show(ticket, photos, since=now - UNSHOWN_MS, now=now)
    missing = next((photo for photo in photos if photo not in there), None)
    if missing is not None:
        raise missing_photo(missing)
