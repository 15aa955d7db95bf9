"""How much the gateway holds before it stops reading: the bound is its own, not the broker's."""

from dataclasses import dataclass
from typing import Final

MAX_RECORD_BYTES: Final = 900_000
"""Below Kafka's 1 MB a record, with room for its envelope."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``messages`` not yet acknowledged to the broker; ``bytes`` of these and of what Kafka has not got."""

    messages: int = 20_000
    bytes: int = 64 * 1024 * 1024
