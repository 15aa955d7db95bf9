"""Which alarms of a group are one incident, and which of them call people (alarms.md rule 9).

A member **counts** once it has a ticket to open and nothing hides it; warnings join an incident and
are listed, but they neither keep it open nor call anybody. All times are those of the records, never
the order in which partitions happened to deliver them.
"""

from typing import Final

import msgspec

from streams.contracts import AlarmEvent, Cause, Page, Severity

MINUTE: Final = 60_000
JOIN_MS: Final = 30 * MINUTE
"""Joining ends so long after the last activation."""
REMEMBER_MS: Final = 24 * 60 * MINUTE
"""So long a member that alarms again, alone, comes back to its own incident and not to a new one."""
REMIND_APART_MS: Final = 10 * MINUTE
"""An alarm that asks again calls people at most so often for all members together."""
FLOOD_WINDOW_MS: Final = 10 * MINUTE
FLOOD_IN: Final = 10
FLOOD_OUT: Final = 5
_COUNTS: Final = {2: Page.SECOND, 5: Page.FIFTH, 10: Page.TENTH}


class Standing(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member whose condition stands now; ``counts`` as above."""

    device: str
    building: str
    counts: bool


class Incident(msgspec.Struct, array_like=True):
    """One incident. ``called`` maps the devices that count (or have counted) to their buildings.

    ``first``: (time, episode) of the first to become active. ``opened`` and ``last`` bound the
    activations; ``seen`` is the newest transition of any kind. ``worst`` is the highest severity for
    which people have been called since something last stood.
    """

    id: str
    cause: str
    first: tuple[int, str]
    opened: int
    last: int
    seen: int
    called: dict[str, str] = {}
    devices: list[str] = []
    standing: dict[str, Standing] = {}
    acknowledged: bool = False
    worst: int = 0
    reminded: int = 0

    @classmethod
    def begin(cls, group: str, event: AlarmEvent) -> "Incident":
        """The incident that ``event`` is the first to belong to; its name never changes."""
        return cls(
            f"{event.cause_of_alarm}:{group}:{event.episode[:12]}",
            event.cause_of_alarm,
            (event.at, event.episode),
            event.at,
            event.at,
            event.at,
        )

    @property
    def members(self) -> int:
        """Devices with an alarm that stands."""
        return len({standing.device for standing in self.standing.values()})

    def joinable(self, at: int) -> bool:
        """Whether an alarm of that time still belongs here, from whichever side it comes."""
        return self.opened - JOIN_MS <= at <= self.last + JOIN_MS

    def agrees(self, building: str) -> bool:
        """Two devices of one building say the same."""
        same = {one.device for one in self.standing.values() if one.counts and one.building == building}
        return building != "" and len(same) > 1

    def take(self, event: AlarmEvent, own: Page | None) -> Page | None:
        """Note a transition of a member; gives the reason to call people, given its own."""
        alone = not self.standing
        self.seen = max(self.seen, event.at)
        if event.device not in self.devices:
            self.devices.append(event.device)
        if not event.new.active:
            self._gone(event)
            return None
        counts = counts_in(event)
        if counts and (event.device not in self.called or not event.old.active):
            self._activated(event)
        self.standing[event.episode] = Standing(event.device, event.building, counts)
        page = None if own is None else self._page(event, own, alone=alone)
        if event.cause is Cause.ACKNOWLEDGED:
            self.acknowledged = True
        if page is not None:
            self.worst = max(self.worst, event.severity.rank)
        if counts:
            self.called.setdefault(event.device, event.building)
        return page

    def _activated(self, event: AlarmEvent) -> None:
        """An activation that counts moves the bounds; warnings before the first one have held their place."""
        here = (event.at, event.episode)
        if self.called:
            self.first, self.opened = min(self.first, here), min(self.opened, event.at)
        else:
            self.first, self.opened = here, event.at
        self.last = max(self.last, event.at)

    def _gone(self, event: AlarmEvent) -> None:
        self.standing.pop(event.episode, None)
        if event.cause is Cause.ACKNOWLEDGED:
            self.acknowledged = True
        if not self.standing:
            self.worst = 0

    def _page(self, event: AlarmEvent, own: Page, *, alone: bool) -> Page | None:
        if event.device not in self.called:
            return self._page_of_new_member(event, own)
        if alone:
            return own
        if event.severity.rank > self.worst:
            return Page.SEVERITY
        match own:
            case Page.SEVERITY:
                return own if self.acknowledged else None
            case Page.AGAIN if event.at - self.reminded >= REMIND_APART_MS:
                self.reminded = event.at
                return own
            case _:
                return None

    def _page_of_new_member(self, event: AlarmEvent, own: Page) -> Page | None:
        number = len(self.called) + 1
        if number == 1:
            return own
        if self.acknowledged:
            return Page.AFTER_ACKNOWLEDGEMENT
        if event.building and event.building not in self.called.values():
            return Page.BUILDING
        if (page := page_of_number(number)) is not None:
            return page
        return Page.SEVERITY if event.severity.rank > self.worst else None


def page_of_number(number: int) -> Page | None:
    """The members that call people by their number alone."""
    return _COUNTS.get(number)


def counts_in(event: AlarmEvent) -> bool:
    """Whether a standing alarm makes its device a member that counts."""
    return event.ticket is not None and not event.hidden and not event.joins


class Flood(msgspec.Struct, array_like=True):
    """New alarms of the last ten minutes; in flood from ten on, until they are fewer than five."""

    times: list[int] = []
    on: bool = False

    def count(self, at: int, *, new: bool) -> None:
        """Move to ``at``, with one more alarm if it is ``new``."""
        if new:
            self.times.append(at)
        newest = max(at, max(self.times, default=at))
        self.times = sorted(time for time in self.times if time > newest - FLOOD_WINDOW_MS)[-4 * FLOOD_IN :]
        self.on = len(self.times) >= (FLOOD_OUT if self.on else FLOOD_IN)

    def collapses(self, event: AlarmEvent) -> bool:
        """In a flood every alarm but a critical one gives its row to its group."""
        return self.on and event.severity is not Severity.CRITICAL
