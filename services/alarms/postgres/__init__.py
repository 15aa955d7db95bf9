"""The alarms service's ports over PostgreSQL."""

from services.alarms.postgres.ladders import PostgresLadderReader
from services.alarms.postgres.quality import PostgresQuality
from services.alarms.postgres.reader import PostgresAlarmReader
from services.alarms.postgres.store import PostgresAlarmStore

__all__ = ["PostgresAlarmReader", "PostgresAlarmStore", "PostgresLadderReader", "PostgresQuality"]
