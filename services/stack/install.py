"""What the machine lacks, how to get it, and getting it where we may."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.stack.layout import CHECKOUT, Layout
from services.stack.say import Step, console, step
from services.stack.servers import kafka, mosquitto, postgres
from streams.contracts import LinliError

POLICY = Path("/usr/sbin/policy-rc.d")
OURS = "# ./linli wrote this for the time of an installation; it may be removed."
INIT = Path("/etc/init.d")
SERVICES = ("mosquitto", "postgresql", "prometheus", "prometheus-alertmanager")
WORDS = 15
DRESS = re.compile(r"\x1b\[[0-9;]*m|^.*\r(?=.)|\[INFO\] ")
PLACE = re.compile(r"https?://\S*/")
OLDEST_JAVA = 17
OLDEST_NODE = 18


class NotInstalled(LinliError):
    """Something is missing that we may not install; the message has the exact command."""


@dataclass(frozen=True, slots=True)
class Need:
    """One program of the distribution: what for, how to see it, which packages bring it."""

    name: str
    purpose: str
    present: Callable[[], bool]
    packages: tuple[str, ...]


def _version(command: list[str], pattern: str) -> int:
    """The first number that ``pattern`` finds in what a command prints; 0 where it is missing."""
    if shutil.which(command[0]) is None:
        return 0
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return int(found.group(1)) if found else 0


def _on_path(*names: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(name) for name in names)


TO_RUN = (
    Need(
        "Java 17",
        "Kafka",
        lambda: _version(["java", "-version"], r'version "(\d+)') >= OLDEST_JAVA,
        ("openjdk-17-jre-headless",),
    ),
    Need("Maven", "Kafka 的程序包 Kafka's jars", _on_path("mvn"), ("maven",)),
    Need(
        "Node.js",
        "页面的程序库 the pages' libraries",
        lambda: _version(["node", "--version"], r"v(\d+)") >= OLDEST_NODE and bool(shutil.which("npm")),
        ("nodejs", "npm"),
    ),
    Need(
        "mosquitto",
        "MQTT",
        lambda: bool(mosquitto.program_path() and shutil.which("mosquitto_passwd")),
        ("mosquitto", "mosquitto-clients"),
    ),
    Need("PostgreSQL", "数据库 the database", lambda: postgres.binaries() is not None, ("postgresql",)),
    Need("Prometheus", "监控 monitoring", _on_path("prometheus"), ("prometheus",)),
    Need("Alertmanager", "通知 notifications", _on_path("prometheus-alertmanager"), ("prometheus-alertmanager",)),
)
TO_TEST_PAGES = (
    Need("Chromium", "页面测试 page tests", _on_path("chromium"), ("chromium",)),
    Need(
        "Noto CJK",
        "页面测试的中文字体 Chinese fonts for page tests",
        lambda: any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")),
        ("fonts-noto-cjk",),
    ),
)
TO_TEST = (
    Need("promtool", "告警规则测试 tests of the alert rules", _on_path("promtool"), ("prometheus",)),
    Need(
        "mosquitto_pub",
        "用命令行发读数 readings from a shell, and tests",
        _on_path("mosquitto_pub"),
        ("mosquitto-clients",),
    ),
)


def missing(needs: Iterable[Need]) -> list[Need]:
    return [need for need in needs if not need.present()]


def administrator() -> list[str] | None:
    """The prefix that may install packages, or None."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def system_packages(needs: Iterable[Need]) -> None:
    """Install what is missing from the distribution.

    Raises:
        NotInstalled: we may not, or the package client failed.
    """
    lacking = missing(needs)
    if not lacking:
        return
    packages = sorted({package for need in lacking for package in need.packages})
    prefix = administrator()
    if prefix is None or shutil.which("apt-get") is None:
        names = ", ".join(need.name for need in lacking)
        raise NotInstalled(
            f"缺少 {names}，请执行 / {names} missing, please run:\n    "
            f"sudo apt-get install --no-install-recommends {' '.join(packages)}"
        )
    names = ", ".join(need.name for need in lacking)
    with step(f"安装系统软件包 Installing {names}") as running, _services_kept_still(prefix):
        _install(prefix, packages, running)
    still = missing(lacking)
    if still:
        raise NotInstalled(f"{', '.join(n.name for n in still)}: installed {' '.join(packages)}, still not found")


def _install(prefix: list[str], packages: list[str], running: Step) -> None:
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    before = _services()
    _run([*apt, "dpkg", "--configure", "-a"], running, must=False)  # an installation that was cut short
    _run([*apt, "apt-get", "update", "-q"], running, must=False)
    _run([*apt, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages], running)
    added = sorted(_services() - before)
    for service in added:  # up starts ours on their own directory; the distribution's would hold their ports
        _run([*prefix, "update-rc.d", service, "disable"], running, must=False)
    if added:
        console.print(f"  [dim]发行版的服务不随系统启动 Not started at boot: {', '.join(added)}[/]")


def _services() -> set[str]:
    """The services of the distribution, of those that our packages bring."""
    return {name for name in SERVICES if (INIT / name).exists()}


@contextlib.contextmanager
def _services_kept_still(prefix: list[str]) -> Iterator[None]:
    """Debian starts a server when its package is installed, unless policy-rc.d says no."""
    if POLICY.exists() and OURS not in POLICY.read_text(errors="replace"):
        yield
        return
    text = f"#!/bin/sh\n{OURS}\nexit 101\n"
    subprocess.run([*prefix, "tee", str(POLICY)], input=text.encode(), stdout=subprocess.DEVNULL, check=True)
    try:
        subprocess.run([*prefix, "chmod", "755", str(POLICY)], check=True)
        yield
    finally:
        subprocess.run([*prefix, "rm", "-f", str(POLICY)], check=True)


def libraries(layout: Layout) -> None:
    """Resolve Kafka's jars and the pages' scripts, where they are not there yet."""
    layout.tools.mkdir(parents=True, exist_ok=True)
    if not kafka.installed(layout.tools):
        partial = layout.tools / "kafka.partial"
        shutil.rmtree(partial, ignore_errors=True)
        with step("下载 Kafka Resolving Kafka's jars with Maven") as running:
            _run(kafka.install_command(CHECKOUT, partial), running)
        shutil.rmtree(kafka.libraries(layout.tools), ignore_errors=True)
        partial.rename(kafka.libraries(layout.tools))
    with step("准备页面 Preparing the pages' libraries") as running:
        _run([sys.executable, "-m", "dashboards.web.build"], running)


def _run(command: list[str], running: Step, *, must: bool = True) -> None:
    """Run a command whose latest line is shown; its last words are the reason if it fails."""
    words: deque[str] = deque(maxlen=WORDS)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=CHECKOUT,
    ) as process:
        try:
            for line in process.stdout or ():
                if said := DRESS.sub("", line).strip():
                    words.append(said)
                    running.now = PLACE.sub("", said)
        except BaseException:  # Ctrl-C: not waited for until it is done
            with contextlib.suppress(PermissionError):
                process.terminate()
            raise
    running.now = ""
    if must and process.returncode:
        raise NotInstalled(f"{' '.join(command)}\n" + "\n".join(words))
