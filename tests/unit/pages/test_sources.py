"""What pages read, where two answers that are a little old meet."""

from dataclasses import dataclass, replace

from services.api.door.auth import Caller
from services.api.pages.sources import FRESH_MS, ContainerSource
from services.registry.domain import Role
from services.remembered import Remembered
from tests.fakes.city import MemoryCity

MANAGER = Caller("grid_manager", "Grid manager", Role.GRID_MANAGER, "", "", "token")


@dataclass
class Ticking:
    """A clock on which every look takes a millisecond."""

    at: int = 0

    def now(self) -> int:
        self.at += 1
        return self.at


def test_values_that_lapse_before_their_fleet_are_asked_for_again_of_the_same_devices() -> None:
    """The values were remembered first: for a moment the fleet is known and they are not."""
    city, clock = MemoryCity(), Ticking()
    source = ContainerSource(replace(city.container(), remembered=Remembered(clock.now)))
    source.fleet(MANAGER)
    filled = clock.at
    before = source.highest(MANAGER, "gas", "ch4_lel", 8)
    assert before
    clock.at = filled + FRESH_MS - 1  # the next look finds a fleet that is just young enough
    assert source.highest(MANAGER, "gas", "ch4_lel", 8) == before
