"""Lanes of the whole test run: side by side, bounded, heard, and gone afterwards."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from services.stack import lanes
from tests.support import eventually

ENVIRONMENT = dict(os.environ)
CHECKOUT = Path(__file__).resolve().parents[3]


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-X", "faulthandler", "-u", "-c", textwrap.dedent(code))


def run(commands: dict[str, tuple[str, ...]], folder: Path, limit_s: float = 60) -> dict[str, int]:
    return lanes.run(commands, cwd=folder, environment=ENVIRONMENT, limit_s=limit_s)


def test_each_lane_has_its_code_and_the_first_is_shown_first(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    # The second has ended, and says so by its file, before the first goes on.
    wait = "import pathlib, time\nwhile not pathlib.Path('done').exists(): time.sleep(0.01)\nprint('first')"
    second = "import pathlib\nprint('second')\npathlib.Path('done').touch()\nraise SystemExit(3)"
    assert run({"one": python(wait), "two": python(second)}, tmp_path) == {"one": 0, "two": 3}
    said = capfdbinary.readouterr().out
    assert said.index(b"first") < said.index(b"second")
    assert said.count(b"second") == 1


def test_a_lane_that_hangs_is_ended_says_where_it_stood_and_leaves_nothing(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Its children are ended too, the one in a session of its own that was told of its folder among them."""
    hangs = """
        import pathlib, subprocess, sys, tempfile, threading
        sleeper = [sys.executable, "-c", "import threading; threading.Event().wait()", tempfile.gettempdir()]
        pathlib.Path("child").write_text(str(subprocess.Popen(sleeper, start_new_session=True).pid))
        def stands_here():
            threading.Event().wait()
        threading.Thread(target=stands_here).start()
    """
    assert run({"good": python("print('fine')"), "bad": python(hangs)}, tmp_path, limit_s=3) == {
        "good": 0,
        "bad": lanes.OVERDUE,
    }
    said = capfdbinary.readouterr().out
    assert b"fine" in said
    assert b"stands_here" in said
    child = int((tmp_path / "child").read_text())
    eventually(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_an_interrupted_run_lets_its_lanes_tidy_up_and_shows_what_they_said(tmp_path: Path) -> None:
    """What a person's or a server's patience ends is not lost."""
    lane = """
        import pathlib, threading
        try:
            print("begun", flush=True)
            pathlib.Path("begun").touch()
            threading.Event().wait()
        except KeyboardInterrupt:
            print("tidied up", flush=True)
    """
    quiet = "import threading\nthreading.Event().wait()"
    program = f"""
        import os, pathlib
        from services.stack import lanes
        commands = {{"quiet": {python(quiet)!r}, "lane": {python(lane)!r}}}
        lanes.run(commands, cwd=pathlib.Path({str(tmp_path)!r}), environment=dict(os.environ), limit_s=60)
    """
    with subprocess.Popen(python(program), cwd=CHECKOUT, stdout=subprocess.PIPE) as process:
        eventually((tmp_path / "begun").exists)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert b"begun" in said
    assert b"tidied up" in said


def test_whoever_waits_is_told_for_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The slow lane ends once it has been told of with its last line."""
    slow = (
        "import pathlib, time\nprint('at [the] third', flush=True)\n"
        "while not pathlib.Path('told').exists(): time.sleep(0.01)"
    )

    def tell(waiting: Sequence[lanes.Lane]) -> None:
        told(waiting)
        if "at [the] third" in capsys.readouterr().out:
            (tmp_path / "told").touch()

    told = lanes._tell
    monkeypatch.setattr(lanes, "_tell", tell)
    monkeypatch.setattr(lanes, "TELL_S", 0.0)
    assert run({"quick": python("pass"), "slow": python(slow)}, tmp_path) == {"quick": 0, "slow": 0}
