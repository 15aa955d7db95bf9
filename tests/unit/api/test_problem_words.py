"""Every refusal is said in Chinese too, with the field, its value and what helps."""

import ast
from pathlib import Path

import pytest

from services.api.language.problem_words import SAYS, SAYS_ELSE, SENT, in_chinese
from tests.fakes.api import MemoryPlatform

ROOT = Path(__file__).resolve().parents[3]
PLACE = {"Refused": 0, "refuse": 1}
"""The argument that is the code."""


def codes() -> set[str]:
    """Every code that the source refuses with."""
    found: set[str] = set()
    for part in ("services", "streams"):
        for path in (ROOT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
                if isinstance(node, ast.Call) and name in PLACE and len(node.args) > PLACE[name]:
                    code = node.args[PLACE[name]]
                    if isinstance(code, ast.Constant) and isinstance(code.value, str):
                        found.add(code.value.replace("-", "_"))
    return found


def test_every_code_has_its_sentence_and_every_sentence_says_what_helps() -> None:
    known = codes()
    assert len(known) > 40
    assert known - SAYS.keys() == set()
    for code, sentence in SAYS.items():
        assert "：" in sentence, f"{code} says what is wrong and not what helps"


@pytest.mark.parametrize(
    ("code", "field", "value", "extra", "said"),
    [
        ("invalid", "urgency", "9", {}, "urgency“9” 不合要求：请按接口说明改正后再发。"),
        ("not-found", "ticket", "LY-1", {}, "没有 ticket“LY-1” ，或不归您看：请在列表里查找。"),
        ("fields", "title", "", {}, "title 缺少或不能用：请补齐、改正后再发。"),
        ("fields", "", "", {}, f"{SENT}缺少或不能用：请补齐、改正后再发。"),
        ("transition", "action", "sign", {"allowed": ["note", "urge"]},
         "工单现在的状态不能办这一步：请重新读取，从能办的操作里选（可选：note、urge）。"),
        ("never-heard-of", "", "", {}, f"{SAYS_ELSE}。"),
    ],
)  # fmt: skip
def test_a_sentence_names_field_value_and_choices(
    code: str, field: str, value: str, extra: dict[str, object], said: str
) -> None:
    assert in_chinese(code, field, value, extra) == said


def test_an_answer_has_both_languages() -> None:
    platform = MemoryPlatform()
    refused = platform.as_("operator").post("/api/v1/tickets", {"title": "漏水", "urgency": 9}).json()
    assert "urgency" in refused["detail"]
    assert refused["zh"] == "urgency“9” 不合要求：请按接口说明改正后再发。"
    assert "没有" in platform.as_("operator").get("/api/v1/tickets/none").json()["zh"]
