"""Users and the hashes of their passwords and tokens in PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from services.adapters import audit
from services.adapters.postgres import Pool, translated
from services.audit import Did, Entry
from services.registry.domain import Identity, Role, Token, TokenKind, User
from services.registry.domain.lockout import Limit, Tries
from services.registry.domain.people import made

_COUNT_TRY = """
    INSERT INTO registry.sign_in_tries AS t (key, failures, until) VALUES (%(key)s, 1, %(window)s)
    ON CONFLICT (key) DO UPDATE SET
        failures = CASE WHEN t.until <= %(now)s THEN 1 ELSE t.failures + 1 END,
        until = CASE WHEN t.until <= %(now)s THEN %(window)s
                     WHEN t.failures + 1 = %(most)s THEN %(lock)s ELSE t.until END
    RETURNING failures, until"""


USER: Final = "id, name, role, scope, unit, active, once_until, version"


class PostgresPeople:
    """:class:`services.registry.ports.PeopleStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def get_user(self, user_id: str) -> User | None:
        query = f"SELECT {USER} FROM registry.users WHERE id = %s"  # noqa: S608 - the module's own columns
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (user_id,)).fetchone()
        return user_of(row) if row else None

    def list_users(self) -> tuple[User, ...]:
        query = f"SELECT {USER} FROM registry.users ORDER BY id"  # noqa: S608 - the module's own columns
        with translated(), self._pool.connection() as connection:
            return tuple(user_of(row) for row in connection.execute(query).fetchall())

    def add_user(self, user: User, password_hash: str) -> bool:
        query = (
            "INSERT INTO registry.users (id, name, role, scope, unit, active, password_hash) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"
        )
        values = (user.id, user.name, user.role.value, user.scope, user.unit, user.active, password_hash)
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, values).rowcount == 1

    def password_hash(self, user_id: str) -> str | None:
        query = "SELECT password_hash FROM registry.users WHERE id = %s"
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (user_id,)).fetchone()
        return str(row[0]) or None if row else None

    def add_token(self, token: Token) -> None:
        query = (
            "INSERT INTO registry.tokens (hash, user_id, kind, csrf, created_at, expires_at) "
            "VALUES (%s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0))"
        )
        values = (token.hash, token.user, token.kind.value, token.csrf, token.created, token.expires)
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            audit.put(cursor, "registry", made(token))

    def identify(self, token_hash: bytes, now: int) -> Identity | None:
        query = (
            "SELECT u.id, u.name, u.role, u.scope, u.unit, u.active, u.once_until, u.version, t.kind, t.csrf "
            "FROM registry.tokens t JOIN registry.users u ON u.id = t.user_id "
            "WHERE t.hash = %s AND t.expires_at > to_timestamp(%s / 1000.0)"
        )
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (token_hash, now)).fetchone()
        return Identity(user_of(row[:8]), TokenKind(str(row[8])), str(row[9])) if row else None

    def drop_token(self, user_id: str, csrf: str, *, now: int) -> None:
        query = "DELETE FROM registry.tokens WHERE user_id = %s AND csrf = %s"
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(query, (user_id, csrf)).rowcount:
                audit.put(cursor, "registry", Entry(now, user_id, Did.SIGN_OUT))

    def drop_expired(self, now: int) -> int:
        query = "DELETE FROM registry.tokens WHERE expires_at <= to_timestamp(%s / 1000.0)"
        with translated(), self._pool.connection() as connection:
            return connection.execute(query, (now,)).rowcount

    def count_try(self, key: str, limit: Limit, now: int) -> Tries:
        values = {
            "key": key, "now": now, "window": now + limit.window_ms, "lock": now + limit.lock_ms, "most": limit.failures
        }  # fmt: skip
        with translated(), self._pool.connection() as connection:
            connection.execute("DELETE FROM registry.sign_in_tries WHERE until <= %s", (now,))
            row = connection.execute(_COUNT_TRY, values).fetchone()
        return _tries(row) if row else Tries(0, now)

    def forgive(self, keys: Sequence[str]) -> int:
        with translated(), self._pool.connection() as connection:
            return connection.execute("DELETE FROM registry.sign_in_tries WHERE key = ANY (%s)", (list(keys),)).rowcount

    def excuse(self, keys: Sequence[str]) -> None:
        query = "UPDATE registry.sign_in_tries SET failures = greatest(failures - 1, 0) WHERE key = ANY (%s)"
        with translated(), self._pool.connection() as connection:
            connection.execute(query, (list(keys),))

    def locks(self, now: int) -> dict[str, Tries]:
        query = "SELECT failures, until, key FROM registry.sign_in_tries WHERE until > %s"
        with translated(), self._pool.connection() as connection:
            return {str(row[2]): _tries(row) for row in connection.execute(query, (now,)).fetchall()}

    def note(self, entry: Entry) -> None:
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            audit.put(cursor, "registry", entry)


def _tries(row: Sequence[object]) -> Tries:
    return Tries(int(str(row[0])), int(str(row[1])))


def user_of(row: Sequence[object]) -> User:
    """A row of the columns of :data:`USER`."""
    user_id, name, role, scope, unit, active, once_until, version = row
    return User(
        str(user_id), str(name), Role(str(role)), str(scope), str(unit), active=bool(active),
        once_until=None if once_until is None else int(str(once_until)), version=int(str(version)),
    )  # fmt: skip
