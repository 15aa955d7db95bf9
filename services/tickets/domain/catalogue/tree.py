"""The shipped category tree 诉求分类: two levels, Chinese and English, what sensors find among it.

The groups follow the majors that cities use for urban matters and hotline calls (GB/T 30428.2's events and
components, and the hotline's own: housing, public utilities, labour, market); the leaves are a judgement,
since no national table could be had. Codes are stable: tickets and catalogue lines name them.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from sensors.kinds.categories import (
    CATEGORIES,
    DEVICE_UPKEEP,
    FIRE_LANE,
    GAS_LEAK,
    ILLEGAL_PARKING,
    LIGHTING,
    SEPTIC_GAS,
)
from services.tickets.domain.errors import Wrong


@dataclass(frozen=True, slots=True)
class Category:
    """A group (``parent`` empty) or a leaf of it; ``kinds`` are the sensors that find such a thing."""

    code: str
    name_zh: str
    name_en: str
    parent: str = ""
    kinds: tuple[str, ...] = ()


_KINDS: Final = {
    GAS_LEAK: ("gas",),
    SEPTIC_GAS: ("septic",),
    LIGHTING: ("light",),
    FIRE_LANE: ("parking",),
    ILLEGAL_PARKING: ("parking",),
    DEVICE_UPKEEP: ("gas", "septic", "light", "parking"),
}
_TREE: Final = """
safety 公共安全 Public safety
 gas-leak
 septic-gas
 fire-lane
 manhole-cover 井盖缺失破损 Manhole cover missing or broken
 fire-equipment 消防设施损坏 Fire equipment broken
 falling-objects 高空坠物隐患 Danger of falling objects
 overhead-wires 架空线缆隐患 Dangerous overhead wires
 ebike-charging 电动车违规充电 E-bikes charged where forbidden
 dangerous-building 危旧房屋险情 Dangerous building
 chemicals 危险品存放 Dangerous goods stored
utilities 市政公用 Public utilities
 lighting
 water-supply 供水故障 Water supply
 power-supply 供电故障 Power supply
 gas-supply 供气故障 Gas supply
 heating 供暖问题 Heating
 drainage 下水堵塞 Blocked drain
 flooding 道路积水 Flooded road
 telecom 通信故障 Telephone and internet
 public-toilet 公厕问题 Public toilet
roads 道路交通 Roads and traffic
 illegal-parking
 road 路面破损 Broken road surface
 sidewalk 人行道破损 Broken pavement
 traffic-signal 交通信号故障 Traffic signal
 road-sign 标志标线问题 Signs and markings
 shared-bikes 共享单车乱停 Shared bikes left about
 parking-fee 停车收费 Parking fees
 public-transport 公交服务 Public transport
 ramp 无障碍设施 Access for the disabled
environment 环境保护 Environment
 noise 噪声扰民 Noise
 construction-noise 施工噪声 Building noise
 cooking-fumes 油烟扰民 Cooking fumes
 dust 扬尘污染 Dust
 odour 异味扰民 Bad smell
 water-pollution 水体污染 Polluted water
 open-burning 露天焚烧 Open burning
 light-pollution 光污染 Light pollution
appearance 市容环卫 Streets and cleaning
 garbage 垃圾清运 Rubbish collection
 garbage-sorting 垃圾分类 Rubbish sorting
 rubble 建筑垃圾 Building rubble
 street-cleaning 道路保洁 Street cleaning
 street-vendor 占道经营 Trading on the street
 clutter 乱堆乱放 Clutter in common space
 flyposting 小广告 Flyposting
 billboard 户外广告 Billboards
 pests 病媒生物 Pests
greening 园林绿化 Parks and trees
 tree-trimming 树木修剪 Tree trimming
 fallen-tree 树木倒伏 Fallen tree
 green-damage 毁绿占绿 Damage to greenery
 park 公园管理 Parks
