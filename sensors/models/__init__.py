"""PURE. Device models, one file each, as data; to add one write a file and list it here."""

from typing import Final

from sensors.models import enlink, fiware, nps405, shelly_gas, tasmota_lamp, tps110
from sensors.models.definition import Field, Mark, Model
from sensors.models.translation import Translation, translate

MODELS: Final[dict[str, Model]] = {
    model.key: model
    for model in (
        enlink.MODEL,
        shelly_gas.MODEL,
        tps110.MODEL,
        nps405.MODEL,
        tasmota_lamp.MODEL,
        fiware.PARKING_SPOT,
        fiware.STREETLIGHT,
    )
}


def find(*keys: str) -> Model | None:
    """The first of the named models that is known; the registry's word comes first."""
    return next((MODELS[key] for key in keys if key in MODELS), None)


__all__ = ["MODELS", "Field", "Mark", "Model", "Translation", "find", "translate"]
