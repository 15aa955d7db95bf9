"""A history process of its own over real servers, and inputs to feed it."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from services.adapters.kafka import Outgoing, Sender
from streams.contracts import Batch, Sample, encode
from streams.contracts.topics import INPUTS

PROGRAM = (sys.executable, "-c", "from services.history.main import main; raise SystemExit(main())")


@dataclass
class HistoryRig:
    """Starts, kills and asks one history process with its own database and consumer group."""

    servers: str
    url: str
    group: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    sent: set[tuple[str, str, int]] = field(default_factory=set)

    def start(self) -> None:
        environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "DATABASE_URL": self.url,
            "LINLI_HISTORY_GROUP": self.group,
            "LINLI_HISTORY_GATHER_MS": "50",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(PROGRAM, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """``kill -9``."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """End it as the process manager would; its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=40)
        self.process = None
        return code

    def send(self, samples: Iterable[Sample], *, grid: str, size: int = 50) -> None:
        """Send samples in batches of one grid, and remember what must be found."""
        waiting = list(samples)
        self.sent |= {(sample.device, metric, sample.ts) for sample in waiting for metric in sample.values}
        batches = [Batch("gw", grid, waiting[i].at, tuple(waiting[i : i + size])) for i in range(0, len(waiting), size)]
        sender = Sender(self.servers, client_id="test")
        sender.send([Outgoing(INPUTS.name, grid.encode(), encode(batch)) for batch in batches])
        sender.close()

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def held(self, prefix: str) -> list[tuple[str, str, int]]:
        """The keys that history holds of devices whose id starts so, duplicates and all."""
        return self.ask("SELECT device, metric, ts FROM history.readings WHERE starts_with(device, %s)", prefix)  # type: ignore[return-value]


@contextmanager
def history_rig(servers: str, url: str, group: str, folder: Path) -> Iterator[HistoryRig]:
    rig = HistoryRig(servers, url, group, folder / "history.log")
    try:
        yield rig
    finally:
        rig.kill()
