"""A rehearsal as a process: ``linli-rehearse``, its progress read line by line, killed where it takes too long."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Final

import msgspec

from services.adapters import logging
from services.adapters.clock import RandomIds, SystemClock
from services.api.alarms.rehearsing import Rehearsals, Told
from services.rehearsal.domain import DAY_MS, Line, Order, Reached, Report, Scope, Stopped
from services.rehearsal.ports import Shelf
from streams.contracts import Refused, Unavailable

_LOG: Final = logging.get(__name__)
LIMIT_S: Final = 600.0
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of a result: four times what 20,000 alarms under each of two versions take."""
KINDNESS: Final = 10
"""How far it stands behind the processes that watch: a rehearsal can wait, an alarm cannot."""
PASSED_ON: Final = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "VIRTUAL_ENV")
_LINES: Final = msgspec.json.Decoder(Line)
_RESULT: Final = msgspec.json.Decoder(Report)


def process_rehearsals(shelf: Shelf, database_url: str) -> Rehearsals:
    """Rehearsals as processes over one database."""
    return Rehearsals(shelf, ProcessRunner(database_url), SystemClock(), RandomIds())


def command_of(scope: Scope) -> tuple[str, ...]:
    """The command line, which others can see: the rule comes by standard input, the database by the environment."""
    days = (scope.end - scope.start) / DAY_MS
    return (
        sys.executable, "-m", "services.rehearsal.main", "--json", "--lines", f"--to={scope.end}", f"--days={days!r}",
        f"--area={scope.area}", f"--device={scope.device}", "-",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProcessRunner:
    """:class:`services.api.alarms.rehearsing.Runner`. The child is in our process group: a stop of all reaches it."""

    database_url: str = field(repr=False)
    limit_s: float = LIMIT_S

    def start(self, order: Order, told: Told) -> Callable[[], None]:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with ExitStack() as opened:
            try:  # files, since over pipes each would wait for the other
                given, result = (opened.enter_context(tempfile.TemporaryFile()) for _ in range(2))
                given.write(msgspec.json.encode(order.rule))
                given.seek(0)
                process = subprocess.Popen(
                    command_of(order.scope), stdin=given, stdout=result, stderr=subprocess.PIPE,
                    env={**environment, "DATABASE_URL": self.database_url},
                )  # fmt: skip
            except OSError as error:
                raise Unavailable(f"a rehearsal cannot be started: {error}") from error
            run = _Run(process, result, opened.pop_all(), order.scope, told)
        _stand_behind(process.pid)
        limit = threading.Timer(self.limit_s, run.time_out, (self.limit_s,))
        limit.daemon = True
        limit.start()
        threading.Thread(target=run.follow, args=(limit,), name="rehearsal", daemon=True).start()
        return run.cancel


@dataclass(slots=True)
class _Run:
    process: subprocess.Popen[bytes]
    result: IO[bytes]
    opened: ExitStack
    scope: Scope
    told: Told
    refused: Refused | None = None
    noise: list[str] = field(default_factory=list)

    def cancel(self) -> None:
        self.refused = self.refused or Refused("cancelled", "the rehearsal was cancelled")
        self.process.kill()

    def time_out(self, limit_s: float) -> None:
        self.refused = Refused(
            "time", f"the rehearsal took longer than {limit_s / 60:.0f} minutes", field="scope",
            remedy="Narrow it: fewer days, one area, or one device.",
        )  # fmt: skip
        self.process.kill()

    def follow(self, limit: threading.Timer) -> None:
        """Read until it ends; whatever happens, somebody is told."""
        try:
            for line in self.process.stderr or ():
                self._hear(line)
            code = self.process.wait()
            outcome = self._outcome(code)
        finally:
            limit.cancel()
            self.process.kill()
            self.process.wait()
            if self.process.stderr is not None:
                self.process.stderr.close()
            self.opened.close()
        self.told.ended(outcome)

    def _hear(self, line: bytes) -> None:
        try:
            said = _LINES.decode(line)
        except msgspec.DecodeError:
            self.noise = [*self.noise[-20:], line.decode(errors="replace").rstrip()[:500]]
            return
        if isinstance(said, Reached):
            self.told.reached((said.at - self.scope.start) / (self.scope.end - self.scope.start))
        elif isinstance(said, Stopped):
            self.refused = said.refused()

    def _outcome(self, code: int) -> Report | Refused:
        if self.refused is not None:
            return self.refused
        self.result.seek(0)
        found = self.result.read(MOST_BYTES + 1)
        if code == 0 and len(found) <= MOST_BYTES:
            try:
                return _RESULT.decode(found)
            except msgspec.DecodeError as error:
                self.noise.append(f"its result cannot be read: {error}")
        _LOG.error("rehearsal broke", code=code, bytes=len(found), said=self.noise)
        remedy = "Try again; if it stays, the operators find the reason in the log of linli-api."
        return Refused("failed", f"the rehearsal ended by itself, with code {code}", remedy=remedy)


def _stand_behind(process: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, process, KINDNESS)
    except OSError as error:  # it may have ended already, and it is a courtesy
        _LOG.info("rehearsal keeps its priority", why=str(error))
