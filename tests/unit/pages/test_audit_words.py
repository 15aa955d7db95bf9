"""The audit page says in words whatever the services write into the log."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.api.language.words import words
from services.api.pages.platform.audit_words import DID, SAID, SUBJECTS, VALUES, detail, subject
from services.api.platform.audit_export import AuditExportQuery
from services.api.tickets.export import ExportQuery
from services.audit import Did

ROOT = Path(__file__).resolve().parents[3] / "services"
ZH, EN = words("zh"), words("en")
NOW = 1_795_312_800_000


def calls(*names: str) -> Iterator[ast.Call]:
    """Every call of such a name in the source of whatever writes the log."""
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        if "from services.audit import" not in text and "note_export" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in names:
                yield node


def constants(node: ast.expr) -> list[str]:
    """Its text, or the text that a formatted one begins with."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def test_every_detail_that_is_written_has_a_name() -> None:
    written = {word.arg for call in calls("said", "note_export") for word in call.keywords if word.arg}
    asked = {*ExportQuery.model_fields, *AuditExportQuery.model_fields} - {"limit", "cursor", "count"}
    assert len(written) > 20
    assert (written | asked) - SAID.keys() == set()


def test_every_subject_that_is_written_begins_with_a_word() -> None:
    begun = [text for call in calls("Entry") if len(call.args) > 3 for text in constants(call.args[3]) if text]
    assert len(begun) > 8
    assert [text for text in begun if text.strip() not in {"export", *SUBJECTS}] == []
    exports = [text for call in calls("note_export") for text in constants(call.args[3])]
    assert exports
    assert [text for text in exports if f"export {text}" not in SUBJECTS] == []


def test_what_was_done_is_said_in_words() -> None:
    assert DID.keys() == set(Did)
    done = [
        text for call in calls("said") for word in call.keywords if word.arg == "what" for text in constants(word.value)
    ]
    assert len(done) > 5
    assert [text for text in done if text not in VALUES] == []


@pytest.mark.parametrize(
    ("name", "value", "zh", "en"),
    [
        ("active", "True → False", ("启用", "是 → 否"), ("Enabled", "Yes → No")),
        ("role", "operator → dispatcher", ("角色", "话务员 → 派单员"), ("Role", "Operator → Dispatcher")),
        ("what", "password given", ("内容", "发了一次性密码"), ("Content", "one-time password given")),
        ("days", [1, 7], ("星期", "一、日"), ("Days", "Mon, Sun")),
        ("why", "name", ("事由", "name"), ("Why", "name")),
        ("added", 3, ("新增", "3"), ("New", "3")),
        ("line", {"lead": "gas-repair", "note": ""}, ("改成", "lead gas-repair"), ("Now", "lead gas-repair")),
    ],
)
def test_a_detail_reads_in_both_languages(name: str, value: object, zh: tuple[str, str], en: tuple[str, str]) -> None:
    assert detail(name, value, NOW, ZH) == zh
    assert detail(name, value, NOW, EN) == en


def test_a_subject_keeps_its_id() -> None:
    assert subject("person chen.qiang", ZH) == "人员 chen.qiang"
    assert subject("entry card area 990101001", ZH) == "入户卡 区域 990101001"
    assert subject("export kpi", EN) == "KPI figures"
    assert subject("something else", ZH) == "something else"
