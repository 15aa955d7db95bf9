"""What the gateway needs: a log that keeps order, a book of devices, a way to read messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.gateway.domain.window import Arrival
from streams.contracts import Device


@dataclass(slots=True, eq=False)
class Parcel:
    """One record for Kafka and the messages that wait for it. ``partition`` None: the key decides."""

    topic: str
    key: bytes
    value: bytes
    partition: int | None = None
    arrivals: list[Arrival] = field(default_factory=list)


class RecordLog(Protocol):
    """Kafka as the gateway sees it: accepts without waiting, answers later, loses nothing.

    Parcels of one partition arrive in the order of :meth:`send`, however long Kafka is away.
    """

    @property
    def waiting(self) -> int:
        """How many parcels are not acknowledged."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """Bytes of the parcels that are not acknowledged."""
        ...

    def send(self, parcel: Parcel) -> None:
        """Accept a parcel; never waits."""
        ...

    def delivered(self) -> Sequence[Parcel]:
        """The parcels that were acknowledged since the last call."""
        ...


FindDevice = Callable[[str], Device | None]
"""The registered device of an id, or None where nobody registered it."""
