"""Orders to the simulator: JSON on ``linli/v1/simulator/control``.

``{"scenario": "gas-leak", "device": "gas-000001", "for_s": 180}``: ``device`` and ``for_s`` may be left out.
Scenarios are those of :data:`~sensors.simulator.scenarios.SCENARIOS`; ``clear`` ends what runs.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sensors.simulator.scenarios import CLEAR, SCENARIOS
from streams.contracts import Device, Undecodable

CONTROL_TOPIC: Final = "linli/v1/simulator/control"
LONGEST_S: Final = 86_400.0


class Order(msgspec.Struct, frozen=True):
    """``for_s`` None takes the scenario's own duration."""

    scenario: str
    device: str = ""
    for_s: float | None = None


_decoder: Final = msgspec.json.Decoder(Order)


def read_order(payload: bytes, devices: Sequence[Device]) -> Order:
    """Read and check an order.

    Raises:
        Undecodable: with the words that would have been right.
    """
    try:
        order = _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable("schema", str(error)) from error
    if order.scenario != CLEAR and order.scenario not in SCENARIOS:
        raise Undecodable("schema", f"scenario {order.scenario!r} is none of {', '.join(SCENARIOS)}, {CLEAR}")
    if order.device and all(device.id != order.device for device in devices):
        raise Undecodable("schema", f"the district has no device {order.device!r}")
    if order.for_s is not None and not 0 < order.for_s <= LONGEST_S:
        raise Undecodable("schema", f"for_s must lie between 0 and {LONGEST_S:.0f}")
    return order


def targets(order: Order, devices: Sequence[Device]) -> list[Device]:
    """The devices that an order strikes, the chosen one first; none where the district has none of that kind.

    Raises:
        Undecodable: the named device is of another kind.
    """
    scenario = SCENARIOS[order.scenario]
    fitting = [
        device
        for device in devices
        if scenario.kind in {"", device.kind}
        and scenario.where.items() <= device.attributes.items()
        and (not scenario.needs or scenario.needs in device.attributes)
    ]
    if not order.device:
        return scenario.aim(devices, fitting[0]) if fitting else []
    chosen = next((device for device in fitting if device.id == order.device), None)
    if chosen is None:
        raise Undecodable("schema", f"{order.scenario} cannot strike {order.device!r}")
    return scenario.aim(devices, chosen)
