"""What real devices sent, as collected in tests/data/payloads, becomes what its index says."""

import json
from pathlib import Path
from typing import Any

import pytest

from sensors.codecs import ROUTES, read
from streams.contracts import Device, Flag, Quality, Sample, Undecodable

DATA = Path(__file__).parents[2] / "data" / "payloads"
GRID = "990101001001001"
NOW = 1_795_311_683_000


def load(name: str) -> Any:
    (path,) = DATA.glob(f"{name}-*.json")
    return json.loads(path.read_text())


def in_tts_envelope(fields: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "end_device_ids": {"device_id": "node-1"},
            "received_at": "2026-11-22T01:41:23Z",
            "uplink_message": {"f_cnt": 1, "f_port": 1, "decoded_payload": fields},
        }
    ).encode()


def sample_of(topic: str, payload: bytes, *, device: Device | None = None) -> Sample:
    known = {device.id: device} if device else {}
    (routed,) = read(ROUTES, topic, payload, at=NOW, lookup=known.get).samples
    assert routed.grid == (device.area if device else "quarantine")
    return routed.sample


def by_tts(fields: dict[str, Any], kind: str, model: str) -> Sample:
    device = Device(id="node-1", kind=kind, area=GRID, model=model)
    return sample_of("v3/app@tenant/devices/node-1/up", in_tts_envelope(fields), device=device)


def unlisted(sample: Sample) -> set[str]:
    return {key for key, quality in sample.quality.items() if quality is Quality.UNLISTED}


@pytest.mark.parametrize("model", ["enlink", "enLink", "Synetica enLink"])
def test_05_enlink_methane_is_percent_lel(model: str) -> None:
    sample = by_tts(load("05")["decoded"], "gas", model)
    assert sample.values == {"ch4_lel": 23.56}
    assert sample.quality == {}


@pytest.mark.parametrize("spelling", ["H2S_pbb", "H2S_ppb"])
def test_06_enlink_sulphide_is_parts_per_billion_in_either_spelling(spelling: str) -> None:
    fields = load("06")["decoded"]
    fields[spelling] = fields.pop("H2S_pbb")
    sample = by_tts(fields, "gas", "enlink")
    assert {key: sample.values[key] for key in ("ch4_lel", "h2s_ppm", "o2_vol")} == {
        "ch4_lel": 23.56,
        "h2s_ppm": 0.3,
        "o2_vol": 20.9,
    }
    assert unlisted(sample) == {"temp_c", "temp_c_fix_v7", "humidity"}
    assert sample.quality.keys() == unlisted(sample)


def test_08_an_enlink_sensor_fault_is_a_flag_and_no_value() -> None:
    sample = by_tts(load("08")["decoded"], "gas", "enlink")
    assert sample.values == {}
    assert sample.flags == ("fault:fgs-humidity-surge",)


def test_an_enlink_fault_without_a_name_of_its_own_still_is_a_flag() -> None:
    assert by_tts({"fault_0x24_36": "FGS Something: 1"}, "gas", "enlink").flags == ("fault:0x24-36",)


def test_09_shelly_gas_has_no_valve_where_none_is_connected() -> None:
    payload = json.dumps(load("09")).encode()
    device = Device(id="shellygas-1", kind="gas", area=GRID, model="Shelly Gas")
    sample = sample_of("shellies/shellygas-1/info", payload, device=device)
    assert sample.values == {"alarm": 0.0, "ch4_lel": 0.0}
    assert sample.quality == {}
    assert sample.ts == 1_729_863_286_000


@pytest.mark.parametrize(
    ("name", "model", "occupied", "flags"),
    [("14", "tps110", 1.0, ()), ("16", "TPS110", 1.0, (Flag.STARTUP,)), ("18", "nps405", 0.0, ())],
)
def test_14_16_18_parking_sensors_tell_whether_the_bay_is_taken(
    name: str, model: str, occupied: float, flags: tuple[str, ...]
) -> None:
    sample = by_tts(load(name)["output"]["data"], "parking", model)
    assert sample.values["occupied"] == occupied
    assert sample.flags == flags
    assert unlisted(sample) == ({"battery_voltage", "temperature"} if model == "nps405" else set())


def test_20_a_fiware_parking_spot_that_is_free() -> None:
    sample = sample_of("ngsi/notify", json.dumps(load("20")).encode())
    assert (sample.device, sample.kind) == ("santander:daoiz_velarde_1_5:3", "parking")
    assert sample.values == {"occupied": 0.0}


def test_25_a_fiware_streetlight_keeps_a_current_of_no_stated_unit_unlisted() -> None:
    sample = sample_of("ngsi/notify", json.dumps(load("25")).encode())
    assert sample.kind == "light"
    assert sample.values == {"on": 0.0, "power_w": 10.0, "voltage_v": 50.0, "power_factor": 0.7, "current": 250.0}
    assert unlisted(sample) == {"current"}


def test_26_a_control_cabinet_is_refused_since_it_is_no_sensor() -> None:
    with pytest.raises(Undecodable) as refused:
        sample_of("ngsi/notify", json.dumps(load("26")).encode())
    assert refused.value.reason == "kind"
    assert refused.value.detail == "no sensor kind for StreetlightControlCabinet"


def test_30_an_unknown_device_is_quarantined_with_its_old_time_flagged() -> None:
    sample = sample_of("v3/app1@tenant1/devices/dev1/up", json.dumps(load("30")).encode())
    assert sample.device == "dev1"
    assert sample.values == {"temperature": 1.0, "luminosity": 0.64}
    assert unlisted(sample) == {"temperature", "luminosity"}
    assert sample.flags == (Flag.OLD,)
    assert sample.ts == 1_581_520_545_790
    assert sample.seq == 1


def test_33_a_senml_record_is_named_by_its_unit() -> None:
    sample = sample_of("senml/any", json.dumps(load("33")).encode())
    assert sample.device == "urn:dev:ow:10e2073a01080063"
    assert sample.values == {"temp_c": 23.1}
    assert sample.flags == (Flag.NO_TS,)


def test_35_a_ticket_is_not_a_reading() -> None:
    with pytest.raises(Undecodable, match="no sensor kind for service_requests"):
        sample_of("ngsi/notify", json.dumps(load("35")).encode())


def test_every_file_of_the_collection_is_in_its_index() -> None:
    index = (DATA / "index.md").read_text()
    assert [path.name for path in sorted(DATA.glob("*.json")) if path.name not in index] == []
