"""The route table: which topics carry which codec, and what of a device the topic tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from sensors.codecs.uplink import checked_id
from streams.contracts import Undecodable
from streams.contracts.areas import is_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One MQTT topic filter.

    ``device``, ``kind`` and ``grid`` are topic levels (from 0) where they stand in the topic, else None;
    ``fixed_kind`` and ``model`` hold for every device of the route that the registry does not know better.
    """

    filter: str
    codec: str
    device: int | None = None
    kind: int | None = None
    grid: int | None = None
    fixed_kind: str = ""
    model: str = ""


class Origin(NamedTuple):
    """What a topic tells of its messages. An empty ``device`` or ``kind``: the message must tell."""

    route: Route
    device: str
    kind: str


class RouteTable:
    """Routes in order; the first that matches a topic wins.

    What a topic tells never changes, and a device speaks on the same few topics: both answers are remembered.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes: Final = tuple(routes)
        self._patterns = tuple((tuple(route.filter.split("/")), route) for route in self.routes)
        self.origin = lru_cache(maxsize=131_072)(self._origin)

    @property
    def filters(self) -> tuple[str, ...]:
        """What a gateway subscribes to."""
        return tuple(dict.fromkeys(route.filter for route in self.routes))

    def match(self, topic: str) -> Route | None:
        levels = topic.split("/")
        return next((route for pattern, route in self._patterns if matches(pattern, levels)), None)

    def _origin(self, topic: str) -> Origin:
        """Read a topic.

        Raises:
            Undecodable: ``route``, ``grid`` or ``id``.
        """
        route = self.match(topic)
        if route is None:
            raise Undecodable("route", f"no codec for topic {topic[:200]!r}")
        levels = topic.split("/")
        if route.grid is not None and not is_grid(levels[route.grid]):
            raise Undecodable("grid", f"{levels[route.grid][:64]!r} is not a grid code of 15 digits")
        device = checked_id(levels[route.device]) if route.device is not None else ""
        return Origin(route, device, levels[route.kind] if route.kind is not None else route.fixed_kind)


def matches(pattern: tuple[str, ...], levels: list[str]) -> bool:
    """MQTT's own matching: ``+`` is one level, a last ``#`` the rest; neither meets a ``$`` topic's first level."""
    if levels[0].startswith("$") and pattern[0] in {"+", "#"}:
        return False
    for index, part in enumerate(pattern):
        if part == "#":
            return True
        if index >= len(levels) or part not in {"+", levels[index]}:
            return False
    return len(pattern) == len(levels)
