"""What may be reported: the categories as services, and what some of them ask beside the place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sensors.kinds.categories import DEVICE_UPKEEP, FIRE_LANE, GAS_LEAK, LIGHTING
from services.api.language.words import Language
from services.api.open311.errors import Both
from services.tickets.domain.catalogue import GROUPS, LEAVES
from services.tickets.domain.policy import SAFETY

OTHER: Final = "other"
"""The leaf of what no other fits; a ticket that nobody has classified yet is shown under it too."""
_HIDDEN: Final = frozenset({DEVICE_UPKEEP})
"""The platform's own upkeep: nobody outside reports it, and a ticket of it still has its name."""
_DANGER: Final = ("有危险时请先拨打 119。", "Where there is danger call 119 first.")


@dataclass(frozen=True, slots=True)
class Attribute:
    """A question of a service; ``values`` are its choices by key, empty where the answer is free text."""

    code: str
    zh: str
    en: str
    required: bool = False
    values: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def datatype(self) -> str:
        return "singlevaluelist" if self.values else "string"


ATTRIBUTES: Final[dict[str, tuple[Attribute, ...]]] = {
    GAS_LEAK: (
        Attribute(
            "WHERE_SMELT", "哪里有气味？", "Where does it smell?", True,
            {"indoors": ("室内", "Indoors"), "stairs": ("楼道", "Stairwell"), "outside": ("室外", "Outside")},
        ),
    ),
    LIGHTING: (Attribute("POLE", "灯杆编号（如看得到）", "Number on the pole, if it can be read"),),
    FIRE_LANE: (Attribute("PLATE", "车牌号（如有车辆）", "Number plate, if it is a car"),),
}  # fmt: skip


def name_of(code: str, lang: Language) -> str:
    """A service's name; a code that the catalogue has lost is its own name."""
    found = LEAVES.get(code or OTHER)
    return _either((found.name_zh, found.name_en), lang) if found else code


def codes() -> tuple[str, ...]:
    """The services that a person may choose from."""
    return tuple(code for code in LEAVES if code not in _HIDDEN)


def service(code: str, lang: Language) -> dict[str, Any]:
    """One service as ``GET services`` lists it."""
    danger = code in SAFETY
    names = [name_of(code, "zh"), name_of(code, "en")]
    return {
        "service_code": code,
        "service_name": name_of(code, lang),
        "description": f"{' / '.join(names)}。{_either(_DANGER, lang)}" if danger else " / ".join(names),
        "metadata": code in ATTRIBUTES,
        "type": "realtime",
        "keywords": ", ".join([*names, code]),
        "group": _group(code, lang),
    }


def definition(code: str, lang: Language) -> dict[str, Any]:
    """One service's questions as ``GET services/[code]`` gives them."""
    return {
        "service_code": code,
        "attributes": [
            {
                "variable": True,
                "code": each.code,
                "datatype": each.datatype,
                "required": each.required,
                "datatype_description": None,
                "order": order,
                "description": _either((each.zh, each.en), lang),
                "values": [{"key": key, "name": _either(name, lang)} for key, name in each.values.items()],
            }
            for order, each in enumerate(ATTRIBUTES.get(code, ()), 1)
        ],
    }


def unknown(codes: str) -> Both:
    """Why a service is not there, and where those are that are."""
    return (
        f"没有 service_code {codes[:100]}；可报的在 GET services",
        f"service_code {codes[:100]} was not found; GET services lists those there are",
    )


def said(code: str, given: Mapping[str, Sequence[str]]) -> tuple[list[str], list[Both]]:
    """The answers to a service's questions as lines of the report, and what is wrong with them."""
    lines, faults = [], []
    known = {each.code: each for each in ATTRIBUTES.get(code, ())}
    asked = ", ".join(f"attribute[{name}]" for name in known)
    strange = f"只问 {asked}" if known else "请去掉", f"it asks {asked}" if known else "leave it out"
    faults += [
        (
            f"service_code {code} 没有 attribute[{name}]；{strange[0]}",
            f"attribute[{name}] is none of service_code {code}; {strange[1]}",
        )
        for name in given
        if name not in known
    ]
    for each in known.values():
        answers = [text for text in given.get(each.code, ()) if text]
        field, first, choices = f"attribute[{each.code}]", answers[0][:50] if answers else "", ", ".join(each.values)
        if not answers and each.required:
            faults.append(
                (
                    f"没有填 {field}：{each.zh}请从 {choices} 里选",
                    f"{field} was not provided: {each.en} Use one of: {choices}",
                )
            )
        elif len(answers) > 1:
            faults.append((f"{field} 只能有一个值", f"{field} takes one value"))
        elif answers and each.values and answers[0] not in each.values:
            faults.append(
                (f"{field} “{first}”不能用，请从 {choices} 里选", f"{field} is {first!r}; use one of: {choices}")
            )
        elif answers:
            lines.append(f"{each.zh}{each.values[answers[0]][0] if each.values else answers[0]}")
    return lines, faults


def _group(code: str, lang: Language) -> str:
    """The catalogue's own group."""
    group = GROUPS[LEAVES[code].parent]
    return _either((group.name_zh, group.name_en), lang)


def _either(names: tuple[str, str], lang: Language) -> str:
    return names[0] if lang == "zh" else names[1]
