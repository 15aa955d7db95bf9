"""Hazards and faults that can be ordered, as pure functions on what a device would have said.

A scenario runs ``for_s`` seconds on its devices and then tails off. Hazards compress time: a leak passes
60 %LEL within 20 s, and its devices report every second or two. Faults change what reaches the broker.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any, Final

from sensors.kinds import Rng
from streams.contracts import Device


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says at one time; ``online`` makes it a status message instead of telemetry."""

    values: dict[str, float]
    flags: tuple[str, ...] = ()
    ts_shift_ms: int = 0
    online: bool | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message as it is published at ``at`` (epoch ms)."""

    at: int
    topic: str
    payload: bytes
    device: str
    kind: str
    retain: bool = False


@dataclass(slots=True)
class Case:
    """One device in one run of a scenario.

    ``since_s`` counts from the order, ``over_s`` from its end (0 before); ``rank`` is the device's place
    among those struck; ``memory`` belongs to the scenario.
    """

    device: Device
    rank: int
    since_s: float
    over_s: float
    rng: Rng
    memory: dict[str, Any] = field(default_factory=dict)


Shape = Callable[[Case, Said], Said | None]
Carry = Callable[[Case, Message], list[Message]]
Aim = Callable[[Sequence[Device], Device], list[Device]]


def _alone(_: Sequence[Device], chosen: Device) -> list[Device]:
    return [chosen]


def _same_building(devices: Sequence[Device], chosen: Device) -> list[Device]:
    """The chosen detector first, then its neighbours in the building."""
    return [chosen, *(d for d in devices if d.kind == "gas" and d.building == chosen.building and d.id != chosen.id)]


def _same_feeder(devices: Sequence[Device], chosen: Device) -> list[Device]:
    feeder = chosen.attributes.get("feeder")
    return [d for d in devices if d.kind == "light" and d.attributes.get("feeder") == feeder]


def _same_main(devices: Sequence[Device], chosen: Device) -> list[Device]:
    """Every household on the chosen one's gas main, that one first."""
    main = chosen.attributes.get("main")
    return [chosen, *(d for d in devices if d.kind == "gas" and d.attributes.get("main") == main and d.id != chosen.id)]


def _same_gateway(devices: Sequence[Device], chosen: Device) -> list[Device]:
    gateway = chosen.attributes.get("gateway")
    return [d for d in devices if d.attributes.get("gateway") == gateway]


def _as_is(_: Case, said: Said) -> Said | None:
    return said


def _gas_leak(case: Case, said: Said) -> Said | None:
    """Rises past 60 %LEL in 15 s; the detector alarms at 15 and shuts its valve at 25; neighbours smell a little."""
    peak = 66.0 if case.rank == 0 else 6.0 / case.rank
    reached = peak * (1.0 - exp(-max(0.0, case.since_s - case.over_s) / 6.0))
    level = reached * exp(-case.over_s / 6.0) + case.rng.gauss(0.0, 0.4) * min(1.0, reached / 10.0)
    values = {**said.values, "ch4_lel": round(max(0.0, level), 1), "alarm": 1.0 if level >= 15.0 else 0.0}
    if "valve_open" in values and (level >= 25.0 or case.memory.get("shut")):
        case.memory["shut"] = True
        values |= {"valve_open": 0.0, "fan_on": 1.0 if case.over_s == 0 else 0.0}
    return replace(said, values=values)


def _main_leak(case: Case, said: Said) -> Said | None:
    """Gas comes up through the ground: one household after the other, a second apart, each as if it leaked itself."""
    later = replace(case, rank=0, since_s=max(0.0, case.since_s - 1.0 * case.rank))
    return _gas_leak(later, said)


def _septic_build_up(case: Case, said: Said) -> Said | None:
    """Five minutes to 5.5 %VOL, with hydrogen sulphide rising and oxygen falling as it does."""
    rise = min(1.0, (case.since_s - case.over_s) / 300.0) * exp(-case.over_s / 60.0)
    values = dict(said.values)
    values["ch4_vol"] = round(values.get("ch4_vol", 0.3) + 5.4 * rise + case.rng.gauss(0.0, 0.02), 2)
    values["h2s_ppm"] = round(values.get("h2s_ppm", 1.0) + 14.0 * rise, 1)
    values["o2_vol"] = round(values.get("o2_vol", 20.8) - 2.2 * rise, 1)
    return replace(said, values=values)


def _blackout(case: Case, said: Said) -> Said | None:
    """Every second lamp's controller dies with its mains; the others live on a capacitor and report no voltage."""
    if case.rank % 2 == 0:
        dark = dict.fromkeys(("on", "dim_pct", "power_w", "voltage_v", "current_a"), 0.0)
        return replace(said, values={**said.values, **dark, "fault": 7.0}) if case.over_s == 0 else said
    online = case.over_s > 0
    if case.memory.get("online") is online:
        return said if online else None
    case.memory["online"] = online
    return replace(said, online=online)


def _fire_lane(case: Case, said: Said) -> Said | None:
    occupied = case.over_s == 0
    lasted = round(case.since_s if occupied else case.over_s)
    return replace(said, values={**said.values, "occupied": float(occupied), "duration_s": float(lasted)})


def _silent(case: Case, said: Said) -> Said | None:
    return said if case.over_s > 0 else None


