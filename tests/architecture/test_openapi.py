"""The JSON API's description: golden, complete, and true of every address."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.api.description import OPEN, described, text
from tests.fakes.api import MemoryPlatform

GOLDEN = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def platform() -> MemoryPlatform:
    return MemoryPlatform()


@pytest.fixture(scope="module")
def description(platform: MemoryPlatform) -> dict[str, Any]:
    return described(platform.app)


def test_the_description_in_docs_is_the_applications(platform: MemoryPlatform) -> None:
    made = text(platform.app)
    if GOLDEN.read_text() != made:
        pytest.fail("docs/openapi.json is behind: run `.venv/bin/python -m tests.architecture.test_openapi`")


def test_every_operation_names_its_answer_its_errors_and_its_purpose(description: dict[str, Any]) -> None:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            place = f"{method} {path}"
            answers = operation["responses"]
            (success,) = [status for status in answers if status.startswith("2")]
            assert answers[success].get("content"), place
            if path == "/api/v1/health":
                continue
            assert operation.get("description"), place
            assert {"401", "422", "500", "503"} <= set(answers), place
            for status in set(answers) - {success}:
                assert list(answers[status]["content"]) == ["application/problem+json"], (place, status)
            assert operation["security"] or (path, method) in OPEN, place


def test_every_post_that_creates_takes_an_idempotency_key(description: dict[str, Any]) -> None:
    creating = [
        (path, operation)
        for path, methods in description["paths"].items()
        for operation in methods.values()
        if "201" in operation["responses"] and path != "/api/v1/tokens"
    ]
    assert len(creating) >= 3
    for path, operation in creating:
        names = {parameter["name"].lower() for parameter in operation["parameters"]}
        assert "idempotency-key" in names, path


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    written = json.dumps(description)
    for reference in {part.split('"')[0] for part in written.split('"#/components/schemas/')[1:]}:
        assert reference in schemas, reference


if __name__ == "__main__":
    GOLDEN.write_text(text(MemoryPlatform().app))
