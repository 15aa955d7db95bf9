"""The page on alarms names a test for each rule, and no test that is not there."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "alarms.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    files = list((CHECKOUT / "tests").rglob("test_*.py"))
    known = {file.stem for file in files}
    for file in files:
        known.update(re.findall(r"^(?:async )?def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named - known == set()


def test_every_rule_has_its_sentences_and_every_sentence_a_test() -> None:
    table = PAGE.split("## The rules by number")[1].split("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert [int(number) for row in rows if (number := row[0].strip("| "))] == list(range(1, 13))
    assert [row for row in rows if "`test_" not in row[-1]] == []
