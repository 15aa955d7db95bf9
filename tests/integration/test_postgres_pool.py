"""What a pool does with a connection that the server has ended."""

import psycopg

from services.adapters.postgres import Pool, open_pool, translated
from streams.contracts import Unavailable
from tests.conftest import Database


def answers(pool: Pool) -> bool:
    try:
        with translated(), pool.connection() as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except Unavailable:
        return False


def test_a_connection_that_was_cut_fails_one_request_at_most(database: Database) -> None:
    with open_pool(database.url("linli_api"), name="cut", size=1) as pool:
        assert answers(pool)
        for _ in range(3):
            with psycopg.connect(database.admin_url, autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'linli-cut'"
                )
            assert [answers(pool) for _ in range(3)][1:] == [True, True]


def test_no_plan_is_made_for_every_question_alike(database: Database) -> None:
    with open_pool(database.url("linli_api"), name="plans", size=1) as pool, pool.connection() as connection:
        assert connection.execute("SHOW plan_cache_mode").fetchone() == ("force_custom_plan",)
        assert connection.execute("SHOW jit").fetchone() == ("off",)
