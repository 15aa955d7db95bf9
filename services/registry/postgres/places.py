"""Areas, units and map layers in PostgreSQL."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import LiteralString, cast

from psycopg import sql
from psycopg.types.json import Jsonb

from services.adapters.postgres import Pool, translated
from services.paging import Key, Page
from services.registry.domain import Area, GeoJson, Layer, Unit
from services.registry.domain.places import beginning_of
from services.registry.postgres.devices import insert
from streams.contracts import Device

AREAS = sql.SQL("SELECT code, level, name_zh, name_en, geometry, lon, lat, facts FROM registry.areas ")
PLAIN_AREAS = sql.SQL("SELECT code, level, name_zh, name_en, NULL, lon, lat, facts FROM registry.areas ")
"""Without the outline, which nobody needs who reads a name."""
UNITS = sql.SQL("SELECT id, name_zh, name_en, area, categories, phone FROM registry.units ")


class PostgresPlaces:
    """:class:`services.registry.ports.PlaceReader` and ``PlaceStore``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def get_area(self, code: str) -> Area | None:
        query = AREAS + sql.SQL("WHERE code = %s")
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (code,)).fetchone()
        return _area(row) if row else None

    def list_areas(self, *, level: str = "", within: str = "", scope: str, limit: int, after: Key | None) -> Page[Area]:
        query = AREAS + sql.SQL(
            "WHERE code > %s AND code ^@ %s AND code ^@ %s AND (%s = '' OR level = %s) ORDER BY code LIMIT %s"
        )
        values = (after[0] if after else "", scope, within, level, level, limit + 1)
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        items = tuple(_area(row) for row in rows[:limit])
        return Page(items, (items[-1].code,) if len(rows) > limit else None)

    def find_areas(self, words: str, *, scope: str, level: str = "", limit: int) -> tuple[Area, ...]:
        if not words.split():
            return ()
        query, values = finding(words, scope=scope, level=level, limit=limit)
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, values).fetchall()
        return tuple(_area(row) for row in rows)

    def areas_named(self, codes: Collection[str]) -> dict[str, Area]:
        query = PLAIN_AREAS + sql.SQL("WHERE code = ANY (%s)")
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(query, (list(codes),)).fetchall()
        return {area.code: area for area in map(_area, rows)}

    def list_units(self, *, scope: str) -> tuple[Unit, ...]:
        query = UNITS + sql.SQL("WHERE area ^@ %s OR %s ^@ area ORDER BY id")
        with translated(), self._pool.connection() as connection:
            return tuple(_unit(row) for row in connection.execute(query, (scope, scope)).fetchall())

    def get_unit(self, unit_id: str) -> Unit | None:
        query = UNITS + sql.SQL("WHERE id = %s")
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (unit_id,)).fetchone()
        return _unit(row) if row else None

    def list_layers(self) -> tuple[Layer, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute("SELECT name, features FROM registry.layers ORDER BY name").fetchall()
        return tuple(Layer(str(name), cast("GeoJson", features)) for name, features in rows)

    def add_areas(self, areas: Sequence[Area]) -> int:
        rows = [
            {
                "code": area.code, "level": area.level, "name_zh": area.name_zh, "name_en": area.name_en,
                "geometry": area.geometry, "lon": area.lon, "lat": area.lat, "facts": area.facts,
            }
            for area in areas
        ]  # fmt: skip
        query = """
            INSERT INTO registry.areas (code, level, name_zh, name_en, geometry, lon, lat, facts)
            SELECT code, level, name_zh, name_en, geometry, lon, lat, facts
            FROM jsonb_populate_recordset(NULL::registry.areas, %s) ON CONFLICT DO NOTHING"""
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, (Jsonb(rows),)).rowcount

    def add_units(self, units: Sequence[Unit]) -> int:
        rows = [(unit.id, unit.name_zh, unit.name_en, unit.area, list(unit.categories), unit.phone) for unit in units]
        return self._add(
            "INSERT INTO registry.units (id, name_zh, name_en, area, categories, phone) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            rows,
        )

    def add_layers(self, layers: Sequence[Layer]) -> int:
        return self._add(
            "INSERT INTO registry.layers (name, features) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(layer.name, Jsonb(layer.features)) for layer in layers],
        )

    def add_devices(self, devices: Sequence[Device], *, by: str, now: int) -> int:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            return insert(cursor, devices, by=by, now=now)

    def _add(self, query: LiteralString, rows: Sequence[tuple[object, ...]]) -> int:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.executemany(query, rows)
            return cursor.rowcount


def finding(words: str, *, scope: str, level: str, limit: int) -> tuple[sql.Composed, dict[str, object]]:
    """The question that a search while typing asks, and its values: what is not asked is not in it."""
    pairs = sorted({pair for word in words.split() for pair in _pairs(word)})
    paired = sql.SQL("registry.pairs(name_zh || ' ' || name_en) @> %(pairs)s AND " if pairs else "")
    named = paired + sql.SQL("(name_zh || ' ' || name_en) ILIKE ALL (%(patterns)s)")
    coded = sql.SQL(" OR code ^@ %(code)s") if (code := beginning_of(words)) else sql.SQL("")
    parts = [PLAIN_AREAS, sql.SQL("WHERE (({}){})").format(named, coded)]
    parts += [sql.SQL(" AND code ^@ %(scope)s")] if scope else []
    parts += [sql.SQL(" AND level = %(level)s")] if level else []
    parts += [sql.SQL(" ORDER BY length(name_zh), code LIMIT %(limit)s")]
    values: dict[str, object] = {
        "patterns": [f"%{literal(word)}%" for word in words.split()], "pairs": pairs, "code": code, "scope": scope,
        "level": level, "limit": limit,
    }  # fmt: skip
    return sql.Composed(parts), values


def _pairs(word: str) -> list[str]:
    """What the index knows a word by, but for cased letters beyond ASCII: those the database folds in its own way."""
    letters = [letter.lower() if letter.isascii() else letter for letter in word]
    return [
        one + two
        for one, two in pairwise(letters)
        if all(letter.isascii() or letter.lower() == letter.upper() for letter in (one, two))
    ]


def literal(words: str) -> str:
    """Text as LIKE takes it for itself."""
    return "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in words)


def _area(row: Sequence[object]) -> Area:
    code, level, name_zh, name_en, geometry, lon, lat, facts = row
    return Area(
        str(code), str(level), str(name_zh), str(name_en), cast("GeoJson | None", geometry),
        cast("float | None", lon), cast("float | None", lat), cast("dict[str, str]", facts),
    )  # fmt: skip


def _unit(row: Sequence[object]) -> Unit:
    unit_id, name_zh, name_en, area, categories, phone = row
    return Unit(
        str(unit_id), str(name_zh), str(name_en), str(area), tuple(cast("list[str]", categories)), str(phone)
    )  # fmt: skip
