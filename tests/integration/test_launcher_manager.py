"""The process manager itself, on a path with a space and Chinese characters."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.stack import supervise
from services.stack.layout import Layout
from services.stack.program import Program
from services.stack.supervise import Manager
from streams.contracts import Unavailable
from tests.support import eventually

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "数据 目录")
    made.make()
    supervise.write_config(made, [Program(name, SLEEPER, 10, environment={"PLACE": str(made.data)}) for name in "ab"])
    return made


@pytest.fixture
def running(layout: Layout) -> Iterator[Manager]:
    manager = Manager(layout.socket)
    assert not manager.answers()  # one that was refused once must still see it come
    process = supervise.launch(layout)
    yield manager
    manager.shutdown()
    process.wait(timeout=30)
    assert not manager.exists()


def test_a_start_that_was_cut_short_is_told_from_a_whole_one(running: Manager) -> None:
    assert not running.complete()
    running.start(["a"])
    eventually(lambda: [info["statename"] for info in running.processes()] == ["RUNNING", "STOPPED"])
    assert not running.complete()
    running.start(["b"])
    eventually(running.complete)


def test_a_manager_that_cannot_start_says_where_its_words_are(layout: Layout) -> None:
    layout.supervisor_config.write_text("[supervisord]\nnodaemon=perhaps\n")
    with pytest.raises(Unavailable, match=r"supervisord\.out"):
        supervise.launch(layout)


def test_a_launcher_that_is_interrupted_leaves_no_manager(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)  # type: ignore[call-overload]
            started.append(self)

    monkeypatch.setattr(supervise, "wait_for", interrupted)
    monkeypatch.setattr("services.stack.supervise.subprocess.Popen", Recorded)
    with pytest.raises(KeyboardInterrupt):
        supervise.launch(layout)
    assert [process.poll() is None for process in started] == [False]
