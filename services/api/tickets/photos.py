"""Photos of a ticket: sent by who works on it, seen by who sees the ticket, and never as anything but a picture."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, UploadFile
from pydantic import Field
from starlette.responses import Response

from services.api.container import Container
from services.api.door.auth import Caller, allow
from services.api.problems import PROBLEMS, documented
from services.api.shapes import PREFIX, Shape
from services.api.tickets.merged_photos import MergedPhoto, merged_photos
from services.api.tickets.tickets import ticket_for
from services.api.words import PhotoId, Word, missing
from services.registry.domain import Permission
from services.tickets.domain import Role as Part
from services.tickets.domain import Ticket, hidden_from
from services.tickets.domain.photos import Photo
from services.tickets.handlers.photos import MOST_MERGED

Reader = Annotated[Caller, Depends(allow(Permission.TICKETS, Permission.REPORT))]
MEDIA_TYPE: Final = "image/jpeg"
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    # a day, not a year: what is erased here must not live on in a browser; and never for whoever signs in next
    "Cache-Control": "private, max-age=86400, immutable",
    "Vary": "Cookie, Authorization",
}


class PhotoShape(Shape):
    """A photo of a ticket. ``at`` and ``shown_at`` epoch ms; ``size`` bytes, ``width`` and ``height`` pixels.

    ``shown_at`` is when an action showed it; one that none shows is removed after a day. It is read under
    ``ticket``, whose ``number`` people know; of a merged report that the caller may not see, under the master, and
    ``number`` and ``by`` are empty.
    """

    id: PhotoId
    ticket: str
    number: str = Field(examples=["LY-20261122-0029"])
    by: str
    at: int
    shown_at: int | None
    width: int
    height: int
    size: int


class PhotosShape(Shape):
    """A ticket's photos, in the order in which they came; ``merged`` are those of the reports merged into it.

    Of a confidential report that the caller may not see there is none. An action shows the ticket's own.
    """

    items: list[PhotoShape]
    merged: list[PhotoShape] = Field(description=f"At most {MOST_MERGED}.")


def router(container: Container) -> APIRouter:
    routes = APIRouter(prefix=PREFIX, tags=["tickets"], responses=PROBLEMS)
    pictures: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {}}, "description": "The picture"}}

    @routes.post("/tickets/{ticket}/photos", responses=documented(409, 413, 415, 429))
    def post_photo(caller: Reader, ticket: Annotated[Word, Path()], photo: UploadFile) -> PhotoShape:
        """Send a photo (JPEG, PNG or WebP); actions name its ``id``. The same picture again is the same photo.

        It is made anew: upright, at most 2,560 pixels long, as JPEG, without the place or anything else that a
        camera writes into it.
        """
        found, _ = ticket_for(container, caller, ticket)
        picture = container.photos.develop(photo.file)
        return photo_of(container.photos.add(found, picture, by=caller.id), found, caller)

    @routes.get("/tickets/{ticket}/photos")
    def list_photos(caller: Reader, ticket: Annotated[Word, Path()]) -> PhotosShape:
        """The photos of a ticket, and of the reports merged into it."""
        found, _ = ticket_for(container, caller, ticket)
        merged = [merged_of(each, caller) for each in merged_photos(container, caller, found)]
        return PhotosShape(
            items=[photo_of(each, found, caller) for each in container.photos.of(found.id)], merged=merged
        )

    @routes.get("/tickets/{ticket}/photos/{photo}", response_class=Response, responses=pictures)
    def get_photo(caller: Reader, ticket: Annotated[Word, Path()], photo: Annotated[PhotoId, Path()]) -> Response:
        """The picture."""
        return _picture(container, caller, ticket, photo, thumbnail=False)

    @routes.get("/tickets/{ticket}/photos/{photo}/thumbnail", response_class=Response, responses=pictures)
    def get_thumbnail(caller: Reader, ticket: Annotated[Word, Path()], photo: Annotated[PhotoId, Path()]) -> Response:
        """The picture, at most 320 pixels long."""
        return _picture(container, caller, ticket, photo, thumbnail=True)

    return routes


def photo_of(photo: Photo, ticket: Ticket, caller: Caller) -> PhotoShape:
    """The photo for ``caller``; a reporter who is hidden on the ticket is hidden here."""
    hidden = hidden_from(Part(caller.role), ticket.caller) and photo.by == ticket.reporter != caller.id
    return PhotoShape(
        id=photo.id, ticket=ticket.id, number=ticket.number, by="" if hidden else photo.by,
        at=photo.at, shown_at=photo.shown_at, width=photo.width, height=photo.height, size=photo.size,
    )  # fmt: skip


def merged_of(merged: MergedPhoto, caller: Caller) -> PhotoShape:
    if merged.report is not None:
        return photo_of(merged.photo, merged.report, caller)
    photo = merged.photo
    return PhotoShape(
        id=photo.id, ticket=merged.address, number="", by="", at=photo.at, shown_at=photo.shown_at,
        width=photo.width, height=photo.height, size=photo.size,
    )  # fmt: skip


def _picture(container: Container, caller: Caller, ticket: str, photo: str, *, thumbnail: bool) -> Response:
    """A photo of the ticket's own, or for who works on it one of a report merged into it."""
    found, _ = ticket_for(container, caller, ticket)
    data = container.photos.read(found.id, photo, thumbnail=thumbnail)
    if data is None and caller.may(Permission.TICKETS):
        data = container.photos.read_merged(found.id, photo, thumbnail=thumbnail)
    if data is None:
        raise missing("photo", photo)
    named = f'inline; filename="{found.number}-{photo[:8]}.jpg"'
    return Response(data, media_type=MEDIA_TYPE, headers={**HEADERS, "Content-Disposition": named})
