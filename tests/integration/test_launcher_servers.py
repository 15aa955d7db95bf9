"""What the launcher heals by itself: half-written directories, stale locks, what a killed run left."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from services.stack import orphans
from services.stack.program import listening
from services.stack.servers import kafka
from services.stack.supervise import MARK
from tests.conftest import TEMPLATES, TOOLS, make_kafka, make_postgres
from tests.support import eventually


@pytest.fixture
def home(server_directory: Path, request: pytest.FixtureRequest) -> Path:
    folder = server_directory / request.node.name.replace("[", "-").replace("]", "")
    folder.mkdir()
    return folder


def test_a_half_made_postgresql_directory_is_made_anew(home: Path) -> None:
    data = home / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")  # what a killed initdb may leave
    server = make_postgres(home)
    server.start()
    try:
        with psycopg.connect(server.admin_url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_killed_postgresql_starts_again_on_its_stale_lock(home: Path) -> None:
    server = make_postgres(home)
    server.start()
    server.kill()
    assert (home / "data/postmaster.pid").exists()
    orphans.remove_stale_lock(home / "data")
    server.start()
    server.stop()


def test_a_half_formatted_kafka_directory_is_formatted_anew(home: Path) -> None:
    (home / "data/__cluster_metadata-0").mkdir(parents=True)
    broker = make_kafka(home)
    assert (home / "data/meta.properties").exists()
    broker.start()
    broker.kill()


def test_kafka_says_why_it_cannot_be_prepared(home: Path) -> None:
    (home / "data").write_text("a file where the folder should be")
    with pytest.raises((kafka.KafkaNotPrepared, OSError)):
        kafka.prepare(tools=TOOLS, templates=TEMPLATES, home=home, port=1, controller_port=2)


def test_processes_of_a_killed_run_are_found_by_their_mark_and_ended(home: Path) -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0)); "
        "print('up', flush=True); time.sleep(600)"
    )
    left = subprocess.Popen(
        [sys.executable, "-c", program], env={**os.environ, MARK: str(home)}, stdout=subprocess.PIPE, text=True
    )
    assert left.stdout is not None
    assert left.stdout.readline() == "up\n"
    bystander = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert [process.pid for process in orphans.find(home)] == [left.pid]
        assert orphans.end(home) == 1
        assert left.wait(timeout=10) == 0
        assert psutil.pid_exists(bystander.pid)
        assert orphans.end(home) == 0
    finally:
        bystander.kill()
        bystander.communicate()
        left.stdout.close()


def test_a_port_is_seen_as_taken_while_somebody_listens(home: Path) -> None:
    server = make_postgres(home)
    assert not listening(server.port)
    server.start()
    assert listening(server.port)
    server.stop()
    eventually(lambda: not listening(server.port))
