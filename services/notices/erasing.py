"""Messages that were erased, by a loop for their age or with their ticket, are counted and logged."""

from services.adapters import logging
from services.adapters.erasing import Erasing
from services.adapters.health import Health
from services.adapters.metrics import counter
from services.notices.handlers import BATCH, EraseByAge
from streams.contracts.metrics import NOTICES_ERASED


def erasing(erase: EraseByAge, health: Health) -> Erasing:
    """The loop of this process."""
    return Erasing(erase, BATCH, lambda erased: told(erased, why="age"), health)


def told(erased: int, *, why: str) -> None:
    """Count and log how many went, where any did."""
    if erased:
        counter(NOTICES_ERASED, why=why).inc(erased)
        logging.get(__name__).info("messages erased", why=why, erased=erased)
