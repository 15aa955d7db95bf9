"""Units' rosters in PostgreSQL; what contradicts what is there, the constraints refuse."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from psycopg import errors

from services.adapters import audit
from services.adapters.postgres import Pool, translated
from services.audit import Entry
from services.duty import Dated, Duty, Substitution, Weekly
from services.registry.domain import User
from services.registry.domain.rosters import in_a_ring, not_of_the_unit, overlapping
from services.registry.postgres.people import USER, user_of

DUTY: Final = "id, unit, person, days, begins, ends, since, until"
SUBSTITUTION: Final = "id, unit, person, substitute, since, until"
_PEOPLE: Final = f"SELECT {USER} FROM registry.users WHERE unit = %s AND unit <> '' AND active ORDER BY id"  # noqa: S608 - the module's own columns
_DUTIES: Final = f"SELECT {DUTY} FROM registry.duties WHERE unit = %s AND (until IS NULL OR until > %s) ORDER BY id"  # noqa: S608 - as above
_SUBSTITUTIONS: Final = f"SELECT {SUBSTITUTION} FROM registry.substitutions WHERE unit = %s AND until > %s ORDER BY id"  # noqa: S608 - as above
_ADD_DUTY: Final = """
    INSERT INTO registry.duties (id, unit, person, days, begins, ends, since, until)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"""
_ADD_SUBSTITUTION: Final = """
    INSERT INTO registry.substitutions (id, unit, person, substitute, since, until)
    VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"""


class PostgresRosters:
    """:class:`services.registry.ports.RosterStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def people_of(self, unit: str) -> tuple[User, ...]:
        return tuple(user_of(row) for row in self._rows(_PEOPLE, (unit,)))

    def roster(self, unit: str, *, since: int) -> tuple[tuple[User, ...], tuple[Duty, ...], tuple[Substitution, ...]]:
        with translated(), self._pool.connection() as connection:
            people = connection.execute(_PEOPLE.encode(), (unit,)).fetchall()
            duties = connection.execute(_DUTIES.encode(), (unit, since)).fetchall()
            substitutions = connection.execute(_SUBSTITUTIONS.encode(), (unit, since)).fetchall()
        return tuple(map(user_of, people)), tuple(map(duty_of, duties)), tuple(map(substitution_of, substitutions))

    def duty(self, duty: str) -> Duty | None:
        rows = self._rows(f"SELECT {DUTY} FROM registry.duties WHERE id = %s", (duty,))  # noqa: S608 - as above
        return duty_of(rows[0]) if rows else None

    def duties(self, unit: str, *, since: int) -> tuple[Duty, ...]:
        return tuple(duty_of(row) for row in self._rows(_DUTIES, (unit, since)))

    def add_duty(self, duty: Duty, *, entry: Entry) -> bool:
        weekly, dated = (duty.when, None) if isinstance(duty.when, Weekly) else (None, duty.when)
        values = (
            duty.id, duty.unit, duty.person, sorted(weekly.days) if weekly else None, weekly and weekly.begins,
            weekly and weekly.ends, dated and dated.since, dated and dated.until,
        )  # fmt: skip
        with _refused(duty):
            return self._write(_ADD_DUTY, values, entry)

    def remove_duty(self, unit: str, duty: str, *, entry: Entry) -> bool:
        return self._write("DELETE FROM registry.duties WHERE unit = %s AND id = %s", (unit, duty), entry)

    def substitution(self, substitution: str) -> Substitution | None:
        query = f"SELECT {SUBSTITUTION} FROM registry.substitutions WHERE id = %s"  # noqa: S608 - as above
        rows = self._rows(query, (substitution,))
        return substitution_of(rows[0]) if rows else None

    def substitutions(self, unit: str, *, since: int) -> tuple[Substitution, ...]:
        return tuple(substitution_of(row) for row in self._rows(_SUBSTITUTIONS, (unit, since)))

    def add_substitution(self, new: Substitution, *, entry: Entry) -> bool:
        values = (new.id, new.unit, new.person, new.substitute, new.since, new.until)
        with _refused(new):
            return self._write(_ADD_SUBSTITUTION, values, entry)

    def remove_substitution(self, unit: str, substitution: str, *, entry: Entry) -> bool:
        query = "DELETE FROM registry.substitutions WHERE unit = %s AND id = %s"
        return self._write(query, (unit, substitution), entry)

    def _rows(self, query: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        with translated(), self._pool.connection() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def _write(self, query: str, values: Sequence[object], entry: Entry) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(query.encode(), values).rowcount != 1:
                return False
            audit.put(cursor, "registry", entry)
        return True


@contextmanager
def _refused(new: Duty | Substitution) -> Iterator[None]:
    """What the constraints refuse, in the registry's words."""
    try:
        yield
    except errors.ExclusionViolation as error:
        raise overlapping(new.person) from error
    except errors.ForeignKeyViolation as error:
        raise not_of_the_unit("person", new.person, new.unit) from error
    except errors.TriggeredActionException as error:
        if isinstance(new, Duty):
            raise
        raise in_a_ring(new) from error


def duty_of(row: Sequence[object]) -> Duty:
    """A row of the columns of :data:`DUTY`."""
    name, unit, person, days, begins, ends, since, until = cast("Any", row)
    when = Dated(since, until) if days is None else Weekly(frozenset(days), begins, ends)
    return Duty(name, unit, person, when)


def substitution_of(row: Sequence[object]) -> Substitution:
    """A row of the columns of :data:`SUBSTITUTION`."""
    return Substitution(*cast("Any", row))
