"""The ticket loop's ports over PostgreSQL."""

from services.tickets.postgres.board import PostgresBoard
from services.tickets.postgres.catalogue import PostgresCatalogue
from services.tickets.postgres.directory import PostgresDirectory
from services.tickets.postgres.figures import PostgresFigures
from services.tickets.postgres.hotspots import PostgresHotspots
from services.tickets.postgres.matches import PostgresMatchReader
from services.tickets.postgres.photos import PostgresPhotos
from services.tickets.postgres.reader import PostgresTicketReader
from services.tickets.postgres.saved import PostgresSavedFilters
from services.tickets.postgres.store import PostgresTicketStore

__all__ = [
    "PostgresBoard",
    "PostgresCatalogue",
    "PostgresDirectory",
    "PostgresFigures",
    "PostgresHotspots",
    "PostgresMatchReader",
    "PostgresPhotos",
    "PostgresSavedFilters",
    "PostgresTicketReader",
    "PostgresTicketStore",
]
