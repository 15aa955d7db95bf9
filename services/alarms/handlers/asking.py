"""A person acknowledges, resets or closes an alarm: one row and one record, in one transaction.

An acknowledgement ends the incident's call in that same transaction (alarms.md rule 8), not when the engine answers.
With a closing goes what was last told of the alarm, so that the engine can end one that it has forgotten (ADR 67).
"""

from dataclasses import dataclass

from services.alarms.domain import Asked, check, ladder_moves
from services.alarms.handlers.ladders import keep
from services.alarms.ports import AlarmStore, Work
from services.ports import Clock
from services.transactions import in_transaction
from streams.contracts import Action, ActionName, Refused


@dataclass(frozen=True, slots=True)
class AskOfAlarm:
    """Takes a request for the engine. The same ``command`` again is answered as before."""

    store: AlarmStore
    clock: Clock

    def __call__(
        self, alarm: str, action: ActionName, *, by: str, command: str, why: str = "", scope: str = ""
    ) -> Asked:
        """Ask it, by alarm id or episode.

        Raises:
            Refused: ``not-found``; ``cleared`` when it is normal already; ``state``, ``standing``,
                ``fields``; ``idempotency`` when ``command`` was another request.
        """
        return in_transaction(self.store, lambda work: self._ask(work, alarm, action, by, command, why, scope))

    def _ask(self, work: Work, name: str, action: ActionName, by: str, command: str, why: str, scope: str) -> Asked:
        alarm = work.alarm(name)
        if alarm is None or not alarm.area.startswith(scope):
            raise Refused("not-found", "there is no such alarm in your area")
        before = work.asked(command)
        if before is not None:
            if (before.episode, before.action, before.by) != (alarm.episode, action, by):
                raise Refused("idempotency", "this Idempotency-Key was used for another request; take a new one")
            return Asked(before, alarm)
        check(alarm, action, by=by, why=why)
        record = Action(
            id=command,
            action=action,
            grid=alarm.area,
            device=alarm.device,
            rule=alarm.rule,
            episode=alarm.episode,
            by=by,
            at=self.clock.now(),
            why=why,
            told=work.last_of(alarm.episode) if action is ActionName.CLOSE else None,
        )
        work.ask(record)
        if action is ActionName.ACKNOWLEDGE:
            ladder = work.ladders.of_incident(alarm.incident)
            change = ladder_moves.acknowledge(ladder, alarm.episode, by=by, now=record.at) if ladder else None
            keep(work.ladders, change)
        return Asked(record, alarm)
