"""The tickets whose time is over are erased by a loop, and counted."""

from services.adapters.erasing import Erasing
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.tickets.handlers.erasing import BATCH, EraseByAge
from streams.contracts.metrics import PERSONAL_DATA_ERASED


def erasing(erase: EraseByAge, health: Health) -> Erasing:
    """The loop of this process."""
    return Erasing(erase, BATCH, counter(PERSONAL_DATA_ERASED).inc, health)
