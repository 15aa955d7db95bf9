"""``./linli audit verify``: the verifying command on the platform's own database."""

import subprocess
import sys
from collections.abc import Sequence

from services.stack.program import run_as

COMMAND = (sys.executable, "-m", "services.auditing.main")


def verify(database: str, expect: Sequence[str]) -> int:
    """Run it as a process of its own, with the address where no list of processes shows it; returns its exit code."""
    options = [word for noted in expect for word in ("--expect", noted)]
    environment = {**run_as(), "DATABASE_URL": database}
    return subprocess.run([*COMMAND, *options], env=environment, check=False).returncode
