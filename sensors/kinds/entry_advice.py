"""What not to do, and what to do first, where a kind of device has alarmed: the fixed part of an entry card.

It is the same at every door, so it is no card's to say; what is special to a place stands on its card.
"""

from typing import Final, NamedTuple


class Sentence(NamedTuple):
    zh: str
    en: str


class Advice(NamedTuple):
    """``never`` what not to do, ``first`` what to do before anything else, in order."""

    never: tuple[Sentence, ...]
    first: tuple[Sentence, ...]


ENTRY_ADVICE: Final[dict[str, Advice]] = {
    "gas": Advice(
        never=(
            Sentence("不开关任何电灯、电器，不按门铃", "Switch nothing electric on or off; do not ring the bell"),
            Sentence("不在室内打电话", "Do not use a telephone inside"),
            Sentence("不用明火，不吸烟", "No flame, no smoking"),
        ),
        first=(
            Sentence("敲门叫人出来", "Knock, and get everybody out"),
            Sentence("开门窗通风", "Open doors and windows"),
            Sentence("关阀门", "Close the valve"),
            Sentence("到室外再打电话", "Telephone only once outside"),
        ),
    ),
    "septic": Advice(
        never=(
            Sentence("未测气体不下井，不单人下井", "Nobody goes down before the gas is measured, and nobody alone"),
            Sentence("井口附近不用明火，不吸烟", "No flame and no smoking near the manhole"),
            Sentence("有人倒在井下时不徒手下去救", "Never climb down unprotected after somebody who has collapsed"),
        ),
        first=(
            Sentence("围挡井口，疏散围观的人和小孩", "Fence off the manhole; send away onlookers and children"),
            Sentence("站在上风处，开盖强制通风", "Stand upwind, open the cover and ventilate by fan"),
        ),
    ),
    "light": Advice(
        never=(
            Sentence("不碰灯杆和裸露的电线，一律当作带电", "Touch neither pole nor bare wire: take both for live"),
            Sentence("雨天、积水中不开检修门", "Do not open the access door in rain or standing water"),
        ),
        first=(Sentence("先断电、验电，再动手", "Cut the power and test for voltage before any work"),),
    ),
    "parking": Advice(
        never=(
            Sentence("不自行推移、砸撬车辆", "Do not push, break or force the vehicle"),
            Sentence("消防车到场前不占用剩余通道", "Keep what is left of the lane free for the fire engine"),
        ),
        first=(Sentence("拍下车牌和现场，再联系车主", "Photograph the plate and the scene, then call the owner"),),
    ),
}  # fmt: skip
"""By kind of device."""
