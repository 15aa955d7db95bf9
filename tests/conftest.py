"""Real servers for every test that needs one, started once in a directory of their own.

``KAFKA_BOOTSTRAP_SERVERS``, ``MQTT_URL`` and ``DATABASE_URL`` are never read here: the suite must
not touch a running platform.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from services.stack import addresses, program
from services.stack.program import Program
from services.stack.servers import kafka, mosquitto, postgres

CHECKOUT = Path(__file__).resolve().parents[1]
TEMPLATES = CHECKOUT / "deploy"
TOOLS = Path(os.environ.get("LINLI_TOOLS", CHECKOUT / ".tools"))


@dataclass(slots=True)
class Server:
    """One running server that a test may stop, kill and start again."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        assert self.program.port is not None
        return self.program.port

    def start(self) -> None:
        self.process = program.spawn(self.program, self.log)
        started = self.process
        program.wait_for(self.program.name, lambda: program.listening(self.port), alive=lambda: started.poll() is None)

    def stop(self) -> None:
        """End it as the process manager would."""
        self._signal(getattr(signal, f"SIG{self.program.stop_signal}"))

    def kill(self) -> None:
        """``kill -9`` of the whole process group."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
            self.process.wait(timeout=30)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


@dataclass(slots=True)
class KafkaBroker(Server):
    @property
    def bootstrap(self) -> str:
        return f"{addresses.HOST}:{self.port}"


@dataclass(slots=True)
class MqttBroker(Server):
    passwords: dict[str, str] = field(default_factory=dict)

    def url(self, user: str) -> str:
        return mosquitto.url(self.port, user, self.passwords[user])


@dataclass(slots=True)
class PostgresServer(Server):
    password: str = ""

    def start(self) -> None:
        """Wait past the open port, until recovery is over."""
        Server.start(self)
        program.wait_for("postgres", self._answers, alive=lambda: self.process is not None)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.admin_url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def admin_url(self, database: str = "postgres") -> str:
        return postgres.admin_url(self.port, self.password, database)


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh database with every role; schemas appear when they are migrated."""

    server: PostgresServer
    name: str
    passwords: dict[str, str]

    @property
    def admin_url(self) -> str:
        return self.server.admin_url(self.name)

    def url(self, role: str) -> str:
        """The address for a role such as ``linli_tickets``."""
        return f"postgresql://{role}:{self.passwords[role]}@{addresses.HOST}:{self.server.port}/{self.name}"

    def migrate(self, *services: str) -> None:
        """Apply these services' migrations (all of them without a name)."""
        from services.provision import database

        database.prepare(self.server.admin_url(), self.passwords, services or database.SERVICES, database=self.name)


@pytest.fixture(scope="session")
def server_directory() -> Iterator[Path]:
    """A directory that the servers' own users can enter."""
    folder = Path(tempfile.mkdtemp(prefix="linli-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    return addresses.any_free(set(addresses.USUAL.values()))


def make_kafka(home: Path) -> KafkaBroker:
    """A broker of its own for a test that stops or kills it."""
    prepared = kafka.prepare(
        tools=TOOLS, templates=TEMPLATES, home=home, port=_free_port(), controller_port=_free_port(), heap_mb=384
    )
    return KafkaBroker(prepared, home / "kafka.log")


def make_mosquitto(home: Path) -> MqttBroker:
    """An MQTT broker of its own for a test that stops or kills it."""
    passwords = {name: secrets.token_urlsafe(12) for name in mosquitto.ACCOUNTS}
    prepared = mosquitto.prepare(templates=TEMPLATES, home=home, port=_free_port(), passwords=passwords)
    return MqttBroker(prepared, home / "mosquitto.log", passwords=passwords)


def make_postgres(home: Path, *, durable: bool = False) -> PostgresServer:
    """A database server of its own for a test that stops or kills it.

    ``durable``: what it has committed survives ``kill``.
    """
    password = secrets.token_urlsafe(12)
    prepared = postgres.prepare(home=home, port=_free_port(), password=password, fast=not durable)
    return PostgresServer(prepared, home / "postgres.log", password=password)


def running_kafka(home: Path) -> Iterator[KafkaBroker]:
    """A started broker with every topic of the table, killed afterwards."""
    from services.provision import topics

    broker = make_kafka(home)
    with ExitStack() as stack:
        stack.callback(broker.kill)
        broker.start()
        topics.ensure(broker.bootstrap)
        yield broker


@pytest.fixture(scope="session")
def kafka_broker(server_directory: Path) -> Iterator[KafkaBroker]:
    """The shared broker, with every topic of the table; do not stop it."""
    yield from running_kafka(server_directory / "kafka")


@pytest.fixture(scope="session")
def kafka_servers(kafka_broker: KafkaBroker) -> str:
    """``host:port`` of the shared broker."""
    return kafka_broker.bootstrap


@pytest.fixture(scope="session")
def mqtt_broker(server_directory: Path) -> Iterator[MqttBroker]:
    """The shared MQTT broker; do not stop it."""
    broker = make_mosquitto(server_directory / "mosquitto")
    with ExitStack() as stack:
        stack.callback(broker.kill)
        broker.start()
        yield broker


@pytest.fixture(scope="session")
def postgres_server(server_directory: Path) -> Iterator[PostgresServer]:
    """The shared database server; do not stop it."""
    server = make_postgres(server_directory / "postgres")
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.start()
        yield server


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    """A fresh database with all roles, dropped afterwards."""
    yield from fresh_database(postgres_server)


def fresh_database(server: PostgresServer) -> Iterator[Database]:
    """Make a database and its roles on ``server``; drop the database afterwards."""
    from services.provision import database as provision

    name = f"linli_{secrets.token_hex(6)}"
    passwords = {role: f"test-{role}" for role in provision.ROLES}
    provision.prepare(server.admin_url(), passwords, (), database=name)
    yield Database(server, name, passwords)
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
