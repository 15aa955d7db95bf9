"""The platform watches itself: a process that is down reaches the engineer on call."""

import time
from typing import Any

from services.stack import condition
from services.stack.supervise import Manager
from tests.e2e.conftest import Running
from tests.support import eventually


def notifications(running: Running, name: str, process: str) -> list[dict[str, Any]]:
    items = running.get("/oncall/notifications", role="oncall", limit=200)["items"]
    return [item for item in items if item["name"] == name and item["labels"].get("process") == process]


def test_a_process_that_is_down_is_notified_acknowledged_and_resolved(running: Running) -> None:
    manager = Manager(running.platform.layout.socket)
    manager.stop("registry")
    try:
        (found,) = eventually(
            lambda: notifications(running, "ProcessDown", "registry"), within_s=240, every_s=1, what="the notification"
        )
        assert found["state"] == "firing"
        assert found["severity"] == "critical"
        answer = running.post(f"/oncall/notifications/{found['id']}/ack", {"comment": "已在处理"}, "oncall")
        assert answer.is_success, answer.text
    finally:
        manager.start(["registry"])
    eventually(
        lambda: [item for item in notifications(running, "ProcessDown", "registry") if item["state"] == "resolved"],
        within_s=240,
        every_s=1,
        what="it is resolved",
    )
    running.await_ready()


def test_the_way_from_sensor_to_alarm_ticket_and_screen_is_timed(running: Running) -> None:
    def measured() -> tuple[float, ...]:
        return tuple(
            condition.metrics(running.platform.ports[process]).get(f"linli_{name}_seconds_count", 0)
            for process, name in (
                ("streams", "sensor_to_alarm"),
                ("tickets", "alarm_to_ticket"),
                ("tickets", "sensor_to_ticket"),
                ("api", "sensor_to_screen"),
            )
        )

    device = running.spare()
    before = measured()

    def leaks() -> bool:
        running.publish(
            running.telemetry(device), {"ts": time.time_ns() // 1_000_000, "values": {"ch4_lel": 61.0, "alarm": True}}
        )
        return all(now > then for now, then in zip(measured(), before, strict=True))

    eventually(leaks, within_s=60, every_s=1, what="every histogram has one more")


def test_an_alarm_is_counted_by_alarm_quality_and_its_gauges(running: Running) -> None:
    running.spare()  # the detector that proves the registrations has raised an alarm

    def counted() -> bool:
        (mine,) = running.get("/alarm-quality", area=running.grid)["positions"]
        return mine["alarms"] >= 1 and mine["waiting"] >= 1

    eventually(counted, within_s=30, every_s=0.5, what="alarm quality counts it")
    port = running.platform.ports["alarms"]
    eventually(
        lambda: condition.metrics(port).get("linli_alarm_rate", 0) >= 1,
        within_s=60,
        every_s=1,
        what="Prometheus is told of it",
    )
