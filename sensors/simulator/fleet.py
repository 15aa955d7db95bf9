"""Where the devices are: households, septic tanks, lamps along the roads, bays in the estates.

Each kind is an endless series of places, so that any number of devices can be asked for. The same seed
gives the same places; more devices leave the first ones where they were.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Final, NamedTuple

from sensors.simulator import places
from sensors.simulator.plan import YS, Building, Estate, buildings, estates
from sensors.simulator.plane import on_globe
from streams.contracts import Device

SHARES: Final = (("gas", 0.45), ("light", 0.27), ("parking", 0.18), ("septic", 0.10))
PERIODS: Final = {"gas": 30, "septic": 60, "light": 60, "parking": 60}
"""Seconds between reports: livelier than real devices, so that a demo lives."""
PREFIX: Final = {"gas": "gas", "septic": "sep", "light": "lamp", "parking": "bay"}
INSTALLED: Final = 1_772_294_400_000
"""1 March 2026 in Shanghai."""
LAMPS_PER_FEEDER: Final = 12
BAYS_PER_ESTATE: Final = 4
HOUSEHOLDS: Final = ((4, 2), (4, 1), (3, 2), (3, 1))
"""Floor and door of the detectors in the story's building; other buildings get two a round, anywhere."""
ROOMS: Final = ("厨房", "厨房", "阳台")


class Spot(NamedTuple):
    """A place on the plane: metres, the grid it lies in, and what a person calls it."""

    area: str
    x: float
    y: float
    place: str


def fleet(seed: int, devices: int) -> tuple[Device, ...]:
    """Exactly ``devices`` devices, kind by kind, in the shares of :data:`SHARES`."""
    series = {"gas": _gas, "septic": _septic, "light": _lamps, "parking": _bays}
    made: list[Device] = []
    for kind, wanted in _split(devices).items():
        made.extend(islice(series[kind](seed), wanted))
    return tuple(made)


def _split(devices: int) -> dict[str, int]:
    """Largest remainders, so that the counts add up and a tiny district still begins with gas."""
    exact = {kind: share * devices for kind, share in SHARES}
    counts = {kind: int(value) for kind, value in exact.items()}
    by_remainder = sorted(exact, key=lambda kind: counts[kind] - exact[kind])
    for kind in by_remainder[: devices - sum(counts.values())]:
        counts[kind] += 1
    return counts


@dataclass(frozen=True, slots=True)
class Make:
    """What a device is and how it speaks."""

    model: str = ""
    dialect: str = "native"


NATIVE: Final = Make()
ENLINK: Final = Make("enlink", "tts")
TPS110: Final = Make("tps110", "tts")
NPS405: Final = Make("nps405", "chirpstack")
LORAWAN: Final = frozenset({"tts", "chirpstack"})
"""Dialects of network servers: such a device is heard by the one gateway of its street."""
TASMOTA: Final = Make("tasmota-lamp", "tasmota")


def _device(
    kind: str,
    number: int,
    spot: Spot,
    *,
    building: str = "",
    attributes: dict[str, str] | None = None,
    make: Make = NATIVE,
) -> Device:
    """The id is the one the device speaks under: on ChirpStack its DevEUI."""
    lon, lat = on_globe(spot.x, spot.y)
    behind = {} if make.dialect not in LORAWAN else {"gateway": f"GW-{spot.area[6:9]}"}
    return Device(
        id=f"a84041ff{number:08x}" if make is NPS405 else f"{PREFIX[kind]}-{number:06}",
        kind=kind,
        area=spot.area,
        model=make.model,
        dialect=make.dialect,
        name=spot.place,
        place=spot.place,
        building=building,
        lon=lon,
        lat=lat,
        attributes={**(attributes or {}), **behind},
        period_s=PERIODS[kind],
        installed=INSTALLED,
        calibrated=INSTALLED,
    )


def _order(seed: int, kind: str) -> random.Random:
    return random.Random(f"{seed}:{kind}:places")


def _homes(rng: random.Random) -> list[Building]:
    """Buildings in random order, the one of the demo's story (纺织新村 12 栋) first."""
    shuffled = list(buildings())
    rng.shuffle(shuffled)
    story = next(b for b in shuffled if b.estate.name_zh == places.ESTATES[0][0] and b.number == 12)
    shuffled.remove(story)
    return [story, *shuffled]


def _gas(seed: int) -> Iterator[Device]:
    """Kitchens, and one detector in fifteen on a public stairway, which speaks LoRaWAN."""
    rng = _order(seed, "gas")
    homes = _homes(rng)
    number = count(1)
    for turn in count():
        for home in homes:
            story = home is homes[0] and turn == 0
            unit = 2 if story else rng.randint(1, home.units)
            for floor, door in HOUSEHOLDS[: 4 if story else 2]:
                index = next(number)
                level = floor if story else rng.randint(1, home.floors)
                x = home.west + (home.east - home.west) * (unit - 0.5) / home.units + 9.0 * (door - 1.5)
                y = (home.south + home.north) / 2 + rng.uniform(-3.5, 3.5)
                entrance = f"{home.estate.name_zh} {home.number}栋{unit}单元"
                public = index % 15 == 0
                room = "厨房" if story else rng.choice(ROOMS)
                place = f"{entrance} {level}层楼道" if public else f"{entrance} {level}0{door} {room}"
                yield _device(
                    "gas",
                    index,
                    Spot(home.estate.grid_code, x, y, place),
                    building=home.code,
                    attributes={"place": "public"}
                    if public
                    else {"main": f"M-{home.estate.column + 1:02}{home.estate.row + 1}"},
                    make=ENLINK if public else NATIVE,
                )
                if not story:
                    unit = unit % home.units + 1


