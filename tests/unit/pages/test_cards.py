"""A table that becomes cards on a phone: every cell says which column it is of."""

import re
from pathlib import Path

import pytest

import dashboards.web

TEMPLATES = Path(dashboards.web.__file__).parent / "templates"
TABLES = [
    (path.name, table)
    for path in sorted(TEMPLATES.glob("*.html"))
    for table in re.findall(
        r'<table class="[^"]*ll-cards.*?</table>|{% block row %}.*?{% endblock %}', path.read_text(), re.DOTALL
    )
    if "<td" in table  # the common table's rows are in the pages that extend it
]


@pytest.mark.parametrize(("name", "table"), TABLES, ids=[name for name, _ in TABLES])
def test_every_cell_of_a_card_names_its_column(name: str, table: str) -> None:
    assert not re.findall(r"<td(?![^>]*data-th)[^>]*>", table), name
