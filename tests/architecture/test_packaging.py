"""The wheel holds exactly the tree, shadows nobody, and its scripts answer from anywhere."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "streams", "sensors", "dashboards")
SCRIPTS = sorted(tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["scripts"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(CHECKOUT)],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; our dependencies are borrowed by path, our checkout is not."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, with_pip=False)  # ours installs into it
    python = home / "bin/python"
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    # A path in a .pth file is searched, but the .pth files inside it (our editable install) are not read.
    (Path(purelib) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "--python", python,
            "install", "--quiet", "--no-index", "--no-deps", "--force-reinstall", str(wheel),
        ],
        check=True,
    )  # fmt: skip
    return home


def test_the_wheel_holds_exactly_what_git_tracks(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    tree = {name for name in listed.stdout.splitlines() if (CHECKOUT / name).is_file()}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.split("/")[0] in PACKAGES}
    assert packed == tree


def test_no_other_distribution_ships_our_package_names() -> None:
    owners = packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, ["linli"])) == {"linli"}, package


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_console_script_answers_help_from_the_root_directory(installed: Path, script: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LINLI"))}
    done = subprocess.run(
        [installed / "bin" / script, "--help"], cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()
    assert str(CHECKOUT / "services") not in done.stdout
