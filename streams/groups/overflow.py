"""Alarms of a group that has no room for another member: told as one further incident, and not remembered.

A group is one packed value, written at every transition, so it has to end somewhere (ADR 50). What
comes beyond is decided without anything that grows with the number of devices: the name of the
incident follows from group and cause, and of each cause only counts are kept.
"""

from typing import Final

import msgspec

from streams.contracts import AlarmEvent, Cause, Page
from streams.groups.incidents import JOIN_MS, REMIND_APART_MS, page_of_number

MOST_MEMBERS: Final = 2_000
"""Devices that one group remembers; a rule that would make a larger one is refused."""
NAME: Final = "overflow"


class Overflow(msgspec.Struct, array_like=True):
    """The calls of one cause: openings since it was last quiet, and the worst severity called for."""

    number: int = 0
    last: int = 0
    worst: int = 0
    acknowledged: bool = False
    reminded: int = 0

    def take(self, event: AlarmEvent, *, opening: bool) -> Page | None:
        """Why people are called: by the numbers of rule 9, since whose alarm it is does not matter here."""
        self.acknowledged |= event.cause is Cause.ACKNOWLEDGED
        if event.page is None:
            return None
        if opening:
            if event.at - self.last > JOIN_MS:
                self.number, self.worst, self.acknowledged = 0, 0, False
            self.number += 1
            self.last = max(self.last, event.at)
        page = self._page(event, event.page, opening=opening)
        if page is not None:
            self.worst = max(self.worst, event.severity.rank)
        return page

    def _page(self, event: AlarmEvent, own: Page, *, opening: bool) -> Page | None:
        if opening and self.number == 1:
            return own
        if opening and self.acknowledged:
            return Page.AFTER_ACKNOWLEDGEMENT
        if event.severity.rank > self.worst:
            return Page.SEVERITY
        if opening:
            return page_of_number(self.number)
        if own is Page.AGAIN and event.at - self.reminded >= REMIND_APART_MS:
            self.reminded = event.at
            return own
        return None


def incident_of(group: str, cause: str) -> str:
    """The one name for whatever a group has no room for."""
    return f"{cause}:{group}:{NAME}"
