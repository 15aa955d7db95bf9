"""An address is found by an index while somebody types it, in a district of 3,000 buildings."""

from collections.abc import Iterator

import psycopg
import pytest

from services.registry.postgres.places import finding
from tests.conftest import PostgresServer, fresh_database

FILL = """
    INSERT INTO registry.areas (code, level, name_zh, name_en)
    SELECT '990101001001' || lpad((n / 50)::text, 3, '0') || lpad((n % 50)::text, 5, '0'), 'building',
           (ARRAY['棉纺', '铁路', '向阳', '红旗', '滨河'])[1 + n / 600] || n / 50 || '村' || n % 50 || '号楼',
           'Building ' || n
    FROM generate_series(0, 2999) n"""


@pytest.fixture(scope="module")
def connection(postgres_server: PostgresServer) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    for database in fresh_database(postgres_server):
        database.migrate("registry")
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute(FILL)
            admin.execute("VACUUM ANALYZE registry.areas")
        with psycopg.connect(database.url("linli_api")) as connection:
            yield connection


@pytest.mark.parametrize(
    ("typed", "index"),
    [
        ("滨河", "areas_pairs"), ("滨河 59村12号", "areas_pairs"), ("building 2718", "areas_pairs"),
        ("鼓楼", "areas_pairs"), ("990101001001059", "areas_prefix"), ("村", "areas_shortest"),
    ],
)  # fmt: skip
def test_what_is_typed_is_looked_for_by_an_index(
    connection: psycopg.Connection[tuple[object, ...]], typed: str, index: str
) -> None:
    query, values = finding(typed, scope="", level="", limit=8)
    rows = connection.execute(b"EXPLAIN " + query.as_bytes(connection), values).fetchall()
    plan = "\n".join(str(row[0]) for row in rows)
    assert index in plan, plan
    assert "Seq Scan" not in plan
