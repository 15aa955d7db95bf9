"""The story of one gas leak, told against the running platform through MQTT and the public API.

The tour registers a detector of its own, plays its readings, and acts as the people would:
grid manager, the gas company's crew, grid worker. Every line is what the platform showed.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from services.adapters.clock import RandomIds, SystemClock
from services.stack.client import ApiRefused, Client
from services.stack.platform import Platform
from services.stack.publish import Publisher, publisher
from services.stack.say import console, failure
from streams.contracts import LinliError

DEVICE = "TOUR-GAS-1"
LEAK = (2.1, 2.3, 9.0, 31.0, 58.0)
CALM = 1.8
PERIOD_S = 1.0
PATIENCE_S = 120
SHANGHAI = ZoneInfo("Asia/Shanghai")
PLACE = "纺织新村 示范栋1单元 101 厨房"
"""In no building of the district, so that no simulated leak can be taken for the tour's."""
SEVERITIES = {"critical": "紧急", "major": "重要", "minor": "一般", "warning": "提示"}
STATES = {"checking": "待核查", "callback": "待回访", "closed": "已办结"}


class Stuck(LinliError):
    """The next step did not come; the message says which."""


class Detector:
    """Reports once a second: the leak's rise, then whatever ``value`` is, until it is stopped."""

    def __init__(self, broker: Publisher, topic: str) -> None:
        self._broker = broker
        self._topic = topic
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)
        self._rise = list(LEAK)
        self.value = LEAK[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        clock = SystemClock()
        while not self._stop.is_set():
            value = self._rise.pop(0) if self._rise else self.value
            self._broker.send(self._topic, {"ts": clock.now(), "values": {"ch4_lel": value, "battery_pct": 87}})
            self._stop.wait(PERIOD_S)


class Story:
    """The people of the story, and what they see."""

    def __init__(self, platform: Platform) -> None:
        self.administrator = Client(platform, "administrator")
        self.manager = Client(platform, "grid_manager")
        self.worker = Client(platform, "grid_worker")
        self.crew = Client(platform, "unit_handler")
        self.operator = Client(platform, "operator")
        self._ids = RandomIds()
        self._began = time.monotonic()

    def tell(self, text: str, english: str) -> None:
        """One step with its time, and the seconds since the story began."""
        now = datetime.fromtimestamp(SystemClock().now() / 1000, SHANGHAI).strftime("%H:%M:%S.%f")[:-3]
        console.print(f"{now}  +{time.monotonic() - self._began:5.1f} s  {text}  [dim]{english}[/]")

    def wait(self, what: str, look: Callable[[], Any]) -> Any:
        """Look until there is something to see.

        Raises:
            Stuck: nothing came in time.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            seen = look()
            if seen:
                return seen
            time.sleep(0.2)
        raise Stuck(f"{what}: 等了 {PATIENCE_S} 秒没有出现 / did not come within {PATIENCE_S} s")

    def register(self) -> str:
        """Make sure that the tour's detector is known; returns its grid."""
        neighbour = self.manager.get("/devices", kind="gas", limit=1)["items"][0]
        body: dict[str, object] = {
            "id": DEVICE,
            "kind": "gas",
            "area": neighbour["area"],
            "name": "演示探测器 Tour detector",
            "place": PLACE,
            "lon": neighbour.get("lon"),
            "lat": neighbour.get("lat"),
            "period_s": 60,
        }
        try:
            self.administrator.post("/devices", body, key=self._ids.new())
        except ApiRefused as refused:
            if "409" not in str(refused):
                raise
        return str(self.manager.get(f"/devices/{DEVICE}")["area"])

    def alarm(self, *, active: bool) -> Any:
        """The detector's newest alarm in that condition, or None."""
        items = self.manager.get("/alarms", device=DEVICE, limit=20)["items"]
        fitting = [item for item in items if item["state"].startswith("active") is active]
        return fitting[0] if fitting else None

    def ticket(self, number: str) -> Any:
        return self.manager.get(f"/tickets/{number}")

    def unit(self, unit: str) -> tuple[str, str]:
        """Its names, Chinese and English."""
        found = next((each for each in self.manager.get("/units")["items"] if each["id"] == unit), None)
        return (found["name_zh"], found["name_en"]) if found else (unit, unit)

    def act(self, person: Client, ticket: str, action: str, **details: object) -> Any:
        """One action on the ticket, on the version that the person has just read."""
        seen = person.get(f"/tickets/{ticket}")
        body = {"action": action, "version": seen["version"], **details}
        return person.post(f"/tickets/{ticket}/actions", body, key=self._ids.new())


def tell(platform: Platform) -> int:
    """Tell it; 0 when the ticket is closed, 1 when a step did not come."""
    story = Story(platform)
    grid = story.register()
    story.tell(f"探测器 {DEVICE} 在网格 {grid} 就位", f"detector {DEVICE} stands in grid {grid}")
    try:
        topic = f"linli/v1/{grid}/gas/{DEVICE}/telemetry"
        with publisher(platform.mqtt("demo")) as broker, Detector(broker, topic) as detector:
            story.tell("燃气浓度从 2 %LEL 升到 58 %LEL", "gas rises from 2 to 58 %LEL")
            _loop(story, detector)
    except LinliError as error:
        failure(str(error))
        return 1
    return 0


def _loop(story: Story, detector: Detector) -> None:
    alarm = story.wait("告警 alarm", lambda: story.alarm(active=True))
    severity = SEVERITIES.get(alarm["severity"], alarm["severity"])
    story.tell(
        f"发现：{severity}告警（{alarm['rule']}），{alarm['value']:g} %LEL",
        f"discovery: {alarm['severity']} alarm, episode {alarm['episode'][:8]}",
    )
    number = story.wait("工单 ticket", lambda: (story.alarm(active=True) or alarm).get("ticket_id"))
    ticket = story.wait("派单 dispatch", lambda: _in(story.ticket(number), "dispatched", "redo"))
    zh, english = story.unit(ticket["lead"])
    story.tell(f"派遣：工单 {ticket['number']} 已派至{zh}", f"dispatch: one ticket, sent to {english}")
    story.manager.post(f"/alarms/{alarm['id']}/ack", {"comment": "已通知燃气公司 Gas company told"})
    story.tell("网格长确认告警", "the grid manager acknowledges")
    story.act(story.crew, number, "sign")
    story.tell("处置：抢修班签收", "resolve: the crew signs")
    story.act(story.crew, number, "arrive", place=PLACE)
    story.tell("抢修班到场，关阀通风", "the crew is on site, shuts the valve, airs the rooms")
    detector.value = CALM
    returned = story.wait("恢复 normal again", lambda: _latched_or_normal(story.alarm(active=True), story))
    story.tell("浓度回落，等待恢复延时和锁存复位", "the gas is gone; off-delay and latch remain")
    _reset(story, returned)
    story.wait("恢复 normal again", lambda: story.alarm(active=True) is None)
    story.tell("传感器已恢复正常（凭证一）", "sensor normal again: proof one")
    done = story.wait("凭证一 proof one", lambda: _finish(story, number))
    story.tell(
        f"抢修班报办结，工单{STATES.get(done['state'], done['state'])}", f"the crew reports it done: {done['state']}"
    )
    closed = story.act(story.worker, number, "check_ok", text="已入户复测，无异味 Checked at the door, no smell")
    story.tell(
        "反馈：网格员上门回访，确认已解决（凭证二）", "feedback: call-back at the door by a grid worker, proof two"
    )
    if closed["state"] == "callback":  # somebody has also reported it: they are asked too
        closed = story.act(story.operator, number, "callback", contacted=True, solved=True, satisfied="satisfied")
        story.tell("话务员回访报告人，确认已解决", "call-back: the reporter says that it is solved")
    story.tell(
        f"工单 {closed['number']} {STATES.get(closed['state'], closed['state'])}，闭环完成",
        "closed: the loop is complete",
    )


def _in(ticket: Any, *states: str) -> Any:
    return ticket if ticket["state"] in states else None


def _latched_or_normal(alarm: Any, story: Story) -> Any:
    """The alarm once its condition is gone: either over, or latched and waiting for a person."""
    if alarm is None:
        return story.alarm(active=False)
    return alarm if alarm.get("normal_since") else None


def _reset(story: Story, alarm: Any) -> None:
    if alarm["state"].startswith("active"):
        story.manager.post(f"/alarms/{alarm['id']}/reset", {"comment": "现场已确认安全 Safe on site"})
        story.tell("网格长复位锁存", "the grid manager resets the latch")


def _finish(story: Story, ticket: str) -> Any:
    """Report it done; the platform refuses until the sensor has stayed normal long enough."""
    try:
        return story.act(story.crew, ticket, "finish", outcome="更换灶具软管 Replaced the hose")
    except ApiRefused as refused:
        if "409" in str(refused) or "422" in str(refused):
            return None
        raise
