"""The local day of the district: hours, seasons and the sun, from epoch milliseconds."""

import datetime as dt
from functools import lru_cache
from math import cos, pi
from typing import Final

from astral import Observer
from astral.sun import sun

ZONE: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


def local_time(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, ZONE)


def local_hour(at: int) -> float:
    """Hours since midnight, with the fraction."""
    return (at / 3_600_000 + 8.0) % 24.0


@lru_cache(maxsize=64)
def _sun(day: dt.date, lon: float, lat: float) -> tuple[int, int]:
    times = sun(Observer(latitude=lat, longitude=lon), date=day, tzinfo=ZONE)
    return int(times["sunrise"].timestamp() * 1000), int(times["sunset"].timestamp() * 1000)


def is_dark(at: int, lon: float, lat: float) -> bool:
    """Before sunrise or after sunset; degrees are rounded to a tenth, which is 24 seconds of sun."""
    sunrise, sunset = _sun(local_time(at).date(), round(lon, 1), round(lat, 1))
    return not sunrise <= at < sunset


def air_temperature(at: int) -> float:
    """A plain climate in °C: January 7, July 29, coolest at five, warmest in mid-afternoon."""
    day = local_time(at).timetuple().tm_yday
    return 18.0 - 11.0 * cos(2 * pi * (day - 15) / 365) - 4.0 * cos(2 * pi * (local_hour(at) - 3.0) / 24)
