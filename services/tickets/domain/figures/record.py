"""What one ticket contributes to the figures: a fold over its log that is kept beside the ticket.

A month of a district is then read from narrow rows, and no event is looked at again. The fold may
change; ``DEFINITION`` counts its versions, and rows of an older one are made anew from the log.
Times and spans are epoch ms and ms.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from services.tickets.domain.consequences import details_of
from services.tickets.domain.ticket import Event, Ticket
from services.tickets.domain.words import Action, Clock, Satisfaction, Stage, State

DEFINITION: Final = 1
_replace = msgspec.structs.replace
_SIGNING: Final = frozenset({Action.SIGN, Action.ARRIVE})


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """One ticket's share. ``…_at`` are the first time of a thing, ``closed_at`` the end that stands.

    ``sign_due`` and ``finish_due`` are of clocks that run now. A signing clock is *decided* when it
    ends: in time where somebody signed before it was due; missed where it had expired, however it
    ended. ``late``: the finishing clock had expired when it was last held or stopped. ``contacted``:
    the unit spoke to the reporter. ``solved`` and ``satisfied`` are the reporter's newest whole
    answer; a reopened ticket has none yet.
    """

    ticket: str
    opened_at: int
    at: int
    definition: int = DEFINITION
    since: int | None = None
    accepted_at: int | None = None
    dispatched_at: int | None = None
    finished_at: int | None = None
    confirmed_at: int | None = None
    told_at: int | None = None
    closed_at: int | None = None
    stages: dict[Stage, int] = {}
    sign_started: int | None = None
    sign_due: int | None = None
    sign_decided: bool = False
    sign_missed: bool = False
    finish_due: int | None = None
    late: bool = False
    contacted: bool = False
    solved: bool | None = None
    satisfied: Satisfaction | None = None
    repeated: bool = False
    area: str = ""
    category: str = ""
    unit: str = ""
    reporter: bool = False
    returned: bool = False
    unsolved: bool = False

    @property
    def valid(self) -> bool:
        """A valid call-back 有效回访: a reporter was reached and answered both questions."""
        return self.reporter and self.solved is not None and self.satisfied is not None

    @property
    def judged(self) -> bool:
        """It counts for the solution rate: by an answer, or because a supervisor closed it as unsolved."""
        return self.valid or (self.reporter and self.unsolved)

    @property
    def was_solved(self) -> bool:
        return self.judged and bool(self.solved) and not self.unsolved

    def spans(self) -> dict[str, int | None]:
        """The five firsts, and the time in each stage; None is no data.

        Discovery counts from the alarm's condition to the ticket, the other firsts from the ticket.
        """
        firsts = {
            "accept": self.accepted_at,
            "resolve": self.finished_at,
            "confirm": self.confirmed_at,
            "feed_back": self.told_at,
        }
        return {
            "discover": None if self.since is None else max(0, self.opened_at - self.since),
            **{name: None if at is None else at - self.opened_at for name, at in firsts.items()},
            **{f"in_{stage}": self.stages.get(stage) for stage in Stage},
        }


def record_of(ticket: Ticket, events: Sequence[Event]) -> Record:
    """A ticket's record from its whole log."""
    return recorded(None, ticket, events)


def recorded(record: Record | None, ticket: Ticket, events: Sequence[Event]) -> Record:
    """The record after ``events``, which led to ``ticket``; None before the first one."""
    found = record or Record(ticket.id, ticket.opened_at, ticket.opened_at)
    for event in events:
        found = _step(found, event)
    return _replace(
        found,
        area=ticket.area,
        category=ticket.category,
        unit=ticket.lead,
        reporter=ticket.has_reporter,
        returned=ticket.returns > 0,
        unsolved=ticket.unsolved,
    )


def _step(record: Record, event: Event) -> Record:
    record = _staged(record, event)
    record = _firsts(record, event)
    record = _clocked(record, event)
    return _answered(record, event)


def _staged(record: Record, event: Event) -> Record:
    """Time counts for the stage it was spent in, while somebody owed work."""
    stages = dict(record.stages)
    if event.old is not None and event.old.open:
        stages[event.old.stage] = stages.get(event.old.stage, 0) + event.at - record.at
    return _replace(record, stages=stages, at=event.at)


def _firsts(record: Record, event: Event) -> Record:
    changes: dict[str, int | None] = {}
    if event.new is State.ACCEPTED or event.action is Action.ANSWER:
        changes["accepted_at"] = event.at
    if event.action is Action.REPORT and "episode" in event.evidence:
        changes["since"] = int(event.evidence["episode"]["since"])
    name = _FIRST.get(event.action)
    if name is not None and (name != "told_at" or _told(event)):
        changes[name] = event.at
    changes = {name: at for name, at in changes.items() if getattr(record, name) is None}
    if event.new is State.CLOSED and event.old is not State.CLOSED:
        changes["closed_at"] = event.at
    elif event.old is State.CLOSED and event.new not in {State.CLOSED, State.ARCHIVED}:
        changes["closed_at"] = None
    return _replace(record, **changes)


_FIRST: Final = {
    Action.DISPATCH: "dispatched_at",
    Action.FINISH: "finished_at",
    Action.CHECK_OK: "confirmed_at",
    Action.ANSWER: "told_at",
    Action.CLOSE_UNRESOLVED: "told_at",
    Action.CALLBACK: "told_at",
}


def _told(event: Event) -> bool:
    return event.action is not Action.CALLBACK or bool(details_of(event).contacted)


def _clocked(record: Record, event: Event) -> Record:
    if event.clocks is None:
        return record
    sign = next((run for run in event.clocks if run.clock is Clock.SIGN), None)
    finish = next((run for run in event.clocks if run.clock is Clock.FINISH), None)
    changes: dict[str, bool | int | None] = {
        "sign_started": sign.started if sign else None,
        "sign_due": sign.due if sign and sign.running else None,
        "finish_due": finish.due if finish and finish.running else None,
    }
    ended = record.sign_started is not None and (sign is None or sign.started != record.sign_started)
    missed = record.sign_due is not None and event.at > record.sign_due
    if ended and (missed or event.action in _SIGNING):
        changes |= {"sign_decided": True, "sign_missed": record.sign_missed or missed}
    if record.finish_due is not None and changes["finish_due"] is None:
        changes["late"] = event.at > record.finish_due
    return _replace(record, **changes)


def _answered(record: Record, event: Event) -> Record:
    if event.action is Action.CONTACT:
        return _replace(record, contacted=True)
    if event.action in {Action.MERGE, Action.REOPEN} or (event.action is Action.REALARM and event.old is State.CLOSED):
        record = _replace(record, repeated=True)
    if event.old is State.CLOSED and event.new is State.REDO:
        return _replace(record, solved=None, satisfied=None)
    if event.action is not Action.CALLBACK:
        return record
    given = details_of(event)
    if not given.contacted or given.solved is None or given.satisfied is None:
        return record
    return _replace(record, solved=given.solved, satisfied=given.satisfied)
