"""The ladder of one incident's critical gas: a fold over alarms, people's acts and time. Pure.

Two clocks run in it. The **call** goes on until a named person acknowledges (alarms.md rule 8), or
nothing waits for anybody any more. The **wait for arrival** goes on until somebody is on site,
whatever the gas does. Both stand in the ladder as data, so a restart neither loses nor repeats a step.
"""

import msgspec

from services.alarms.domain.ladder_plan import EVERYONE, Plan, What
from services.alarms.domain.ladder_reach import Contact
from streams.contracts import AlarmEvent, AlarmState, Severity


class Detector(msgspec.Struct, frozen=True):
    """One episode of the incident. ``stands``: its condition is there, hidden or not; ``waits``: for a person."""

    episode: str
    device: str
    urgent: bool
    stands: bool
    waits: bool
    hidden: bool = False


class Step(msgspec.Struct, frozen=True):
    """One entry of the ladder's log; ``contacts`` are those whom it told. ``number`` counts from 1."""

    number: int
    call: int
    arrival: int
    what: What
    at: int
    by: str = ""
    why: str = ""
    contacts: tuple[Contact, ...] = ()


class Ladder(msgspec.Struct, frozen=True):
    """Where an incident's calls stand. Times are epoch ms.

    ``call`` counts calls and ``arrival`` waits for somebody on site, each from 1; ``called_at`` is when
    this call's people were told, ``since`` the alarm that somebody has to come for. ``done`` are the
    once-only steps of both. ``number`` counts entries of the log.
    """

    incident: str
    plan: Plan
    area: str
    device: str
    rule: str
    place: str
    metric: str
    value: float | None
    since: int
    called_at: int
    changed_at: int
    building: str = ""
    call: int = 1
    arrival: int = 1
    number: int = 0
    detectors: tuple[Detector, ...] = ()
    done: tuple[What, ...] = ()
    told: tuple[Contact, ...] = ()
    silent: tuple[str, ...] = ()
    ended_at: int | None = None
    ended_by: str = ""
    fire_why: str = ""
    looked_at: int = 0
    arrived_at: int | None = None
    arrived_by: str = ""

    @property
    def calling(self) -> bool:
        """People are still being called."""
        return self.ended_at is None

    @property
    def standing(self) -> bool:
        """Gas is there, as far as anybody knows."""
        return any(detector.stands for detector in self.detectors)

    @property
    def over(self) -> bool:
        """Nothing is left to do: answered, attended, and the gas gone."""
        return not self.calling and self.arrived_at is not None and not self.standing

    @property
    def devices(self) -> frozenset[str]:
        """Detectors that agree that gas is there; one in maintenance proves nothing."""
        return frozenset(each.device for each in self.detectors if each.stands and not each.hidden)

    @property
    def unreached(self) -> int:
        """Offices that were to be told and that nobody holds."""
        return sum(contact.id == "" for contact in self.told)

    @property
    def steps_due(self) -> dict[What, int]:
        """When each step comes that only time has to bring."""
        due = {}
        if self.calling:
            due = {
                What.SECOND: self.called_at + self.plan.second_after,
                What.LEADER: self.called_at + self.plan.leader_after,
                What.FIRE_CALL: self.called_at + self.plan.leader_after,
            }
        if self.arrived_at is None:
            due[What.DISTRICT] = self.since + self.plan.on_site_within
        return {what: at for what, at in due.items() if what not in self.done}

    @property
    def watches_valve(self) -> bool:
        """An open valve would make it the fire brigade's matter."""
        return self.calling and What.FIRE_CALL not in self.done

    @property
    def due_at(self) -> int | None:
        """When to look at it next; None where only people and detectors can move it."""
        times = list(self.steps_due.values())
        if self.watches_valve:
            times.append(max(self.looked_at, self.called_at) + self.plan.valve_every)
        return min(times, default=None)

    def detector(self, episode: str) -> Detector | None:
        return next((detector for detector in self.detectors if detector.episode == episode), None)


