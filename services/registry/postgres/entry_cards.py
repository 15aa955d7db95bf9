"""Entry cards in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from services.adapters import audit
from services.adapters.postgres import Pool, translated
from services.audit import Entry
from services.registry.domain import EntryCard

_CARDS: Final = """
    SELECT coalesce(device, ''), coalesce(area, ''), holder, phone, valve, avoid, version
    FROM registry.entry_cards WHERE device = %s OR area = ANY (%s)"""
_ADD: Final = """
    INSERT INTO registry.entry_cards (device, area, holder, phone, valve, avoid, version)
    VALUES (nullif(%(device)s, ''), nullif(%(area)s, ''), %(holder)s, %(phone)s, %(valve)s, %(avoid)s, %(version)s)
    ON CONFLICT (subject) DO NOTHING"""
_CHANGE: Final = """
    UPDATE registry.entry_cards
    SET holder = %(holder)s, phone = %(phone)s, valve = %(valve)s, avoid = %(avoid)s, version = %(version)s
    WHERE subject = %(subject)s AND version = %(version)s - 1"""


class PostgresEntryCards:
    """:class:`services.registry.ports.EntryCardStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def cards(self, device: str, areas: Sequence[str]) -> tuple[EntryCard, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(_CARDS, (device, list(areas))).fetchall()
        return tuple(
            EntryCard(str(device), str(area), str(holder), str(phone), str(valve), str(avoid), int(str(version)))
            for device, area, holder, phone, valve, avoid, version in rows
        )

    def put(self, card: EntryCard, *, entry: Entry) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            values = asdict(card) | {"subject": card.subject}
            if cursor.execute(_ADD if card.version == 1 else _CHANGE, values).rowcount != 1:
                return False
            audit.put(cursor, "registry", entry)
        return True

    def note(self, entry: Entry) -> None:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            audit.put(cursor, "registry", entry)
