"""What a rule looks at, as a part of its form: the kind of the measure, and the parameters of that kind. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from services.api.language.words import N_, Words
from services.api.pages.rules.rule_fields import read, shown
from streams.contracts import Members, Op, Rule
from streams.contracts.measures import Measure

HOUR: Final = 3_600_000
NAMES: Final = {
    "value": N_("读数本身"), "rate": N_("上升速度（每小时）"), "share": N_("超限时间占比"), "sum": N_("两量之和"),
    "ratio": N_("两量之比"), "nominal": N_("占应有值的百分比"), "jump": N_("与上一读数之差"),
    "unchanged": N_("不变的时长"), "noise": N_("抖动"), "flagged": N_("带某种质量标记"), "members": N_("组内占比"),
}  # fmt: skip
TYPES: Final[dict[str, type[msgspec.Struct]]] = {str(kind.__struct_config__.tag): kind for kind in get_args(Measure)}
OF: Final = {"": N_("只看是否无声"), "value": NAMES["value"], "nominal": NAMES["nominal"]}
"""What a member of a group may be looked at for."""
OF_FIELDS: Final = ("of.attribute", "of.dimming")
SUGGESTED: Final[dict[str, Any]] = {"window_ms": HOUR, "op": Op.GE, "limit": 0.0, "qualities": ()}
"""What a form begins with where a kind has no default of its own."""


def chosen(values: Mapping[str, str], base: Rule) -> str:
    """The kind that the form has chosen, else the rule's; a word that is no kind is refused at its field."""
    return values.get("measure.type") or tag_of(base.measure)


def tag_of(measure: object) -> str:
    """A measure's kind."""
    return str(type(measure).__struct_config__.tag) if isinstance(measure, msgspec.Struct) else ""


def parameters(kind: str) -> dict[str, str]:
    """The form's fields of a kind, by name: what input each is (``op`` and ``of`` are lists)."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(TYPES[kind]) if kind in TYPES else ():
        found[field.name] = _input(field.name, field.type)
    if kind == "members":
        found |= dict.fromkeys(OF_FIELDS, "text")
    return found


def values_of(rule: Rule) -> dict[str, str]:
    """The form's fields of the rule's own measure."""
    return _values(rule.measure)


def filled(values: Mapping[str, str], base: Rule) -> Mapping[str, str]:
    """The form's fields, with those that a kind begins with where it has just been chosen.

    ``measure.was`` is the kind whose fields the form had: what is empty there has been emptied.
    """
    kind = chosen(values, base)
    if kind not in TYPES or values.get("measure.was", tag_of(base.measure)) == kind:
        return values
    given = {field.name for field in msgspec.structs.fields(TYPES[kind]) if field.required}
    begun = _values(TYPES[kind](**{name: SUGGESTED.get(name, "") for name in given}))
    return {**begun, **values, "measure.was": kind}


def draft_of(values: Mapping[str, str], base: Rule) -> dict[str, Any]:
    """The measure as the form has it."""
    kind = chosen(values, base)
    if kind not in TYPES:
        return {"type": kind}
    values = filled(values, base)
    fields: dict[str, Any] = {"type": kind}
    for name, shape in parameters(kind).items():
        if "." in name:
            continue
        text = values.get(f"measure.{name}", "")
        if shape == "list":
            fields[name] = [word for word in re.split(r"[\s,，、]+", text) if word]
        elif shape == "of":
            fields[name] = _of(values, text)
        else:
            fields[name] = read(values, f"measure.{name}", "text" if shape == "op" else shape)
    return fields


def options(t: Words) -> dict[str, list[tuple[str, str]]]:
    """What the lists of this part offer."""
    return {
        "measure.type": [(code, t(word)) for code, word in NAMES.items()],
        "measure.of": [(code, t(word)) for code, word in OF.items()],
    }


def _input(name: str, kind: Any) -> str:
    if name.endswith("_ms"):
        return "duration"
    if name in {"op", "of"}:
        return name
    if name == "qualities":
        return "list"
    return "text" if kind is str else "number"


def _values(measure: Any) -> dict[str, str]:
    found = {"measure.type": tag_of(measure), "measure.was": tag_of(measure)}
    for name, shape in parameters(tag_of(measure)).items():
        if "." in name:
            continue
        value = getattr(measure, name)
        if shape == "list":
            found[f"measure.{name}"] = ", ".join(value)
        elif shape == "of":
            found[f"measure.{name}"] = tag_of(value)
        else:
            found |= shown(f"measure.{name}", "text" if shape == "op" else shape, value)
    if isinstance(measure, Members):
        found |= {f"measure.{name}": getattr(measure.of, name.partition(".")[2], "") for name in OF_FIELDS}
    return found


def _of(values: Mapping[str, str], kind: str) -> dict[str, Any] | None:
    if not kind:
        return None
    if kind != "nominal":
        return {"type": kind}
    words = {name.partition(".")[2]: values.get(f"measure.{name}", "").strip() for name in OF_FIELDS}
    return {"type": kind, **words}
