"""A call as it is written down: its fields, where it is, what is wrong with it. Reads places, changes nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.api.container import Container
from services.api.language import vocabulary as voc
from services.api.language.words import N_
from services.api.pages.desk import Visit
from services.api.pages.drawing.placemap import CLOSE_M, NEAR_M, WIDEST_M, Window, around, window_of
from services.api.pages.tickets.places import Found, code_of, named_place, search_places, written
from services.api.tickets.whereabouts import place_at
from services.registry.domain import Area
from services.tickets.domain.catalogue import LEAVES
from services.tickets.domain.policy import CRITICAL, SAFETY
from services.tickets.domain.text import is_phone
from streams.contracts import Refused
from streams.contracts.areas import GRID_LENGTH, contains, level_of

FIELDS: Final = {
    "phone": 40, "name": 40, "confidential": 1, "place": 200, "area": 200, "building": 20, "lon": 20, "lat": 20,
    "view": 60, "category": 60, "urgency": 1, "text": 1_000, "answer": 1_000, "cites": 80, "key": 100,
    "why": 200,
}  # fmt: skip
"""Field to its longest text."""
ERRORS: Final = {
    "place": N_("请写到楼栋，例如“纺织新村 12栋”"),
    "area": N_("请选网格：写名称或代码，从提示里选，或在图上点"),
    "area_unknown": N_("登记册里没有这个网格；写名称或代码，从提示里选，或在图上点"),
    "area_not_yours": N_("这个网格不在您的辖区内，请转给那里的话务员"),
    "outside": N_("这个位置不在本区任何辖区内，不能登记；请核对地点，外区的事请转当地 12345"),
    "category": N_("请选一个类别"),
    "category_unknown": N_("没有这个类别，请从列表里选"),
    "text": N_("请用一句话写清谁、何处、何事"),
    "urgency": N_("请选紧急程度"),
    "answer": N_("请写答复了什么，来电人以后会问起"),
    "phone": N_("先填来电号码，至少五位数字，再查它的保密工单"),
    "phone_none": N_("这不是电话号码：至少五位数字，可带区号、+ 和分机；不知道就空着"),
    "why": N_("没有显示：请写明用途，至少四个字"),
    "answer_danger": N_("危险不能在电话里答复了事：请登记工单，派人去看"),
}
OUTSIDE: Final = ERRORS["outside"]
_BLANKS: Final = re.compile(r"[\s-]+")
_DEGREES: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Call:
    """What was typed so far; ``found`` are places to choose from, ``outside``: the point is nobody's here."""

    values: Mapping[str, str]
    found: tuple[Found, ...] = ()
    outside: bool = False

    @property
    def position(self) -> tuple[float, float] | None:
        lon, lat = self.values["lon"], self.values["lat"]
        return (float(lon), float(lat)) if lon and lat else None

    @property
    def code(self) -> str:
        """The area's code, '' where what stands there is none."""
        area = self.values["area"].rpartition(" ")[2]
        return area if level_of(area) else ""

    def with_(self, **changed: str) -> "Call":
        return replace(self, values={**self.values, **changed})


def call_of(sent: Mapping[str, str]) -> Call:
    """The fields of a form; half a point and a building that is no code are dropped, a telephone number is bare."""
    values = {name: sent.get(name, "").strip()[:most] for name, most in FIELDS.items()}
    values["phone"] = _BLANKS.sub("", values["phone"])
    lon, lat = values["lon"], values["lat"]
    sound = (
        bool(_DEGREES.fullmatch(lon) and _DEGREES.fullmatch(lat)) and abs(float(lon)) <= 180 and abs(float(lat)) <= 90
    )
    values |= {} if sound else {"lon": "", "lat": ""}
    values |= {} if level_of(values["building"]) == "building" else {"building": ""}
    values |= {} if values["urgency"] in voc.URGENCIES else {"urgency": "0"}
    return Call(values)


def settled(container: Container, visit: Visit, call: Call) -> Call:
    """The same call with its grid found: by what was written, by the point, or by an address that is one building's."""
    who, t, values = visit.caller, visit.t, call.values
    if values["area"]:
        code = code_of(container, who, values["area"], t)
        return call.with_(area=written(named_place(container, code, t), code))
    if call.position is not None:
        return at(container, visit, call, call.position)
    bare = _BLANKS.sub("", values["place"])
    same = [each for each in search_places(container, who, values["place"], t, level="building")
            if _BLANKS.sub("", each.name) == bare]  # fmt: skip
    return picked(container, visit, call, same[0].area.code) if len(same) == 1 else call


