"""One place that is blocked again and again is one matter: from the day's third car on, one hot-spot ticket.

A fire lane's re-alarm is another car, so its rule has no window in which a closed ticket comes back.
Three cars a day are no three matters, though: the third joins the day's newest ticket, closed or not,
and so does every one after it.
"""

from typing import Final

from sensors.kinds.categories import FIRE_LANE
from services.tickets.domain.numbers import day_of
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.words import State
from streams.contracts import AlarmEvent

HOT_CATEGORIES: Final = frozenset({FIRE_LANE})
EPISODES_A_DAY: Final = 3
"""From this one on: the specification's "≥ 3 a day"."""


def is_counted(event: AlarmEvent) -> bool:
    """Whether the day's episodes of this device and rule are counted at all."""
    return event.ticket is not None and event.ticket.category in HOT_CATEGORIES


def hot_day(event: AlarmEvent, others: int) -> str:
    """The day that this episode makes, or finds, hot: ``YYYYMMDD`` in Asia/Shanghai; '' where it is not.

    ``others``: the device's other episodes of that rule and day that are on tickets.
    """
    return day_of(event.since) if is_counted(event) and others + 1 >= EPISODES_A_DAY else ""


def takes_back(last: Ticket, event: AlarmEvent, day: str) -> bool:
    """Whether ``last``, though closed, is the hot-spot ticket of ``day``: it has had this device's alarm that day."""
    return (
        day != ""
        and last.state is State.CLOSED
        and any(episode.device == event.device and day_of(episode.since) == day for episode in last.episodes)
    )
