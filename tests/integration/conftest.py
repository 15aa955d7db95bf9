"""What the tests of the streams workers share: a log on their module's broker, and two workers that read it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.streams_rig import Log, Worker


@pytest.fixture
def log(kafka_servers: str) -> Iterator[Log]:
    opened = Log(kafka_servers)
    yield opened
    opened.close()


@pytest.fixture
def workers(kafka_servers: str, tmp_path: Path, log: Log) -> Iterator[list[Worker]]:
    """Two that are not started; what is started is killed in the end."""
    made = [Worker(kafka_servers, f"streams-{log.run}", tmp_path, name) for name in ("one", "two")]
    yield made
    for worker in made:
        worker.end(signal.SIGKILL)
