"""``./linli doctor``: what this machine lacks, and the remedy for each."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.stack import addresses, install
from services.stack.layout import LEAST_FREE, DataDirectoryUnusable, Layout
from services.stack.say import console, table
from services.stack.servers import kafka
from services.stack.supervise import Manager

LEAST_MEMORY = 3_000_000_000
LEAST_FILES = 1_024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``needed`` False: only for tests, or a remark."""

    what: str
    good: bool
    found: str
    remedy: str = ""
    needed: bool = True


def examine(layout: Layout) -> Iterator[Finding]:
    """Look at everything that ``up`` and ``test`` rely on."""
    yield Finding("Python ≥ 3.11", sys.version_info >= (3, 11), sys.version.split()[0], "apt-get install python3")
    only_for_tests = [*install.TO_TEST_PAGES, *install.TO_TEST]
    for need, needed in [(n, True) for n in install.TO_RUN] + [(n, False) for n in only_for_tests]:
        present = need.present()
        remedy = f"sudo apt-get install --no-install-recommends {' '.join(need.packages)}"
        yield Finding(
            f"{need.name}: {need.purpose}", present, "有 present" if present else "缺 missing", remedy, needed
        )
    jars = kafka.installed(layout.tools)
    yield Finding(
        f"Kafka {kafka.VERSION}", jars, str(kafka.libraries(layout.tools)) if jars else "up 时下载 fetched by up", "",
        needed=False,
    )  # fmt: skip
    yield _data_directory(layout)
    memory = psutil.virtual_memory().available
    yield Finding(
        "内存 Memory", memory >= LEAST_MEMORY, f"{memory / 1e9:.1f} GB", f"空出 free {LEAST_MEMORY / 1e9:.0f} GB"
    )
    files = psutil.Process().rlimit(psutil.RLIMIT_NOFILE)[0]
    yield Finding("文件数 Open files", files >= LEAST_FILES, str(files), f"ulimit -n {LEAST_FILES}")
    if not Manager(layout.socket).answers():
        busy = [f"{name} {port}" for name, port in addresses.USUAL.items() if not addresses.is_free(port)]
        yield Finding(
            "常用端口 Usual ports", not busy, "空闲 free" if not busy else ", ".join(busy),
            "不必处理，up 会另选端口 nothing: up takes others", needed=False,
        )  # fmt: skip


def _data_directory(layout: Layout) -> Finding:
    try:
        layout.make()
    except DataDirectoryUnusable as error:
        return Finding(f"数据目录 {layout.data}", good=False, found="", remedy=str(error))
    free = shutil.disk_usage(layout.data).free
    return Finding(
        f"数据目录 Data {layout.data}", free >= LEAST_FREE, f"{free / 1e9:.0f} GB 可用 free", "清理磁盘 free some space"
    )


def _sign(finding: Finding) -> str:
    if finding.good:
        return "[green]✓[/]"
    return "[red]✗[/]" if finding.needed else "[yellow]–[/]"


def doctor(layout: Layout) -> int:
    """Print every finding; 1 when something that is needed is missing and cannot be installed by ``up``."""
    findings = list(examine(layout))
    rows = [(_sign(f), f.what, f.found, "" if f.good else f.remedy) for f in findings]
    table("", ("", "检查 Check", "结果 Found", "办法 Remedy"), rows)
    lacking = [f for f in findings if f.needed and not f.good]
    if not lacking:
        console.print("\n一切就绪 Everything is there.")
        return 0
    if install.administrator() is not None and Path("/etc/apt").is_dir():
        console.print("\n缺少的软件 ./linli up 会自动安装 ./linli up installs the missing packages itself.")
    return 1
