"""What moves a ladder: an alarm's transition, an acknowledgement, an arrival, time. Pure.

Each answers the ladder afterwards with the steps it took, or None where nothing has changed.
"""

import msgspec

from services.alarms.domain import ladder as fold
from services.alarms.domain.ladder import Change, Ladder, Step
from services.alarms.domain.ladder_plan import OFFICES, STAGE_A, Plan, What
from services.alarms.domain.ladder_reach import Around, Contact, reach
from streams.contracts import AlarmEvent, Cause, Page

LEL = "ch4_lel"
OVER_RANGE = "over_range"
SECOND_DETECTOR, CONCENTRATION, VALVE_OPEN, NOBODY_REACHED = (
    "second_detector", "concentration", "valve_open", "nobody_reached",
)  # fmt: skip
"""Why 119 is called."""
_BY_HAND = frozenset({Cause.CLOSED, Cause.DEVICE, Cause.RULE})
_ONCE_MORE = frozenset(Page) - {Page.NEW}


def take(known: Ladder | None, event: AlarmEvent, plan: Plan, around: Around, *, now: int) -> Change | None:
    """An alarm's newest transition."""
    if known is None:
        return _begin(_new(event, plan, around, now), event, around, now) if fold.starts(event, plan, now) else None
    if known.over and now - known.changed_at > known.plan.fresh_after and fold.starts(event, plan, now):
        return _begin(_renewed(known, event, plan, around, now), event, around, now)
    before = known.detector(event.episode)
    if before is None and not fold.agrees(event, known.plan):
        return None
    ladder = fold.with_detector(known, fold.detector_of(event, before))
    if event.cause is Cause.ACKNOWLEDGED:
        return acknowledge(ladder, event.episode, by=event.by, now=now) or _changed(known, ladder)
    if fold.agrees(event, known.plan):
        return _stands(known, ladder, event, around, now)
    return _gone(known, ladder, event, now)


def acknowledge(ladder: Ladder, episode: str, *, by: str, now: int) -> Change | None:
    """A named person has it: the call ends. What is not urgent answers no emergency."""
    detector = ladder.detector(episode)
    if detector is None or not detector.urgent or not ladder.calling:
        return None
    return fold.end_call(ladder, What.ACKNOWLEDGED, at=now, by=by)


def arrive(ladder: Ladder, *, at: int, by: str) -> Change | None:
    """Somebody is on site. One who came before this wait began came for something else."""
    if ladder.arrived_at is not None or at < ladder.since:
        return None
    return fold.step(msgspec.structs.replace(ladder, arrived_at=at, arrived_by=by), What.ARRIVED, at=at, by=by)


def fall_silent(ladder: Ladder, event: AlarmEvent, *, now: int) -> Change | None:
    """A detector that alarmed says nothing any more, which is no good news; it is told once."""
    if event.device in ladder.silent or not event.new.active or event.hidden:
        return None
    after = msgspec.structs.replace(ladder, silent=(*ladder.silent, event.device))
    return fold.to_everyone(after, What.SILENT, at=now, why=event.device)


def pass_time(ladder: Ladder, around: Around, *, valve_open: bool, now: int) -> Change | None:
    """What is due, each step once; ``valve_open``: it was seen open since the call began."""
    steps: tuple[Step, ...] = ()
    after = ladder
    if ladder.watches_valve and valve_open:
        after, steps = _tell(ladder, What.FIRE_CALL, around, now, VALVE_OPEN)
    for what, at in sorted(after.steps_due.items(), key=lambda due: due[1]):
        if now >= at:
            after, more = _tell(after, what, around, now, NOBODY_REACHED if what is What.FIRE_CALL else "")
            steps += more
    if after.watches_valve and now >= (ladder.due_at or now):
        after = msgspec.structs.replace(after, looked_at=now)
    return None if after == ladder else (after, steps)


def _new(event: AlarmEvent, plan: Plan, around: Around, now: int) -> Ladder:
    return Ladder(
        incident=event.incident, plan=plan, area=event.grid, device=event.device, rule=event.rule,
        place=around.place, building=event.building or around.building, metric=event.metric, value=event.value,
        since=event.at, called_at=now, changed_at=now,
    )  # fmt: skip


def _renewed(known: Ladder, event: AlarmEvent, plan: Plan, around: Around, now: int) -> Ladder:
    """An emergency of its own under an incident's old name; counts and log go on."""
    fresh = _new(event, plan, around, now)
    return msgspec.structs.replace(fresh, call=known.call + 1, arrival=known.arrival + 1, number=known.number)


