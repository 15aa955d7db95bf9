"""How likely two reports are one matter, 0 to 1, and why: place, category, time and words, each with its points.

A part may speak against it: another matter, another place, a car that has long driven on. The
weights are a judgement, measured on the labelled pairs by ``bench/merging.py``; the record on
merging has the figures. A person decides; the points are there to be doubted.
"""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from sensors.kinds.categories import CATEGORIES, FIRE_LANE, GAS_LEAK, ILLEGAL_PARKING
from services.tickets.domain.limits import DAY, HOUR
from services.tickets.domain.merging.whereabouts import spot_of
from services.tickets.domain.merging.wording import WIDE, matters_of, shared_letters, smells_of_gas
from services.tickets.domain.ticket import Ticket
from streams.contracts.areas import COMMUNITY_LENGTH, GRID_LENGTH

SHOWN: Final = 0.7
"""From here on a pair is worth an operator's look."""
WINDOW_MS: Final = 7 * DAY
"""Older reports of the same thing are a recurrence, not the same report."""
NEAR_M: Final = 800.0
"""Metres within which a wrong grid is looked past: an estate and the streets around it."""
_SPOT_M: Final = 100.0
"""Metres within which two points are one spot: a court, and what a telephone gets wrong."""


class Part(StrEnum):
    """What a pair is judged by."""

    PLACE = "place"
    CATEGORY = "category"
    TIME = "time"
    WORDS = "words"


class Why(StrEnum):
    """One reason each; :data:`REASONS` has the sentences."""

    DEVICE = "device"
    BUILDING = "building"
    SIDE = "side"
    ESTATE = "estate"
    SPOT = "spot"
    GRID = "grid"
    COMMUNITY = "community"
    NEXT = "next"
    ELSEWHERE = "elsewhere"
    LEAF = "leaf"
    SMELL = "smell"
    FAMILY = "family"
    UNSAID = "unsaid"
    OTHER_CATEGORY = "other_category"
    HOUR = "hour"
    TODAY = "today"
    DAYS = "days"
    WEEK = "week"
    LONG = "long"
    MATTER = "matter"
    LETTERS = "letters"
    OTHER_MATTER = "other_matter"


REASONS: Final[dict[Why, tuple[str, str]]] = {
    Why.DEVICE: ("同一台设备", "the same device"),
    Why.BUILDING: ("同一栋楼", "the same building"),
    Why.SIDE: ("同一处位置", "the same spot"),
    Why.ESTATE: ("同一小区", "the same estate"),
    Why.SPOT: ("相距不到一百米", "less than a hundred metres apart"),
    Why.GRID: ("同一网格", "the same grid"),
    Why.COMMUNITY: ("同一社区", "the same community"),
    Why.NEXT: ("相邻社区", "a neighbouring community"),
    Why.ELSEWHERE: ("地点不同", "another place"),
    Why.LEAF: ("类别相同", "the same category"),
    Why.SMELL: ("闻到燃气味，与燃气报警相符", "a smell of gas, as the gas alarm has it"),
    Why.FAMILY: ("同一大类", "the same family of categories"),
    Why.UNSAID: ("有一方尚未归类", "one of them has no category yet"),
    Why.OTHER_CATEGORY: ("类别不同", "another category"),
    Why.HOUR: ("相隔不到一小时", "less than an hour apart"),
    Why.TODAY: ("相隔不到一天", "less than a day apart"),
    Why.DAYS: ("相隔不到三天", "less than three days apart"),
    Why.WEEK: ("相隔不到七天", "less than seven days apart"),
    Why.LONG: ("相隔太久", "too long apart"),
    Why.MATTER: ("说的是同一件事", "the words name the same matter"),
    Why.LETTERS: ("用词相近", "the words are alike"),
    Why.OTHER_MATTER: ("说的是不同的事", "the words name different matters"),
}
"""Reason to its sentence in Chinese and in English."""


class Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """A report as far as it is compared; ``at`` epoch ms. Everything but ``at`` may be empty.

    ``position`` is (lon, lat), WGS84; ``around`` are the communities within :data:`NEAR_M` of it.
    """

    at: int
    text: str = ""
    place: str = ""
    area: str = ""
    building: str = ""
    category: str = ""
    device: str = ""
    position: tuple[float, float] | None = None
    around: tuple[str, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """One part of a judgement: its points of ``most``."""

    part: Part
    why: Why
    points: float
    most: float


class Likeness(msgspec.Struct, frozen=True):
    """How likely two reports are one matter: the sum of its reasons' points."""

    score: float
    reasons: tuple[Reason, ...]


METRES_A_DEGREE: Final = 111_320.0
"""Of latitude, anywhere."""
_MOST: Final = {Part.PLACE: 0.35, Part.CATEGORY: 0.2, Part.TIME: 0.1, Part.WORDS: 0.35}
_AGAINST: Final = -0.6
"""Share of a part's points that is taken off where the part speaks against it."""
_FLEETING: Final = frozenset({FIRE_LANE, ILLEGAL_PARKING})
"""A day later it is another car (tickets.md: fire lane 0)."""


def sighting_of(ticket: Ticket) -> Sighting:
    """A ticket as far as it is compared; a sensor's text is figures, so its title speaks for it."""
    text = f"{ticket.title} {ticket.text}" if not ticket.episodes else ticket.title
    return Sighting(
        ticket.opened_at, text, ticket.place, ticket.area, ticket.building, ticket.category, ticket.device,
        ticket.position,
    )  # fmt: skip


def likeness(one: Sighting, other: Sighting, families: Mapping[str, str]) -> Likeness:
    """Judge a pair; the order of the two does not matter. ``families``: category to the one above it."""
    judged = (
        (Part.PLACE, *_place(one, other)),
        (Part.CATEGORY, *_category(one, other, families)),
        (Part.TIME, *_time(one, other)),
        (Part.WORDS, *_words(one, other)),
    )
    reasons = tuple(Reason(part, why, round(share * _MOST[part], 3), _MOST[part]) for part, why, share in judged)
    return Likeness(max(0.0, round(sum(reason.points for reason in reasons), 3)), reasons)


def place_of(one: Sighting, other: Sighting) -> Why:
    """How near two reports are."""
    return _place(one, other)[0]


def _place(one: Sighting, other: Sighting) -> tuple[Why, float]:
    if one.device and one.device == other.device:
        return Why.DEVICE, 1.0
    if one.building and one.building == other.building:
        return Why.BUILDING, 1.0
    here, there = spot_of(one.place), spot_of(other.place)
    if not here.estate or here.estate != there.estate or _apart(one, other):
        return _nearness(one, other)
    coded = bool(one.building and other.building)
    if here == there and not coded:
        return (Why.BUILDING if here.building else Why.SIDE), 1.0
    next_door = 0.8 if WIDE & _matters(one) & _matters(other) else 0.1
    vague = not coded and not (here.building and there.building) and not (here.side and there.side)
    return Why.ESTATE, max(0.6, next_door) if vague else next_door


def _apart(one: Sighting, other: Sighting) -> bool:
    """Whether estates of one name are two: in communities that do not touch, and not at one place on the map."""
    if not one.area or not other.area or _neighbours(one, other):
        return False
    return one.area[:COMMUNITY_LENGTH] != other.area[:COMMUNITY_LENGTH] and _metres(one, other) > NEAR_M


def _neighbours(one: Sighting, other: Sighting) -> bool:
    return other.area[:COMMUNITY_LENGTH] in one.around or one.area[:COMMUNITY_LENGTH] in other.around


def _metres(one: Sighting, other: Sighting) -> float:
    """How far two points are apart, in a plane; infinitely where one of them is not known."""
    if one.position is None or other.position is None:
        return math.inf
    (east, north), (east_too, north_too) = one.position, other.position
    across = (east - east_too) * math.cos(math.radians((north + north_too) / 2))
    return math.hypot(across, north - north_too) * METRES_A_DEGREE


def _nearness(one: Sighting, other: Sighting) -> tuple[Why, float]:
    """Areas that only agree are a weak sign where both have words for the place, and those differ."""
    coded = bool(one.building and other.building)
    if not coded and _metres(one, other) <= _SPOT_M:
        return Why.SPOT, 0.8
    short = min(len(one.area), len(other.area))
    if short >= GRID_LENGTH and one.area[:GRID_LENGTH] == other.area[:GRID_LENGTH]:
        return Why.GRID, 0.1 if one.place and other.place else 0.5
    if short >= COMMUNITY_LENGTH and one.area[:COMMUNITY_LENGTH] == other.area[:COMMUNITY_LENGTH]:
        return Why.COMMUNITY, 0.1
    return (Why.NEXT, 0.0) if _neighbours(one, other) else (Why.ELSEWHERE, _AGAINST)


def _category(one: Sighting, other: Sighting, families: Mapping[str, str]) -> tuple[Why, float]:
    if GAS_LEAK in {one.category, other.category} and _gas(one) and _gas(other):
        return (Why.LEAF, 1.0) if one.category == other.category else (Why.SMELL, 1.0)
    if not one.category or not other.category:
        return Why.UNSAID, 0.5
    if one.category == other.category:
        return Why.LEAF, 1.0
    above = families.get(one.category, one.category)
    return (Why.FAMILY, 0.6) if above == families.get(other.category, other.category) else (Why.OTHER_CATEGORY, 0.0)


def _gas(report: Sighting) -> bool:
    return (bool(report.device) and report.category == GAS_LEAK) or smells_of_gas(report.text)


def _time(one: Sighting, other: Sighting) -> tuple[Why, float]:
    apart = abs(one.at - other.at)
    if apart >= DAY and _FLEETING & {one.category, other.category}:
        return Why.LONG, _AGAINST * 4
    steps = ((HOUR, Why.HOUR, 1.0), (DAY, Why.TODAY, 0.8), (3 * DAY, Why.DAYS, 0.5), (WINDOW_MS, Why.WEEK, 0.2))
    return next(((why, share) for most, why, share in steps if apart < most), (Why.LONG, _AGAINST * 4))


def _words(one: Sighting, other: Sighting) -> tuple[Why, float]:
    mine, theirs = _matters(one), _matters(other)
    if mine and theirs:
        return (Why.MATTER, 1.0) if mine & theirs else (Why.OTHER_MATTER, _AGAINST)
    return Why.LETTERS, min(1.0, max(0.0, 2 * (shared_letters(one.text, other.text) - 0.2)))


def _matters(report: Sighting) -> frozenset[str]:
    """What the words name; where a sensor speaks, what its category's name says."""
    name = CATEGORIES[report.category].name_zh if report.device and report.category in CATEGORIES else ""
    return matters_of(f"{report.text} {name}")
