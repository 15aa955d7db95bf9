"""Whatever a device sends, the codecs answer with samples or with Undecodable, and with nothing else."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sensors.codecs import CODECS, REASONS, ROUTES, RouteTable, read
from sensors.codecs.routes import Route
from streams.contracts import Device, Flag, Quality, Sample, Undecodable, encode
from streams.contracts.inputs import Batch

GRID = "990101001001001"
NATIVE = f"linli/v1/{GRID}/gas/g-1/telemetry"
NOW = 1_795_311_683_000
TOPICS = {
    "native": NATIVE,
    "native-status": f"linli/v1/{GRID}/gas/g-1/status",
    "tts": "v3/app@tenant/devices/dev1/up",
    "chirpstack": "application/1/device/a84041ffff000006/event/up",
    "tasmota": "tele/lamp-1/SENSOR",
    "tasmota-will": "tele/lamp-1/LWT",
    "shelly": "shellies/shellygas-1/info",
    "shelly-word": "shellies/shellygas-1/sensor/alarm",
    "senml": "senml/x",
    "ngsi": "ngsi/x",
}


def refusal(topic: str, payload: bytes) -> str:
    with pytest.raises(Undecodable) as refused:
        read(ROUTES, topic, payload, at=NOW, lookup=lambda _: None)
    assert refused.value.detail
    return refused.value.reason


def wrapped(values: str) -> bytes:
    return b'{"values":%s}' % values.encode()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"[]", "empty"),
        (b"hello", "json"),
        (b'{"values":{"a":1}', "json"),
        (b'{"values":{"a":1}} tail', "json"),
        (b'{"values":{"a":NaN}}', "json"),
        (b'{"values":{"a":Infinity}}', "json"),
        (b'{"values":{"a":1e308}}', "number"),
        (b'{"values":{"a":1e999}}', "number"),
        (b'{"values":{"a":' + b"9" * 400 + b"}}", "number"),
        (b'{"values":{"a":"12"}}', "schema"),
        (b'{"values":{"a":[1]}}', "schema"),
        (b'{"values":[1]}', "schema"),
        (b'{"v":{"a":1}}', "schema"),
        (b"7", "schema"),
        (b'{"values":{"a":1},"seq":"x"}', "schema"),
        (b'{"values":{"a":1},"flags":"test"}', "schema"),
        (b'{"values":{"a":1},"flags":["\\u0000"]}', "schema"),
        (b'{"values":{"a\\u0007":1}}', "metric"),
        (b'{"values":{"":1}}', "metric"),
        (b'{"values":{"\xff":1}}', "utf-8"),
        (b'{"values":{},"ignored":"\xc3("}', "utf-8"),
        (b'{"values":{},"deep":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nesting"),
        (b'{"values":{"a":1},"x":"' + b"y" * 1_000_000 + b'"}', "size"),
        (wrapped(json.dumps({f"m{n}": n for n in range(300)})), "size"),
        (b'{"values":{"a":1},"ts":-1}', "time"),
        (b'{"values":{"a":1},"ts":1e400}', "number"),
        (b'{"values":{"a":1},"ts":99999999999999999999}', "time"),
        (b'{"values":{"a":1},"ts":"2026-11-22T09:41:23"}', "time"),
        (b'{"values":{"a":1},"ts":"yesterday"}', "time"),
        (b'{"values":{"a":1},"ts":true}', "schema"),
    ],
)
def test_a_native_message_that_cannot_be_understood_says_why(payload: bytes, reason: str) -> None:
    assert refusal(NATIVE, payload) == reason


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("linli/v1/12/gas/g-1/telemetry", "grid"),
        ("linli/v1/99010100100100x/gas/g-1/telemetry", "grid"),
        ("linli/v1/９９０１０１００１００１００１/gas/g-1/telemetry", "grid"),
        (f"linli/v1/{GRID}/gas/g\x07/telemetry", "id"),
        (f"linli/v1/{GRID}/gas//telemetry", "id"),
        (f"linli/v1/{GRID}/gas/{'x' * 200}/telemetry", "id"),
        ("linli/v2/x", "route"),
        ("", "route"),
    ],
)
def test_a_topic_that_names_no_place_or_device_is_refused(topic: str, reason: str) -> None:
    assert refusal(topic, b'{"values":{"a":1}}') == reason


def test_a_message_cannot_speak_for_another_device_than_its_topic() -> None:
    payload = CODECS["tts"].examples[0].payload
    assert refusal("v3/app1@tenant1/devices/dev2/up", payload) == "id"


def test_a_lorawan_uplink_without_a_formatter_names_the_remedy() -> None:
    payload = b'{"end_device_ids":{"device_id":"dev1"},"uplink_message":{"frm_payload":"gkHe"}}'
    assert refusal(TOPICS["tts"], payload) == "payload"


def test_a_route_to_a_codec_that_does_not_exist_is_refused() -> None:
    table = RouteTable([Route(filter="x/+", codec="carrier-pigeon", device=1)])
    with pytest.raises(Undecodable, match="no codec"):
        read(table, "x/y", b"{}", at=NOW, lookup=lambda _: None)


@pytest.mark.parametrize(
    ("ts", "flag"),
    [(0, Flag.OLD), (NOW - 2 * 86_400_000, Flag.OLD), (4_070_908_800_000, Flag.FUTURE), (None, Flag.NO_TS)],
)
def test_a_wrong_or_missing_time_is_flagged_and_the_values_are_kept(ts: int | None, flag: Flag) -> None:
    payload = json.dumps({"values": {"ch4_lel": 60}, **({} if ts is None else {"ts": ts})}).encode()
    (routed,) = read(ROUTES, NATIVE, payload, at=NOW, lookup=lambda _: None).samples
    assert routed.sample.flags == (flag,)
    assert routed.sample.values == {"ch4_lel": 60.0}
    assert routed.sample.ts == (NOW if ts is None else ts)


def test_a_device_cannot_raise_the_flags_that_belong_to_the_gateway() -> None:
    payload = b'{"ts":1795311683000,"values":{"ch4_lel":60},"flags":["time:old","offline","fault:pump"]}'
    (routed,) = read(ROUTES, NATIVE, payload, at=NOW, lookup=lambda _: None).samples
    assert routed.sample.flags == ("note:time:old", "note:offline", "fault:pump")
    assert routed.sample.usable_time


def test_the_registered_grid_and_kind_win_over_the_topic() -> None:
    device = Device(id="g-1", kind="septic", area="990101002002002")
    (routed,) = read(ROUTES, NATIVE, wrapped('{"ch4_vol":1}'), at=NOW, lookup={"g-1": device}.get).samples
    assert (routed.grid, routed.sample.kind, routed.sample.quality) == ("990101002002002", "septic", {})


def test_an_unknown_device_of_an_unknown_kind_is_kept_unlisted() -> None:
    topic = f"linli/v1/{GRID}/weather/w-1/telemetry"
    (routed,) = read(ROUTES, topic, wrapped('{"rain_mm":1}'), at=NOW, lookup=lambda _: None).samples
    assert (routed.grid, routed.sample.kind) == ("quarantine", "unknown")
    assert routed.sample.quality == {"rain_mm": Quality.UNLISTED}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
SHAPES = st.sampled_from(
    ["values", "ts", "seq", "flags", "end_device_ids", "uplink_message", "deviceInfo", "object", "time", "Time"]
)


@given(
    codec=st.sampled_from(sorted(TOPICS)),
    payload=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()),
)
@example(codec="native", payload=b"\x00")
@example(codec="senml", payload=b'[{"n":"a","v":1e400}]')
@example(codec="senml", payload=b'[{"n":"a","t":-9e300,"v":1}]')
@example(codec="tasmota", payload=b'{"Time":"9999-12-31T23:59:59"}')
@example(codec="tasmota", payload=b'{"Time":"0001-01-01T00:00:00"}')
@example(codec="ngsi", payload=b'[{"type":"Streetlight","id":"\\u0000","current":1}]')
def test_no_bytes_raise_anything_but_undecodable(codec: str, payload: bytes) -> None:
    answer_is_sound(TOPICS[codec], payload)


@settings(max_examples=50)
@given(codec=st.sampled_from(sorted(TOPICS)), document=st.dictionaries(SHAPES | st.text(max_size=8), JSON, max_size=6))
def test_no_document_of_nearly_the_right_shape_raises_anything_but_undecodable(
    codec: str, document: dict[str, object]
) -> None:
    answer_is_sound(TOPICS[codec], json.dumps(document).encode())


@given(topic=st.text(max_size=60), payload=st.binary(max_size=40))
def test_no_topic_raises_anything_but_undecodable(topic: str, payload: bytes) -> None:
    answer_is_sound(topic, payload)


def answer_is_sound(topic: str, payload: bytes) -> None:
    refused: Undecodable | None = None
    samples: tuple[Sample, ...] = ()
    try:
        samples = tuple(r.sample for r in read(ROUTES, topic, payload, at=NOW, lookup=lambda _: None).samples)
    except Undecodable as error:
        refused = error
    assert refused is None or (refused.reason in REASONS and refused.detail)
    assert encode(Batch(gateway="g", grid="quarantine", at=NOW, samples=samples))
    assert all(abs(value) <= 1e12 for sample in samples for value in sample.values.values())
    assert all(sample.device.isprintable() for sample in samples)
