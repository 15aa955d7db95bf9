"""The process manager (supervisor): its configuration, and talking to the one that runs."""

import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable
from configparser import RawConfigParser
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from services.stack.layout import Layout
from services.stack.program import STOP_SECONDS, Program, run_as, wait_for
from streams.contracts import LinliError, Unavailable

MARK = "LINLI_RUN"
"""Environment variable that every child carries: whose it is, should its manager be killed."""
RUNNING = "RUNNING"
FAILURES = (OSError, HTTPException, xmlrpc.client.Error)


def write_config(layout: Layout, programs: Iterable[Program]) -> None:
    """Write ``supervisord.conf``: everything restarts with backoff, nothing starts by itself."""
    config = RawConfigParser()
    config["supervisord"] = {
        "logfile": _escaped(str(layout.supervisor_log)),
        "pidfile": _escaped(str(layout.run / "supervisord.pid")),
        "childlogdir": _escaped(str(layout.logs)),
        "nodaemon": "true",
        "silent": "true",
        "minfds": "1024",
        **({"user": "root"} if _is_root() else {}),
    }
    config["unix_http_server"] = {"file": _escaped(str(layout.socket)), "chmod": "0700"}
    config["supervisorctl"] = {"serverurl": _escaped(f"unix://{layout.socket}")}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    for program in programs:
        config[f"program:{program.name}"] = _section(layout, program)
    layout.supervisor_config.touch(mode=0o600)
    with layout.supervisor_config.open("w") as file:
        config.write(file)


def _section(layout: Layout, program: Program) -> dict[str, str]:
    environment = {**run_as(), **program.environment, MARK: str(layout.data)}
    section = {
        "command": _escaped(" ".join(_quoted(word) for word in program.argv)),
        "environment": _escaped(",".join(_assignment(name, value) for name, value in environment.items())),
        "directory": _escaped(str(layout.data)),
        "priority": str(program.order),
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": "1000",
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(STOP_SECONDS),
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _escaped(str(layout.logs / f"{program.name}.log")),
        "stdout_logfile_maxbytes": "10MB",
        "stdout_logfile_backups": "3",
    }
    if program.user:
        section["user"] = program.user
    return section


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _assignment(name: str, value: str) -> str:
    """Supervisor knows no escapes, only that one kind of quote may hold the other."""
    for quote in ('"', "'"):
        if quote not in value:
            return f"{name}={quote}{value}{quote}"
    raise LinliError(f"{name} holds both kinds of quotes, which the process manager cannot pass on")


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _is_root() -> bool:
    return os.geteuid() == 0


def command(layout: Layout) -> list[str]:
    """How the manager itself is started."""
    return [sys.executable, "-m", "supervisor.supervisord", "-c", str(layout.supervisor_config)]


class Manager:
    """The running process manager of one data directory, over its socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def answers(self) -> bool:
        """Whether one runs at all."""
        try:
            return bool(self._ask("getState")["statename"] == RUNNING)
        except FAILURES:
            return False

    def exists(self) -> bool:
        """Whether one is there, be it on its way out."""
        try:
            self._ask("getState")
        except FAILURES:
            return False
        return True

    def complete(self) -> bool:
        """Whether every program was started: not so after a start that was killed."""
        return all(info["start"] for info in self.processes())

    def start(self, names: Iterable[str]) -> None:
        """Start programs without waiting for each other."""
        for name in names:
            self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        self._call("stopProcess", name, True)

    def processes(self) -> list[dict[str, Any]]:
        """What the manager knows of every program."""
        answer: list[dict[str, Any]] = self._call("getAllProcessInfo")
        return answer

    def shutdown(self) -> None:
        """Stop every program in the reverse of its order, then the manager."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return self._ask(method, *arguments)
        except FAILURES as error:
            raise Unavailable(f"process manager: {error}") from error

    def _ask(self, method: str, *arguments: object) -> Any:
        """On a connection of its own: one that was refused never recovers."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport) as proxy:
            return getattr(proxy.supervisor, method)(*arguments)


def launch(layout: Layout) -> subprocess.Popen[bytes]:
    """Start the manager in a session of its own, so that Ctrl-C reaches only the launcher.

    Raises:
        Unavailable: it did not answer; its log says why.
    """
    with (layout.logs / "supervisord.out").open("ab") as output:
        process = subprocess.Popen(
            command(layout), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
    name = f"the process manager (its words: {layout.logs / 'supervisord.out'})"
    try:
        wait_for(name, Manager(layout.socket).answers, alive=lambda: process.poll() is None, within_s=15)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    return process


def restarts(log: Path, since: int = 0) -> dict[str, int]:
    """How often each program was started again, as the manager's log of this run tells."""
    spawned: dict[str, int] = {}
    try:
        text = log.read_text(errors="replace")[since:]
    except OSError:
        return {}
    for line in text.splitlines():
        _, found, rest = line.partition("INFO spawned: '")
        if found:
            name = rest.partition("'")[0]
            spawned[name] = spawned.get(name, 0) + 1
    return {name: count - 1 for name, count in spawned.items()}
