"""Rules and their versions in PostgreSQL; the one in force is also queued for Kafka."""

from collections.abc import Callable, Collection, Sequence

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from services.adapters import audit, outbox
from services.adapters.postgres import Pool, translated
from services.audit import Did, Entry, said
from services.registry.domain import Revision
from streams.contracts import Rule, encode
from streams.contracts.topics import RULES

_UPSERT = (
    "INSERT INTO registry.rules (id, version, kind, record) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (id) DO UPDATE SET version = excluded.version, kind = excluded.kind, record = excluded.record "
    "WHERE rules.version < excluded.version"
)
_KEEP = (
    "INSERT INTO registry.rule_versions (id, version, at, by, why, command, record) "
    "VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s)"
)
_SENT = """
    SELECT id, version FROM registry.rules WHERE NOT EXISTS (
        SELECT FROM registry.outbox WHERE sent_at IS NULL AND topic = %s AND key = rules.id)"""
_REVISION = "SELECT record, (extract(epoch FROM at) * 1000)::bigint, by, why FROM registry.rule_versions"


class PostgresRules:
    """:class:`services.registry.ports.RuleStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def list_rules(self, *, kind: str = "") -> tuple[Rule, ...]:
        query = "SELECT record FROM registry.rules WHERE %s = '' OR kind = %s ORDER BY id"
        with translated(), self._pool.connection() as connection:
            return tuple(_rule(row[0]) for row in connection.execute(query, (kind, kind)).fetchall())

    def get_rule(self, rule_id: str) -> Rule | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute("SELECT record FROM registry.rules WHERE id = %s", (rule_id,)).fetchone()
        return _rule(row[0]) if row else None

    def list_versions(self, rule_id: str) -> tuple[Rule, ...]:
        query = "SELECT record FROM registry.rule_versions WHERE id = %s ORDER BY version DESC"
        with translated(), self._pool.connection() as connection:
            return tuple(_rule(row[0]) for row in connection.execute(query, (rule_id,)).fetchall())

    def author(self, rule_id: str) -> str:
        query = "SELECT v.by FROM registry.rules r JOIN registry.rule_versions v USING (id, version) WHERE r.id = %s"
        with translated(), self._pool.connection() as connection:
            row = connection.execute(query, (rule_id,)).fetchone()
        return str(row[0]) if row else ""

    def list_revisions(self, rule_id: str) -> tuple[Revision, ...]:
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(f"{_REVISION} WHERE id = %s ORDER BY version DESC", (rule_id,)).fetchall()
        return tuple(_revision(row) for row in rows)

    def revision_of(self, command: str) -> Revision | None:
        with translated(), self._pool.connection() as connection:
            row = connection.execute(f"{_REVISION} WHERE command = %s", (command,)).fetchone()
        return _revision(row) if row else None

    def put_rule(
        self,
        rule: Rule,
        *,
        by: str,
        now: int,
        why: str = "",
        command: str = "",
        judge: Callable[[Sequence[Rule]], None] | None = None,
    ) -> bool:
        record = Jsonb(msgspec.to_builtins(rule))
        try:
            with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
                if judge is not None:
                    # Two changes that are sound each by itself may close a circle together.
                    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('registry.rules', 0))")
                    judge([_rule(row[0]) for row in cursor.execute("SELECT record FROM registry.rules").fetchall()])
                if cursor.execute(_UPSERT, (rule.id, rule.version, rule.kind, record)).rowcount == 0:
                    return False
                cursor.execute(_KEEP, (rule.id, rule.version, now, by, why, command or None, record))
                outbox.put(cursor, "registry", [(RULES, rule.id, encode(rule))])
                detail = said(version=rule.version, why=why)
                audit.put(cursor, "registry", Entry(now, by, Did.RULE, f"rule {rule.id}", detail))
        except psycopg.errors.UniqueViolation:
            return False
        return True

    def versions(self) -> dict[str, int]:
        """The version in force of each rule, without those that wait in the outbox."""
        with translated(), self._pool.connection() as connection:
            return {str(row[0]): int(str(row[1])) for row in connection.execute(_SENT, (RULES.name,))}

    def mirror(self, ids: Collection[str]) -> int:
        """Queue these rules in force for ``linli.rules`` again, for a Kafka that has lost them."""
        query = "SELECT record FROM registry.rules WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            rules = [_rule(row[0]) for row in cursor.execute(query, (list(ids),)).fetchall()]
            outbox.put(cursor, "registry", [(RULES, rule.id, encode(rule)) for rule in rules])
        return len(rules)


def _rule(record: object) -> Rule:
    return msgspec.convert(record, Rule)


def _revision(row: Sequence[object]) -> Revision:
    record, at, by, why = row
    return Revision(_rule(record), int(str(at)), str(by), str(why))
