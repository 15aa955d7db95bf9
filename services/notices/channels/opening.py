"""From configured addresses to channels."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from services.notices.channels.kept import ADDRESS, Service, Unusable
from services.notices.channels.robots import KINDS, Robot
from services.notices.domain import Outcome, Sent, Way
from services.notices.ports import Channel, Letter, PostBox

BOX: Final = "box://"


@dataclass(frozen=True, slots=True)
class Box:
    """:class:`services.notices.ports.Channel` into the demo's post box: no network, once an id."""

    box: PostBox

    def send(self, letter: Letter) -> Outcome:
        self.box.post(letter)
        return Sent()


def ways_of(addresses: Mapping[str, str], defaults: frozenset[str]) -> tuple[Way, ...]:
    """The channels by what a planner has to know of them."""
    return tuple(Way(name, ADDRESS in url, name in defaults) for name, url in sorted(addresses.items()))


def open_channels(addresses: Mapping[str, str], box: PostBox, resources: ExitStack) -> dict[str, Channel]:
    """A channel a name.

    Raises:
        ValueError: an address is not one; the message names its channel and not its secret.
    """
    made: dict[str, Channel] = {}
    for name, url in addresses.items():
        kind, plus, webhook = url.partition("+")
        if url == BOX:
            made[name] = Box(box)
        elif plus and kind in KINDS:
            address, _, secret = webhook.partition("#")
            if not address.startswith(("https://", "http://127.0.0.1:")):
                raise ValueError(f"channel {name}: {kind}+ needs the robot's https:// address; put its secret after #")
            robot = Robot(kind, address, secret)
            resources.callback(robot.close)
            made[name] = robot
        else:
            try:
                made[name] = Service(url)
            except Unusable as error:
                raise ValueError(
                    f"channel {name}: {error}; see docs/howto/add-a-channel.md for addresses that fit"
                ) from error
    return made
