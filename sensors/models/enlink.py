"""Synetica enLink with a flammable-gas sensor: field names of the vendor's payload formatter (v7).

``flam_methane`` is %LEL on the ISO basis (5.0 %VOL). Over-range writes 110 into every class. The hydrogen
sulphide key is spelt ``H2S_pbb`` in one of the vendor's formatters and ``H2S_ppb`` in another; both are
parts per billion. Fault counters name their meaning; they do not carry a measurement.
"""

from typing import Final

from sensors.kinds.definition import Example
from sensors.models.definition import Field, Mark, Model
from streams.contracts import Quality

_CLASSES: Final = ("no_gas", "hydrogen", "hydrogen_mix", "light", "medium", "heavy")

MODEL: Final = Model(
    key="enlink",
    kind="gas",
    name="Synetica enLink",
    fields=(
        Field(path="flam_methane", metric="ch4_lel"),
        Field(path="H2S_pbb", metric="h2s_ppm", scale=0.001),
        Field(path="H2S_ppb", metric="h2s_ppm", scale=0.001),
        Field(path="o2perc", metric="o2_vol"),
        Field(path="alarm", metric="alarm"),
    ),
    marks=(
        Mark(path="fault_0x24_35", flag="fault:fgs-humidity-surge"),
        Mark(path="fault_", flag="fault:", prefix=True),
    ),
    ignore=frozenset({"flam", "fault", *(f"flam_{gas}" for gas in _CLASSES)}),
    examples=(
        Example(
            topic="v3/estate@linli/devices/gas-000015/up",
            payload=b'{"end_device_ids":{"device_id":"gas-000015"},"received_at":"2026-11-22T01:41:23Z",'
            b'"uplink_message":{"f_cnt":9,"f_port":1,"decoded_payload":'
            b'{"temp_c":24.6,"flam":[["Methane",23.56]],"flam_no_gas":0,"flam_methane":23.56,"H2S_pbb":300}}}',
            device="gas-000015",
            kind="gas",
            model="enlink",
            values={"ch4_lel": 23.56, "h2s_ppm": 0.3, "temp_c": 24.6},
            quality={"temp_c": Quality.UNLISTED},
            ts=1_795_311_683_000,
        ),
    ),
)
