"""What administrators change of people in PostgreSQL; each change and its audit entry are one transaction."""

from typing import Final

from psycopg import errors

from services.adapters import audit
from services.adapters.postgres import translated
from services.audit import Entry
from services.registry.domain import User
from services.registry.domain.staff import last_administrator
from services.registry.postgres.people import USER, PostgresPeople, user_of

_CREATE: Final = """
    INSERT INTO registry.users (id, name, role, scope, unit, active, password_hash, command)
    VALUES (%s, %s, %s, %s, %s, %s, '', %s) ON CONFLICT DO NOTHING"""
_CHANGE: Final = """
    UPDATE registry.users SET name = %s, role = %s, scope = %s, unit = %s, active = %s, version = version + 1
    WHERE id = %s AND version = %s"""
_SET_WORD: Final = """
    UPDATE registry.users SET password_hash = %s, once_until = %s, version = version + 1 WHERE id = %s"""
_LEAVE_DUTIES: Final = "DELETE FROM registry.duties WHERE person = %s AND unit <> %s"
_LEAVE_SUBSTITUTIONS: Final = "DELETE FROM registry.substitutions WHERE %s IN (person, substitute) AND unit <> %s"
_END_SESSIONS: Final = "DELETE FROM registry.tokens WHERE user_id = %s AND csrf <> %s"


class PostgresStaff(PostgresPeople):
    """:class:`services.registry.ports.StaffStore`."""

    def made_by(self, command: str) -> User | None:
        query = f"SELECT {USER} FROM registry.users WHERE command = %s"  # noqa: S608 - the module's own columns
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (command,)).fetchone()
        return user_of(row) if row else None

    def create_user(self, user: User, *, command: str, entry: Entry) -> bool:
        values = (user.id, user.name, user.role.value, user.scope, user.unit, user.active, command)
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(_CREATE, values).rowcount != 1:
                return False
            audit.put(cursor, "registry", entry)
        return True

    def change_user(self, user: User, *, entry: Entry) -> bool:
        values = (user.name, user.role.value, user.scope, user.unit, user.active, user.id, user.version - 1)
        try:
            with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
                cursor.execute(_LEAVE_DUTIES, (user.id, user.unit))
                cursor.execute(_LEAVE_SUBSTITUTIONS, (user.id, user.unit))
                if cursor.execute(_CHANGE, values).rowcount != 1:
                    connection.rollback()
                    return False
                if not user.active:
                    cursor.execute(_END_SESSIONS, (user.id, ""))
                audit.put(cursor, "registry", entry)
        except errors.RestrictViolation as error:
            raise last_administrator(user.id) from error
        except errors.ForeignKeyViolation:
            return False  # put on a roster of the unit that they leave, in this very moment
        return True

    def set_password(
        self, user_id: str, password_hash: str, *, once_until: int | None, entry: Entry, keep_csrf: str = ""
    ) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(_SET_WORD, (password_hash, once_until, user_id)).rowcount != 1:
                return False
            cursor.execute(_END_SESSIONS, (user_id, keep_csrf))
            audit.put(cursor, "registry", entry)
        return True

    def release(self, key: str, *, entry: Entry) -> bool:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if not cursor.execute("DELETE FROM registry.sign_in_tries WHERE key = %s", (key,)).rowcount:
                return False
            audit.put(cursor, "registry", entry)
        return True
