"""From the form of ``POST requests`` to a report of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import FormData

from services.api.open311.errors import NoReportError, wrong
from services.api.open311.offered import codes, name_of, said
from services.api.open311.where import Spot, spot_of
from services.api.tickets.whereabouts import area_at
from services.registry.ports import PlaceReader
from services.tickets.domain import Caller
from services.tickets.handlers import Report

LONGEST: Final = 4_000
"""Characters of a description, as the specification limits it."""
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
        raise wrong(400, "service_code was not provided; GET services lists those there are")
    if code not in codes():
        raise wrong(404, f"service_code {code[:50]} was not found; GET services lists those there are")
    lines, faults = said(code, _attributes(form))
    description, media = given.get("description", ""), given.get("media_url", "")
    if len(description) > LONGEST:
        faults.append(f"description has {len(description)} characters; at most {LONGEST} are taken")
    if media and urlsplit(media).scheme not in {"http", "https"}:
        faults.append("media_url is no http or https address")
    place = _place(given, places, faults)
    if faults or place is None:
        raise NoReportError(400, [(400, fault) for fault in faults])
    name = f"{given.get('last_name', '')}{given.get('first_name', '')}"
    phone = given.get("phone", "")
    where = place.address or (place.spot.name if place.spot else "")
    return Report(
        title=f"{where} {name_of(code, 'zh')}"[:120],
        text="\n".join([description, *lines, *([f"照片 {media}"] if media else [])]).strip(),
        place=where,
        area=place.spot.area if place.spot else "",
        building=place.spot.building if place.spot else "",
        category=code,
        caller=Caller(name, phone) if name or phone else None,
        position=place.position,
    )


def _attributes(form: FormData) -> dict[str, list[str]]:
    """``attribute[CODE]=value``, and ``attribute[CODE][]=value`` several times."""
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        found = _ATTRIBUTE.match(name)
        if found and isinstance(value, str):
            given.setdefault(found[1], []).append(value.strip())
    return given


def _place(given: Mapping[str, str], places: PlaceReader, faults: list[str]) -> Place | None:
    """A position, an address of ours, or words; what is wrong with it goes into ``faults``."""
    address, code = given.get("address_string", ""), given.get("address_id", "")
    before = len(faults)
    position = _position(given, faults)
    if not (position or address or code) and len(faults) == before:
        faults.append("no location was provided: send lat and long, or address_string, or address_id")
    area = places.get_area(code) if code else None
    if code and area is None:
        faults.append(f"address_id {code[:50]} is no area or building of this district")
    elif position is not None and area is None:
        area = area_at(places, *position)
        if area is None:
            faults.append(f"lat {position[1]:g}, long {position[0]:g} lies outside this district")
    return None if len(faults) > before else Place(spot_of(places, area) if area else None, address, position)


def _position(given: Mapping[str, str], faults: list[str]) -> tuple[float, float] | None:
    lat, long = given.get("lat", ""), given.get("long", "")
    if not lat and not long:
        return None
    if not (lat and long):
        faults.append("lat and long are sent together")
        return None
    degrees = [_degrees(text, most) for text, most in ((long, 180), (lat, 90))]
    if degrees[0] is None or degrees[1] is None:
        faults.append("lat is a number from -90 to 90 and long one from -180 to 180 (WGS84)")
        return None
    return degrees[0], degrees[1]


def _degrees(text: str, most: int) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if -most <= number <= most else None
