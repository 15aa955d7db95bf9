"""The ticket categories that alarms use: code to name. Units are responsible for categories."""

from typing import Final, NamedTuple


class Category(NamedTuple):
    name_zh: str
    name_en: str


GAS_LEAK: Final = "gas-leak"
SEPTIC_GAS: Final = "septic-gas"
LIGHTING: Final = "lighting"
FIRE_LANE: Final = "fire-lane"
ILLEGAL_PARKING: Final = "illegal-parking"
DEVICE_UPKEEP: Final = "device-upkeep"

CATEGORIES: Final[dict[str, Category]] = {
    GAS_LEAK: Category("燃气泄漏", "Gas leak"),
    SEPTIC_GAS: Category("化粪池气体超限", "Septic gas over the limit"),
    LIGHTING: Category("路灯故障", "Street lighting"),
    FIRE_LANE: Category("占用消防通道", "Fire lane blocked"),
    ILLEGAL_PARKING: Category("违规停车", "Forbidden parking"),
    DEVICE_UPKEEP: Category("感知设备检修", "Sensor upkeep"),
}
