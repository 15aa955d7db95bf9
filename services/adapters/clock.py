"""The system's clock and identifiers: the only places that read time or randomness."""

import time
import uuid


class SystemClock:
    """Epoch milliseconds from the operating system."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class RandomIds:
    """Random UUIDs."""

    def new(self) -> str:
        return str(uuid.uuid4())  # noqa: TID251 - here is where the ban points
