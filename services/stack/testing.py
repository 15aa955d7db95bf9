"""``./linli test``: bring what the suite needs, then the whole suite on servers of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

from services.stack import install
from services.stack.layout import CHECKOUT, Layout
from services.stack.say import console

FAILED = 1
"""pytest's exit code for failed tests; the others tell of wrong use, a crash or an empty run."""
PAGES = CHECKOUT / "tests/pages"
SOAK = ("tests/e2e/test_outages.py", "tests/integration/test_streams_restarts.py")
PYTEST = (sys.executable, "-m", "pytest")
LANES = {
    "parts": (*PYTEST, "-o", "cache_dir=.pytest_cache/parts", "--ignore=tests/e2e", "--ignore=tests/pages"),
    "platform": (*PYTEST, "-o", "cache_dir=.pytest_cache/platform", "tests/e2e"),
    "pages": (*PYTEST, "-o", "cache_dir=.pytest_cache/pages", "tests/pages"),
}
"""Run side by side; the first is shown as it goes, the others when it has ended."""


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
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=CHECKOUT, env=environment, check=False).returncode
    return whole(environment)


def whole(environment: dict[str, str]) -> int:
    """The suite in lanes side by side, since tests of the whole platform and of pages mostly wait for it.

    Some four thousand tests start, kill and starve real servers on whatever machine this is. One
    that fails is tried once more by itself and named; one that fails twice has failed.
    """
    console.print("几路并行，第一路以外的结果最后显示 Several lanes; all but the first are shown at the end\n")
    shown, *others = LANES
    with ExitStack() as held:
        lanes = {lane: _begin(lane, environment, held, held.enter_context(tempfile.TemporaryFile())) for lane in others}
        first = subprocess.run(LANES[shown], cwd=CHECKOUT, env=environment, check=False).returncode
        codes = {shown: first} | {lane: process.wait() for lane, process in lanes.items()}
    for lane, code in codes.items():
        if code == FAILED:
            console.print("\n再试一次失败的测试 Trying once more, alone, what failed (a pass: slow or unsteady)")
            again = [*LANES[lane], "--last-failed", "--last-failed-no-failures", "none", "-p", "no:randomly", "-v"]
            codes[lane] = subprocess.run(again, cwd=CHECKOUT, env=environment, check=False).returncode
    return max(codes.values())


def _begin(lane: str, environment: dict[str, str], held: ExitStack, said: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a lane; ``held`` ends it, where it has not ended by itself, and shows what it ``said``."""
    process = subprocess.Popen(LANES[lane], cwd=CHECKOUT, env=environment, stdout=said, stderr=subprocess.STDOUT)

    def end() -> None:
        process.terminate()
        process.wait()
        said.seek(0)
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()

    held.callback(end)
    return process
