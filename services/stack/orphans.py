"""What a killed run left behind: processes without a manager, and PostgreSQL's stale lock file."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import psutil

from services.stack.supervise import MARK

PATIENCE_S = 15


def find(data: Path) -> list[psutil.Process]:
    """Processes that carry this data directory's mark (never ourselves)."""
    return others(lambda process: process.environ().get(MARK) == str(data))


def others(which: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Every process but ourselves that is meant; one that has ended or may not be looked into is none of them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and which(process):
                found.append(process)
    return found


def end(data: Path) -> int:
    """End every process that a killed run left: asked first, killed after a while. Returns how many."""
    left = find(data)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(left, timeout=PATIENCE_S)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=PATIENCE_S)
    return len(left)


def remove_stale_lock(postgres_data: Path) -> bool:
    """Remove ``postmaster.pid`` when its process is gone or is somebody else's by now."""
    lock = postgres_data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return False
    with contextlib.suppress(psutil.Error):
        if psutil.Process(pid).cwd() == str(postgres_data):
            return False  # the very server of this directory
    lock.unlink(missing_ok=True)
    return True
