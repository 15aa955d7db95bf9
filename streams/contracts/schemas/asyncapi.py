"""The topics as one AsyncAPI 3 document: who sends what where, under which key, kept for how long.

``docs/asyncapi.json`` is its golden file; ``python docs/generate.py`` writes it and a test compares. The format is
described at https://www.asyncapi.com/docs/reference/specification/v3.0.0.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from streams.contracts.schemas import CONTRACTS
from streams.contracts.topics import TOPICS, Topic

SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a topic is for, and which processes send to it and receive from it."""

    purpose: str
    senders: tuple[str, ...]
    receivers: tuple[str, ...]


TRAFFIC: Final[dict[str, Traffic]] = {
    "linli.inputs": Traffic(
        "Everything that detection decides from, in one order per partition: readings, time, requests.",
        ("gateway", "alarms", "streams"),
        ("streams", "history", "replay"),
    ),
    "linli.groups": Traffic(
        "What devices of one group or incident say together, for the second stage of detection.",
        ("streams",),
        ("streams", "replay"),
    ),
    "linli.alarms": Traffic(
        "Every transition of every alarm. `id` names the transition, `episode` the alarm it belongs to.",
        ("streams",),
        ("alarms", "tickets", "api", "replay"),
    ),
    "linli.tickets": Traffic(
        "Every action on a ticket of the 12345 loop, written in the transaction that made the change.",
        ("tickets",),
        ("alarms", "api"),
    ),
    "linli.notices": Traffic(
        "Whom a critical gas alarm's call ladder wants told, and of what.",
        ("alarms",),
        (),
    ),
    "linli.commands": Traffic(
        "What devices and the gateway are asked to do; worthless after a day.",
        ("history",),
        ("gateway",),
    ),
    "linli.rules": Traffic(
        "The newest version of every rule; a record without a value is a retired rule.",
        ("registry",),
        ("streams",),
    ),
    "linli.devices": Traffic(
        "The newest version of every device; a record without a value is one that was taken away.",
        ("registry",),
        ("streams", "gateway", "history"),
    ),
    "linli.dead-letters": Traffic(
        "What could not be understood or done, whole, with the reason; nothing of it is lost.",
        ("gateway", "streams", "alarms", "tickets"),
        ("history",),
    ),
}


def document() -> dict[str, Any]:
    """The document as a JSON object."""
    (contracts, components) = msgspec.json.schema_components(
        [CONTRACTS[topic.name] for topic in TOPICS], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Linli 邻里",
            "version": "1",
            "description": "Sensors of old housing estates, their alarms, and the 12345 ticket loop. Values are JSON; "
            "times are epoch milliseconds (UTC). Delivery is at least once: every record has an id by which a "
            "repeated one is known.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": "localhost:9092", "protocol": "kafka", "description": "`linli status` names it."}
        },
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": dict(pair for topic in TOPICS for pair in _operations(topic)),
        "components": {
            "messages": {
                topic.name: _message(topic, contract) for topic, contract in zip(TOPICS, contracts, strict=True)
            },
            "schemas": _discriminated(components),
        },
    }


def text() -> str:
    """The document as it stands in ``docs/asyncapi.json``."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _channel(topic: Topic) -> dict[str, Any]:
    kept = ["compact"] if topic.retention_ms is None else ["delete"]
    configuration: dict[str, Any] = {"cleanup.policy": kept}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = topic.retention_ms
    return {
        "address": topic.name,
        "description": TRAFFIC[topic.name].purpose,
        "messages": {"record": {"$ref": f"#/components/messages/{topic.name}"}},
        "servers": [{"$ref": "#/servers/kafka"}],
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": configuration}},
    }


def _message(topic: Topic, contract: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": topic.name,
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": _discriminated(contract)},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
    }


def _discriminated(schema: Any) -> Any:
    """AsyncAPI names the telling property by a string, where OpenAPI has an object with a mapping."""
    if isinstance(schema, list):
        return [_discriminated(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _discriminated(value) for name, value in schema.items()}
    if isinstance(found := made.get("discriminator"), dict) and "propertyName" in found:
        made["discriminator"] = found["propertyName"]
    return made


def _operations(topic: Topic) -> list[tuple[str, dict[str, Any]]]:
    traffic, channel = TRAFFIC[topic.name], {"$ref": f"#/channels/{topic.name}"}
    return [
        (f"{process}.{action}.{topic.name}", {"action": action, "channel": channel, "summary": f"linli-{process}"})
        for action, processes in (("send", traffic.senders), ("receive", traffic.receivers))
        for process in processes
    ]
