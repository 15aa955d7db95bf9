"""Photos in memory, and pictures to send."""

import hashlib
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec
from PIL import Image

from services.adapters import imaging
from services.adapters.darkroom import ProcessDarkroom, bad
from services.pictures import Picture
from services.tickets.domain import State, Ticket
from services.tickets.domain.photos import Photo
from tests.fakes.tickets import MemoryTicketStore

PLACE = {1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 9.0, 0.0)}


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "#c03020", **saved: Any) -> bytes:
    """A picture whose left half is ``colour`` and whose right half is white."""
    made = Image.new("RGB", size, "white")
    made.paste(colour, (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    made.save(written, kind, **saved)
    return written.getvalue()


def with_place(orientation: int = 6, **more: Any) -> bytes:
    """As a telephone writes it: where, with what, and lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x010E] = orientation, "SecretPhone", "door code 4711"
    exif[0x8825] = PLACE
    return picture(exif=exif, comment=b"do not keep", **more)


class InProcessDarkroom(ProcessDarkroom):
    """The same decoder without a process: for tests that look at something else."""

    def __init__(self, most_bytes: int = 10_485_760) -> None:
        super().__init__(most_bytes)

    def _run(self, given: IO[bytes], digest: str) -> Picture:
        try:
            return imaging.develop(given, digest)
        except imaging.BadPictureError as error:
            raise bad(error.because) from error


@dataclass
class MemoryBlobs:
    """Twin of ``DirectoryBlobs``."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        self.kept[name] = data

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


class MemoryPhotos:
    """Twin of ``PostgresPhotos``, in the ticket store's own memory: an action shows a photo in its transaction."""

    def __init__(self, store: MemoryTicketStore) -> None:
        self._store = store

    @property
    def _rows(self) -> dict[tuple[str, str], tuple[Photo, bool]]:
        return self._store.state.photos

    def begin(self, photo: Photo, *, most: int) -> bool | None:
        others = [key for key in self._rows if key[0] == photo.ticket and key[1] != photo.id]
        if len(others) >= most:
            return None
        known, stored = self._rows.get((photo.ticket, photo.id), (photo, False))
        at = known.at if known.shown_at is not None else photo.at
        self._rows[photo.ticket, photo.id] = (msgspec.structs.replace(known, at=at), stored)
        return stored

    def stored(self, ticket: str, photo: str, *, shown_at: int | None) -> Photo:
        known, _ = self._rows[ticket, photo]
        made = msgspec.structs.replace(known, shown_at=shown_at if known.shown_at is None else known.shown_at)
        self._rows[ticket, photo] = (made, True)
        return made

    def of(self, ticket: str) -> tuple[Photo, ...]:
        mine = [photo for photo, stored in self._rows.values() if stored and photo.ticket == ticket]
        return tuple(sorted(mine, key=lambda photo: (photo.at, photo.id)))

    def shown_of(self, tickets: Collection[str], *, limit: int) -> tuple[Photo, ...]:
        shown = [photo for photo, stored in self._rows.values() if stored and photo.shown_at is not None]
        mine = sorted((p for p in shown if p.ticket in tickets), key=lambda p: (p.at, p.ticket, p.id))
        return tuple(mine[:limit])

    def merged_into(self, master: str, *, limit: int) -> tuple[Photo, ...]:
        found: dict[str, Ticket] = {}
        masters = {master}
        while masters:
            every = self._store.state.tickets.values()
            reports = {each.id: each for each in every if each.state is State.MERGED and each.master in masters}
            masters = set(reports) - set(found)
            found |= reports
        open_ = [name for name, each in found.items() if each.caller is None or not each.caller.confidential]
        return tuple(msgspec.structs.replace(photo, by="") for photo in self.shown_of(open_, limit=limit))

    def get(self, ticket: str, photo: str) -> Photo | None:
        found = self._rows.get((ticket, photo))
        return found[0] if found and found[1] else None

    def remove_unshown(self, before: int, *, limit: int, drop: Callable[[Photo], None]) -> int:
        old = [photo for photo, _ in self._rows.values() if photo.shown_at is None and photo.at < before]
        return self._remove(sorted(old, key=lambda photo: photo.at)[:limit], drop)

    def remove_of(self, ticket: str, drop: Callable[[Photo], None]) -> int:
        return self._remove([photo for photo, _ in self._rows.values() if photo.ticket == ticket], drop)

    def _remove(self, photos: list[Photo], drop: Callable[[Photo], None]) -> int:
        for photo in photos:
            drop(photo)
        for photo in photos:
            del self._rows[photo.ticket, photo.id]
        return len(photos)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
