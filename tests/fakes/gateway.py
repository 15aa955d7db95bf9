"""Twins of the gateway's ports, in memory, with a switch for everything that can go wrong."""

from collections.abc import Sequence

from services.gateway.ports import Parcel


class MemoryLog:
    """A RecordLog that keeps order and answers only while it is not ``away``."""

    def __init__(self) -> None:
        self.away = False
        self.kept: list[Parcel] = []
        self._waiting: list[Parcel] = []

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def waiting_bytes(self) -> int:
        return sum(len(parcel.value) for parcel in self._waiting)

    def send(self, parcel: Parcel) -> None:
        self._waiting.append(parcel)

    def delivered(self) -> Sequence[Parcel]:
        if self.away:
            return ()
        done, self._waiting = self._waiting, []
        self.kept.extend(done)
        return done


class ManualClock:
    """A clock that stands until it is moved (epoch ms)."""

    def __init__(self, now: int = 1_795_300_000_000) -> None:
        self.at = now

    def now(self) -> int:
        return self.at

    def advance(self, milliseconds: int) -> None:
        self.at += milliseconds


class MemorySocket:
    """A socket without a network: what it will deliver, what it took, and how much it takes at once."""

    def __init__(self, *arriving: bytes) -> None:
        self.arriving = list(arriving)
        self.taken = bytearray()
        self.calls = 0
        self.room = 1_000_000
        self.error: OSError | None = None
        self.closed = False

    def recv(self, size: int) -> bytes:
        self.calls += 1
        if not self.arriving:
            raise BlockingIOError
        piece, rest = self.arriving[0][:size], self.arriving[0][size:]
        self.arriving[:1] = [rest] if rest else []
        return piece

    def send(self, data: bytes) -> int:
        self.calls += 1
        if self.error is not None:
            raise self.error
        if not self.room:
            raise BlockingIOError
        count = min(self.room, len(data))
        self.room -= count
        self.taken += data[:count]
        return count

    def close(self) -> None:
        self.closed = True
