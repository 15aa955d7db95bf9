"""History in PostgreSQL, with or without TimescaleDB: the relations have the same names."""

from services.history.postgres.letters import PostgresLetters
from services.history.postgres.reader import PostgresHistoryReader
from services.history.postgres.readings import PostgresReadings
from services.history.postgres.upkeep import Upkeep

__all__ = ["PostgresHistoryReader", "PostgresLetters", "PostgresReadings", "Upkeep"]
