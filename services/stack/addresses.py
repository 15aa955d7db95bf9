"""Ports: the usual ones while they are free, others when not, the same ones at every start, never one for two."""

import json
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
    "api-beside": 9118,
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


@contextmanager
def chosen(file: Path) -> Iterator[dict[str, int]]:
    """Every port by name: last time's where free, else the usual, else any; remembered in ``file``.

    Nobody listens on them yet: until this ends they are claimed, and no other launcher chooses them.
    """
    last = remembered(file)
    ports: dict[str, int] = {}
    with ExitStack() as claims:
        for name, usual in USUAL.items():
            wanted = (port for port in (last.get(name), usual) if port)
            ports[name] = next((port for port in wanted if _claim(port, claims)), 0) or _claim_any(claims)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(ports, indent=2))
        partial.replace(file)
        yield ports


def _claim_any(claims: ExitStack) -> int:
    while not _claim(port := any_free(set(USUAL.values())), claims):
        pass
    return port


def _claim(port: int, claims: ExitStack) -> bool:
    """Claim a port; whether it is ours now, claimed and free.

    In this order, since a launcher gives its claim up when its server listens. The claim is a name in the same
    network namespace as the port, for launchers of every user, and goes with its process however that ends.
    """
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0linli-port-{port}")
    except OSError:
        claim.close()
        return False
    if not is_free(port):
        claim.close()
        return False
    claims.enter_context(claim)
    return True


def remembered(file: Path) -> dict[str, int]:
    """The ports of the last start; empty where there was none."""
    try:
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
