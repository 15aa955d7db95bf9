"""``./linli test``: bring what the suite needs, then the whole suite on servers of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence

from services.stack import install
from services.stack.layout import CHECKOUT, Layout
from services.stack.say import console

FAILED = 1
"""pytest's exit code for failed tests; the others tell of wrong use, a crash or an empty run."""
PAGES = CHECKOUT / "tests/pages"


def needs(arguments: Sequence[str]) -> list[install.Need]:
    """What these tests rely on: the browser only where pages are among them."""
    named = [CHECKOUT / word.partition("::")[0] for word in arguments if not word.startswith("-")]
    chosen = [path for path in named if path.exists()]
    pages = not chosen or any(path.is_relative_to(PAGES) or PAGES.is_relative_to(path) for path in chosen)
    return [*install.TO_RUN, *install.TO_TEST, *(install.TO_TEST_PAGES if pages else ())]


def run(layout: Layout, arguments: Sequence[str], *, soak: bool = False) -> int:
    """Run pytest; its exit code is ours. The running platform's addresses are hidden from it.

    A whole run gives failed tests a second try; a run of named tests does not.
    """
    install.system_packages(needs(arguments))
    install.libraries(layout)
    hidden = {"KAFKA_BOOTSTRAP_SERVERS", "MQTT_URL", "DATABASE_URL", "LINLI_DATA"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["LINLI_TOOLS"] = str(layout.tools)
    if soak:
        environment["LINLI_SOAK"] = "1"
    command = [sys.executable, "-m", "pytest", *arguments]
    code = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    if code != FAILED or arguments:
        return code
    # Some two thousand tests start, kill and starve real servers on whatever machine this is. One that
    # fails is tried once more by itself and named; one that fails twice has failed.
    console.print("\n再试一次失败的测试 Trying once more, alone, what failed (a pass here means: slow or unsteady)")
    again = [*command, "--last-failed", "--last-failed-no-failures", "none", "-p", "no:randomly", "-v"]
    return subprocess.run(again, cwd=CHECKOUT, env=environment, check=False).returncode
