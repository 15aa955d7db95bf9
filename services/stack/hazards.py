"""``./linli simulate``: an order for the simulator, checked before it is given.

The simulator takes orders from a topic and can answer nobody; what it would refuse is refused here, by its own rules.
"""

import msgspec

from sensors.simulator import district
from sensors.simulator.orders import CONTROL_TOPIC, Order, read_order, targets
from sensors.simulator.scenarios import CLEAR, SCENARIOS
from services.stack import condition
from services.stack.platform import Platform
from services.stack.publish import publisher
from services.stack.say import console
from streams.contracts import LinliError, Undecodable

KNOWN = (*SCENARIOS, CLEAR)


class NothingToStrike(LinliError):
    """The order makes no sense to the district that runs; the message says why and what would."""


def order(platform: Platform, scenario: str, *, device: str = "", for_s: int | None = None) -> int:
    """Give the order and name the devices that it strikes.

    Raises:
        NothingToStrike: the simulator does not run, or has no such device of that kind.
        Unavailable: the broker did not take it.
    """
    options = platform.options
    if not condition.metrics(platform.ports["simulator"]):
        raise NothingToStrike("模拟器没有运行 / the simulator does not run: ./linli up without --no-simulator")
    payload = msgspec.json.encode(Order(scenario, device, for_s))
    devices = district.build(options.seed, options.devices).devices
    try:
        wanted = read_order(payload, devices)
        struck = [] if scenario == CLEAR else targets(wanted, devices)
    except Undecodable as refused:
        raise NothingToStrike(f"模拟器会拒绝 / the simulator would refuse it: {refused.detail}") from refused
    if not struck and scenario != CLEAR:
        raise NothingToStrike(
            f"小区里没有合适的设备 / no device of this district fits {scenario}; up with more --devices"
        )
    with publisher(platform.mqtt("demo")) as broker:
        broker.send(CONTROL_TOPIC, msgspec.to_builtins(wanted))
    names = ", ".join(each.id for each in struck[:5]) + (" …" if len(struck) > 5 else "")
    console.print(f"已下达 Ordered: {scenario} {names}".rstrip(), markup=False)
    return 0
