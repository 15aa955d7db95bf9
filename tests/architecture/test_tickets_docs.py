"""The ticket loop's page in the docs says what the table says."""

from pathlib import Path

from services.tickets.documentation import renewed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tickets.md"


def test_the_diagram_and_the_table_are_in_step() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: python -m services.tickets.documentation docs/tickets.md"
