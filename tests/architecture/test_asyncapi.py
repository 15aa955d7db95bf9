"""The topics' description: golden, valid, and true of every topic."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from streams.contracts.schemas import CONTRACTS
from streams.contracts.schemas.asyncapi import TRAFFIC, document, text
from streams.contracts.topics import TOPICS, Topic

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "docs" / "asyncapi.json"
META = ROOT / "tests" / "data" / "asyncapi-3.0.0.schema.json"
"""The AsyncAPI initiative's own JSON Schema of the format (asyncapi/spec-json-schemas, Apache-2.0)."""


def test_the_description_in_docs_is_the_contracts() -> None:
    if GOLDEN.read_text(encoding="utf-8") != text():
        pytest.fail("docs/asyncapi.json is behind: run `.venv/bin/python docs/generate.py`")


def test_it_is_valid_asyncapi() -> None:
    meta = json.loads(META.read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(meta)(meta)
    assert [(list(error.path), error.message) for error in checker.iter_errors(document())] == []
    broken = document() | {"asyncapi": "9.0.0"}
    assert list(checker.iter_errors(broken)), "a check that passes everything proves nothing"


def test_every_topic_is_told_of_and_nothing_else() -> None:
    assert set(TRAFFIC) == set(CONTRACTS) == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: str(topic.name))
def test_a_channel_says_how_its_topic_is_kept(topic: Topic) -> None:
    kafka = document()["channels"][topic.name]["bindings"]["kafka"]
    assert kafka["partitions"] == topic.partitions
    configuration = kafka["topicConfiguration"]
    assert configuration["cleanup.policy"] == (["compact"] if topic.compacted else ["delete"])
    assert configuration.get("retention.ms") == topic.retention_ms


def test_every_process_that_is_named_exists() -> None:
    for traffic in TRAFFIC.values():
        for process in (*traffic.senders, *traffic.receivers):
            name = "streams.app" if process == "streams" else f"services.{process}"
            assert importlib.util.find_spec(name), process


def test_every_reference_leads_somewhere() -> None:
    made = document()
    written = json.dumps(made)
    for reference in {part.split('"')[0] for part in written.split('"$ref": "#/')[1:]}:
        place: Any = made
        for step in reference.split("/"):
            assert step in place, reference
            place = place[step]
