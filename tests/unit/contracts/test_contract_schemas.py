"""The published JSON Schemas say what the codecs do."""

import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from streams.contracts import (
    Action,
    ActionName,
    AlarmEvent,
    AlarmState,
    Batch,
    Cause,
    Command,
    CommandName,
    Condition,
    Days,
    DeadLetter,
    Device,
    Level,
    Member,
    Members,
    Nominal,
    Notice,
    Op,
    Quality,
    Record,
    Rule,
    Sample,
    Schedule,
    Scope,
    Severity,
    Source,
    Tick,
    TicketEvent,
    TicketPolicy,
    encode,
)
from streams.contracts.schemas import CONTRACTS, schema_text
from streams.contracts.topics import TOPICS

EXAMPLES: list[tuple[str, Record]] = [
    ("linli.inputs", Tick("gw", 1)),
    ("linli.inputs", Batch("gw", "9" * 15, 1, (Sample("d", "gas", 1, 2, {"ch4_lel": 1.0}, {"x": Quality.TEST}),))),
    ("linli.inputs", Action("a", ActionName.RESET, "9" * 15, "d", "r", "e", "wang", 1, "why")),
    (
        "linli.alarms",
        AlarmEvent(
            "i", "e", "c:d", "r", 1, "c", "d", "gas", "m", "9" * 15, Severity.MAJOR, AlarmState.NORMAL,
            AlarmState.ACTIVE_UNACK, Cause.CONFIRMED, 2, 1, Source(0, 1), ticket=TicketPolicy("gas"),
        ),
    ),
    ("linli.groups", Member("feeder:F1", "r", "d", "9" * 15, 1, Source(0, 1), condition=True)),
    ("linli.tickets", TicketEvent("i", "t", "LY-1", 1, "sign", None, "new", "discovery", "alarm", "9", 1, 2, "x", "y")),
    ("linli.notices", Notice("i", "c:d", 1, "started", "grid_worker", "w", "9" * 15, "d", 1, "零", "zero", task=True)),
    ("linli.commands", Command("i", CommandName.REPLAY, "t", b"\x00\xff", 1, "wang")),
    ("linli.rules", Rule("r", 1, "gas", "m", Op.GE, (Level(Severity.MAJOR, 1.0),), "c", "零", "zero")),
    (
        "linli.rules",
        Rule(
            "r", 1, "light", "power_w", Op.GE, (Level(Severity.MAJOR, 30.0),), "c", "零", "zero",
            measure=Members(of=Nominal("nominal_w", "dim_pct"), limit=10.0), gate=(Condition("on"),),
            schedule=Schedule(1080, 360, Days.WORKDAY), scope=Scope(attributes={"a": "b"}), group=("feeder",),
        ),
    ),
    ("linli.devices", Device("d", "gas", "9" * 15)),
    ("linli.dead-letters", DeadLetter("i", "gateway", "t", "json", "no", b"\xff", 1)),
]  # fmt: skip


@pytest.mark.parametrize("topic", CONTRACTS)
def test_the_golden_schema_is_in_step_with_the_type(topic: str) -> None:
    golden = files("streams.contracts.schemas").joinpath(f"{topic}.json").read_text(encoding="utf-8")
    assert golden == schema_text(topic), "run: python -m streams.contracts.schemas"


def test_every_topic_has_a_schema() -> None:
    assert set(CONTRACTS) == {topic.name for topic in TOPICS}


@pytest.mark.parametrize(("topic", "record"), EXAMPLES, ids=[type(record).__name__ for _, record in EXAMPLES])
def test_what_is_encoded_fits_its_schema(topic: str, record: Record) -> None:
    schema: dict[str, Any] = json.loads(schema_text(topic))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(encode(record)), schema)
