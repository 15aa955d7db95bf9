"""From an alarm's event to what the loop knows: an episode, an opening, and what it asks of us."""

from enum import StrEnum
from typing import Final

from sensors.kinds.categories import CATEGORIES
from sensors.kinds.groups import group_name
from services.tickets.domain.hotspots import takes_back
from services.tickets.domain.policy import Policy
from services.tickets.domain.ticket import Episode, Opening, Ticket
from services.tickets.domain.words import Source, State
from streams.contracts import AlarmEvent, Cause

_PERSONS_WORD: Final = frozenset({Cause.CLOSED, Cause.DEVICE, Cause.RULE})
"""Causes that end an alarm without the sensor having said that the danger is over."""
_AGAIN: Final = frozenset({Cause.SEVERITY_UP, Cause.REALARM})


class Want(StrEnum):
    """What an alarm event asks of the loop."""

    NOTHING = "nothing"
    OPEN = "open"
    JOIN = "join"
    RETURN = "return"


def order_of(event: AlarmEvent) -> tuple[int, ...]:
    """Where a transition stands in its episode's history: its number, then its time in the log."""
    number = event.id.rpartition("-")[2]
    return (int(number) if number.isdigit() else 0, event.at, event.source.offset)


def episode_of(event: AlarmEvent, known: Episode | None = None) -> Episode:
    """The episode after ``event``. A latched alarm whose condition has gone is active and normal at once."""
    normal_since = event.normal_since
    if event.cause in _PERSONS_WORD:
        normal_since = known.normal_since if known else None
    elif normal_since is None and not event.new.active:
        normal_since = event.at
    return Episode(
        episode=event.episode,
        rule=event.rule,
        device=event.device,
        severity=event.severity,
        since=event.since,
        active=event.new.active,
        order=order_of(event),
        normal_since=normal_since,
        metric=event.metric,
        value=event.value,
        limit=event.limit,
    )


def wanted(event: AlarmEvent, owner: Ticket | None, last: Ticket | None, hot: str = "") -> Want:
    """What to do with ``event``, given the ticket that has its episode and the incident's newest one.

    Late and repeated transitions want nothing. A standing alarm joins an open ticket, or one that
    closed so recently that it counts as a recurrence, or on a ``hot`` day at this place; else, if its
    rule says so, it opens a new one.
    What is hidden opens and joins nothing until it is shown; a silence that belongs to another alarm
    is noted on that one's ticket, if there is one, and opens none.
    """
    known = owner.episode(event.episode) if owner else None
    if owner is not None and known is not None and target_of(owner, last) is owner:
        return _of_known(event, owner, known)
    if not event.new.active or event.hidden:
        return Want.NOTHING
    if event.joins:
        return Want.JOIN if last is not None and last.open else Want.NOTHING
    if last is not None and last.open:
        return Want.JOIN
    if event.ticket is None:
        return Want.NOTHING
    again = last is not None and (_recurs(last, event) or takes_back(last, event, hot))
    return Want.JOIN if again else Want.OPEN


def _of_known(event: AlarmEvent, owner: Ticket, known: Episode) -> Want:
    if order_of(event) <= known.order:
        return Want.NOTHING
    if not event.new.active:
        return Want.RETURN if known.active else Want.NOTHING
    if known.active and event.cause is Cause.RETURNED:
        return Want.RETURN
    if event.hidden:
        return Want.NOTHING
    worse = event.ticket is not None and event.ticket.urgency > owner.urgency
    if known.active and event.cause not in _AGAIN and not worse:
        return Want.NOTHING
    # The episode's own ticket takes it back at any time; a warning brings back nothing.
    return Want.JOIN if owner.open or event.ticket is not None else Want.NOTHING


def target_of(owner: Ticket | None, last: Ticket | None) -> Ticket | None:
    """Which ticket an alarm concerns: an open one first, then the episode's own, then the newest."""
    for ticket in (owner, last):
        if ticket is not None and ticket.open:
            return ticket
    if owner is not None and owner.state is State.CLOSED:
        return owner
    return last


def _recurs(ticket: Ticket, event: AlarmEvent) -> bool:
    """Whether an alarm comes within the window after closing."""
    return ticket.closed_at is not None and event.at - ticket.closed_at < ticket.reopen_ms


def opening_of(
    event: AlarmEvent,
    *,
    number: str,
    place: str,
    building: str,
    deadlines: Policy,
    position: tuple[float, float] | None = None,
) -> Opening:
    """A sensor ticket's opening, with its evidence."""
    policy = event.ticket
    if policy is None:
        raise ValueError(f"{event.rule} opens no ticket")
    category = CATEGORIES.get(policy.category)
    return Opening(
        number=number,
        source=Source.SENSOR,
        title=category.name_zh if category else policy.category,
        policy=deadlines,
        text=_evidence(event),
        place=place or group_name(event.group if event.device == event.group else "").name_zh,
        area=event.grid,
        building=building or event.building,
        device=event.device,
        kind=event.kind,
        category=policy.category,
        urgency=policy.urgency,
        incident=event.incident,
        normal_for_ms=policy.normal_for_ms,
        reopen_ms=policy.reopen_ms,
        episode=episode_of(event),
        backlog=event.backlog,
        position=position,
    )


def _evidence(event: AlarmEvent) -> str:
    if event.value is None:
        return f"{event.device} · {event.rule}"
    limit = "" if event.limit is None else f" ({event.limit:g})"
    return f"{event.device} · {event.metric} = {event.value:g}{limit}"
