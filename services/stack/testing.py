"""``./linli test``: bring what the suite needs, then the whole suite on servers of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from services.stack import install, lanes
from services.stack.layout import CHECKOUT, Layout
from services.stack.say import console

FAILED = 1
"""pytest's exit code for failed tests; the others tell of wrong use, a crash or an empty run."""
PAGES = CHECKOUT / "tests/pages"
SOAK = ("tests/e2e/test_outages.py", "tests/integration/test_streams_restarts.py")
PYTEST = (sys.executable, "-u", "-X", "faulthandler", "-m", "pytest")
LANES = {
    name: (*PYTEST, "-o", f"cache_dir=.pytest_cache/{name}", f"--basetemp={lanes.FOLDER}/t", *chosen)
    for name, chosen in {
        "parts": ("--ignore=tests/integration", "--ignore=tests/e2e", "--ignore=tests/pages"),
        "servers": ("tests/integration",),
        "platform": ("tests/e2e",),
        "pages": ("tests/pages",),
    }.items()
}
"""Run side by side; the first is shown as it goes, the others when it has ended. Their folders have short names:
a Unix socket's path has a hundred bytes."""
LIMIT_S: Final = 35 * 60
"""The longest lane takes 11 minutes on two quiet cores; past this it hangs."""
AGAIN: Final = {
    FAILED: ("--last-failed", "--last-failed-no-failures", "none", "-p", "no:randomly", "-v"),
    lanes.OVERDUE: ("-v",),
}
"""What is added to a lane's command for its second try, by its exit code."""


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
    """The suite in lanes side by side: one works, the others mostly wait for servers, the platform and a browser.

    Some five thousand tests start, kill and starve real servers and browsers on whatever machine this
    is. One that fails is tried once more by itself and named; one that fails twice has failed. So with
    a lane that hangs: it is ended, says where it stood, and has one more try.
    """
    console.print("几路并行，第一路以外的结果最后显示 Several lanes; all but the first are shown at the end\n")
    codes = lanes.run(LANES, cwd=CHECKOUT, environment=environment, limit_s=LIMIT_S)
    for lane, code in codes.items():
        if code in AGAIN:
            console.print(f"\n{lane}: 再试一次 Trying once more, alone, what failed (a pass: slow or unsteady)")
            again = {lane: (*LANES[lane], *AGAIN[code])}
            codes |= lanes.run(again, cwd=CHECKOUT, environment=environment, limit_s=LIMIT_S)
    return max(codes.values())