Change = tuple[Ladder, tuple[Step, ...]]


def starts(event: AlarmEvent, plan: Plan, now: int) -> bool:
    """Whether ``event`` is a critical gas alarm that calls people as if it were now."""
    return (
        agrees(event, plan)
        and event.severity is Severity.CRITICAL
        and event.new is AlarmState.ACTIVE_UNACK
        and now - event.at < plan.late
    )


def agrees(event: AlarmEvent, plan: Plan) -> bool:
    """Whether ``event`` says that gas is there: of this cause, bad enough for a ticket, seen and fresh."""
    return (
        event.cause_of_alarm in plan.causes
        and event.severity.rank >= Severity.MAJOR.rank
        and event.new.active
        and event.normal_since is None
        and not (event.health or event.list_only or event.hidden or event.backlog)
    )


def detector_of(event: AlarmEvent, known: Detector | None) -> Detector:
    """The detector after ``event``; once urgent, it stays so until its episode is forgotten."""
    return Detector(
        episode=event.episode,
        device=event.device,
        urgent=event.severity is Severity.CRITICAL or (known is not None and known.urgent),
        stands=event.new.active and event.normal_since is None,
        waits=event.new in (AlarmState.ACTIVE_UNACK, AlarmState.RTN_UNACK) and not event.hidden,
        hidden=event.hidden,
    )


def with_detector(ladder: Ladder, detector: Detector) -> Ladder:
    others = tuple(each for each in ladder.detectors if each.episode != detector.episode)
    return msgspec.structs.replace(ladder, detectors=(*others, detector))


def step(
    ladder: Ladder, what: What, *, at: int, by: str = "", why: str = "", contacts: tuple[Contact, ...] = ()
) -> Change:
    """Enter a step in the log, and remember whom it told."""
    entry = Step(ladder.number + 1, ladder.call, ladder.arrival, what, at, by, why, contacts)
    known = set(ladder.told)
    told = (*ladder.told, *(contact for contact in contacts if contact not in known))
    done = (*ladder.done, what) if what in _ONCE else ladder.done
    return msgspec.structs.replace(ladder, number=entry.number, told=told, done=done, changed_at=at), (entry,)


_ONCE = frozenset({What.STARTED, What.FIRE_CALL, What.SECOND, What.LEADER, What.DISTRICT})


def to_everyone(
    ladder: Ladder, what: What, *, at: int, by: str = "", why: str = "", others: tuple[Contact, ...] = ()
) -> Change:
    """Tell everyone who was told before, each once, whatever office they were told as; and ``others``."""
    contacts = {contact.id: contact for contact in reversed(ladder.told) if contact.id}
    return step(ladder, what, at=at, by=by, why=why, contacts=(*reversed(contacts.values()), *others))


def end_call(ladder: Ladder, what: What, *, at: int, by: str = "", why: str = "") -> Change:
    """Nobody is called any further; the wait for arrival goes on."""
    ended = msgspec.structs.replace(ladder, ended_at=at, ended_by=by)
    return (to_everyone if what in EVERYONE else step)(ended, what, at=at, by=by, why=why)


def call_anew(ladder: Ladder, *, at: int) -> Ladder:
    """The clocks of the call from their beginning; what only the wait for arrival has done stays done."""
    done = tuple(what for what in ladder.done if what is What.DISTRICT)
    return msgspec.structs.replace(
        ladder, call=ladder.call + 1, called_at=at, ended_at=None, ended_by="", fire_why="", done=done
    )


def wait_anew(ladder: Ladder, since: int) -> Ladder:
    """Somebody has to come again. While nobody has come, the first wait goes on: a return shortens no delay."""
    if ladder.arrived_at is None:
        return ladder
    done = tuple(what for what in ladder.done if what is not What.DISTRICT)
    return msgspec.structs.replace(
        ladder, arrival=ladder.arrival + 1, since=since, arrived_at=None, arrived_by="", done=done
    )
