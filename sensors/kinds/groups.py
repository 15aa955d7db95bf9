"""What the attributes that name a group are called: a feeder, a main, a tank, a building, a gateway."""

from typing import Final, NamedTuple


class GroupName(NamedTuple):
    name_zh: str
    name_en: str


GROUPS: Final[dict[str, GroupName]] = {
    "feeder": GroupName("馈线", "Feeder"),
    "main": GroupName("燃气管", "Gas main"),
    "tank": GroupName("化粪池", "Septic tank"),
    "building": GroupName("楼栋", "Building"),
    "gateway": GroupName("网关", "Gateway"),
}


def group_name(group: str) -> GroupName:
    """What a person calls the group ``attribute:value``; an unknown attribute stays as it is, "" gives nothing."""
    attribute, _, value = group.partition(":")
    known = GROUPS.get(attribute, GroupName(attribute, attribute))
    return GroupName(f"{known.name_zh} {value}".strip(), f"{known.name_en} {value}".strip())
