"""What the gateway makes of good, strange and bad messages, on real servers."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.contracts import Device, Flag, Quality
from streams.contracts.topics import INPUTS, QUARANTINE_KEY
from tests.integration.gateway_rig import (
    GRID,
    OTHER_GRID,
    GatewayProcess,
    Tail,
    message,
    now_ms,
    publish,
    register,
    running_gateway,
    tail_of,
    topic_of,
)
from tests.support import eventually

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def gateway(kafka_servers: str, mqtt_broker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    log = tmp_path_factory.mktemp("gateway") / "gateway.log"
    with running_gateway(kafka_servers, mqtt_broker.url("gateway"), f"gw-{secrets.token_hex(4)}", log) as process:
        yield process


@pytest.fixture
def tail(kafka_servers: str, gateway: GatewayProcess) -> Iterator[Tail]:
    with tail_of(kafka_servers, gateway.name) as made:
        yield made


@pytest.fixture
def device(kafka_servers: str) -> str:
    """A registered gas sensor with an id of its own."""
    name = f"gas-{secrets.token_hex(5)}"
    register(kafka_servers, Device(id=name, kind="gas", area=GRID))
    return name


def known(tail: Tail, mqtt_url: str, device: str) -> None:
    """Publish until the gateway has heard of the device from the registry's topic."""

    def registered() -> bool:
        publish(mqtt_url, (topic_of(device), message(0.0, seq=0)))
        return any(b.grid == GRID and s.device == device for b in tail.read().batches for s in b.samples)

    eventually(registered, every_s=0.2)


def test_a_reading_arrives_under_its_registered_grid(mqtt_broker: Any, tail: Tail, device: str) -> None:
    url = mqtt_broker.url("demo")
    known(tail, url, device)
    publish(url, (topic_of(device, grid=OTHER_GRID), message(7.5, ts=now_ms(), seq=4)))
    sample = eventually(lambda: next((s for s in tail.samples(device) if s.seq == 4), None))
    assert sample.values == {"ch4_lel": 7.5}
    assert sample.kind == "gas"
    assert abs(sample.at - now_ms()) < 60_000
    placed = [(key, b.grid) for key, b in zip(tail.keys, tail.batches, strict=True) if sample in b.samples]
    assert placed == [(GRID, GRID)]


def test_an_unknown_device_is_quarantined_with_its_readings(mqtt_broker: Any, tail: Tail) -> None:
    stranger = f"gas-{secrets.token_hex(5)}"
    publish(mqtt_broker.url("demo"), (topic_of(stranger), message(60.0)))
    eventually(lambda: tail.samples(stranger))
    assert [b.grid for b in tail.batches if any(s.device == stranger for s in b.samples)] == [QUARANTINE_KEY]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"this is not JSON", "json"),
        (b'{"values":{"ch4_lel":"three"}}', "schema"),
        (b"[1, 2, 3]", "schema"),
        (b"\xff\xfe\xfa", "utf-8"),
        (b'{"values":{"ch4_lel":NaN}}', "json"),
        (b'{"values":{"ch4_lel":1e308}}', "number"),
        (b'{"values":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001, "schema"),
        (b'{"values":{"a\\u0000b":1}}', "metric"),
        (b'{"values":{"a\x01b":1}}', "json"),
        (b"", "empty"),
        (b"x" * 1_000_000, "size"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value,
)
def test_garbage_becomes_a_dead_letter_and_the_flow_goes_on(
    mqtt_broker: Any, tail: Tail, payload: bytes, reason: str
) -> None:
    name = f"gas-{secrets.token_hex(5)}"
    publish(mqtt_broker.url("demo"), (topic_of(name), payload), (topic_of(name), message(seq=1)))
    eventually(lambda: tail.samples(name), what="the message after the garbage")
    (letter,) = eventually(lambda: tail.letters_of(name))
    assert letter.reason == reason
    assert letter.source == "gateway"
    assert letter.origin == topic_of(name)
    assert payload.startswith(letter.payload)
    assert letter.truncated == (letter.payload != payload)
    assert letter.detail


def test_a_topic_with_a_wrong_grid_is_a_dead_letter(mqtt_broker: Any, tail: Tail) -> None:
    name = f"gas-{secrets.token_hex(5)}"
    publish(mqtt_broker.url("demo"), (topic_of(name, grid="not-a-grid"), message()))
    (letter,) = eventually(lambda: tail.letters_of(name))
    assert letter.reason == "grid"


@pytest.mark.parametrize(
    ("ts", "flag"),
    [(0, Flag.OLD), (4_070_908_800_000, Flag.FUTURE), (now_ms() - 2 * DAY_MS, Flag.OLD), (None, Flag.NO_TS)],
    ids=["1970", "2099", "two days late", "none"],
)
def test_a_useless_time_is_kept_and_flagged(mqtt_broker: Any, tail: Tail, ts: int | None, flag: Flag) -> None:
    name = f"gas-{secrets.token_hex(5)}"
    publish(mqtt_broker.url("demo"), (topic_of(name), message(60.0, ts=ts)))
    (sample,) = eventually(lambda: tail.samples(name))
    assert flag in sample.flags
    assert sample.ts == (sample.at if ts is None else ts)


def test_values_are_judged_before_any_rule_sees_them(mqtt_broker: Any, tail: Tail) -> None:
    name = f"gas-{secrets.token_hex(5)}"
    body = {"values": {"ch4_lel": 65535, "battery_pct": 400, "humour": 1}, "flags": ["test"]}
    publish(mqtt_broker.url("demo"), (topic_of(name), json.dumps(body).encode()))
    (sample,) = eventually(lambda: tail.samples(name))
    assert sample.quality["battery_pct"] is Quality.OUT_OF_RANGE
    assert sample.quality["humour"] is Quality.UNLISTED
    assert sample.quality["ch4_lel"] is Quality.TEST
    assert sample.values["humour"] == 1.0


def test_every_partition_gets_ticks_and_none_overtakes_a_reading(mqtt_broker: Any, tail: Tail) -> None:
    names = [f"gas-{secrets.token_hex(5)}" for _ in range(20)]
    url = mqtt_broker.url("demo")

    def ticked() -> bool:
        publish(url, *[(topic_of(name), message()) for name in names])
        tail.read()
        counts = [sum(1 for partition, _ in tail.ticks if partition == n) for n in range(INPUTS.partitions)]
        return min(counts) >= 3

    eventually(ticked)
    for records in tail.order.values():
        newest_tick = 0
        for record in records:
            if hasattr(record, "samples"):
                assert all(sample.at >= newest_tick for sample in record.samples)
            else:
                assert record.at > newest_tick
                newest_tick = record.at


def test_a_stopped_gateway_leaves_nothing_behind(kafka_servers: str, mqtt_broker: Any, tmp_path: Path) -> None:
    name, sensor = f"gw-{secrets.token_hex(4)}", f"gas-{secrets.token_hex(5)}"
    with (
        running_gateway(kafka_servers, mqtt_broker.url("gateway"), name, tmp_path / "log") as process,
        tail_of(kafka_servers, name) as seen,
    ):
        publish(mqtt_broker.url("demo"), *[(topic_of(sensor), message(seq=n)) for n in range(100)])
        assert process.terminate() == 0
        publish(mqtt_broker.url("demo"), *[(topic_of(sensor), message(seq=n)) for n in range(100, 200)])
        process.start()
        eventually(lambda: len(seen.sequences(sensor)) == 200)
        assert set(seen.sequences(sensor).values()) == {1}
