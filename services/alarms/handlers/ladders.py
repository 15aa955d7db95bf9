"""A ladder moves with what moves it, in the same transaction: alarm, acknowledgement, arrival, time."""

from dataclasses import dataclass

from services.alarms.domain import Alarm, ladder_moves
from services.alarms.domain.ladder import Change, Ladder, Step, starts
from services.alarms.domain.ladder_plan import Plan
from services.alarms.ports import AlarmStore, LadderWork, Work
from services.ports import Clock
from services.transactions import in_transaction
from streams.contracts import AlarmEvent, TicketEvent

BATCH = 100
ARRIVE = "arrive"


@dataclass(frozen=True, slots=True)
class ClimbLadders:
    """Takes each alarm's newest transition; what concerns no ladder costs one look by its key."""

    plan: Plan
    clock: Clock

    def __call__(self, work: Work, event: AlarmEvent, alarm: Alarm) -> None:
        if event.joins:
            self._silence(work, event)
        elif alarm.cause in self.plan.causes:
            self._alarm(work.ladders, event)

    def _silence(self, work: Work, event: AlarmEvent) -> None:
        joined = work.of_episode(event.joins)
        ladder = work.ladders.of_incident(joined.incident) if joined else None
        if ladder is not None:
            keep(work.ladders, ladder_moves.fall_silent(ladder, event, now=self.clock.now()))

    def _alarm(self, ladders: LadderWork, event: AlarmEvent) -> None:
        known, now = ladders.of_incident(event.incident), self.clock.now()
        if known is None and not starts(event, self.plan, now):
            return
        around = ladders.around(event.device, event.grid)
        after = keep(ladders, ladder_moves.take(known, event, self.plan, around, now=now))
        if after is None or after.arrived_at is not None or (known and known.since == after.since):
            return
        # The crew's arrival may have overtaken the alarm: they come by different topics.
        arrival = ladders.arrival(event.incident, since=after.since)
        if arrival is not None:
            keep(ladders, ladder_moves.arrive(after, at=arrival.at, by=arrival.by))


@dataclass(frozen=True, slots=True)
class TakeArrival:
    """Ends the wait for somebody on site; the same event again changes nothing."""

    store: AlarmStore

    def __call__(self, event: TicketEvent) -> None:
        if event.action == ARRIVE and event.incident:
            in_transaction(self.store, lambda work: self._arrive(work.ladders, event))

    @staticmethod
    def _arrive(ladders: LadderWork, event: TicketEvent) -> None:
        ladders.note_arrival(event)
        ladder = ladders.of_incident(event.incident)
        if ladder is not None:
            keep(ladders, ladder_moves.arrive(ladder, at=event.at, by=event.by))


@dataclass(frozen=True, slots=True)
class PassTime:
    """Takes what is due now, oldest first; returns what was taken, each step with its incident.

    What is due stands in the ladders, so a restart forgets nothing; several processes may pass time
    at once, since a ladder in use is skipped and looked at again.
    """

    store: AlarmStore
    clock: Clock

    def __call__(self) -> tuple[tuple[str, Step], ...]:
        return in_transaction(self.store, lambda work: self._pass(work.ladders))

    def _pass(self, ladders: LadderWork) -> tuple[tuple[str, Step], ...]:
        now, taken = self.clock.now(), []
        for ladder in ladders.due(now, BATCH):
            valve = ladder.watches_valve and ladders.valve_open(tuple(ladder.devices), since=ladder.since)
            around = ladders.around(ladder.device, ladder.area)
            change = ladder_moves.pass_time(ladder, around, valve_open=valve, now=now)
            keep(ladders, change)
            taken += [(ladder.incident, step) for step in (change[1] if change else ())]
        return tuple(taken)


def keep(ladders: LadderWork, change: Change | None) -> Ladder | None:
    """Save what a move made; None where it made nothing."""
    if change is None:
        return None
    ladders.save(*change)
    return change[0]
