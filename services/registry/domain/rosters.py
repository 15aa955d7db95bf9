"""Writing a unit's roster: who may, and what a duty or a substitution may say. Pure."""

from typing import Final

from services.daytime import DAY_MINUTES
from services.duty import Dated, Duty, Substitution, ring
from services.registry.domain.people import Role, User
from services.registry.domain.staff import administers
from streams.contracts import Refused

LONGEST_MS: Final = 366 * 86_400_000
MOST: Final = 500
"""Duties or substitutions of one unit that are not over: more is a mistake of a program."""


def may_write(by: User, unit: str) -> bool:
    """Whether ``by`` keeps the roster of ``unit``: its leader, and the administrators."""
    return administers(by) or (by.active and by.role is Role.UNIT_LEADER and by.unit == unit != "")


def check_duty(duty: Duty, people: frozenset[str], now: int) -> None:
    """Raises: Refused, ``fields`` with the field, its value and what would do."""
    _check_person("person", duty.person, duty.unit, people)
    when = duty.when
    if isinstance(when, Dated):
        _check_period(when.since, when.until, now)
        return
    if not when.days or not when.days <= set(range(1, 8)):
        raise _wrong("days", ",".join(map(str, sorted(when.days))), "days are 1 (Monday) to 7", "Name at least one.")
    if not (0 <= when.begins < DAY_MINUTES and 0 < when.ends <= DAY_MINUTES):
        raise _wrong(
            "begins", f"{when.begins}-{when.ends}", "begins and ends are times of the day", "As in 08:00 to 20:00."
        )


def check_substitution(new: Substitution, others: tuple[Substitution, ...], people: frozenset[str], now: int) -> None:
    """Raises: Refused, ``fields``; ``ring``, they would stand in for each other."""
    _check_person("person", new.person, new.unit, people)
    _check_person("substitute", new.substitute, new.unit, people)
    if new.person == new.substitute:
        raise _wrong("substitute", new.substitute, "nobody stands in for themselves", "Choose somebody else.")
    _check_period(new.since, new.until, now)
    if closed := ring(others, new):
        raise in_a_ring(new, " → ".join(closed))


def in_a_ring(new: Substitution, path: str = "") -> Refused:
    """Nobody would be left at the end of the chain."""
    return Refused(
        "ring", f"{path or new.person}: the substitutes would stand in for each other in a ring", field="substitute",
        value=new.substitute, remedy="Choose somebody who is there at that time.",
    )  # fmt: skip


def overlapping(person: str) -> Refused:
    """The store's constraint against two at once."""
    return Refused(
        "overlap", f"{person} has one already that overlaps this period", field="since", value=person,
        remedy="Take the other one away first, or choose a period beside it.",
    )  # fmt: skip


def not_of_the_unit(field: str, person: str, unit: str) -> Refused:
    """Whoever is on duty for a unit is one of its people."""
    return _wrong(
        field, person, f"'{person}' is none of the people of {unit} who can sign in",
        "Choose one of the unit's people; an administrator enters new ones.",
    )  # fmt: skip


def _check_person(field: str, person: str, unit: str, people: frozenset[str]) -> None:
    if person not in people:
        raise not_of_the_unit(field, person, unit)


def _check_period(since: int, until: int, now: int) -> None:
    if not since < until:
        raise _wrong("until", str(until), "a period ends after it begins", "Choose a later end.")
    if until <= now:
        raise _wrong("until", str(until), "the period is over already", "Choose an end that is still to come.")
    if until - since > LONGEST_MS:
        raise _wrong("until", str(until), "a period lasts a year at most", "Write a weekly duty instead.")


def _wrong(field: str, value: str, detail: str, remedy: str) -> Refused:
    return Refused("fields", detail, field=field, value=value, wrong=[field], remedy=remedy)
