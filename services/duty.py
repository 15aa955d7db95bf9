"""Who is on duty for a unit, and who stands in for them: the words of a roster and its one question. Pure.

The registry keeps rosters, the notices and the front door ask them; none of them may import another, so
what they share stands here, as the words of the audit log do. Times are epoch ms, the clock of a weekly
duty is Asia/Shanghai's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.daytime import DAY_MINUTES

ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week: ISO weekdays 1 (Monday) to 7, from ``begins`` to ``ends``, minutes of the day.

    Where ``ends`` is not after ``begins`` it is the next day's, so equal ones are a whole day.
    """

    days: frozenset[int]
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Dated:
    """Once: ``since`` is included, ``until`` is not."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's duty in one unit."""

    id: str
    unit: str
    person: str
    when: Weekly | Dated


@dataclass(frozen=True, slots=True)
class Substitution:
    """``person`` is away from ``since`` until ``until``, and ``substitute`` stands in."""

    id: str
    unit: str
    person: str
    substitute: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Roster:
    """A unit's duties; ``people`` are those of it who can be on duty: nobody who was disabled."""

    people: frozenset[str] = frozenset()
    duties: tuple[Duty, ...] = ()
    substitutions: tuple[Substitution, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is on duty until ``until``; ``instead_of`` is the chain they stand in for, nearest last."""

    person: str
    until: int
    instead_of: tuple[str, ...] = ()


def on_duty(roster: Roster, at: int) -> tuple[OnDuty, ...]:
    """Who is on duty at a moment, by person; empty where nobody is.

    Dated duties replace the weekly ones while there are any: a holiday's roster is written for the
    holiday. Whoever is away is replaced by their substitute, and that one by theirs; a chain that leads
    nowhere (to somebody who left, or round) leaves nobody.
    """
    dated = [
        (duty.person, duty.when.until)
        for duty in roster.duties
        if isinstance(duty.when, Dated) and duty.when.since <= at < duty.when.until
    ]
    standing = dated or [
        (duty.person, end)
        for duty in roster.duties
        if isinstance(duty.when, Weekly) and (end := weekly_end(duty.when, at)) is not None
    ]
    found: dict[str, OnDuty] = {}
    for person, until in standing:
        one = _standing_in(roster, person, until, at)
        if one is not None:
            found[one.person] = _longer(found.get(one.person), one)
    return tuple(found[person] for person in sorted(found))


def deputised(roster: Roster, person: str, at: int) -> frozenset[str]:
    """Whom ``person`` stands in for, on duty or not: whoever is away and whose substitutes end with them."""
    away = {each.person for each in roster.substitutions if each.since <= at < each.until} - {person}
    found = {each: _standing_in(roster, each, at, at) for each in away}
    return frozenset(each for each, one in found.items() if one is not None and one.person == person)


def weekly_end(when: Weekly, at: int) -> int | None:
    """When the weekly duty that ``at`` lies in ends; None outside of it."""
    today = datetime.fromtimestamp(at / 1000, UTC).astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    length = (when.ends - when.begins) % DAY_MINUTES or DAY_MINUTES
    for midnight in (today, today - timedelta(days=1)):
        begin = midnight + timedelta(minutes=when.begins)
        end = begin + timedelta(minutes=length)
        if midnight.isoweekday() in when.days and _ms(begin) <= at < _ms(end):
            return _ms(end)
    return None


def ring(substitutions: Iterable[Substitution], new: Substitution) -> tuple[str, ...]:
    """The people of a ring that ``new`` would close at some moment, itself first; empty where it closes none."""
    others = [each for each in substitutions if each.unit == new.unit and each.id != new.id]
    paths: list[tuple[tuple[str, ...], int, int]] = [((new.person, new.substitute), new.since, new.until)]
    while paths:
        path, since, until = paths.pop()
        if path[-1] == new.person:
            return path
        paths += [
            ((*path, each.substitute), max(since, each.since), min(until, each.until))
            for each in others
            if each.person == path[-1] and each.since < until and since < each.until
            if each.substitute not in path[1:]
        ]
    return ()


def _standing_in(roster: Roster, person: str, until: int, at: int) -> OnDuty | None:
    """The end of the chain that begins with ``person``; each link is somebody new, so it ends."""
    chain: list[str] = []
    while (away := _away(roster, person, at)) is not None:
        chain.append(person)
        person, until = away.substitute, min(until, away.until)
        if person in chain:
            return None
    return OnDuty(person, until, tuple(chain)) if person in roster.people else None


def _away(roster: Roster, person: str, at: int) -> Substitution | None:
    return next(
        (each for each in roster.substitutions if each.person == person and each.since <= at < each.until), None
    )


def _longer(old: OnDuty | None, new: OnDuty) -> OnDuty:
    """One entry a person: as themselves rather than for another, then whichever lasts longer."""
    if old is None:
        return new
    return max(old, new, key=lambda one: (not one.instead_of, one.until))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
