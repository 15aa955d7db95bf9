"""From the form of ``POST requests`` to a report of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from services.api.open311.errors import Both, wrong
from services.api.open311.offered import codes, name_of, said, unknown
from services.api.open311.where import Spot, spot_of
from services.api.tickets.whereabouts import area_at
from services.registry.ports import PlaceReader
from services.tickets.domain import Caller
from services.tickets.domain.text import is_phone
from services.tickets.handlers import Report

LONGEST: Final = 4_000
"""Characters of a description, as the specification limits it."""
PHOTO: Final = "照片 "
"""Begins the line that keeps a photograph's address."""
_MEDIA: Final = re.compile(r"https?://[^/\s]\S*\Z", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"attribute\[([A-Za-z0-9_]{1,50})\](\[\])?\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is, as far as it was said."""

    spot: Spot | None
    address: str
    position: tuple[float, float] | None


def report_of(form: FormData, places: PlaceReader) -> Report:
    """What somebody reports. An e-mail address and a device's id are read by nobody here, and not kept.

    Raises:
        NoReportError: 404, an unknown service; 400, everything else that is wrong, each in words of its own.
    """
    given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    code = given.get("service_code", "")
    if not code:
        raise wrong(
            400,
            (
                "没有填 service_code；可报的在 GET services",
                "service_code was not provided; GET services lists those there are",
            ),
        )
    if code not in codes():
        raise wrong(404, unknown(code))
    lines, faults = said(code, _attributes(form))
    description, media = given.get("description", ""), given.get("media_url", "")
    if (long := len(description)) > LONGEST:
        faults.append(
            (
                f"description 有 {long} 个字，最多 {LONGEST} 个，请写短些",
                f"description has {long} characters; at most {LONGEST} are taken",
            )
        )
    if media and not _MEDIA.match(media):
        faults.append(
            (
                f"media_url “{media[:50]}”不是 http 或 https 地址",
                f"media_url {media[:50]!r} is no http or https address",
            )
        )
    phone = given.get("phone", "")
    if phone and not is_phone(phone):
        faults.append(
            (
                f"phone “{phone[:50]}”不是电话号码：至少五位数字，可带区号、+ 和分机；不知道就不要发",
                f"phone {phone[:50]!r} is no telephone number: send five digits or more, with + and extension, or none",
            )
        )
    place = _place(given, places, faults)
    if faults or place is None:
        raise wrong(400, *faults)
    name = full_name(given.get("last_name", ""), given.get("first_name", ""))
    where = place.address or (place.spot.name if place.spot else "")
    return Report(
        title=f"{where} {name_of(code, 'zh')}"[:120],
        text="\n".join([description, *lines, *([f"{PHOTO}{media}"] if media else [])]).strip(),
        place=where,
        area=place.spot.area if place.spot else "",
        building=place.spot.building if place.spot else "",
        category=code,
        caller=Caller(name, phone) if name or phone else None,
        position=place.position,
    )


def apart(text: str) -> tuple[str, str | None]:
    """What was written, and the photograph's address that came with it and stands in its last line."""
    written, _, last = text.rpartition("\n")
    if last.startswith(PHOTO) and _MEDIA.match(address := last.removeprefix(PHOTO)):
        return written, address
    return text, None


def full_name(family: str, given: str) -> str:
    """王芳 is written without a space and family first, John Smith the other way round."""
    return f"{given} {family}".strip() if (family + given).isascii() else f"{family}{given}"


def _attributes(form: FormData) -> dict[str, list[str]]:
    """``attribute[CODE]=value``, and ``attribute[CODE][]=value`` several times."""
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        found = _ATTRIBUTE.match(name)
        if found and isinstance(value, str):
            given.setdefault(found[1], []).append(value.strip())
    return given


def _place(given: Mapping[str, str], places: PlaceReader, faults: list[Both]) -> Place | None:
    """A position, an address of ours, or words; what is wrong with it goes into ``faults``."""
    address, code = given.get("address_string", ""), given.get("address_id", "")
    before = len(faults)
    position = _position(given, faults)
    if not (position or address or code) and len(faults) == before:
        faults.append(
            (
                "没有填地点：请发 lat 和 long，或 address_string，或 address_id",
                "no location was provided: send lat and long, or address_string, or address_id",
            )
        )
    area = places.get_area(code) if code else None
    if code and area is None:
        faults.append(
            (
                f"address_id {code[:50]} 不是本区的网格或楼栋；请改用 lat 和 long",
                f"address_id {code[:50]} is no area or building of this district; send lat and long instead",
            )
        )
    elif position is not None and area is None:
        area = area_at(places, *position)
        if area is None:
            lat, long = f"lat {position[1]:g}", f"long {position[0]:g}"
            faults.append(
                (
                    f"{lat}, {long} 在本区之外；坐标须是 WGS84，本区之外请找当地",
                    f"{lat}, {long} lies outside this district; send WGS84, or ask the place's own city",
                )
            )
    return None if len(faults) > before else Place(spot_of(places, area) if area else None, address, position)


def _position(given: Mapping[str, str], faults: list[Both]) -> tuple[float, float] | None:
    lat, long = given.get("lat", ""), given.get("long", "")
    if not lat and not long:
        return None
    if not (lat and long):
        faults.append(("lat 和 long 要一起发", "lat and long are sent together"))
        return None
    degrees = [_degrees(text, most) for text, most in ((long, 180), (lat, 90))]
    if degrees[0] is None or degrees[1] is None:
        faults.append(
            (
                f"lat “{lat[:50]}”须是 -90 到 90 的数，long “{long[:50]}”须是 -180 到 180 的数（WGS84）",
                f"lat {lat[:50]!r} is to be a number from -90 to 90, long {long[:50]!r} one from -180 to 180 (WGS84)",
            )
        )
        return None
    return degrees[0], degrees[1]


def _degrees(text: str, most: int) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if -most <= number <= most else None
