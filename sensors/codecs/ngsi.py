"""NGSI v2 and NGSI-LD entities: key-values or normalized, alone, in an array, or in a notification's ``data``.

The entity's type names the device model, and so its kind; an entity of a type without one is refused.
"""

from typing import Any, Final

from sensors import models
from sensors.codecs.uplink import Uplink, as_object, epoch_ms, open_json, worded
from sensors.kinds.definition import Example
from streams.contracts import Undecodable

TIMES: Final = ("observationDateTime", "dateObserved", "TimeInstant", "dateModified")
_ENVELOPE: Final = frozenset({"id", "type", "@context", *TIMES})


def decode(topic: str, payload: bytes, at: int) -> list[Uplink]:  # noqa: ARG001 - every codec has this shape
    """One uplink per entity."""
    document = open_json(payload)
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        document = document["data"]
    entities = document if isinstance(document, list) else [document]
    if not entities:
        raise Undecodable("empty", "no entity")
    return [_uplink(as_object(entity, f"entity {index}")) for index, entity in enumerate(entities)]


def _uplink(entity: dict[str, Any]) -> Uplink:
    kind = worded(entity.get("type"), "type")
    if models.find(kind) is None:
        raise Undecodable("kind", f"no sensor kind for {kind[:64]}")
    plain = {key: _plain(value) for key, value in entity.items()}
    stamp = next((plain[key] for key in TIMES if plain.get(key)), None)
    return Uplink(
        device=worded(entity.get("id"), "id"),
        model=kind,
        ts=epoch_ms(stamp, "time"),
        fields={key: value for key, value in plain.items() if key not in _ENVELOPE},
    )


def _plain(attribute: Any) -> Any:
    """A normalized attribute's value; a key-values one as it is."""
    if isinstance(attribute, dict) and "value" in attribute:
        return attribute["value"]
    return attribute


EXAMPLES: Final = (
    Example(
        topic="ngsi/notify",
        payload=b'{"subscriptionId":"5f","data":[{"id":"streetlight:1","type":"Streetlight",'
        b'"powerState":{"type":"Text","value":"on","metadata":{}},"powerConsumption":{"type":"Number","value":58.5},'
        b'"dateObserved":{"type":"DateTime","value":"2026-11-22T10:41:23Z"}}]}',
        device="streetlight:1",
        kind="light",
        values={"on": 1.0, "power_w": 58.5},
        ts=1_795_344_083_000,
    ),
)
