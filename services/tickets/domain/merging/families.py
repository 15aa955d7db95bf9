"""Which categories are of one kind, for a pair that two people classified differently."""

from collections.abc import Mapping
from typing import Final

from sensors.kinds.categories import FIRE_LANE, GAS_LEAK, ILLEGAL_PARKING, SEPTIC_GAS

FAMILIES: Final[Mapping[str, str]] = {
    GAS_LEAK: "gas",
    SEPTIC_GAS: "drains",
    "drainage": "drains",
    FIRE_LANE: "parking",
    ILLEGAL_PARKING: "parking",
}
"""Category to its family; one that is not here is its own."""
