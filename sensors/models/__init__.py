"""PURE. Device models, one file each, as data; to add one write a file and list it here."""

from functools import lru_cache
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


@lru_cache(maxsize=4_096)
def _folded(name: str) -> str:
    return "".join(mark for mark in name.casefold() if mark.isalnum())


_BY_NAME: Final = {_folded(name): model for model in MODELS.values() for name in (model.key, model.name)}


def find(*names: str) -> Model | None:
    """The first of the named models that is known; the registry's word comes first.

    A person writes ``enLink``, ``TPS 110`` or ``Bosch TPS110`` and means the same as the key: a gas
    detector whose model went by in silence would never alarm.
    """
    return next((_BY_NAME[folded] for name in names if (folded := _folded(name)) in _BY_NAME), None)


__all__ = ["MODELS", "Field", "Mark", "Model", "Translation", "find", "translate"]
