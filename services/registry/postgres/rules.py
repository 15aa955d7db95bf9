"""Rules and their versions in PostgreSQL; the one in force is also queued for Kafka."""

import msgspec
from psycopg.types.json import Jsonb

from services.adapters import outbox
from services.adapters.postgres import Pool, translated
from streams.contracts import Rule, encode
from streams.contracts.topics import RULES


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

    def put_rule(self, rule: Rule, *, by: str, now: int) -> bool:
        upsert = (
            "INSERT INTO registry.rules (id, version, kind, record) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, kind = excluded.kind, record = excluded.record "
            "WHERE rules.version < excluded.version"
        )
        keep = (
            "INSERT INTO registry.rule_versions (id, version, at, by, record) "
            "VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s)"
        )
        record = Jsonb(msgspec.to_builtins(rule))
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            if cursor.execute(upsert, (rule.id, rule.version, rule.kind, record)).rowcount == 0:
                return False
            cursor.execute(keep, (rule.id, rule.version, now, by, record))
            outbox.put(cursor, "registry", [(RULES, rule.id, encode(rule))])
        return True

    def mirror(self) -> int:
        """Queue every rule in force for ``linli.rules`` again, for a Kafka that has lost it."""
        rules = self.list_rules()
        with translated(), self._pool.connection() as connection, connection.cursor() as cursor:
            outbox.put(cursor, "registry", [(RULES, rule.id, encode(rule)) for rule in rules])
        return len(rules)


def _rule(record: object) -> Rule:
    return msgspec.convert(record, Rule)
