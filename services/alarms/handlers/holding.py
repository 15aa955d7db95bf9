"""Holding an alarm back and letting it go: the wish, its second person, and the record that tells the engine."""

from dataclasses import dataclass
from typing import Final

import msgspec

from services.alarms.domain import Alarm, Hold, HoldKind, HoldState
from services.alarms.domain.holding import check_approval, check_reason, check_release, check_shelving
from services.alarms.ports import AlarmStore, RuleBook, Work
from services.audit import Did, Entry, said
from services.ports import Clock
from services.transactions import in_transaction
from streams.contracts import Action, ActionName, Refused

ENDS: Final = {ActionName.UNSHELVE: HoldKind.SHELVE, ActionName.IN_SERVICE: HoldKind.OUT_OF_SERVICE}


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody wants of an alarm (by id or episode): one of shelve, unshelve, out of and in service."""

    alarm: str
    action: ActionName
    by: str
    command: str
    why: str = ""
    until: int | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The alarm as it stood and the hold as it is now; None where one ended that nobody had kept."""

    alarm: Alarm
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class HoldAlarm:
    """Takes such a wish. The same ``command`` again is answered as before."""

    store: AlarmStore
    clock: Clock
    rules: RuleBook

    def __call__(self, wish: Holding) -> Held:
        """Hold back or let go.

        Raises:
            Refused: ``not-found``; ``fields``, ``invalid`` or ``unshelvable`` as the rule has it;
                ``state`` when nothing is held; ``idempotency`` when ``command`` was another request.
        """
        return in_transaction(self.store, lambda work: self._take(work, wish))

    def approve(self, alarm: str, *, by: str, command: str, scope: str = "", kind: HoldKind = HoldKind.SHELVE) -> Held:
        """The second person agrees: only now the engine is told.

        Raises:
            Refused: ``not-found``; ``state``; ``second`` by the person who asked.
        """
        return in_transaction(self.store, lambda work: self._approve(work, alarm, by, command, scope, kind))

    def _take(self, work: Work, wish: Holding) -> Held:
        now, alarm = self.clock.now(), _found(work, wish.alarm, wish.scope)
        kind = ENDS.get(wish.action, HoldKind(wish.action) if wish.action not in ENDS else HoldKind.SHELVE)
        open_ = work.open_hold(alarm.rule, alarm.device, kind)
        repeated = _repeated(work, alarm, wish)
        if repeated is not None:
            return repeated
        if wish.action in ENDS:
            check_release(open_, alarm, kind, now=now)
            ended = _ended(work, open_, wish.by, now)
            if ended is None or open_ is None or open_.state(now) is not HoldState.WAITING:
                work.ask(_action(alarm, wish, now))
            work.audit(_entry(alarm, str(wish.action), wish.by, wish.why, None, now))
            return Held(alarm, ended)
        hold = self._asked(alarm, wish, kind, now)
        _ended(work, open_, wish.by, now)
        work.keep_hold(hold)
        if hold.state(now) is HoldState.IN_FORCE:
            work.ask(_action(alarm, wish, now))
        work.audit(_entry(alarm, str(wish.action), wish.by, wish.why, hold.until, now))
        return Held(alarm, hold)

    def _asked(self, alarm: Alarm, wish: Holding, kind: HoldKind, now: int) -> Hold:
        rule = self.rules.get_rule(alarm.rule)
        if kind is HoldKind.SHELVE:
            check_shelving(rule, until=wish.until, why=wish.why, now=now)
        else:
            check_reason("taking it out of service", wish.why)
        return Hold(
            id=wish.command, kind=kind, rule=alarm.rule, device=alarm.device, area=alarm.area, episode=alarm.episode,
            by=wish.by, at=now, why=wish.why.strip(), until=wish.until if kind is HoldKind.SHELVE else None,
            two=rule is not None and rule.second_approver,
        )  # fmt: skip

    def _approve(self, work: Work, name: str, by: str, command: str, scope: str, kind: HoldKind) -> Held:
        now, alarm = self.clock.now(), _found(work, name, scope)
        hold = work.open_hold(alarm.rule, alarm.device, kind)
        before = work.asked(command)
        if before is not None and hold is not None and before.second == by and hold.second == by:
            return Held(alarm, hold)
        if before is not None:
            raise _taken()
        waiting = check_approval(hold, by=by, now=now)
        agreed = msgspec.structs.replace(waiting, second=by, approved_at=now)
        work.keep_hold(agreed)
        asked = Holding(name, ActionName(str(kind)), waiting.by, command, waiting.why, waiting.until)
        work.ask(msgspec.structs.replace(_action(alarm, asked, now), second=by))
        work.audit(_entry(alarm, f"agree_{kind}", by, waiting.why, waiting.until, now))
        return Held(alarm, agreed)


def _found(work: Work, name: str, scope: str) -> Alarm:
    alarm = work.alarm(name)
    if alarm is None or not alarm.area.startswith(scope):
        raise Refused("not-found", "there is no such alarm in your area")
    return alarm


def _repeated(work: Work, alarm: Alarm, wish: Holding) -> Held | None:
    kept, sent = work.hold_of(wish.command), work.asked(wish.command)
    if kept is not None:
        if (kept.rule, kept.device, kept.by, kept.until) != (alarm.rule, alarm.device, wish.by, wish.until):
            raise _taken()
        return Held(alarm, kept)
    if sent is not None:
        if (sent.episode, sent.action, sent.by) != (alarm.episode, wish.action, wish.by):
            raise _taken()
        return Held(alarm, None)
    return None


def _ended(work: Work, hold: Hold | None, by: str, now: int) -> Hold | None:
    """End what is open, so that one hold of a kind stands at a time."""
    if hold is None:
        return None
    expired = hold.state(now) is HoldState.EXPIRED
    ended = msgspec.structs.replace(hold, ended_by="" if expired else by, ended_at=hold.until if expired else now)
    work.keep_hold(ended)
    return ended


def _action(alarm: Alarm, wish: Holding, now: int) -> Action:
    return Action(
        id=wish.command, action=wish.action, grid=alarm.area, device=alarm.device, rule=alarm.rule,
        episode=alarm.episode, by=wish.by, at=now, why=wish.why.strip(), until=wish.until,
    )  # fmt: skip


def _entry(alarm: Alarm, what: str, by: str, why: str, until: int | None, now: int) -> Entry:
    given = {"why": why.strip(), "until": until}
    told = {name: value for name, value in given.items() if value}
    return Entry(now, by, Did.HOLD, f"alarm {alarm.id}", said(act=what, rule=alarm.rule, device=alarm.device, **told))


def _taken() -> Refused:
    return Refused("idempotency", "this Idempotency-Key was used for another request; take a new one")
