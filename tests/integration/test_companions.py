"""Two front doors on one port: both answer, and neither outlives the other."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from services.provision import database as provision
from services.stack import addresses
from tests.conftest import Database, PostgresServer, fresh_database
from tests.support import eventually

KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    server: PostgresServer = request.getfixturevalue("postgres_server")
    for made in fresh_database(server):
        provision.prepare(server.admin_url(), made.passwords, database=made.name)
        yield made


@dataclass
class Doors:
    """A front door and the one that it started."""

    web: int
    metrics: tuple[int, int]
    first: subprocess.Popen[bytes]
    log: Path

    @property
    def beside(self) -> psutil.Process:
        (found,) = psutil.Process(self.first.pid).children()
        return found

    def healthy(self) -> bool:
        assert self.first.poll() is None, self.log.read_text()[-2_000:]
        try:
            return all(httpx.get(self._at(port, "health"), trust_env=False).is_success for port in self.metrics)
        except httpx.TransportError:
            return False

    def answered(self) -> list[float]:
        """Requests that each of them answered."""
        found = []
        for port in self.metrics:
            lines = httpx.get(self._at(port, "metrics"), trust_env=False).text.splitlines()
            counts = [line.rpartition(" ")[2] for line in lines if line.startswith("linli_http_requests_total{")]
            found.append(sum(map(float, counts)))
        return found

    @staticmethod
    def _at(port: int, path: str) -> str:
        return f"http://{addresses.HOST}:{port}/{path}"


@contextmanager
def doors(database: Database, kafka: str, folder: Path) -> Iterator[Doors]:
    taken: set[int] = set()
    for _ in range(3):
        taken.add(addresses.any_free(taken))
    web, *metrics = taken
    environment = {
        **os.environ, "DATABASE_URL": database.url("linli_api"), "LINLI_DEMO": "1", "LINLI_HTTP_PORT": str(web),
        "KAFKA_BOOTSTRAP_SERVERS": kafka, "LINLI_METRICS_PORT": str(metrics[0]),
        "LINLI_HTTP_COMPANIONS": str(metrics[1]), "LINLI_PHOTO_DIR": str(folder / "photos"),
    }  # fmt: skip
    log = folder / "api.log"
    command = [sys.executable, "-m", "services.api.main"]
    with log.open("ab") as output:
        first = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    found = Doors(web, (metrics[0], metrics[1]), first, log)
    try:
        eventually(found.healthy, within_s=120, what=lambda: log.read_text()[-2_000:])
        yield found
    finally:
        for each in (*psutil.Process(first.pid).children(), first) if first.poll() is None else ():
            each.kill()
        first.wait(60)


def test_both_answer_on_one_port_and_end_together(database: Database, kafka_servers: str, tmp_path: Path) -> None:
    with doors(database, kafka_servers, tmp_path) as found:

        def both() -> bool:
            """A connection each: the kernel deals them out."""
            answer = httpx.get(f"http://{addresses.HOST}:{found.web}/sign-in", trust_env=False, timeout=30)
            assert answer.is_success
            return min(found.answered()) > 0

        eventually(both, what="each of the two has answered")
        beside = found.beside
        found.first.terminate()
        assert found.first.wait(60) == 0, found.log.read_text()[-2_000:]
        assert not beside.is_running()
        assert "companion is killed" not in found.log.read_text()


def test_the_first_ends_when_its_companion_is_lost(database: Database, kafka_servers: str, tmp_path: Path) -> None:
    """Whoever watches the front door starts both anew; half of one would answer half of the people."""
    with doors(database, kafka_servers, tmp_path) as found:
        found.beside.kill()
        assert found.first.wait(60) == 1
        assert f"ended with code {KILLED}" in found.log.read_text()


def test_a_companion_ends_when_the_first_is_lost(database: Database, kafka_servers: str, tmp_path: Path) -> None:
    """Else it would hold the port against the next front door."""
    with doors(database, kafka_servers, tmp_path) as found:
        beside = found.beside
        found.first.kill()
        beside.wait(60)
        with socket.create_server((addresses.HOST, found.web)):
            pass


def test_both_end_in_time_while_kafka_is_away(database: Database, tmp_path: Path) -> None:
    with doors(database, f"{addresses.HOST}:1", tmp_path) as found:
        found.first.terminate()
        assert found.first.wait(60) == 0
        assert "companion is killed" not in found.log.read_text()
