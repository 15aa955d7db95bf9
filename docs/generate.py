"""Writes docs/reference.md from the code (topics, sensor kinds, rules, metrics, settings) and docs/asyncapi.json.

Run it with the checkout's Python: ``.venv/bin/python docs/generate.py``. A test compares.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic_settings import BaseSettings

import sensors
import services
import streams
from sensors.kinds import KINDS, default_rules
from streams.contracts import Level, Op, Rule, Value
from streams.contracts.metrics import METRICS
from streams.contracts.schemas import asyncapi
from streams.contracts.topics import TOPICS

TARGET = Path(__file__).with_name("reference.md")
DAY_MS = 86_400_000


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    escaped = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in escaped),
        "",
    ]


def duration(ms: int | None) -> str:
    if ms is None:
        return "–"
    for unit, size in (("d", DAY_MS), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if ms >= size and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


def topics() -> list[str]:
    rows = [
        (
            f"`{topic.name}`",
            topic.key,
            topic.partitions,
            "compacted" if topic.compacted else duration(topic.retention_ms),
        )
        for topic in TOPICS
    ]
    return ["## Topics", "", *table(("topic", "key", "partitions", "kept"), rows)]


def kinds() -> list[str]:
    lines = ["## Sensor kinds", ""]
    for kind in KINDS.values():
        rows = [(f"`{m.key}`", m.name_zh, m.name_en, m.unit or "–", f"{m.low:g} … {m.high:g}") for m in kind.metrics]
        lines += [f"### `{kind.key}` {kind.name_zh} {kind.name_en}", ""]
        lines += table(("metric", "中文", "English", "unit", "valid"), rows)
    return lines


def condition(rule: Rule, level: Level) -> str:
    """The limit as the rule means it: a slope, a share, the members of a group."""
    parts = [rule.op if rule.op in {Op.TRUE, Op.SILENT} else f"{rule.op} {level.limit:g}"]
    if not isinstance(rule.measure, Value):
        parts.insert(0, type(rule.measure).__name__.lower())
    parts += [f"with {side.metric}" for side in level.given] + [f"while {gate.metric}" for gate in rule.gate]
    return " ".join(parts)


def level_row(rule: Rule, level: Level) -> tuple[object, ...]:
    return (
        f"`{rule.id}`",
        rule.name_en,
        level.severity + (", latched" if level.latch else ""),
        condition(rule, level),
        f"{duration(level.on_delay_ms)} + {level.repeat}",
        duration(level.unrefuted_ms),
        f"{level.deadband:g} / {duration(level.off_delay_ms)}",
        duration(level.ticket.normal_for_ms) if level.ticket else "no ticket",
    )


def rules() -> list[str]:
    rows = [level_row(rule, level) for rule in default_rules() for level in rule.levels]
    head = (
        "rule",
        "name",
        "severity",
        "limit",
        "on-delay + samples",
        "or unrefuted",
        "deadband / off-delay",
        "normal for",
    )
    return [
        "## Default rules",
        "",
        "At their real pace; the demo shortens the last two (ADR 5).",
        "",
        *table(head, rows),
    ]


def metrics() -> list[str]:
    rows = [(f"`{m.name}`", m.type, ", ".join(m.labels) or "–", m.help) for m in METRICS]
    return ["## Metrics", "", *table(("metric", "type", "labels", "meaning"), rows)]


def settings_classes() -> list[type[BaseSettings]]:
    """Every concrete settings class: those that some process reads, not their bases."""
    importlib.import_module("streams.app")  # the one process whose settings stand beside its composition
    for package in (services, streams, sensors):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.rsplit(".", 1)[-1] in {"settings", "config"}:
                importlib.import_module(module.name)

    def leaves(base: type[BaseSettings]) -> Iterable[type[BaseSettings]]:
        for child in base.__subclasses__():
            yield from leaves(child)
            if not child.__subclasses__() and child.__module__.split(".")[0] in {"services", "streams", "sensors"}:
                yield child

    return sorted(set(leaves(BaseSettings)), key=lambda found: found.__module__)


def settings() -> list[str]:
    lines = [
        "## Settings",
        "",
        "Environment variables; `--print-config` shows those in force without their secrets.",
        "",
    ]
    for found in settings_classes():
        rows = []
        prefix = str(found.model_config.get("env_prefix", ""))
        for name, field in found.model_fields.items():
            variable = str(field.validation_alias or (prefix + name)).upper()
            default = (
                "required" if field.is_required() else f"`{field.default}`" if field.default not in {"", None} else "–"
            )
            rows.append((f"`{variable}`", default, field.description or ""))
        parts = found.__module__.split(".")
        process = parts[0] if parts[0] == "streams" else parts[1]
        lines += [f"### `{process}`", "", *table(("variable", "default", "meaning"), rows)]
    return lines


def document() -> str:
    """The whole page."""
    head = ["# Reference", "", "Generated by `docs/generate.py`; do not edit.", ""]
    return "\n".join([*head, *topics(), *kinds(), *rules(), *metrics(), *settings()]).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(document())
    TARGET.with_name("asyncapi.json").write_text(asyncapi.text(), encoding="utf-8")
