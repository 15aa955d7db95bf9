"""Generated pages equal what their generator writes now."""

import importlib.util
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_reference_is_in_step_with_the_code() -> None:
    spec = importlib.util.spec_from_file_location("docs_generate", CHECKOUT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.TARGET.read_text() == generate.document(), "run .venv/bin/python docs/generate.py"
