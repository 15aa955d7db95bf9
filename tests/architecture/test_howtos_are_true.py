"""Each how-to is followed to the letter in a copy of the tree: at most two files, and its examples decode."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
EXAMPLES_TEST = "tests/unit/sensors/test_examples_decode.py"
BLOCK = re.compile(r"^```(?P<language>\w+) (?P<role>\S+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def edit(path: Path, diff: str) -> None:
    """Apply a diff without line numbers: each kept or removed line is looked for below the one before."""
    lines, position = path.read_text().splitlines(), 0
    for line in diff.splitlines():
        mark, text = line[:1], line[1:]
        if mark == "+":
            lines.insert(position, text)
            position += 1
        elif mark == "-":
            position = lines.index(text, position)
            del lines[position]
        else:
            position = lines.index(text, position) + 1
    path.write_text("\n".join(lines) + "\n")


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the how-tos change and what proves it."""
    for part in ("sensors", "streams/contracts", "streams/__init__.py", EXAMPLES_TEST):
        source, target = CHECKOUT / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


@pytest.mark.parametrize("page", ["add-a-sensor-kind", "add-a-codec", "add-a-device-model"])
def test_following_the_page_touches_two_files_and_works(page: str, tree: Path) -> None:
    text = (CHECKOUT / "docs" / "howto" / f"{page}.md").read_text()
    touched: set[str] = set()
    ran = 0
    for block in BLOCK.finditer(text):
        if block["role"] == "run":
            done = python(tree, "-c", block["body"])
            assert done.returncode == 0, done.stderr
            ran += 1
            continue
        name = block["role"].removeprefix("file=")
        touched.add(name)
        if block["language"] == "diff":
            edit(tree / name, block["body"])
        else:
            assert not (tree / name).exists()
            (tree / name).write_text(block["body"])
    assert len(touched) == 2
    assert ran == 1
    examples = python(tree, "-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider", "-q", EXAMPLES_TEST)
    assert examples.returncode == 0, examples.stdout
    lint = python(tree, "-m", "ruff", "check", "--config", str(CHECKOUT / "pyproject.toml"), *sorted(touched))
    assert lint.returncode == 0, lint.stdout