def _stuck(case: Case, said: Said) -> Said | None:
    """The first values again and again."""
    return said if case.over_s > 0 else replace(said, values=dict(case.memory.setdefault("values", said.values)))


def _noisy(case: Case, said: Said) -> Said | None:
    """One message in four has a wild value: within the range, beyond it, or far below."""
    if case.over_s > 0 or not said.values or case.rng.random() > 0.25:
        return said
    wild = (-100.0, 48.0, 9_999.0)[int(case.rng.random() * 3)]
    return replace(said, values={**said.values, next(iter(said.values)): wild})


def _clock_ahead(case: Case, said: Said) -> Said | None:
    return said if case.over_s > 0 else replace(said, ts_shift_ms=51_000)


def _self_test(case: Case, said: Said) -> Said | None:
    """A test alarm that looks like an alarm but for its flag."""
    if case.over_s > 0:
        return said
    return replace(said, values={**said.values, "ch4_lel": 55.0, "alarm": 1.0}, flags=("test",))


def _plain(_: Case, message: Message) -> list[Message]:
    return [message]


def _twice(case: Case, message: Message) -> list[Message]:
    return [message] if case.over_s > 0 else [message, message]


def _swapped(case: Case, message: Message) -> list[Message]:
    """Holds every second message back behind the next."""
    held = case.memory.pop("held", None)
    if held is None and case.over_s == 0:
        case.memory["held"] = message
        return []
    return [message] if held is None else [message, held]


GARBAGE: Final = (
    b"\xff\xfe\x00",
    b"not json",
    b'{"values":{"ch4_lel":NaN}}',
    b'{"values":{"ch4_lel":1e308}}',
    b'{"values":{"ch4_lel":"high"}}',
    b'{"deep":' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    b"",
)


def _garbage(case: Case, message: Message) -> list[Message]:
    """A piece of rubbish before each real message."""
    if case.over_s > 0:
        return [message]
    turn = case.memory["turn"] = case.memory.get("turn", -1) + 1
    return [replace(message, payload=GARBAGE[turn % len(GARBAGE)]), message]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What can be ordered. ``kind`` is the kind it strikes ("" any); ``where`` its first device's attributes.

    ``needs`` names an attribute of it, whatever its value. ``period_s`` None: at a device's own pace. The ground truth
    calls it ``cause`` ("": the key); it deserves a ticket once it has lasted ``deserving_s``, a fault (None) never.
    """

    key: str
    name_zh: str
    name_en: str
    kind: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    aim: Aim = _alone
    shape: Shape = _as_is
    carry: Carry = _plain
    for_s: float = 180.0
    tail_s: float = 60.0
    period_s: float | None = 2.0
    cause: str = ""
    deserving_s: float | None = None


SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.key: scenario
    for scenario in (
        Scenario(
            key="gas-leak",
            name_zh="燃气泄漏",
            name_en="Gas leak",
            kind="gas",
            aim=_same_building,
            shape=_gas_leak,
            period_s=1.0,
            deserving_s=20.0,
        ),
        Scenario(
            key="gas-main-leak",
            name_zh="燃气管泄漏",
            name_en="Gas main leak",
            kind="gas",
            needs="main",
            aim=_same_main,
            shape=_main_leak,
            period_s=1.0,
            deserving_s=20.0,
        ),
        Scenario(
            key="septic-build-up",
            name_zh="化粪池积聚",
            name_en="Slow septic build-up",
            kind="septic",
            shape=_septic_build_up,
            for_s=1_800.0,
            tail_s=300.0,
            cause="septic-methane",
            deserving_s=900.0,
        ),
        Scenario(
            key="feeder-blackout",
            name_zh="馈线失电",
            name_en="Feeder blackout",
            kind="light",
            aim=_same_feeder,
            shape=_blackout,
            period_s=5.0,
            cause="feeder-outage",
            deserving_s=150.0,
        ),
        Scenario(
            key="blocked-fire-lane",
            name_zh="占用消防通道",
            name_en="Blocked fire lane",
            kind="parking",
            where={"zone": "fire_lane"},
            shape=_fire_lane,
            for_s=600.0,
            period_s=5.0,
            cause="fire-lane",
            deserving_s=305.0,
        ),
        Scenario(key="silent", name_zh="失联", name_en="Silent", shape=_silent, for_s=600.0),
        Scenario(
            key="gateway-down",
            name_zh="网关离线",
            name_en="Gateway down",
            needs="gateway",
            aim=_same_gateway,
            shape=_silent,
            for_s=600.0,
        ),
        Scenario(key="stuck", name_zh="读数不变", name_en="Stuck", shape=_stuck),
        Scenario(key="noisy", name_zh="读数跳变", name_en="Noisy", shape=_noisy),
        Scenario(key="duplicated", name_zh="重复上报", name_en="Duplicated", carry=_twice),
        Scenario(key="out-of-order", name_zh="乱序上报", name_en="Out of order", carry=_swapped),
        Scenario(key="clock-ahead", name_zh="时钟超前", name_en="Clock ahead", shape=_clock_ahead),
        Scenario(key="garbage", name_zh="乱码", name_en="Garbage", carry=_garbage),
        Scenario(key="self-test", name_zh="探测器自检", name_en="Self-test", kind="gas", shape=_self_test, for_s=30.0),
    )
}
CLEAR: Final = "clear"
"""The order that ends everything that runs (on one device, or on all)."""
