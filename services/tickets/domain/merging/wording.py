"""What a complaint is about, from its words: the matters that people call for by many names, and the letters shared.

Chinese has no spaces, and people call one thing by many words (煤气, 天然气, 瓦斯), so a general measure of letters
says little by itself (the record on merging has the figures). The matters below are what a hotline hears most.
"""

import re
import unicodedata
from typing import Final

MATTERS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(words)
    for name, words in {
        "燃气味": r"(?:燃气|煤气|天然气|液化气|瓦斯)[^，。！？,.!?]{0,4}(?:味|臭|泄漏|泄露|漏)"
        r"|漏气|漏了?(?:煤|燃)气|甲烷超限|闻到(?:燃|煤|天然)气",
        "费用": r"费|账单|收了钱|多收|退款|价格",
        "停气": r"停气|没有?(?:燃|煤|天然)气用",
        "下水": r"下水|返水|反水|倒灌|污水|脏水|地漏|堵了.*水",
        "化粪池": r"化粪池|粪水|粪便",
        "漏雨": r"漏雨|屋顶漏|楼顶漏",
        "渗漏": r"天花板|楼上漏水|滴水|渗水",
        "停水": r"停水|没水|没有水|断水",
        "水质": r"发黄|浑浊|水质|有异味的水",
        "水压": r"水压|上不去水|水太小",
        "爆管": r"爆管|水管(?:爆|破|裂)|管破裂|喷水|水喷",
        "停电": r"停电|没电(?!了.*充)|断电|跳闸",
        "充电": r"充电",
        "电梯": r"电梯",
        "异响": r"异响|咣当|怪声",
        "路灯": r"路灯|街灯",
        "楼道灯": r"(?:楼道|声控|走廊)[^，。]{0,2}灯",
        "消防通道": r"消防(?:通道|车道)|生命通道",
        "车位": r"车位|违规停车|违停",
        "施工": r"施工|工地|打桩|装载机|搅拌",
        "装修": r"装修|电钻",
        "音响": r"广场舞|音响|音乐|跳舞",
        "犬吠": r"狗叫|犬吠|狗一直叫",
        "垃圾": r"垃圾",
        "供暖": r"暖气|供暖|暖气片|不热",
        "漏暖": r"暖气[^，。]{0,2}漏",
        "井盖": r"井盖",
        "路面": r"坑洼|路面(?:坏|破|塌)|塌陷",
        "遮挡": r"树枝|遮光",
        "树倒": r"树倒|倒了?一?棵?树|刮倒|断枝",
        "绿化": r"绿化",
        "门禁": r"门禁|单元门",
        "杂物": r"杂物|堆放",
        "噪声": r"噪[声音]|吵|扰民",
    }.items()
}
"""Matter to the words that name it. A word that many matters share (水, 坏) names none."""
_DENIED: Final = re.compile(r"(?:没有?|不是|并?无)(?:闻到)?(?:什么)?(?:燃气|煤气|天然气|液化气)?(?:味|气味|漏气|泄漏)")
WIDE: Final = frozenset({"停水", "停电", "水质", "施工", "音响", "供暖", "路灯", "垃圾"})
"""Matters that an estate shares: the callers live in many buildings."""
_OVER: Final = (("费用", None), ("漏暖", "供暖"), ("充电", "停电"))
"""A matter that is named instead of another one; a bill is about nothing else."""


def plain_words(text: str) -> str:
    """Letters and digits only, full-width ones made plain."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())


def matters_of(text: str) -> frozenset[str]:
    """The matters that a text names; empty where it names none that is known."""
    said = _DENIED.sub("", unicodedata.normalize("NFKC", text))
    found = {name for name, words in MATTERS.items() if words.search(said)}
    for name, instead in _OVER:
        if name in found:
            found = found - {instead} if instead else {name}
    return frozenset(found - {"噪声"} or found)


def smells_of_gas(text: str) -> bool:
    """Whether a text reports gas in the air; a bill, planned works or "no smell" is no report."""
    return "燃气味" in matters_of(text)


def shared_letters(one: str, other: str) -> float:
    """How much of two texts' letters is the same, 0 to 1 (Dice over the sets of letters)."""
    first, second = set(plain_words(one)), set(plain_words(other))
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
