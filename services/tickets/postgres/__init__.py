"""The ticket loop's ports over PostgreSQL."""

from services.tickets.postgres.board import PostgresBoard
from services.tickets.postgres.directory import PostgresDirectory
from services.tickets.postgres.matches import PostgresMatchReader
from services.tickets.postgres.reader import PostgresTicketReader
from services.tickets.postgres.store import PostgresTicketStore

__all__ = ["PostgresBoard", "PostgresDirectory", "PostgresMatchReader", "PostgresTicketReader", "PostgresTicketStore"]