housing 住房物业 Housing and property
 property 物业服务 Property management
 illegal-building 违法建设 Illegal building
 lift 电梯故障 Lift
 roof-leak 房屋漏水 Leaking roof or wall
 stairwell-light 楼道灯故障 Stairwell light
 entrance-door 单元门禁损坏 Entrance door
 fitness-equipment 健身设施损坏 Exercise equipment
 old-estate 老旧小区改造 Renewal of old estates
 group-rental 群租房 Overcrowded letting
 maintenance-fund 维修资金 Maintenance fund
life 民生服务 Livelihood
 labour 劳动纠纷 Labour dispute
 social-security 社会保障 Social security
 medical 医疗服务 Medical care
 education 教育服务 Education
 elderly 养老助残 The old and the disabled
 subsidy 社会救助 Relief
 pets 犬只管理 Dogs
 neighbours 邻里纠纷 Dispute of neighbours
 household-register 户籍证件 Registration and papers
market 市场监管 Market
 food-safety 食品安全 Food safety
 consumer 消费纠纷 Consumer dispute
 prepaid-card 预付卡纠纷 Prepaid card dispute
 price 价格违法 Prices
 unlicensed 无证经营 Trading without a licence
 fraud 诈骗线索 Fraud
other-matters 其他事项 Other matters
 device-upkeep
 works 施工告示 Announced works
 praise 表扬感谢 Praise
 suggestion 意见建议 Suggestion
 other 其他 Other
"""
"""One line a category, a leaf indented; names of what sensors find are the sensor kinds' own."""


def _read(text: str) -> tuple[Category, ...]:
    made: list[Category] = []
    group = ""
    for line in text.strip("\n").split("\n"):
        code, *names = line.split(None, 2)
        known = CATEGORIES.get(code)
        zh, en = names or ((known.name_zh, known.name_en) if known else ("", ""))
        leaf = line.startswith(" ")
        made.append(Category(code, zh, en, group if leaf else "", _KINDS.get(code, ())))
        group = group if leaf else code
    return tuple(made)


_ALL: Final = {category.code: category for category in _read(_TREE)}
GROUPS: Final = {code: category for code, category in _ALL.items() if not category.parent}
LEAVES: Final = {code: category for code, category in _ALL.items() if category.parent}
PARENTS: Final = {code: leaf.parent for code, leaf in LEAVES.items()}
"""Leaf to its group: who is responsible and what may be one matter go by the same families."""


def lineage(code: str) -> tuple[str, ...]:
    """A category and what is above it, the nearest first; '' is everything."""
    known = _ALL.get(code)
    if known is None:
        return ("",)
    return (code, known.parent, "") if known.parent else (code, "")


def nearest(text: str) -> tuple[str, ...]:
    """At most three leaves that are called nearly so, by code or either name."""
    wanted = text.casefold()
    named = {name: leaf.code for leaf in LEAVES.values() for name in (leaf.code, leaf.name_zh, leaf.name_en.casefold())}
    close = get_close_matches(wanted, named, n=6, cutoff=0.4)
    inside = [name for name in named if wanted and wanted in name]
    return tuple(dict.fromkeys(named[name] for name in (*inside, *close)))[:3]


def check_category(code: str) -> None:
    """Refuse what is no leaf of the tree.

    Raises:
        Refused: ``fields``, with the nearest names in ``nearest``.
    """
    if code in LEAVES:
        return
    group = GROUPS.get(code)
    close = tuple(leaf.code for leaf in LEAVES.values() if leaf.parent == code)[:3] if group else nearest(code)
    named = ", ".join(f"{name} ({LEAVES[name].name_zh})" for name in close)
    remedy = f"did you mean {named}?" if named else "the category tree has those there are"
    use = f"Use one of: {', '.join(close)}." if close else "GET /api/v1/categories has those there are."
    raise Wrong("category", code, f"there is no category '{code}' to report; {remedy}", use, nearest=close)
