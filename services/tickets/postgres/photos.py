"""What is known of photos, in PostgreSQL."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

import msgspec

from services.adapters.postgres import Pool, translated
from services.tickets.domain.photos import Photo

_FIELDS: Final = ("ticket", "id", "by", "at", "width", "height", "size", "shown_at")
BEGIN: Final = """
    INSERT INTO tickets.photos (ticket, id, by, at, width, height, size)
    SELECT %(ticket)s, %(id)s, %(by)s, %(at)s, %(width)s, %(height)s, %(size)s
    WHERE (SELECT count(*) FROM tickets.photos WHERE ticket = %(ticket)s AND id <> %(id)s) < %(most)s
    ON CONFLICT (ticket, id) DO UPDATE SET at = CASE WHEN photos.shown_at IS NULL THEN excluded.at ELSE photos.at END
    RETURNING stored"""
STORED: Final = """
    UPDATE tickets.photos SET stored = true, shown_at = coalesce(shown_at, %(shown_at)s)
    WHERE ticket = %(ticket)s AND id = %(id)s RETURNING ticket, id, by, at, width, height, size, shown_at"""
OF: Final = """
    SELECT ticket, id, by, at, width, height, size, shown_at FROM tickets.photos
    WHERE ticket = %s AND stored ORDER BY at, id"""
SHOWN_OF: Final = """
    SELECT ticket, id, by, at, width, height, size, shown_at FROM tickets.photos
    WHERE ticket = ANY (%s) AND stored AND shown_at IS NOT NULL ORDER BY at, ticket, id LIMIT %s"""
GET: Final = """
    SELECT ticket, id, by, at, width, height, size, shown_at FROM tickets.photos
    WHERE ticket = %s AND id = %s AND stored"""
MERGED_INTO: Final = """
    SELECT ticket, id, '' AS by, at, width, height, size, shown_at FROM tickets.photos_merged_into(%s, %s)"""
UNSHOWN: Final = """
    SELECT ticket, id, by, at, width, height, size, shown_at FROM tickets.photos WHERE shown_at IS NULL AND at < %s
    ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED"""
ALL: Final = """
    SELECT ticket, id, by, at, width, height, size, shown_at FROM tickets.photos
    WHERE ticket = %s FOR UPDATE"""
REMOVE: Final = "DELETE FROM tickets.photos WHERE ticket = %s AND id = %s"
FORGET: Final = "UPDATE tickets.photos SET stored = false, shown_at = NULL, at = 0 WHERE ticket = %s"
"""Nobody sees them from now on, and the next look for what nobody showed removes rows and pictures."""
SHOW: Final = """
    UPDATE tickets.photos SET shown_at = coalesce(shown_at, %(now)s)
    WHERE ticket = %(ticket)s AND id = ANY (%(photos)s) AND stored AND (shown_at IS NOT NULL OR at >= %(since)s)
    RETURNING id"""


class PostgresPhotos:
    """:class:`services.tickets.ports.photos.PhotoStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def begin(self, photo: Photo, *, most: int) -> bool | None:
        """Photos of one ticket come one after the other here, so that none slips past ``most``."""
        with translated(), self._pool.connection() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"photos {photo.ticket}",))
            row = connection.execute(BEGIN, {**msgspec.structs.asdict(photo), "most": most}).fetchone()
        return bool(row[0]) if row else None

    def stored(self, ticket: str, photo: str, *, shown_at: int | None) -> Photo:
        values = {"ticket": ticket, "id": photo, "shown_at": shown_at}
        with translated(), self._pool.connection() as connection:
            row = connection.execute(STORED, values).fetchone()
        if row is None:
            raise LookupError(f"photo {photo} of {ticket} was never begun")
        return _photo(row)

    def of(self, ticket: str) -> tuple[Photo, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(OF, (ticket,)).fetchall()
        return tuple(_photo(row) for row in rows)

    def shown_of(self, tickets: Collection[str], *, limit: int) -> tuple[Photo, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(SHOWN_OF, (list(tickets), limit)).fetchall()
        return tuple(_photo(row) for row in rows)

    def merged_into(self, master: str, *, limit: int) -> tuple[Photo, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(MERGED_INTO, (master, limit)).fetchall()
        return tuple(_photo(row) for row in rows)

    def get(self, ticket: str, photo: str) -> Photo | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(GET, (ticket, photo)).fetchone()
        return _photo(row) if row else None

    def remove_unshown(self, before: int, *, limit: int, drop: Callable[[Photo], None]) -> int:
        return self._remove(UNSHOWN, (before, limit), drop)

    def remove_of(self, ticket: str, drop: Callable[[Photo], None]) -> int:
        return self._remove(ALL, (ticket,), drop)

    def _remove(self, which: str, values: tuple[object, ...], drop: Callable[[Photo], None]) -> int:
        """The rows are locked while their pictures go: whoever shows or sends one meanwhile waits, and finds none."""
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE linli_loop")  # no person asks for it, and it concerns every ticket
            photos = [_photo(row) for row in cursor.execute(which.encode(), values).fetchall()]
            for photo in photos:
                drop(photo)
            cursor.executemany(REMOVE, [(photo.ticket, photo.id) for photo in photos])
        return len(photos)


def _photo(row: Iterable[object]) -> Photo:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Photo)
