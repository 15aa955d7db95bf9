"""Ports: the usual ones while they are free, others when not, the same ones at every start."""

import json
import random
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
RANGE: Final = (20_000, 32_000)
USUAL: Final[Mapping[str, int]] = {
    "web": 8080,
    "mqtt": 1883,
    "kafka": 9092,
    "kafka-controller": 9093,
    "postgres": 5432,
    "prometheus": 9090,
    "alertmanager": 9094,
    "gateway": 9101,
    "streams": 9102,
    "registry": 9103,
    "history": 9104,
    "alarms": 9105,
    "tickets": 9106,
    "oncall": 9107,
    "api": 9108,
    "simulator": 9109,
    "notices": 9110,
    "oncall-webhook": 9117,
}


def is_free(port: int) -> bool:
    """Whether we could listen on a port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free(avoid: set[int]) -> int:
    """A free port that is not in ``avoid``.

    Not from the range that the kernel gives to outgoing connections (32768 and up on Linux): one of
    those could take the port between our choice and the server's start.
    """
    while True:
        port = random.randrange(*RANGE)
        if port not in avoid and is_free(port):
            return port


def choose(file: Path) -> dict[str, int]:
    """Every port by name: last time's where free, else the usual, else any; remembered in ``file``."""
    last = remembered(file)
    chosen: dict[str, int] = {}
    for name, usual in USUAL.items():
        taken = set(chosen.values())
        wanted = [port for port in (last.get(name), usual) if port and port not in taken and is_free(port)]
        chosen[name] = wanted[0] if wanted else any_free(taken | set(USUAL.values()))
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(chosen, indent=2))
    partial.replace(file)
    return chosen


def remembered(file: Path) -> dict[str, int]:
    """The ports of the last start; empty where there was none."""
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
