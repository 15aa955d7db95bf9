"""Provisioning real servers: everything once, nothing twice, and a clear word where it cannot be."""

import subprocess
import sys
from typing import Any

import psycopg
import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from services.provision import database as provision
from services.provision import topics
from streams.contracts.topics import TOPICS, Topic


def test_topics_are_as_the_table_says(kafka_servers: str) -> None:
    assert topics.ensure(kafka_servers) == []
    client = KafkaAdminClient(bootstrap_servers=kafka_servers)
    found = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics()}
    client.close()
    assert {topic.name: topic.partitions for topic in TOPICS}.items() <= found.items()


def test_a_topic_with_other_partitions_is_named_with_the_remedy(kafka_servers: str) -> None:
    topics.ensure(kafka_servers, [Topic("test.mismatch", "id", 2, 1_000)])
    with pytest.raises(topics.TopicMismatch, match=r"test\.mismatch has 2 partitions, the table says 3; drain"):
        topics.ensure(kafka_servers, [Topic("test.mismatch", "id", 3, 1_000)])


def test_a_compacted_topic_is_compacted(kafka_servers: str) -> None:
    topics.ensure(kafka_servers, [Topic("test.compacted", "id", 1, None)])
    client = KafkaAdminClient(bootstrap_servers=kafka_servers)
    configs = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "test.compacted")])
    client.close()
    assert "compact" in str(configs)


def test_every_service_owns_its_schema_and_no_other(database: Any) -> None:
    database.migrate()
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ANY(%s)",
            (list(provision.SERVICES),),
        ).fetchall()
    assert dict(rows) == {service: f"linli_{service}" for service in provision.SERVICES}


@pytest.mark.parametrize("role", provision.ROLES)
def test_no_role_has_the_servers_log_show_whole_rows(database: Any, role: str) -> None:
    """A row that a constraint refuses would stand there with its caller's number."""
    with psycopg.connect(database.url(role)) as connection:
        assert connection.execute("SHOW log_error_verbosity").fetchone() == ("terse",)


@pytest.mark.parametrize("role", provision.ROLES)
def test_no_role_makes_schemas_or_tables_elsewhere(database: Any, role: str) -> None:
    with psycopg.connect(database.url(role), autocommit=True) as connection:
        for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (id int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]


def test_a_second_run_applies_nothing(database: Any) -> None:
    first = provision.prepare(database.server.admin_url(), database.passwords, database=database.name)
    assert any(first.values())
    again = provision.prepare(database.server.admin_url(), database.passwords, database=database.name)
    assert not any(again.values())


def test_a_new_password_replaces_the_old_one(postgres_server: Any, database: Any) -> None:
    with psycopg.connect(postgres_server.admin_url(), autocommit=True) as connection:
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'linli_api'").fetchone()
    assert row is not None
    assert str(row[0]).startswith("SCRAM-SHA-256$")


def test_an_administrator_without_rights_is_told_so(database: Any) -> None:
    with pytest.raises(provision.ProvisionError, match="lacks a right"):
        provision.prepare(database.url("linli_api"), database.passwords, database="linli_other")


def test_a_missing_password_is_named() -> None:
    with pytest.raises(provision.ProvisionError, match="no password for linli_history"):
        provision.prepare("postgresql://nowhere", {role: "" if "history" in role else "x" for role in provision.ROLES})


def run_program(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.provision.main"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_program_provisions_and_says_so(kafka_servers: str, database: Any) -> None:
    passwords = {f"{role.upper()}_PASSWORD": word for role, word in database.passwords.items()}
    done = run_program(
        KAFKA_BOOTSTRAP_SERVERS=kafka_servers,
        LINLI_ADMIN_DATABASE_URL=database.server.admin_url(),
        LINLI_DATABASE_NAME=database.name,
        **passwords,
    )
    assert done.returncode == 0, done.stderr
    assert '"event": "provisioned"' in done.stderr


def test_the_program_gives_up_on_an_absent_server_with_its_name(database: Any) -> None:
    passwords = {f"{role.upper()}_PASSWORD": word for role, word in database.passwords.items()}
    done = run_program(
        KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
        LINLI_ADMIN_DATABASE_URL=database.server.admin_url(),
        LINLI_WAIT_S="0",
        **passwords,
    )
    assert done.returncode == 1
    assert "linli-provision: Kafka:" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_program_names_a_missing_setting() -> None:
    done = run_program(LINLI_ADMIN_DATABASE_URL="postgresql://nowhere")
    assert done.returncode == 2
    assert "LINLI_REGISTRY_PASSWORD: Field required" in done.stderr
