"""The two READMEs say the same, and every place they name exists."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ENGLISH = (CHECKOUT / "README.md").read_text()
CHINESE = (CHECKOUT / "README.zh-CN.md").read_text()
LINK = re.compile(r"\]\(([^)#:]+?)\)")


def commands(text: str) -> list[str]:
    """What the shell blocks run, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("  #")[0].rstrip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_both_have_the_same_shape() -> None:
    for pattern in (r"^#+ ", r"^\|", r"^- ", r"^!\["):
        assert len(re.findall(pattern, ENGLISH, re.MULTILINE)) == len(re.findall(pattern, CHINESE, re.MULTILINE))


def test_both_run_the_same_commands_and_link_the_same_places() -> None:
    assert commands(ENGLISH) == commands(CHINESE)
    english, chinese = set(LINK.findall(ENGLISH)), set(LINK.findall(CHINESE))
    assert english - {"README.zh-CN.md"} == chinese - {"README.md"}


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", *sorted(
    path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").rglob("*.md")
)])  # fmt: skip
def test_no_link_leads_nowhere(page: str) -> None:
    file = CHECKOUT / page
    dead = [link for link in LINK.findall(file.read_text()) if not (file.parent / link).exists()]
    assert dead == []


def test_every_launcher_command_is_real() -> None:
    used = set(re.findall(r"\./linli ([a-z]+)", ENGLISH))
    source = (CHECKOUT / "services/stack/commands.py").read_text()
    known = set(re.findall(r"^def ([a-z]+)\(", source, re.MULTILINE)) | {"test"}
    assert used <= known
