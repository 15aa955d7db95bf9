"""The database that a module's suite runs over; its tests empty what they need empty."""

from collections.abc import Iterator

import pytest

from tests.conftest import Database, PostgresServer, fresh_database


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[Database]:
    """One database a module, with the schemas that the module names in ``SCHEMAS``."""
    for database in fresh_database(postgres_server):
        database.migrate(*request.module.SCHEMAS)
        yield database
