"""The demo's district and its people, one for every role. Pure: the district comes from its seed."""

from collections.abc import Sequence

from sensors.kinds.categories import GAS_LEAK
from sensors.simulator import district as fictional
from services.daytime import DAY_MINUTES
from services.duty import Duty, Weekly
from services.registry.domain import Area, EntryCard, Layer, Role, Unit, User
from services.registry.handlers import District

NAMES = {
    Role.CITIZEN: "林小满",
    Role.GRID_WORKER: "周网格",
    Role.GRID_MANAGER: "吴网格长",
    Role.OPERATOR: "郑话务",
    Role.DISPATCHER: "冯派单",
    Role.UNIT_HANDLER: "陈抢修",
    Role.UNIT_LEADER: "褚站长",
    Role.SUPERVISOR: "卫督办",
    Role.ONCALL: "蒋值班",
    Role.ADMINISTRATOR: "沈管理",
}
_KEEPERS = ("王芳", "李秀英", "张桂兰", "刘建国", "陈玉梅")
_VALVES = ("一层楼梯间燃气阀门箱，红色把手", "楼西侧外墙阀门箱，钥匙在楼长处", "地下一层管道间，进门左手")
_AVOID = ("", "三层有卧床老人，先通知家属", "", "地下室有电动车充电棚，勿由此进入")
OF_A_STREET = frozenset({Role.GRID_WORKER, Role.GRID_MANAGER})
OF_A_UNIT = frozenset({Role.UNIT_HANDLER, Role.UNIT_LEADER})


def district(seed: int, devices: int) -> District:
    """The simulator's district in the registry's words."""
    built = fictional.build(seed, devices)
    return District(
        areas=tuple(
            Area(area.code, area.level, area.name_zh, area.name_en, area.geometry, *area.center) for area in built.areas
        ),
        units=tuple(Unit(unit.id, unit.name_zh, unit.name_en, unit.area, unit.categories) for unit in built.units),
        layers=tuple(Layer(name, features) for name, features in built.layers().items()),
        devices=built.devices,
    )


def duties(people: Sequence[User]) -> list[Duty]:
    """The unit's handler is on duty day and night, every day."""
    always = Weekly(frozenset(range(1, 8)), 0, DAY_MINUTES)
    return [Duty(f"demo {user.id}", user.unit, user.id, always) for user in people if user.role is Role.UNIT_HANDLER]


def entry_cards(place: District) -> list[EntryCard]:
    """A card for every building that has a device and for every grid; the people on them do not exist."""
    homes = sorted({device.building for device in place.devices if device.building})
    grids = sorted(area.code for area in place.areas if area.level == "grid")
    buildings = [
        EntryCard(
            area=code, holder=f"楼长 {_KEEPERS[number % len(_KEEPERS)]}", phone=f"1380000{number:04d}",
            valve=_VALVES[number % len(_VALVES)], avoid=_AVOID[number % len(_AVOID)], version=1,
        )
        for number, code in enumerate(homes)
    ]  # fmt: skip
    return buildings + [
        EntryCard(area=code, holder="物业值班室", phone=f"1380001{number:04d}", version=1)
        for number, code in enumerate(grids)
    ]


def users(place: District) -> list[User]:
    """One person a role, whose sign-in name is the role.

    The grid's people have the first street, the unit's people are those who come for gas; everyone
    else sees the whole district.
    """
    street = min(area.code for area in place.areas if area.level == "street")
    unit = next(unit.id for unit in place.units if GAS_LEAK in unit.categories)
    return [
        User(
            role.value,
            name,
            role,
            scope=street if role in OF_A_STREET else "",
            unit=unit if role in OF_A_UNIT else "",
        )
        for role, name in NAMES.items()
    ]
