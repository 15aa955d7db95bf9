"""What keeps the house liveable: short modules, short roots, no drawer for odds and ends."""

import re
import subprocess
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 300
LONGEST_ROOT = 60
LONGER_FOR_A_REASON: dict[str, str] = {}
DRAWERS = {"utils", "util", "helpers", "common", "misc"}


def tracked(*patterns: str) -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in done.stdout.splitlines() if (CHECKOUT / name).is_file()]


def lines(name: str) -> int:
    return len((CHECKOUT / name).read_text().splitlines())


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    modules = [name for name in tracked("*.py", "*.mjs") if not name.startswith("tests/")]
    assert modules
    long = {name: lines(name) for name in modules if lines(name) > LONGEST_MODULE}
    assert set(long) == set(LONGER_FOR_A_REASON), long


def test_composition_roots_only_compose() -> None:
    roots = tracked("services/*/main.py")
    assert roots
    assert {name: lines(name) for name in roots if lines(name) > LONGEST_ROOT} == {}


def test_no_module_comes_back_to_itself_by_what_it_imports() -> None:
    """Imports inside a function and for types alone count as well: they hide a circle, they do not break it."""
    graph = grimp.build_graph("services", "sensors", "streams", "dashboards", cache_dir=None)
    order = TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_no_module_is_named_after_nothing() -> None:
    assert [name for name in tracked("*.py") if Path(name).stem in DRAWERS] == []


def test_test_folders_are_no_packages() -> None:
    assert tracked("tests/**/__init__.py", "tests/__init__.py") == []


def test_the_lock_has_a_hash_for_every_package() -> None:
    text = (CHECKOUT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", tracked("**/package-lock.json"))
def test_npm_locks_name_no_registry(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_no_committed_file_names_a_registry_host_or_a_path_of_a_machine() -> None:
    banned = re.compile(r"registry\.npmjs|pypi\.org|repo1?\.maven|proxy\.golang|/work/|deb\.debian\.org")
    own = Path(__file__).relative_to(CHECKOUT).as_posix()
    guilty = []
    for name in tracked():
        if name in {own, "LICENSE"}:
            continue
        try:
            text = (CHECKOUT / name).read_text()
        except UnicodeDecodeError:
            continue
        if banned.search(text):
            guilty.append(name)
    assert guilty == []


def test_pinned_images_only() -> None:
    for name in tracked("docker-compose.yml", "deploy/Dockerfile"):
        assert ":latest" not in (CHECKOUT / name).read_text(), name
