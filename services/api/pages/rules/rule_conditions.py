"""Side conditions as lines of a form: ``valve_open``, ``life_days ge 9.5``. Pure.

A condition on a derived quantity has no line; it stays as the rule that the form began with has it.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from services.api.pages.rules.rule_fields import number, read
from streams.contracts import Condition, Op, Value

CONDITION: Final = re.compile(r"(\S+)\s+(ge|gt|le|lt|true)(?:\s+(\S+))?\Z")


def lines_of(conditions: Iterable[Condition]) -> str:
    """The simple ones, a line each."""
    return "\n".join(_line(each) for each in conditions if isinstance(each.measure, Value))


def conditions_in(text: str, kept: Iterable[Condition]) -> list[dict[str, Any]]:
    """Those of the lines, and of ``kept`` those that have no line; what is no condition is refused by its operator."""
    derived = [msgspec.to_builtins(each) for each in kept if not isinstance(each.measure, Value)]
    return [*map(_condition, filter(str.strip, text.splitlines())), *derived]


def _line(condition: Condition) -> str:
    return f"{condition.metric} {condition.op}" + ("" if condition.op is Op.TRUE else f" {number(condition.limit)}")


def _condition(line: str) -> dict[str, Any]:
    found = CONDITION.match(line.strip())
    if found is None:
        return {"metric": line.strip(), "op": "?"}
    limit = {"limit": read({"limit": found[3]}, "limit", "number")} if found[3] else {}
    return {"metric": found[1], "op": found[2], **limit}
