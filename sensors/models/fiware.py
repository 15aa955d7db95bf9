"""FIWARE smart data models: ``ParkingSpot`` and ``Streetlight``, named by the entity's type.

The data model does not state the current's unit, so it stays unlisted.
"""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Mark, Model
from streams.contracts import Quality

PARKING_SPOT: Final = Model(
    key="ParkingSpot",
    kind="parking",
    name="FIWARE ParkingSpot",
    fields=(Field(path="status", metric="occupied", words={"free": 0.0, "occupied": 1.0}),),
    ignore=frozenset({"location", "width", "length"}),
    examples=(
        Example(
            topic="ngsi/notify",
            payload=b'{"id":"bay:7","type":"ParkingSpot","status":"occupied","TimeInstant":"2026-11-22T01:41:23Z"}',
            device="bay:7",
            kind="parking",
            values={"occupied": 1.0},
            ts=1_795_311_683_000,
        ),
    ),
)

STREETLIGHT: Final = Model(
    key="Streetlight",
    kind="light",
    name="FIWARE Streetlight",
    fields=(
        Field(path="powerState", metric="on", words={"on": 1.0, "low": 1.0, "off": 0.0}),
        Field(path="powerConsumption", metric="power_w"),
        Field(path="voltage", metric="voltage_v"),
        Field(path="powerFactor", metric="power_factor"),
        Field(path="illuminanceLevel", metric="dim_pct", scale=100.0),
    ),
    marks=(
        Mark(path="status", flag="fault:lamp", equals=frozenset({"defectivelamp", "columnissue", "brokenlantern"})),
    ),
    ignore=frozenset(
        {
            "location",
            "lanternHeight",
            "powerRating",
            "municipalityInfo",
            "deviceInfo",
            "lifetimeMotionDetected",
            "lifetimePowerConsumption",
        }
    ),
    examples=(
        Example(
            topic="ngsi/notify",
            payload=b'{"id":"lamp:9","type":"Streetlight","powerState":"on","current":250,"lanternHeight":10}',
            device="lamp:9",
            kind="light",
            values={"on": 1.0, "current": 250.0},
            quality={"current": Quality.UNLISTED},
            flags=("time:none",),
        ),
    ),
)
