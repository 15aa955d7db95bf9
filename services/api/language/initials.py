"""The letters by which an operator types a Chinese name: 燃气泄漏 is rqxl. Pure.

GB 2312 lists its 3,755 common characters in the order of their pinyin, so the first letter of each is
known by where it stands: no table of readings is kept, and no library is needed for the names of a
catalogue. A character with two readings has the one by which the standard lists it.
"""

from bisect import bisect_right
from typing import Final

FIRSTS: Final = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
"""The first character of each letter, in the order of the standard; no name begins with i, u or v."""
LETTERS: Final = "abcdefghjklmnopqrstwxyz"
LAST: Final = "座"
_BEGINS: Final = [first.encode("gb2312") for first in FIRSTS]
_END: Final = LAST.encode("gb2312")


def initials(name: str) -> str:
    """Lower-case letters, one a character; Latin letters and digits as they are, other characters left out."""
    return "".join(_initial(char) for char in name)


def _initial(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    place = char.encode("gb2312", errors="ignore")
    return LETTERS[bisect_right(_BEGINS, place) - 1] if _BEGINS[0] <= place <= _END else ""
