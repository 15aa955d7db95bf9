"""The whole platform, started by the launcher exactly as a newcomer would, on a directory of its own."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from psycopg import sql

from services.stack import addresses, condition, keys
from services.stack.condition import Status
from services.stack.layout import Layout
from services.stack.platform import Options, Platform
from services.stack.publish import publisher
from tests.support import eventually

CHECKOUT = Path(__file__).resolve().parents[2]
DEVICES = 120
SPARES = 40


@dataclass(slots=True)
class Running:
    """A running platform, as its users and its operator reach it."""

    data: Path
    tokens: dict[str, str] = field(default_factory=dict)
    spares: list[str] = field(default_factory=list)
    grid: str = ""

    @property
    def platform(self) -> Platform:
        layout = Layout(self.data)
        return Platform(layout, addresses.remembered(layout.ports), keys.load(layout.secrets), Options.load(layout))

    def linli(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run one command of the launcher on this platform."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_D")}
        return subprocess.run(
            [CHECKOUT / "linli", *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=environment,
        )

    def up(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = self.linli("up", "--detach", "--devices", str(DEVICES), *arguments)
        assert done.returncode == 0, done.stdout + done.stderr + self.last_words()
        return done

    def status(self) -> Status:
        """What ``./linli status`` tells, asked here: it is waited for often, and a command takes long to begin."""
        return condition.status(self.platform.layout, self.platform)

    def ready(self) -> bool:
        return self.status().ready

    def pid(self, name: str) -> int:
        (found,) = [process.pid for process in self.status().processes if process.name == name]
        return found

    def kill(self, name: str) -> None:
        """``kill -9`` of one process and of what it started."""
        parent = psutil.Process(self.pid(name))
        for process in [*parent.children(recursive=True), parent]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)

    def await_ready(self, within_s: float = 120) -> None:
        eventually(self.ready, within_s=within_s, every_s=0.3, what=f"the platform is ready again\n{self.last_words()}")

    def last_words(self) -> str:
        """The ends of all logs, for a failure's message."""
        logs = sorted((self.data / "logs").glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-300:]}" for log in logs)

    def api(self, role: str = "grid_manager") -> httpx.Client:
        """A client with this demo role's token."""
        if role not in self.tokens:
            done = self.linli("token", role)
            assert done.returncode == 0, done.stderr
            self.tokens[role] = done.stdout.strip()
        return httpx.Client(
            base_url=f"{self.platform.web}/api/v1",
            headers={"Authorization": f"Bearer {self.tokens[role]}"},
            timeout=20,
            trust_env=False,
        )

    def get(self, path: str, role: str = "grid_manager", **query: Any) -> Any:
        with self.api(role) as client:
            answer = client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], role: str, key: str | None = None) -> httpx.Response:
        with self.api(role) as client:
            return client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})

    def publish(self, topic: str, payload: object) -> None:
        with publisher(self.platform.mqtt("demo")) as broker:
            broker.send(topic, payload)

    def publish_raw(self, topic: str, payload: bytes) -> None:
        """Bytes as they are, QoS 1."""
        subprocess.run(
            ["mosquitto_pub", "-L", f"{self.platform.mqtt('demo')}/{topic}", "-q", "1", "-s"],
            input=payload,
            check=True,
            capture_output=True,
        )

    def spare(self) -> str:
        """A registered gas detector that nobody plays, known by now to gateway and engine."""
        if not self.spares:
            self._register_spares()
        return self.spares.pop()

    def telemetry(self, device: str) -> str:
        """The topic of a spare detector."""
        return f"linli/v1/{self.grid}/gas/{device}/telemetry"

    def _register_spares(self) -> None:
        """Registrations travel in order: once the last one's alarm is seen, all of them are in force."""
        self.grid = str(self.get("/devices", kind="gas", limit=1)["items"][0]["area"])
        run = uuid.uuid4().hex[:6]
        *spares, canary = [f"spare-{run}-{number:02d}" for number in range(SPARES)]
        for device in (*spares, canary):
            body = {"id": device, "kind": "gas", "area": self.grid, "period_s": 60}
            answer = self.post("/devices", body, "administrator", device)
            assert answer.status_code == 201, answer.text

        def sings() -> object:
            stamp = time.time_ns() // 1_000_000
            self.publish(self.telemetry(canary), {"ts": stamp, "values": {"alarm": True}})
            return self.get("/alarms", device=canary)["items"]

        eventually(sings, within_s=60, every_s=0.5, what="a new detector is in force")
        self.spares = spares

    def query(self, schema: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Read a service's schema with its own role."""
        with psycopg.connect(self.platform.database(schema)) as connection:
            connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema)))
            return connection.execute(statement.encode(), values).fetchall()


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """The one platform of the e2e tests, whatever they do to it; each leaves it healthy."""
    folder = Path(tempfile.mkdtemp(prefix="linli-e2e-"))
    folder.chmod(0o755)
    running = Running(folder / "data")
    running.data.mkdir()
    # Ports of its own, so that a platform that starts at the same moment elsewhere is never met.
    ports: dict[str, int] = {}
    for usual in addresses.USUAL:
        ports[usual] = addresses.any_free({*addresses.USUAL.values(), *ports.values()})
    Layout(running.data).ports.write_text(json.dumps(ports))
    try:
        running.up()
        yield running
    finally:
        running.linli("down")
        shutil.rmtree(folder, ignore_errors=True)
