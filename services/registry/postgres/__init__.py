"""The registry's ports over PostgreSQL. Every class takes a pool; the process that opens it closes it."""

from services.registry.postgres.devices import PostgresDevices
from services.registry.postgres.entry_cards import PostgresEntryCards
from services.registry.postgres.people import PostgresPeople
from services.registry.postgres.places import PostgresPlaces
from services.registry.postgres.rosters import PostgresRosters
from services.registry.postgres.rules import PostgresRules
from services.registry.postgres.staff import PostgresStaff

__all__ = [
    "PostgresDevices",
    "PostgresEntryCards",
    "PostgresPeople",
    "PostgresPlaces",
    "PostgresRosters",
    "PostgresRules",
    "PostgresStaff",
]
