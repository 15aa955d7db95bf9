"""Who holds an office near an alarm: the nearest unit or person, else who stands in. Pure."""

from collections.abc import Iterable

import msgspec

from services.alarms.domain.ladder_plan import ROLES, UNITS, Office


class Contact(msgspec.Struct, frozen=True):
    """Who is told. ``id`` is '' where nobody holds the office and nobody stands in."""

    office: Office
    id: str = ""
    name: str = ""
    phone: str = ""
    stands_in: bool = False


class Person(msgspec.Struct, frozen=True):
    """Somebody in whose scope the alarm lies."""

    id: str
    name: str
    role: str
    scope: str


class Responsible(msgspec.Struct, frozen=True):
    """A unit in whose area the alarm lies."""

    id: str
    name: str
    area: str
    categories: tuple[str, ...]
    phone: str = ""


class Around(msgspec.Struct, frozen=True):
    """Where the alarm is, in a person's words, and everyone who could be told of it."""

    place: str = ""
    building: str = ""
    people: tuple[Person, ...] = ()
    units: tuple[Responsible, ...] = ()


def reach(offices: Iterable[Office], around: Around, told: Iterable[Contact] = ()) -> tuple[Contact, ...]:
    """One contact an office, in order; a second grid worker is not the first one."""
    found: list[Contact] = []
    for office in offices:
        busy = {contact.id for contact in (*told, *found) if contact.office is Office.GRID_WORKER}
        found.append(_holder(office, around, busy if office is Office.SECOND_GRID_WORKER else set()))
    return tuple(found)


def _holder(office: Office, around: Around, busy: set[str]) -> Contact:
    if office is Office.RESIDENT:
        return Contact(office, around.place, around.place)
    category = UNITS.get(office)
    if category is not None:
        units = [unit for unit in around.units if category in unit.categories]
        if units:
            nearest = min(units, key=lambda unit: (-len(unit.area), unit.id))
            return Contact(office, nearest.id, nearest.name, nearest.phone)
    for rank, role in enumerate(ROLES[office]):
        people = [person for person in around.people if person.role == role and person.id not in busy]
        if people:
            # The district is asked of those who see all of it, everything else of the nearest.
            sign = 1 if office is Office.DISTRICT else -1
            who = min(people, key=lambda person: (sign * len(person.scope), person.id))
            return Contact(office, who.id, who.name, stands_in=rank > 0 or category is not None)
    return Contact(office)
