"""Tickets brought to a state by the people who would, for tests of what happens there."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Event, Opening, Role, Source, State, Ticket
from services.tickets.domain.incoming import episode_of, opening_of
from services.tickets.domain.profiles import DEFAULT
from services.tickets.domain.words import Clock
from tests.fakes.alarm_events import GRID, T0, raised, returned

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

PEOPLE = {
    Role.CITIZEN: Actor("citizen", Role.CITIZEN),
    Role.GRID_WORKER: Actor("worker", Role.GRID_WORKER),
    Role.GRID_MANAGER: Actor("manager", Role.GRID_MANAGER),
    Role.OPERATOR: Actor("operator", Role.OPERATOR),
    Role.DISPATCHER: Actor("dispatcher", Role.DISPATCHER),
    Role.UNIT_HANDLER: Actor("handler", Role.UNIT_HANDLER, "unit-a"),
    Role.UNIT_LEADER: Actor("leader", Role.UNIT_LEADER, "unit-a"),
    Role.SUPERVISOR: Actor("supervisor", Role.SUPERVISOR),
    Role.ONCALL: Actor("engineer", Role.ONCALL),
    Role.ADMINISTRATOR: Actor("admin", Role.ADMINISTRATOR),
    Role.SYSTEM: domain.SYSTEM,
}

GIVEN: Mapping[Action, Details] = {
    Action.VERIFIED: Details(found=True, photo="照片", position=(120.1, 30.2)),
    Action.ANSWER: Details(text="已答复"),
    Action.ERASE: Details(reason="来电人要求清除"),
    Action.REJECT: Details(reason="不属本区", told="已电话告知"),
    Action.APPEAL: Details(reason="确属本区"),
    Action.TRANSFER: Details(to="119", at=T0, reference="119-0007"),
    Action.MERGE: Details(master="master"),
    Action.UNMERGE: Details(reason="不是一回事"),
    Action.EXTEND_OK: Details(told="已告知"),
    Action.EXTEND_NO: Details(told="已告知"),
    Action.CLOSE_UNRESOLVED: Details(reason="产权争议，走司法程序", told="已书面告知"),
    Action.URGE: Details(text="怎么还没来"),
    Action.CLASSIFY: Details(category="lighting", area=GRID, urgency=0),
    Action.DISPATCH: Details(unit="unit-a"),
    Action.ARRIVE: Details(position=(120.1, 30.2)),
    Action.CONTACT: Details(text="已电话联系"),
    Action.INTERIM: Details(text="已关阀"),
    Action.RETURN: Details(reason="非本单位职责", unit="unit-b"),
    Action.RETURN_OK: Details(reason="同意"),
    Action.RETURN_NO: Details(reason="首接负责"),
    Action.FINISH: Details(outcome="已修复", photo="修复后照片"),
    Action.CHECK_BAD: Details(photo="仍不亮"),
    Action.CALLBACK: Details(contacted=True, solved=True, satisfied=domain.Satisfaction.SATISFIED),
    Action.REOPEN: Details(reason="又坏了"),
    Action.WITHDRAW: Details(reason="误报"),
    Action.NOTE: Details(text="备注"),
}


def given(action: Action, ticket: Ticket, now: int) -> Details:
    """What somebody would supply with ``action`` here and now; dates depend on both."""
    run = ticket.run(Clock.FINISH)
    tasks = ticket.unfinished or ticket.tasks
    dated = {
        Action.REASSIGN: Details(unit="unit-c" if ticket.lead == "unit-a" else "unit-a", reason="首接单位撤并"),
        Action.WHISTLE: Details(unit="unit-b", text="围挡", until=now + HOUR),
        Action.WAIT: Details(text="几号楼？", until=now + DAY),
        Action.BOOK: Details(until=now + HOUR),
        Action.EXTEND: Details(reason="等配件", until=(run.due if run else now) + HOUR),
        Action.TASK_DONE: Details(task=tasks[0].number if tasks else 1, outcome="已围挡"),
        Action.PARK: Details(plan="列入明年改造", until=now + 30 * DAY),
    }
    return dated.get(action) or GIVEN.get(action, Details())


def unit_of(ticket: Ticket, role: Role) -> str:
    """The unit of whoever acts in ``role``: a ticket's handlers are its lead's."""
    own = PEOPLE[role].unit
    return own and (ticket.lead or own)


class Story:
    """One ticket and the time, told forward action by action."""

    def __init__(self, moved: domain.lifecycle.Moved, now: int) -> None:
        self.ticket, self.events = moved
        self.now = now
        self.master: Ticket | None = _master()

    @property
    def state(self) -> State:
        return self.ticket.state

    def after(self, ms: int) -> "Story":
        self.now += ms
        return self

    def does(self, role: Role, action: Action, details: Details | None = None, **who: str) -> "Story":
        actor = PEOPLE[role]
        supplied = details if details is not None else given(action, self.ticket, self.now)
        self._take(
            domain.move(
                self.ticket, action, now=self.now, by=who.get("by", actor.by), role=role,
                unit=who.get("unit", unit_of(self.ticket, role)), details=supplied,
                master=self.master,
            )
        )  # fmt: skip
        return self

    def alarms(self, episode: str = "e2", **changes: Any) -> "Story":
        event = raised(episode, **{"at": self.now, "device": self.ticket.device or "gas-000001", **changes})
        policy = event.ticket
        assert policy is not None
        self._take(
            domain.alarmed(
                self.ticket, episode_of(event), now=self.now, urgency=policy.urgency,
                normal_for_ms=policy.normal_for_ms, reopen_ms=policy.reopen_ms,
            )
        )  # fmt: skip
        return self

    def normal(self, episode: str = "e1", **changes: Any) -> "Story":
        event = returned(episode, **{"at": self.now, "normal_since": self.now, **changes})
        self._take(domain.returned(self.ticket, episode_of(event, self.ticket.episode(episode)), now=self.now))
        return self

    def rises(self) -> "Story":
        """The open alarm gets worse: urgency 2."""
        return self.alarms("e1", number=9)

    def rises_to(self, urgency: int) -> "Story":
        """Another's urgency comes along, as merging brings it; no alarm does."""
        self._take(domain.raised((self.ticket, ()), urgency, now=self.now))
        return self

    def archives(self) -> "Story":
        self._take(domain.archived(self.ticket, now=self.now))
        return self

    def waits(self, ms: int) -> "Story":
        """Time passes, and does what it does."""
        self.now += ms
        self._take(domain.overdue(self.ticket, self.now))
        return self

    def master_ends(self, master: Ticket) -> "Story":
        self._take(domain.master_ended(self.ticket, master, now=self.now))
        return self

    def _take(self, moved: domain.lifecycle.Moved) -> None:
        self.ticket, more = moved
        self.events: tuple[Event, ...] = (*self.events, *more)


