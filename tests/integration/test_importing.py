"""``linli-import`` as a person runs it: a process before a real web server."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.adapters.health import Health
from services.api.serving import http, listening
from services.importing.domain import decoded, parts, rows_of, twice
from streams.contracts import Refused
from tests.fakes.api import HERE, THERE, MemoryPlatform
from tests.support import eventually

PLAN = {"system": "kaifeng", "mapping": {"number": "编号", "title": "标题", "text": "诉求", "area": "区划"}}
HEAD = "编号,标题,诉求,区划\n"


@dataclass
class Desk:
    """A web server over memory, and the folder in which somebody works."""

    platform: MemoryPlatform
    address: str
    folder: Path

    def run(self, name: str, *options: str, token: str = "") -> subprocess.CompletedProcess[str]:
        plan = self.folder / "plan.json"
        plan.write_text(json.dumps(PLAN, ensure_ascii=False))
        key = token or self.platform.as_("operator").headers["Authorization"].removeprefix("Bearer ")
        command = [
            sys.executable,
            "-m",
            "services.importing.main",
            str(self.folder / name),
            "--map",
            str(plan),
            *options,
        ]
        environment = {"LINLI_TOKEN": key, "LINLI_SERVER": self.address, "PATH": "/usr/bin", "LANG": "C.UTF-8"}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)

    def write(self, name: str, text: str, encoding: str = "utf-8") -> None:
        (self.folder / name).write_bytes(text.encode(encoding))

    @property
    def opened(self) -> int:
        return sum(ticket.source == "system" for ticket in self.platform.tickets.state.tickets.values())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    platform = MemoryPlatform()
    listener = listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    stop = threading.Event()
    loop = http(platform.app, listener, platform.hub, Health())
    thread = threading.Thread(target=loop, args=(stop,))
    thread.start()

    def answers() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    try:
        eventually(answers, what="the web server answers")
        yield Desk(platform, f"http://127.0.0.1:{port}", tmp_path)
    finally:
        stop.set()
        thread.join(timeout=30)


def test_a_file_of_several_parts_is_tried_and_then_taken_over_once(desk: Desk) -> None:
    desk.write("old.csv", HEAD + "".join(f"A-{n},路灯 {n},三号楼,{HERE}\n" for n in range(1_100)), "gb18030")
    tried = desk.run("old.csv")
    assert (tried.returncode, tried.stdout, desk.opened) == (0, "", 0), tried.stderr
    assert "试导 trying 1100/1100" in tried.stderr
    assert "1100 行 rows，0 已导入 known，1100 新 new" in tried.stderr
    done = desk.run("old.csv", "--apply")
    assert (done.returncode, desk.opened) == (0, 1_100), done.stderr
    again = desk.run("old.csv", "--apply")
    assert (again.returncode, desk.opened) == (0, 1_100)
    assert "1100 已导入 known，0 新 new" in again.stderr


def test_faults_are_listed_by_the_files_own_lines_and_nothing_is_taken_over_unless_they_are_left_out(
    desk: Desk,
) -> None:
    rows = [f'A-{n},路灯,"两行\n诉求",{HERE}\n' for n in range(600)]
    rows[550] = f"A-550,,诉求,{HERE}\n"
    rows[599] = f"A-3,又一,诉求,{HERE}\n"  # its first is in another part
    rows[598] = f"A-597,又一,诉求,{HERE}\n"  # its first is in the same part, which must not count by itself
    desk.write("old.csv", HEAD + "".join(rows))
    done = desk.run("old.csv", "--apply")
    assert (done.returncode, desk.opened) == (1, 0), done.stderr
    assert done.stdout.splitlines() == [
        "1102\t标题\t\tis empty / 不能为空",
        "1197\t编号\tA-597\tline 1195 has the same number / 与第 1195 行编号相同",
        "1198\t编号\tA-3\tline 8 has the same number / 与第 8 行编号相同",
    ]
    rest = desk.run("old.csv", "--apply", "--skip-faulty")
    assert (rest.returncode, desk.opened) == (1, 597), rest.stderr


def test_a_number_with_another_content_is_a_conflict_before_anything_is_taken_over(desk: Desk) -> None:
    desk.write("old.csv", f"{HEAD}A-1,路灯,诉求,{HERE}\n")
    assert desk.run("old.csv", "--apply").returncode == 0
    desk.write("new.csv", f"{HEAD}A-1,别的,诉求,{HERE}\nA-2,井盖,诉求,{THERE}\n")
    found = desk.run("new.csv", "--apply")
    assert (found.returncode, desk.opened) == (1, 1)
    assert found.stdout.startswith("2\t编号\tA-1\t")


def test_who_may_not_and_what_is_no_file_is_said_and_no_trace_shown(desk: Desk) -> None:
    desk.write("old.csv", f"{HEAD}A-1,路灯,诉求,{HERE}\n")
    desk.write("torn.csv", f'{HEAD}A-1,"路灯,诉求,{HERE}\n')
    desk.write("other.csv", "a,b\n1,2\n")
    citizen = desk.platform.as_("citizen").headers["Authorization"].removeprefix("Bearer ")
    for answer, words in (
        (desk.run("old.csv", token="wrong"), "401"),
        (desk.run("old.csv", token=citizen), "403"),
        (desk.run("torn.csv"), "cannot be read"),
        (desk.run("other.csv"), "请改映射文件里的 number：编号"),
        (desk.run("none.csv"), "cannot be read"),
    ):
        assert answer.returncode == 1
        assert words in answer.stderr
        assert "Traceback" not in answer.stderr


def test_rows_of_any_file_keep_their_lines_and_their_order() -> None:
    text = '\ufeff编号,标题\r\n1,"a\u2028b"\r\n2,"c\nd"\r\n\r\n3,e\r\n'
    rows = list(rows_of(decoded(text.encode()), lines=False, number="编号"))
    assert [(row.line, row.number) for row in rows] == [(2, "1"), (3, "2"), (6, "3")]
    assert [len(part) for part in parts(rows * 5, most_rows=7, most_bytes=10_000)] == [7, 7, 1]
    assert [len(part) for part in parts(rows, most_rows=9, most_bytes=1)] == [1, 1, 1]
    assert [fault.line for fault in twice(rows + rows, "编号")] == []
    assert list(parts([])) == []
    with pytest.raises(Refused, match="line 2"):
        list(rows_of('{"n": 1}\n[1]\n', lines=True, number="n"))
