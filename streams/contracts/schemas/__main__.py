"""Write every golden file anew."""

from pathlib import Path

from streams.contracts.schemas import CONTRACTS, schema_text

for topic in CONTRACTS:
    Path(__file__).with_name(f"{topic}.json").write_text(schema_text(topic), encoding="utf-8")
