"""A rule as somebody sent it: every field that does not fit is named at once. Pure."""

import math
from collections.abc import Iterator, Mapping
from enum import Enum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from streams.contracts import Rule
from streams.rules.problems import Problem

FIXED: Final = frozenset({"id", "version"})
PLAIN: Final = {
    str: "words", int: "a whole number", float: "a number", bool: "true or false", type(None): "null for none",
}  # fmt: skip
MOST_TEXT: Final = 2_000
MOST_ITEMS: Final = 32
BIGGEST: Final = 2**53
"""Beyond it JSON's readers disagree about a number."""


def plain(rule: Rule) -> dict[str, Any]:
    """Every field of a rule, defaults too, as JSON has it."""
    return {name: msgspec.to_builtins(value) for name, value in msgspec.structs.asdict(rule).items()}


def drafted(fields: Mapping[str, Any]) -> tuple[Rule | None, list[Problem]]:
    """A first version from its fields, or what does not fit."""
    return _read({**fields, "version": 1})


def changed(rule: Rule, changes: Mapping[str, Any]) -> tuple[Rule | None, list[Problem]]:
    """The next version with ``changes``, or what does not fit; a change replaces its whole field."""
    kept = [
        Problem(name, value, "cannot be changed; make another rule, or leave it out")
        for name, value in changes.items()
        if name in FIXED and value != getattr(rule, name)
    ]
    after, found = _read({**plain(rule), **changes, "id": rule.id, "version": rule.version + 1})
    return (None if kept else after), [*kept, *found]


def _read(fields: dict[str, Any]) -> tuple[Rule | None, list[Problem]]:
    found = list(_struct(Rule, fields, ""))
    return (None, found) if found else (msgspec.convert(fields, Rule), [])


def _struct(kind: type[msgspec.Struct], value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, value, "an object with its fields")
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    own = {"type"} if kind.__struct_config__.tag is not None else set()
    for name in value:
        if name not in fields and name not in own:
            yield Problem(_join(path, str(name)), value[name], f"no such field; one of {', '.join(fields)}")
    for name, field in fields.items():
        if name in value:
            yield from _value(field.type, value[name], _join(path, name))
        elif field.required:
            yield Problem(_join(path, name), "", "is missing; add it")


def _value(kind: Any, value: object, path: str) -> Iterator[Problem]:
    options = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    structs = [option for option in options if isinstance(option, type) and issubclass(option, msgspec.Struct)]
    if value is None and type(None) in options:
        return
    if structs:
        yield from _one_of(structs, value, path)
    elif get_origin(kind) is tuple:
        yield from _items(get_args(kind)[0], value, path)
    else:
        yield from _leaf(kind, value, path)


def _one_of(structs: list[type[msgspec.Struct]], value: object, path: str) -> Iterator[Problem]:
    if len(structs) == 1 and structs[0].__struct_config__.tag is None:
        yield from _struct(structs[0], value, path)
        return
    tags = {str(option.__struct_config__.tag): option for option in structs}
    named = value.get("type") if isinstance(value, dict) else value
    if isinstance(named, str) and named in tags:
        yield from _struct(tags[named], value, path)
    else:
        yield Problem(f"{path}.type", named, f"one of {', '.join(tags)}")


def _items(kind: Any, value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, list | tuple):
        yield Problem(path, value, "a list")
        return
    if len(value) > MOST_ITEMS:
        yield Problem(path, len(value), f"at most {MOST_ITEMS} entries")
        return
    for index, item in enumerate(value):
        yield from _value(kind, item, f"{path}[{index}]")


def _wanted(kind: Any) -> str:
    """A plain value in words; "" for anything else."""
    options = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    known = [PLAIN[option] for option in options if option in PLAIN]
    return " or ".join(known) if len(known) == len(options) else ""


def _leaf(kind: Any, value: object, path: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        words = f"one of {', '.join(map(str, kind))}" if isinstance(kind, type) and issubclass(kind, Enum) else ""
        yield Problem(path, value, words or _wanted(kind) or f"{error}")
        return
    if isinstance(value, dict):
        if len(value) > MOST_ITEMS:
            yield Problem(path, len(value), f"at most {MOST_ITEMS} entries")
        for name, item in value.items():
            yield from _sane(name, path)
            yield from _sane(item, f"{path}.{name}")
    else:
        yield from _sane(value, path)


def _sane(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, str) and (len(value) > MOST_TEXT or not value.replace("\n", "").isprintable()):
        yield Problem(path, value, f"at most {MOST_TEXT} printable characters")
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= BIGGEST):
        yield Problem(path, value, "a finite number, not beyond 2^53")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
