"""What the ticket loop promises is proven by tests that exist."""

import re
from pathlib import Path

import pytest

from services.tickets.domain import Action

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "tickets-proven.md").read_text().splitlines()
    if line.startswith("| ") and not line.endswith("| proven by |")
]


def known_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    named = re.compile(r"^def (test_\w+)", re.MULTILINE)
    return {name for path in files for name in named.findall(path.read_text())}


def test_every_promise_names_tests_that_exist() -> None:
    known = known_tests()
    for *_, promise, proofs in ROWS:
        named = re.findall(r"`(\w+)`", proofs)
        assert named, promise
        assert set(named) <= known, promise


@pytest.mark.parametrize("action", Action)
def test_every_action_of_the_table_has_its_line(action: Action) -> None:
    assert action in {row[0] for row in ROWS if len(row) == 3}
