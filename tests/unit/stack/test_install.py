"""What set-up does on a machine that lacks something, with programs of our own in the place of apt and Maven."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.stack import install, say, testing
from services.stack.layout import CHECKOUT, DataDirectoryUnusable, Layout
from services.stack.servers import kafka
from tests.support import eventually

ABSENT = install.Need("Nothing", "tests", lambda: False, ("linli-nothing", "linli-other"))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of its own, with the few programs that a shell script cannot do without."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "id", "env", "mktemp", "tail", "tr", "cut", "sleep", "rm", "mkdir"):
        (place / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    monkeypatch.setenv("PATH", str(place))
    return place


def _program(place: Path, name: str, text: str) -> None:
    (place / name).write_text(f"#!/bin/sh\n{text}\n")
    (place / name).chmod(0o755)


def test_without_the_right_to_install_the_exact_command_is_named(programs: Path) -> None:
    with pytest.raises(
        install.NotInstalled, match="sudo apt-get install --no-install-recommends linli-nothing linli-o"
    ):
        install.system_packages([ABSENT])


def test_nothing_is_asked_for_where_nothing_is_missing(programs: Path) -> None:
    install.system_packages([install.Need("All", "tests", lambda: True, ("linli-nothing",))])


def test_jars_that_came_in_half_are_not_taken_for_all(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    monkeypatch.setenv("LINLI_TOOLS", str(tools))
    _program(
        programs,
        "mvn",
        'for word in "$@"; do case $word in -DoutputDirectory=*) to=${word#*=};; esac; done\n'
        'mkdir -p "$to"; echo jar >"$to/kafka_2.13-4.3.1.jar"\n'
        "echo '[ERROR] no route to the repository'; exit 1",
    )
    with pytest.raises(install.NotInstalled, match="no route to the repository"):
        install.libraries(Layout(tmp_path / "data"))
    assert not kafka.installed(tools)


def test_a_long_step_tells_what_it_is_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(say, "SILENCE_S", 0.01)
    told: list[str] = []

    def has_told() -> bool:
        told.append(capsys.readouterr().out)
        return "Unpacking [brackets] and all" in "".join(told)

    with say.step("安装 Installing") as running:
        running.now = "Unpacking [brackets] and all"
        eventually(has_told)
    assert "✓ 安装 Installing" in capsys.readouterr().out


def test_kafkas_settings_carry_any_path_in_ascii() -> None:
    assert kafka.escaped("log.dirs=/数据 é/𠮷") == r"log.dirs=/\u6570\u636e \u00e9/\ud842\udfb7"


@pytest.mark.parametrize("name", ["100%", "a,b", 'a"b', "a\\b"])
def test_a_path_that_no_settings_file_could_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataDirectoryUnusable, match="--data"):
        Layout(tmp_path / name).make()
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("arguments", "browser"),
    [
        ([], True),
        (["-q", "-x"], True),
        (["tests"], True),
        (["tests/pages/test_every_page.py::test_x", "-q"], True),
        (["tests/unit", "tests/pages"], True),
        (["tests/unit", "tests/architecture", "-q"], False),
    ],
)
def test_a_browser_is_asked_for_only_where_pages_are_tested(arguments: list[str], *, browser: bool) -> None:
    needed = testing.needs(arguments)
    assert all(need in needed for need in (*install.TO_RUN, *install.TO_TEST))
    assert all((need in needed) == browser for need in install.TO_TEST_PAGES)


@pytest.fixture
def checkout(tmp_path: Path, programs: Path) -> Path:
    """A checkout without an environment, in a folder with a space and Chinese characters."""
    place = tmp_path / "老旧 小区"
    place.mkdir()
    for name in ("linli", "requirements.lock", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, place / name)
    (programs / "date").symlink_to(shutil.which("date", path="/usr/bin:/bin") or "/bin/date")
    return place


def _up(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", str(checkout / "linli"), "up"], capture_output=True, text=True, check=False)


def _python(place: Path, pattern: str, instead: str) -> None:
    """A python3 that does ``instead`` of the calls whose arguments hold ``pattern``."""
    _program(place, "python3", f'case "$*" in *"{pattern}"*) {instead};; *) exec {sys.executable} "$@";; esac')


def test_the_script_names_the_command_that_brings_what_it_needs(programs: Path, checkout: Path) -> None:
    _python(programs, "import venv", "exit 1")
    done = _up(checkout)
    assert done.returncode == 1
    assert "sudo apt-get install --no-install-recommends python3-venv" in done.stderr


def test_the_script_shows_the_last_words_of_what_failed(programs: Path, checkout: Path) -> None:
    _python(programs, "-m venv", 'echo "no space left"; exit 1')
    done = _up(checkout)
    assert done.returncode == 1
    assert "no space left" in done.stderr
    assert "失败 Failed" in done.stderr
    assert not (checkout / ".venv/.installed").exists()


def test_a_second_command_waits_while_the_first_makes_the_environment(programs: Path, checkout: Path) -> None:
    (programs / "flock").symlink_to(shutil.which("flock", path=os.defpath) or "/usr/bin/flock")
    _python(programs, "-m venv", 'echo "made after all"; exit 1')
    with (checkout / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(["sh", checkout / "linli", "up"], stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            assert "waiting for it" in second.stderr.readline()
            assert second.poll() is None
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert "made after all" in second.stderr.read()
    assert second.returncode == 1
