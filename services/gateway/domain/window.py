"""Which MQTT messages may be acknowledged: the contiguous prefix that Kafka has, in arrival order.

MQTT obliges a client to acknowledge in the order of arrival, while Kafka answers per partition in
any order. One message may travel in several records (a gateway of somebody else's that reports for
devices of several grids), so each arrival counts the records that still owe an answer.
"""

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Arrival:
    """One message of the broker's. ``at`` is epoch ms; ``owed`` the records not yet in Kafka."""

    mid: int
    size: int
    at: int
    owed: int = 0


class Window:
    """Messages received and not yet acknowledged, oldest first."""

    def __init__(self) -> None:
        self._arrivals: deque[Arrival] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    @property
    def bytes(self) -> int:
        """Payload bytes of everything that waits."""
        return self._bytes

    def arrive(self, mid: int, size: int, at: int) -> Arrival:
        """Enter a message; until :meth:`acknowledgeable` is asked, records may be added to what it owes."""
        arrival = Arrival(mid, size, at)
        self._arrivals.append(arrival)
        self._bytes += size
        return arrival

    def acknowledgeable(self) -> list[Arrival]:
        """Remove and return the longest prefix of messages that owe nothing."""
        ready: list[Arrival] = []
        arrivals = self._arrivals
        while arrivals and not arrivals[0].owed:
            arrival = arrivals.popleft()
            self._bytes -= arrival.size
            ready.append(arrival)
        return ready

    def forget(self) -> None:
        """The connection is gone and its message ids with it; the broker sends all of these again."""
        self._arrivals.clear()
        self._bytes = 0
