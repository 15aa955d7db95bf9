"""Commands side by side, each with a limit: the first is shown as it goes, none can be silent for ever."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import IO, Final

import psutil

from services.stack import orphans
from services.stack.say import console

OVERDUE: Final = 124
"""The code of a lane that was ended at its limit, as of ``timeout(1)``."""
FOLDER: Final = "{folder}"
"""Stands in a command for the folder that is its lane's own."""
LOOK_S: Final = 0.2
TELL_S: Final = 30.0
PATIENCE_S: Final = 30.0
LAST_WORDS: Final = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """One command that runs. ``folder`` is its TMPDIR: whatever mentions it was started by this lane."""

    name: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]
    folder: Path
    begun: float

    @property
    def age_s(self) -> float:
        return monotonic() - self.begun

    def show(self) -> None:
        """Print what it said since it was shown last."""
        sys.stdout.buffer.write(self.said.read())
        sys.stdout.flush()

    def last_line(self) -> str:
        """Where it is, for somebody who waits."""
        size = os.fstat(self.said.fileno()).st_size
        tail = os.pread(self.said.fileno(), LAST_WORDS, max(0, size - LAST_WORDS))
        return tail.decode(errors="replace").strip().rpartition("\n")[2]

    def interrupt(self) -> None:
        """Ask it to end and to tidy up, as Ctrl+C does; it is killed if it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE_S)
        self.abort()

    def abort(self) -> None:
        """End it and what it started at once; a Python with ``-X faulthandler`` says first where it stood."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE_S)
            self.process.kill()
            self.process.wait()
        for left in started_from(self.folder):
            with contextlib.suppress(psutil.Error):
                console.print(f"{self.name} 留下的进程，已结束 left a process, ended: {left.pid} {left.name()}")
                left.kill()


def started_from(folder: Path) -> list[psutil.Process]:
    """Every process that names ``folder`` in its command, environment or working directory."""
    return orphans.others(
        lambda process: any(
            str(folder) in place for place in (process.cwd(), *process.cmdline(), *process.environ().values())
        )
    )


def run(
    commands: Mapping[str, Sequence[str]], *, cwd: Path, environment: Mapping[str, str], limit_s: float
) -> dict[str, int]:
    """Run all commands at once; the exit code of each by name, :data:`OVERDUE` for one past ``limit_s``.

    The first one's output appears while it runs, another's once both have ended. From then on a line
    every :data:`TELL_S` tells what is waited for. SIGTERM ends the lanes and shows what they said.
    """
    codes: dict[str, int] = {}
    with ExitStack() as held:
        held.enter_context(_terminable())
        lanes = [held.enter_context(_running(name, words, cwd, environment)) for name, words in commands.items()]
        shown, told = lanes[0], monotonic()
        while len(codes) < len(lanes):
            for lane in lanes:
                if lane.name not in codes and (code := _code(lane, limit_s)) is not None:
                    codes[lane.name] = code
            shown.show()
            if shown.name in codes:
                for lane in lanes:
                    if lane.name in codes:
                        lane.show()
                if monotonic() - told > TELL_S:
                    told = monotonic()
                    _tell([lane for lane in lanes if lane.name not in codes])
            with contextlib.suppress(subprocess.TimeoutExpired):
                next((lane for lane in lanes if lane.name not in codes), shown).process.wait(LOOK_S)
    return codes


def _code(lane: Lane, limit_s: float) -> int | None:
    code = lane.process.poll()
    if code is None and lane.age_s > limit_s:
        console.print(f"\n{lane.name} 超过 {limit_s:.0f} 秒，强制结束 is past its limit and is ended; where it stood:")
        lane.abort()
        return OVERDUE
    return code


def _tell(waiting: Sequence[Lane]) -> None:
    for lane in waiting:
        console.print(f"  … 等待 Waiting for {lane.name}, {lane.age_s:.0f} s: {lane.last_line()}", markup=False)


@contextmanager
def _running(name: str, words: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> Iterator[Lane]:
    """Start a lane in a session of its own, so that Ctrl+C reaches it once and from us."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o755)  # servers that run as another user work below it
    log = folder / "output.log"
    with log.open("wb") as said, log.open("rb") as reader:
        process = subprocess.Popen(
            [word.replace(FOLDER, str(folder)) for word in words],
            cwd=cwd,
            env={**environment, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        lane = Lane(name, process, reader, folder, monotonic())
        try:
            yield lane
        finally:
            lane.interrupt()
            lane.show()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM unwinds like an exception, so that lanes end and are heard.

    A shell starts what runs in its background deaf to SIGINT, and so would be the lanes: a handler of
    ours is not inherited, so they hear it again.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    handlers = {signal.SIGTERM: leave, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