def _begin(ladder: Ladder, event: AlarmEvent, around: Around, now: int) -> Change:
    begun = fold.with_detector(ladder, fold.detector_of(event, None))
    after, steps = _tell(begun, What.STARTED, around, now)
    return _fire(after, steps, event, around, now)


def _stands(known: Ladder, ladder: Ladder, event: AlarmEvent, around: Around, now: int) -> Change | None:
    """The gas is there: anew, at one more detector, or again for a reason to page."""
    urgent = fold.starts(event, known.plan, now)
    elsewhere = event.device not in {detector.device for detector in known.detectors}
    others = _newcomers(ladder, around) if elsewhere else ()
    if urgent and not known.standing:
        silent = tuple(device for device in ladder.silent if device != event.device)
        anew = fold.wait_anew(fold.call_anew(msgspec.structs.replace(ladder, silent=silent), at=now), event.at)
        after, steps = fold.to_everyone(
            _now_at(anew, event, around), What.REOPENED, at=now, why=event.device, others=others
        )
        return _fire(after, steps, event, around, now)
    shown = event.cause is Cause.SHOWN and not known.calling
    if urgent and (event.page in _ONCE_MORE or shown or (elsewhere and not known.calling)):
        anew = _now_at(ladder if known.calling else fold.call_anew(ladder, at=now), event, around)
        after, steps = fold.to_everyone(anew, What.CALLED_AGAIN, at=now, why=_reason(event), others=others)
        return _fire(after, steps, event, around, now)
    if elsewhere:
        after, steps = fold.step(_now_at(ladder, event, around), What.JOINED, at=now, why=event.device, contacts=others)
        return _fire(after, steps, event, around, now)
    return _fire(ladder, (), event, around, now) if ladder.calling else _changed(known, ladder)


def _gone(known: Ladder, ladder: Ladder, event: AlarmEvent, now: int) -> Change | None:
    after = ladder
    steps: tuple[Step, ...] = ()
    if known.standing and not ladder.standing:
        what = What.CLOSED if event.cause in _BY_HAND else What.CLEARED
        after, steps = fold.to_everyone(ladder, what, at=now, by=event.by, why=event.why)
    if after.calling and not any(each.urgent and each.waits for each in after.detectors):
        held = any(each.hidden for each in after.detectors)
        what = What.HELD_BACK if held else What.ENDED
        after, more = fold.end_call(after, what, at=now, by=event.by, why=event.why)
        steps += more
    return None if after == known else (after, steps)


def _fire(ladder: Ladder, steps: tuple[Step, ...], event: AlarmEvent, around: Around, now: int) -> Change:
    """Stage B at once, where two detectors agree or one alone says enough."""
    if not ladder.watches_valve:
        return ladder, steps
    much = event.metric == LEL and event.value is not None and event.value >= ladder.plan.fire_lel
    why = SECOND_DETECTOR if len(ladder.devices) > 1 else CONCENTRATION if much or event.quality == OVER_RANGE else ""
    if not why:
        return ladder, steps
    after, more = _tell(ladder, What.FIRE_CALL, around, now, why)
    return after, (*steps, *more)


def _tell(ladder: Ladder, what: What, around: Around, now: int, why: str = "") -> Change:
    noted = msgspec.structs.replace(ladder, fire_why=why) if what is What.FIRE_CALL else ladder
    contacts = reach(OFFICES[what], around, ladder.told)
    return fold.step(noted, what, at=now, why=why, contacts=contacts)


def _reason(event: AlarmEvent) -> str:
    if event.cause is Cause.SHOWN:
        return str(Cause.SHOWN)
    return str(event.page if event.page in _ONCE_MORE else Page.AFTER_ACKNOWLEDGEMENT)


def _newcomers(ladder: Ladder, around: Around) -> tuple[Contact, ...]:
    """Whom a further detector concerns and nobody has told yet: its household, another grid's worker."""
    told = {contact.id for contact in ladder.told if contact.id}
    found = reach(STAGE_A, around)
    return tuple(contact for contact in found if contact.id not in told and contact not in ladder.told)


def _now_at(ladder: Ladder, event: AlarmEvent, around: Around) -> Ladder:
    """What the next messages say: the alarm that called last."""
    return msgspec.structs.replace(
        ladder, device=event.device, metric=event.metric, value=event.value, area=event.grid, place=around.place,
        building=event.building or around.building,
    )  # fmt: skip


def _changed(known: Ladder, ladder: Ladder) -> Change | None:
    return None if ladder == known else (ladder, ())
