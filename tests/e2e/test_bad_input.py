"""What must happen to bad input, from MQTT to the API, on the running platform."""

import json
import time
import uuid
from typing import Any

import pytest

from services.stack import condition
from tests.e2e.conftest import Running
from tests.support import eventually

PATIENT_S = 90.0
"""Another test may just have killed the detection worker: it takes up to 40 s until it goes on (ADR 46)."""
GARBAGE: dict[str, bytes] = {
    "not JSON": b"ch4=58",
    "a wrong type": b'{"values": {"ch4_lel": "much"}}',
    "invalid UTF-8": b'{"values": {"ch4_lel": 1, "\xff\xfe": 2}}',
    "NaN": b'{"values": {"ch4_lel": NaN}}',
    "1e308": b'{"values": {"ch4_lel": 1e308}}',
    "deep nesting": b"[" * 5_000 + b"]" * 5_000,
    "a control character": b'{"values": {"ch4_lel": 1, "a\\u0000b": 2}}',
    "a megabyte": b'{"values": {"ch4_lel": 1}, "x": "' + b"a" * 1_000_000 + b'"}',
}


def now() -> int:
    return time.time_ns() // 1_000_000


def readings(running: Running, device: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = running.get("/readings", device=device, limit=1000)["items"]
    return items


def by_rule(running: Running, device: str) -> dict[str, dict[str, Any]]:
    """The device's alarms by rule."""
    return {item["rule"]: item for item in running.get("/alarms", device=device)["items"]}


def letters(running: Running, device: str) -> list[dict[str, Any]]:
    listed = running.get("/dead-letters", role="administrator", limit=500)["items"]
    return [letter for letter in listed if device in letter["origin"]]


def counted(running: Running, name: str) -> float:
    """A counter of the gateway, over all its labels."""
    return condition.metrics(running.platform.ports["gateway"]).get(name, 0.0)


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_becomes_a_dead_letter_and_the_flow_goes_on(running: Running, case: str) -> None:
    device = running.spare()
    before = counted(running, "linli_dead_letters_total")
    running.publish_raw(running.telemetry(device), GARBAGE[case])
    running.publish(running.telemetry(device), {"ts": now(), "values": {"ch4_lel": 2.5}})
    found = eventually(lambda: letters(running, device), what=f"a dead letter for {case}")
    assert len(found) == 1
    assert found[0]["reason"]
    assert found[0]["detail"]
    eventually(lambda: readings(running, device), what="the next reading arrives")
    assert counted(running, "linli_dead_letters_total") > before


def test_a_wrong_grid_is_a_dead_letter(running: Running) -> None:
    device = f"grid-{uuid.uuid4().hex[:8]}"
    running.publish(f"linli/v1/12ab/gas/{device}/telemetry", {"values": {"ch4_lel": 1}})
    assert eventually(lambda: letters(running, device))[0]["reason"] == "grid"


def test_an_entity_that_no_codec_knows_is_a_dead_letter(running: Running) -> None:
    sender = uuid.uuid4().hex[:8]
    running.publish(f"ngsi/{sender}", {"id": "station:1", "type": "WeatherObserved", "temperature": 21})
    (found,) = eventually(lambda: letters(running, sender))
    assert (found["reason"], found["detail"]) == ("kind", "no sensor kind for WeatherObserved")


def test_an_unknown_device_is_quarantined_and_one_call_adopts_it(running: Running) -> None:
    device = f"stranger-{uuid.uuid4().hex[:8]}"
    grid, stamp = str(running.get("/devices", limit=1)["items"][0]["area"]), now()
    running.publish(f"linli/v1/{grid}/gas/{device}/telemetry", {"ts": stamp, "values": {"ch4_lel": 3.25}})

    def listed() -> list[dict[str, Any]]:
        items = running.get("/quarantine", role="administrator", limit=500)["items"]
        return [item for item in items if item["device"] == device]

    eventually(listed, what="the stranger is listed")
    answer = running.post(f"/quarantine/{device}/adopt", {"kind": "gas", "area": grid}, "administrator")
    assert answer.is_success, answer.text
    found = eventually(lambda: readings(running, device), what="its readings are in history")
    assert [(item["metric"], item["ts"], item["value"]) for item in found] == [("ch4_lel", stamp, 3.25)]
    assert eventually(lambda: not listed() or None, what="it left the quarantine")


@pytest.mark.parametrize("stamp", [0, 4_070_908_800_000, -172_800_000], ids=["1970", "2099", "two days late"])
def test_an_impossible_time_is_kept_with_its_flag_and_starts_no_alarm(running: Running, stamp: int) -> None:
    device, witness = running.spare(), running.spare()
    before = counted(running, "linli_gateway_flagged_total")
    ts = now() + stamp if stamp < 0 else stamp
    for step in range(3):
        running.publish(running.telemetry(device), {"ts": ts + step, "values": {"ch4_lel": 80, "alarm": True}})
    found = eventually(lambda: len(readings(running, device)) == 6 and readings(running, device))
    assert {item["quality"] for item in found} == {"future" if stamp > 0 else "old"}
    assert {item["ts"] for item in found} == {ts, ts + 1, ts + 2}
    # Of one grid, so in one order: once the witness has its alarm, the other one would have had its own.
    for _ in range(2):
        running.publish(running.telemetry(witness), {"ts": now(), "values": {"alarm": True}})
    eventually(lambda: by_rule(running, witness).get("gas.alarm"), within_s=PATIENT_S, what="the witness's alarm")
    assert running.get("/alarms", device=device)["items"] == []
    assert running.get(f"/devices/{device}")["last_values"] == []
    eventually(lambda: counted(running, "linli_gateway_flagged_total") >= before + 3, what="they are counted")


@pytest.mark.parametrize("offset_s", [51, -600])
def test_a_wrong_clock_does_not_blind_a_gas_detector(running: Running, offset_s: int) -> None:
    device = running.spare()
    for _ in range(3):
        running.publish(running.telemetry(device), {"ts": now() + offset_s * 1000, "values": {"alarm": True}})
    found = eventually(lambda: running.get("/alarms", device=device)["items"], within_s=PATIENT_S, what="the alarm")
    assert "critical" in [item["severity"] for item in found]
    assert len(running.get("/tickets", device=device)["items"]) == 1


def test_a_steady_offset_is_seen_through_and_arrival_time_is_used(running: Running) -> None:
    offsets = {running.spare(): 51_000, running.spare(): -600_000}

    def report(values: dict[str, Any]) -> None:
        for device, offset in offsets.items():
            running.publish(running.telemetry(device), {"ts": now() + offset, "values": values})

    begun = time.monotonic()

    def steady() -> bool:
        report({"ch4_lel": 2.0})
        return time.monotonic() - begun > 25

    eventually(steady, within_s=90, every_s=2, what="25 s of steady reports")
    leak = now()
    for _ in range(3):
        report({"alarm": True})
    for device, offset in offsets.items():
        alarm = eventually(
            lambda name=device: by_rule(running, name).get("gas.alarm"), within_s=PATIENT_S, what="the alarm"
        )
        assert abs(alarm["active_since"] - leak) < 30_000, f"{offset} ms off, and the alarm with it"
        assert "device.clock" in by_rule(running, device), "a health alarm says that the clock is wrong"


def test_duplicates_and_disorder_give_one_row_and_one_episode(running: Running) -> None:
    device = running.spare()
    begin = now() - 5_000
    stamps = [begin, begin + 2_000, begin + 1_000, begin + 2_000, begin, begin + 3_000]
    for stamp in stamps:
        running.publish(running.telemetry(device), {"ts": stamp, "values": {"alarm": True}})
    eventually(lambda: len(readings(running, device)) == 4 or None, what="four rows for six messages")
    alarms = eventually(lambda: running.get("/alarms", device=device)["items"])
    assert len(alarms) == 1
    assert len(running.get("/tickets", device=device)["items"]) == 1


def test_a_dead_letter_can_be_read_raw_and_replayed_once_it_can_be_understood(running: Running) -> None:
    device = running.spare()
    raw = json.dumps({"ts": now(), "values": {"ch4_lel": "12"}}).encode()
    running.publish_raw(running.telemetry(device), raw)
    (letter,) = eventually(lambda: letters(running, device))
    with running.api("administrator") as client:
        answer = client.get(f"/dead-letters/{letter['id']}/raw")
    assert answer.content == raw
    replayed = running.post(f"/dead-letters/{letter['id']}/replay", {}, "administrator", str(uuid.uuid4()))
    assert replayed.is_success, replayed.text
    # It is as unreadable as before: it comes back to the same letter and is not a second one.
    eventually(
        lambda: running.get("/dead-letters", role="administrator", limit=500)["items"] and letters(running, device)
    )
    assert len(letters(running, device)) == 1