def picked(container: Container, visit: Visit, call: Call, code: str) -> Call:
    """The call at a place that was chosen from a list."""
    place = named_place(container, code, visit.t)
    return _placed(container, visit, call, place, None) if place is not None else call


def at(container: Container, visit: Visit, call: Call, point: tuple[float, float]) -> Call:
    """The call at a point of the map; words that somebody wrote for the place stay."""
    try:
        area = place_at(container.places, *point)
    except Refused:
        return replace(call, outside=True)
    place = named_place(container, area.code, visit.t)
    return _placed(container, visit, call, place, point) if place is not None else call


def _placed(container: Container, visit: Visit, call: Call, place: Found, point: tuple[float, float] | None) -> Call:
    grid = named_place(container, place.grid, visit.t)
    lon, lat = point or (place.area.lon, place.area.lat)
    named = bool(place.building) and (point is None or not call.values["place"] or bool(call.values["building"]))
    return call.with_(
        area=written(grid, place.grid),
        building=place.building,
        lon="" if lon is None else f"{lon:.6f}",
        lat="" if lat is None else f"{lat:.6f}",
        view="",
        **({"place": place.name} if named else {}),
    )


def pressed(container: Container, visit: Visit, call: Call, x: float, y: float) -> Call:
    """The call after a press on its map: from afar it comes nearer, from near it chooses the place."""
    window = window_for(container, visit, call)
    point = window.point(x, y)
    if window.span > CLOSE_M:
        return call.with_(view=Window(*point, max(NEAR_M, window.span / 4)).written())
    return at(container, visit, call, point)


def wider(container: Container, visit: Visit, call: Call) -> Call:
    window = window_for(container, visit, call)
    return call.with_(view=replace(window, span=min(WIDEST_M, window.span * 3)).written())


def window_for(container: Container, visit: Visit, call: Call) -> Window:
    """What the map shows: what was last looked at, else the chosen place, else the area, else the person's own."""
    kept = window_of(call.values["view"])
    if kept is not None:
        return kept
    if call.position is not None:
        return Window(*call.position, NEAR_M)
    area = _whole(container, call.code[:GRID_LENGTH]) or _whole(container, visit.caller.scope) or _county(container)
    if area is None or area.lon is None or area.lat is None:
        return Window(110.0, 30.0, WIDEST_M)
    return around(area.geometry, area.lon, area.lat)


def _whole(container: Container, code: str) -> Area | None:
    return container.places.get_area(code) if code else None


def _county(container: Container) -> Area | None:
    return next(iter(container.places.list_areas(level="county", scope="", limit=1, after=None).items), None)


def errors_of(container: Container, visit: Visit, call: Call, *, answering: bool) -> dict[str, str]:
    """Field to what is wrong with it and how to mend it."""
    values = call.values
    wrong: dict[str, str] = {name: name for name in ("place", "text", "category") if not values[name]}
    if values["phone"] and not is_phone(values["phone"]):
        wrong["phone"] = "phone_none"
    if call.outside:
        wrong["place"] = "outside"
    if values["category"] and values["category"] not in LEAVES:
        wrong["category"] = "category_unknown"
    if not call.outside:
        wrong |= _area_error(container, visit, call)
    if answering and (values["category"] in SAFETY or values["urgency"] == str(CRITICAL)):
        wrong["answer"] = "answer_danger"
    elif answering and not values["answer"]:
        wrong["answer"] = "answer"
    order = ("phone", "place", "area", "category", "text", "urgency", "answer")
    return {name: visit.t(ERRORS[wrong[name]]) for name in order if name in wrong}


def _area_error(container: Container, visit: Visit, call: Call) -> dict[str, str]:
    if not call.values["area"]:
        return {"area": "area"}
    if not call.code or not container.places.areas_named([call.code]):
        return {"area": "area_unknown"}
    return {} if contains(visit.caller.scope, call.code) else {"area": "area_not_yours"}
