"""How the platform is: what runs, whether it is healthy, whether data has really flowed."""

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from services.stack import supervise
from services.stack.addresses import HOST
from services.stack.layout import Layout
from services.stack.platform import Platform
from services.stack.program import listening
from services.stack.supervise import RUNNING, Manager

SAMPLE = re.compile(r"^(linli_\w+)(?:\{[^}]*\})? ([0-9.e+-]+)$", re.MULTILINE)
PORT_NAMES = {"mosquitto": "mqtt"}
SERVERS_WITHOUT_HTTP = frozenset({"kafka", "postgres", "mosquitto"})


@dataclass(frozen=True, slots=True)
class Process:
    """One line of ``status``."""

    name: str
    pid: int
    state: str
    port: int | None
    restarts: int
    healthy: bool
    lag: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The whole picture; ``ready`` means that readings went all the way through."""

    ready: bool
    processes: list[Process]
    urls: Mapping[str, str]

    def well(self, names: Iterable[str]) -> bool:
        """Whether every one of these processes is healthy."""
        return set(names) <= {process.name for process in self.processes if process.healthy}

    def as_json(self) -> dict[str, object]:
        rows = [
            {
                "name": process.name,
                "pid": process.pid,
                "state": process.state,
                "port": process.port,
                "restarts": process.restarts,
                "healthy": process.healthy,
                "lag": process.lag,
            }
            for process in self.processes
        ]
        return {"ready": self.ready, "processes": rows, "urls": dict(self.urls)}


NEVER_RAN = Status(ready=False, processes=[], urls={})


def metrics(port: int) -> dict[str, float]:
    """A process's metrics, summed over their labels; empty where it does not answer."""
    try:
        _, _, text = _get(port, "/metrics")
    except (OSError, HTTPException):
        return {}
    totals: dict[str, float] = {}
    for name, value in SAMPLE.findall(text):
        totals[name] = totals.get(name, 0.0) + float(value)
    return totals


def healthy(name: str, port: int, path: str | None, pid: int) -> tuple[bool, str]:
    """Ask one process how it is; servers without a health page answer by listening.

    Ours name their pid: another platform's process on that port must not pass for this one.
    """
    if name in SERVERS_WITHOUT_HTTP or path is None:
        return listening(port), ""
    try:
        status, owner, text = _get(port, path)
    except (OSError, HTTPException) as error:
        return False, type(error).__name__
    if owner and owner != str(pid):
        return False, f"端口 {port} 被另一个进程占用 port {port} is held by another process"
    return status == HTTPStatus.OK, "" if status == HTTPStatus.OK else text.strip()[:200]


def _get(port: int, path: str) -> tuple[int, str, str]:
    """Status, the answering process's pid if it tells, and body. Asked often: no client library's set-up."""
    connection = HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Linli-Pid", ""), answer.read().decode(errors="replace")
    finally:
        connection.close()


def status(layout: Layout, platform: Platform) -> Status:
    """Look at everything once."""
    manager = Manager(layout.socket)
    if not manager.answers():
        return Status(ready=False, processes=[], urls=platform.urls())
    again = supervise.restarts(layout.supervisor_log)
    infos = manager.processes()
    with ThreadPoolExecutor(max_workers=len(infos)) as lookers:
        rows = list(lookers.map(lambda info: _look(info, platform, again), infos))
    ready = bool(rows) and all(row.healthy for row in rows) and flowed(platform)
    return Status(ready=ready, processes=rows, urls=platform.urls())


def _look(info: Mapping[str, Any], platform: Platform, again: Mapping[str, int]) -> Process:
    """One process, as its manager and as it itself tells."""
    name = str(info["name"])
    port = platform.ports.get(PORT_NAMES.get(name, name))
    path = "/-/ready" if name in {"prometheus", "alertmanager"} else "/health"
    well, detail = healthy(name, port, path, int(info["pid"])) if port and info["statename"] == RUNNING else (False, "")
    lag = metrics(port).get("linli_consumer_lag_records") if port and well and path == "/health" else None
    return Process(
        name=name,
        pid=int(info["pid"]),
        state=str(info["statename"]).lower(),
        port=port,
        restarts=again.get(name, 0),
        healthy=well,
        lag=None if lag is None else int(lag),
        detail=detail or str(info.get("spawnerr") or ""),
    )


def flowed(platform: Platform) -> bool:
    """Whether readings have passed the gateway and stand in history (ticks alone, without a simulator)."""
    if not platform.options.simulator:
        return metrics(platform.ports["gateway"]).get("linli_gateway_mqtt_connected", 0) >= 1
    stored = metrics(platform.ports["history"]).get("linli_history_rows_total", 0)
    stepped = metrics(platform.ports["streams"]).get("linli_engine_samples_total", 0)
    return stored > 0 and stepped > 0
