"""JSON Schemas of every record type, for those who read the topics without this package.

``python -m streams.contracts.schemas`` writes the golden files beside this one anew; a test
compares them, so that no contract changes unseen.
"""

import json
from typing import Any, Final

import msgspec

from streams.contracts.alarms import AlarmEvent
from streams.contracts.commands import Command
from streams.contracts.dead_letters import DeadLetter
from streams.contracts.devices import Device
from streams.contracts.groups import GroupRecord
from streams.contracts.inputs import Input
from streams.contracts.notices import Notice
from streams.contracts.rules import Rule
from streams.contracts.tickets import TicketEvent

CONTRACTS: Final[dict[str, Any]] = {
    "linli.inputs": Input,
    "linli.groups": GroupRecord,
    "linli.alarms": AlarmEvent,
    "linli.tickets": TicketEvent,
    "linli.notices": Notice,
    "linli.commands": Command,
    "linli.rules": Rule,
    "linli.devices": Device,
    "linli.dead-letters": DeadLetter,
}
"""Topic name -> the record type of its values."""


def schema_text(topic: str) -> str:
    """The golden file's text for a topic."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": topic} | msgspec.json.schema(
        CONTRACTS[topic]
    )
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
