"""The ticket loop's ports over PostgreSQL."""

from services.tickets.postgres.catalogue import PostgresCatalogue
from services.tickets.postgres.directory import PostgresDirectory
from services.tickets.postgres.reader import PostgresTicketReader
from services.tickets.postgres.store import PostgresTicketStore

__all__ = ["PostgresCatalogue", "PostgresDirectory", "PostgresTicketReader", "PostgresTicketStore"]
