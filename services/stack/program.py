"""What it takes to run one process: command, environment, user, and how to see that it is up."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.contracts import Unavailable

STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Program:
    """One process. ``order`` sorts starting (low first) and stopping (high first)."""

    name: str
    argv: tuple[str, ...]
    order: int
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    port: int | None = None
    health: str | None = None
    stop_signal: str = "TERM"


def run_as() -> dict[str, str]:
    """The environment that every child gets: what programs need and nothing secret of ours."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "JAVA_HOME") if name in os.environ}


def spawn(program: Program, log: Path) -> subprocess.Popen[bytes]:
    """Start a program by hand, as tests do; its output goes to ``log``."""
    with log.open("ab") as output:
        return subprocess.Popen(
            program.argv,
            env={**run_as(), **program.environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            user=program.user,
            group=program.user,
            extra_groups=[] if program.user else None,
            start_new_session=True,
        )


def listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody accepts connections on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def wait_for(what: str, ready: Callable[[], bool], *, alive: Callable[[], bool], within_s: float = 60) -> None:
    """Poll until ``ready``; give up at once when the process has died.

    Raises:
        Unavailable: it died, or was not ready in time.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if not alive():
            raise Unavailable(f"{what} ended while starting")
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} was not ready within {within_s:.0f} s")
        time.sleep(0.05)
