"""Where a matter is: building codes where they are known, and the words that people write for a building."""

import re
import unicodedata
from typing import Final, NamedTuple

_NUMERALS: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")}
_BUILDING: Final = re.compile(r"(?P<estate>.*?)(?P<number>\d{1,4}|[零一二三四五六七八九十百]{1,5})(?:号?楼|栋|幢|座|#)")
_ASIDE: Final = re.compile(r"(?:小区|院内)$")
_SIDES: Final = re.compile(r"[东南西北](?:门|侧)?(?:口|工地)?$|(?:门口|旁边?|附近|后面|门前|对面|工地|站)$")


class Spot(NamedTuple):
    """An estate's words, the building's number there, the side or gate; empty what the words do not say."""

    estate: str = ""
    building: str = ""
    side: str = ""


def spot_of(place: str) -> Spot:
    """``棉纺二村 四幢 101`` is ``Spot("棉纺二村", "4")``; ``铁路新村南侧`` has no building but a side."""
    words = re.sub(r"\s+", "", unicodedata.normalize("NFKC", place))
    found = _BUILDING.match(words)
    if found:
        return Spot(_ASIDE.sub("", found["estate"]), str(_number(found["number"])))
    estate = words
    while (shorter := _SIDES.sub("", estate)) != estate and shorter:
        estate = shorter
    return Spot(_ASIDE.sub("", estate), "", _side(words[len(estate) :]))


def _side(rest: str) -> str:
    return rest[:2] if rest[:1] in "东南西北" else ""


def _number(text: str) -> int:
    if text.isdigit():
        return int(text)
    total, digit = 0, 0
    for letter in text:
        if letter == "十":
            total, digit = total + (digit or 1) * 10, 0
        elif letter == "百":
            total, digit = total + (digit or 1) * 100, 0
        else:
            digit = _NUMERALS[letter]
    return total + digit
