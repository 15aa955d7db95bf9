"""PostgreSQL behind :mod:`services.rehearsal.ports`, in the API's role."""

from services.rehearsal.postgres.archive import PostgresArchive
from services.rehearsal.postgres.shelf import PostgresShelf

__all__ = ["PostgresArchive", "PostgresShelf"]
