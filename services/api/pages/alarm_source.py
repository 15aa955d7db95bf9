"""The alarm pages' view of the container: lists, one alarm's story, quality."""

from dataclasses import dataclass
from typing import Final

from services.alarms.domain import AlarmFilters
from services.alarms.domain.quality_targets import Targets
from services.alarms.handlers import Measured
from services.alarms.ports import Listed
from services.api.auth import Caller, within
from services.api.container import Container
from services.api.quality import measured
from services.paging import Page, decode_cursor
from streams.contracts import AlarmEvent

PAGE: Final = 60


@dataclass(frozen=True, slots=True)
class AlarmBook:
    """Reads for one signed-in person; ``who`` narrows every answer to that person's area."""

    container: Container

    def listed(self, who: Caller, filters: AlarmFilters, cursor: str | None) -> Page[Listed]:
        """One page, newest first.

        Raises:
            Refused: ``cursor``, this list never gave it.
        """
        after = decode_cursor(cursor, (int, str))
        return self.container.alarms.list_alarms(filters, scope=who.scope, limit=PAGE, after=after)

    def story(self, who: Caller, alarm: str) -> tuple[Listed, tuple[AlarmEvent, ...]] | None:
        """An alarm with every transition, oldest first.

        Raises:
            ProblemError: 403, it lies outside the person's area.
        """
        found = self.container.alarms.get_alarm(alarm, scope="")
        if found is not None:
            within(who, found[0].alarm.area, f"Alarm {alarm}")
        return found

    def targets(self) -> Targets:
        """What alarm quality is measured against now."""
        return self.container.measure_quality.reader.targets().targets

    def quality(self, area: str, start: int, end: int, level: str) -> Measured:
        """Raises: Refused, for what cannot be measured."""
        return measured(self.container, area, start, end, level)