def _septic(seed: int) -> Iterator[Device]:
    rng = _order(seed, "septic")
    order = list(buildings())
    rng.shuffle(order)
    number = count(1)
    for turn in count(1):
        for home in order:
            side, sign = ("东", 1.0) if rng.random() < 0.5 else ("西", -1.0)
            x, _ = home.middle
            place = f"{home.estate.name_zh} {home.number}栋{side} {turn}号池"
            spot = Spot(home.estate.grid_code, x + sign * (home.east - home.west) * 0.42, home.south - 6.0, place)
            tank = {"tank": f"T-{home.code[6:]}-{turn}"}
            yield _device("septic", next(number), spot, building=home.code, attributes=tank)


def _feeders(rng: random.Random) -> list[tuple[str, Estate, tuple[float, float], tuple[float, float]]]:
    """A feeder lights one side of one road between two crossings: the block's south or west edge."""
    made = []
    for estate in estates():
        west, south, east, _ = estate.edges
        street = places.CROSS_STREETS[estate.row + 1][0]
        made.append((street, estate, (west + 10.0, south + 7.0), (east - 10.0, south + 7.0)))
        made.append(
            (places.AVENUES[estate.column][0], estate, (west + 7.0, YS[estate.row] - 10.0), (west + 7.0, south + 10.0))
        )
    rng.shuffle(made)
    return made


def _lamps(seed: int) -> Iterator[Device]:
    rng = _order(seed, "light")
    feeders = _feeders(rng)
    number = count(1)
    for turn in count():
        for index, (road, estate, start, end) in enumerate(feeders, 1):
            feeder = f"F-{index + turn * len(feeders):02}"
            watts = rng.choice(("60", "90", "120"))
            for lamp in range(1, LAMPS_PER_FEEDER + 1):
                share = (lamp - 0.5 + 0.31 * (turn % 3)) / (LAMPS_PER_FEEDER + 1)
                spot = Spot(
                    estate.grid_code,
                    start[0] + (end[0] - start[0]) * share,
                    start[1] + (end[1] - start[1]) * share,
                    f"{road} 馈线 {feeder} {lamp}号灯",
                )
                index_now = next(number)
                yield _device(
                    "light",
                    index_now,
                    spot,
                    attributes={"nominal_w": watts, "feeder": feeder},
                    make=TASMOTA if index_now % 18 == 0 else NATIVE,
                )


def _bays(seed: int) -> Iterator[Device]:
    """Each estate in turn gets a fire lane and some bays; a few sensors speak LoRaWAN."""
    rng = _order(seed, "parking")
    order = [estate for estate in estates() if not estate.park]
    rng.shuffle(order)
    number = count(1)
    for turn in count():
        for estate in order:
            yield _lane(next(number), estate, turn, rng)
            for bay in range(1, BAYS_PER_ESTATE):
                index = next(number)
                make = {0: TPS110, 6: NPS405}.get(index % 12, NATIVE)
                zone = rng.choice(("bay", "bay", "bay", "charging", "disabled"))
                spot = _bay_spot(estate, turn * BAYS_PER_ESTATE + bay)
                yield _device("parking", index, spot, attributes={"zone": zone}, make=make)


def _lane(index: int, estate: Estate, turn: int, rng: random.Random) -> Device:
    gate = rng.choice(("北门", "南门", "东门", "西门"))
    x, y = _gate(estate, gate, turn)
    spot = Spot(estate.grid_code, x, y, f"{estate.name_zh} {gate}消防通道")
    return _device("parking", index, spot, attributes={"zone": "fire_lane"})


def _bay_spot(estate: Estate, bay: int) -> Spot:
    """Along the kerb of the estate's four sides in turn."""
    west, south, east, north = estate.edges
    share = 0.14 + 0.72 * ((bay * 0.381966) % 1.0)
    x, y = west + (east - west) * share, south + (north - south) * share
    spots = ((x, south + 9.5), (west + 9.5, y), (x, north - 9.5), (east - 9.5, y))
    return Spot(estate.grid_code, *spots[(bay + estate.column) % 4], f"{estate.name_zh} {bay}号车位")


def _gate(estate: Estate, gate: str, turn: int) -> tuple[float, float]:
    west, south, east, north = estate.edges
    x, y, shift = (west + east) / 2, (south + north) / 2, 6.0 * (turn % 10)
    return {
        "北门": (x + shift, north - 10.0),
        "南门": (x + shift, south + 10.0),
        "东门": (east - 10.0, y + shift),
        "西门": (west + 10.0, y + shift),
    }[gate]