def called(source: Source = Source.HOTLINE, **changes: Any) -> Story:
    """A lamp that somebody telephoned about."""
    role = {Source.HOTLINE: Role.OPERATOR, Source.CITIZEN: Role.CITIZEN, Source.PATROL: Role.GRID_WORKER}[source]
    fields: dict[str, Any] = {
        "number": "LY-20261122-0001", "source": source, "title": "路灯不亮", "policy": DEFAULT,
        "text": "三号楼前", "area": GRID,
    }  # fmt: skip
    if source is Source.HOTLINE:
        fields["caller"] = Caller("王女士", "13812345621")
    if source is Source.CITIZEN:
        fields["reporter"] = "citizen"
    opening = Opening(**{**fields, **changes})
    return Story(domain.report(opening, id="t1", now=T0, who=PEOPLE[role]), T0)


def leak(**changes: Any) -> Story:
    """A critical gas ticket, dispatched to unit-a by the system."""
    opening = opening_of(
        raised(**changes), number="LY-20261122-0002", place="1 单元 101", building="", deadlines=DEFAULT
    )
    return Story(domain.open_for_alarm(opening, id="t2", now=T0, lead="unit-a"), T0)


@cache
def _master() -> Ticket:
    """Another call about the same lamp, to merge into."""
    opening = Opening(
        number="LY-20261122-0009", source=Source.HOTLINE, title="路灯不亮", policy=DEFAULT, text="三号楼前", area=GRID,
        caller=Caller("李先生", "13912345678"),
    )  # fmt: skip
    return domain.report(opening, id="master", now=T0, who=PEOPLE[Role.OPERATOR])[0]


def to(state: State, source: Source = Source.HOTLINE) -> Story:
    """A called-in ticket in ``state``, by the shortest way there."""
    return Story(*_brought(state, source))


@cache
def _brought(state: State, source: Source) -> tuple[domain.lifecycle.Moved, int]:
    story = called(source)
    for role, action in WAYS[state]:
        story.after(MINUTE).does(role, action)
    if state is State.ARCHIVED:
        story.archives()
    return (story.ticket, story.events), story.now


_DISPATCHED = (
    (Role.OPERATOR, Action.ACCEPT), (Role.DISPATCHER, Action.CLASSIFY), (Role.DISPATCHER, Action.DISPATCH),
)  # fmt: skip
_CHECKING = (*_DISPATCHED, (Role.UNIT_HANDLER, Action.ARRIVE), (Role.UNIT_HANDLER, Action.FINISH))
_CALLBACK = (*_CHECKING, (Role.GRID_WORKER, Action.CHECK_OK))
WAYS: Mapping[State, tuple[tuple[Role, Action], ...]] = {
    State.REPORTED: (),
    State.ACCEPTED: _DISPATCHED[:1],
    State.TO_DISPATCH: _DISPATCHED[:2],
    State.DISPATCHED: _DISPATCHED,
    State.SIGNED: (*_DISPATCHED, (Role.UNIT_HANDLER, Action.SIGN)),
    State.RETURN_REVIEW: (*_DISPATCHED, (Role.UNIT_LEADER, Action.RETURN)),
    State.IN_PROGRESS: _CHECKING[:4],
    State.EXTENSION_REVIEW: (*_CHECKING[:4], (Role.UNIT_LEADER, Action.EXTEND)),
    State.PARKED: (*_CHECKING[:4], (Role.SUPERVISOR, Action.PARK)),
    State.VERIFYING: ((Role.OPERATOR, Action.VERIFY),),
    State.MERGED: ((Role.OPERATOR, Action.MERGE),),
    State.REJECTED: ((Role.OPERATOR, Action.REJECT),),
    State.CHECKING: _CHECKING,
    State.CALLBACK: _CALLBACK,
    State.REDO: (*_CHECKING, (Role.GRID_WORKER, Action.CHECK_BAD)),
    State.CLOSED: (*_CALLBACK, (Role.OPERATOR, Action.CALLBACK)),
    State.ARCHIVED: (*_CALLBACK, (Role.OPERATOR, Action.CALLBACK)),
    State.WITHDRAWN: ((Role.OPERATOR, Action.WITHDRAW),),
}


def rebuilt(story: Story) -> Ticket:
    return domain.replay(story.events)
