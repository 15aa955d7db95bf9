"""An alarm's event: opens, joins, brings back or is noted on exactly one ticket per incident."""

from dataclasses import dataclass

from services.ports import Clock, Ids
from services.tickets import domain
from services.tickets.domain import Ticket
from services.tickets.domain.catalogue import Decision, responsible_for
from services.tickets.domain.hotspots import hot_day, is_counted
from services.tickets.domain.incoming import Want, episode_of, opening_of, target_of, wanted
from services.tickets.domain.numbers import bounds_of, day_of, number
from services.tickets.handlers.incidents import led, save
from services.tickets.handlers.joining import join
from services.tickets.handlers.policies import deadlines_of
from services.tickets.ports import Directory, Spot, TicketStore, Work
from services.transactions import in_transaction
from streams.contracts import AlarmEvent


@dataclass(frozen=True, slots=True)
class Taken:
    """What an event led to; ``ticket`` is None where it concerns none."""

    want: Want
    ticket: Ticket | None
    at: int


@dataclass(frozen=True, slots=True)
class _Address:
    """Where the device stands, and who is responsible there."""

    spot: Spot
    decision: Decision


@dataclass(frozen=True, slots=True)
class TakeAlarm:
    """Takes one alarm event in one transaction; the same event again changes nothing."""

    store: TicketStore
    directory: Directory
    clock: Clock
    ids: Ids

    def __call__(self, event: AlarmEvent) -> Taken:
        # Looked up before the transaction: holding one connection while waiting for another can deadlock a pool.
        address = self._address(event) if event.new.active and event.ticket is not None else None
        return in_transaction(self.store, lambda work: self._take(work, event, address))

    def _address(self, event: AlarmEvent) -> _Address:
        category, urgency = (event.ticket.category, event.ticket.urgency) if event.ticket else ("", 0)
        decision = responsible_for(category, event.grid, urgency, self.directory.lines(event.grid))
        return _Address(self.directory.spot(event.device), decision)

    def _take(self, work: Work, event: AlarmEvent, address: _Address | None) -> Taken:
        # In this order: what another process commits between the two is then seen as the episode's owner. The other
        # way round its ticket would look like one that the episode has yet to join, and the episode would join twice.
        last = led(work, self._last(work, event)) if event.new.active else None
        owner = led(work, work.of_episode(event.episode))
        hot = self._hot_day(work, event)
        want = wanted(event, owner, last, hot)
        now = self.clock.now()
        if want is Want.OPEN and address is not None:
            return Taken(want, self._open(work, event, address, now), now)
        if want is Want.JOIN:
            return Taken(want, self._join(work, event, owner, last, hot, now), now)
        if want is Want.RETURN and owner is not None:
            ticket, events = domain.returned(owner, episode_of(event, owner.episode(event.episode)), now=now)
            save(work, ticket, events, now)
            return Taken(want, ticket, now)
        return Taken(Want.NOTHING, owner, now)

    @staticmethod
    def _last(work: Work, event: AlarmEvent) -> Ticket | None:
        """The incident's newest ticket; for a silence that belongs to another alarm, that one's."""
        return work.of_episode(event.joins) if event.joins else work.newest_of(event.incident)

    def _open(self, work: Work, event: AlarmEvent, address: _Address, now: int) -> Ticket:
        day, spot, decision = day_of(now), address.spot, address.decision
        opening = opening_of(
            event,
            number=number(day, work.next_count(day)),
            place=spot.place,
            building=spot.building,
            deadlines=deadlines_of(work, decision.policy),
            position=spot.position,
        )
        ticket, events = domain.open_for_alarm(
            opening, id=self.ids.new(), now=now, lead=decision.lead, assisting=decision.assisting
        )
        save(work, ticket, events, now)
        return join(work, ticket, now)

    @staticmethod
    def _hot_day(work: Work, event: AlarmEvent) -> str:
        if not (is_counted(event) and event.new.active):
            return ""
        since, until = bounds_of(event.since)
        others = work.episodes_between(event.device, event.rule, since=since, until=until, other_than=event.episode)
        return hot_day(event, others)

    @staticmethod
    def _join(work: Work, event: AlarmEvent, owner: Ticket | None, last: Ticket | None, hot: str, now: int) -> Ticket:
        target = target_of(owner, last)
        if target is None:
            raise ValueError(f"{event.id} joins nothing")
        policy = event.ticket
        ticket, events = domain.alarmed(
            target,
            episode_of(event),
            now=now,
            urgency=policy.urgency if policy else target.urgency,
            normal_for_ms=policy.normal_for_ms if policy else 0,
            reopen_ms=policy.reopen_ms if policy else 0,
            hot_spot=hot,
        )
        save(work, ticket, events, now)
        return ticket
