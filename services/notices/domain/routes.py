"""Which event of a ticket goes to whom, as data: the defaults of every role.

A unit is told by those of its people who are on duty, everybody else of the tickets of their area.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.duty import Roster, deputised
from services.notices.domain.words import Facts, Person, Subject, Urgency
from streams.contracts import TicketEvent
from streams.contracts.areas import contains

UNIT: Final = frozenset({"unit_handler", "unit_leader"})
TO_UNIT: Final = "unit_handler"
LEADER: Final = "unit_leader"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table: the subject, the roles that are told, how urgent it is by itself."""

    subject: Subject
    roles: tuple[str, ...]
    urgency: Urgency = Urgency.PROMPT


ROUTES: Final[dict[str, tuple[Route, ...]]] = {
    "verify": (Route(Subject.CHECK, ("grid_worker",)),),
    "dispatch": (Route(Subject.ASSIGNED, ("unit_handler", "unit_leader")),),
    "reassign": (Route(Subject.ASSIGNED, ("unit_handler", "unit_leader")),),
    "whistle": (Route(Subject.ASSIGNED, ("unit_handler", "unit_leader")),),
    "raise": (Route(Subject.ASSIGNED, ("unit_handler", "unit_leader")),),
    "return": (Route(Subject.REVIEW, ("dispatcher",)),),
    "extend": (Route(Subject.REVIEW, ("supervisor",)),),
    "return_ok": (Route(Subject.DECIDED, ("unit_leader",), Urgency.LOW),),
    "return_no": (Route(Subject.DECIDED, ("unit_leader",)),),
    "extend_ok": (Route(Subject.DECIDED, ("unit_leader",), Urgency.LOW),),
    "extend_no": (Route(Subject.DECIDED, ("unit_leader",)),),
    "escalate": (Route(Subject.ESCALATED, ("supervisor", "grid_manager")),),
    "urge": (Route(Subject.ASSIGNED, ("unit_handler", "unit_leader"), Urgency.LOW),),
    "reopen": (Route(Subject.REOPENED, ("unit_handler", "unit_leader")),),
    "realarm": (Route(Subject.REOPENED, ("unit_handler", "unit_leader")),),
    "check_bad": (Route(Subject.REOPENED, ("unit_handler", "unit_leader")),),
    "callback": (Route(Subject.REOPENED, ("unit_handler", "unit_leader")),),
    "finish": (Route(Subject.CHECK, ("grid_worker",)),),
    "check_ok": (Route(Subject.CALLBACK, ("operator",), Urgency.LOW),),
}
_UNITS: Final = ("unit_handler", "unit_leader")
CARD_HOLDERS: Final = {
    "reported": ("operator",),
    "verifying": ("operator", "grid_worker"),
    "accepted": ("dispatcher",),
    "to_dispatch": ("dispatcher",),
    "dispatched": ("dispatcher", *_UNITS),
    "signed": ("dispatcher", *_UNITS),
    "return_review": ("dispatcher", "unit_leader"),
    "in_progress": _UNITS,
    "extension_review": ("supervisor", "unit_leader"),
    "parked": ("supervisor", "unit_leader"),
    "checking": ("grid_worker",),
    "callback": ("operator",),
    "redo": _UNITS,
}
"""Who answers for the clocks that run in a state. A sub-task's card is its own unit's, wherever the ticket stands."""
TO_WORK_AGAIN: Final = frozenset({"callback", "realarm"})
"""What tells its unit only where it leads back to work."""
ASSIGNS: Final = frozenset({"dispatch", "reassign"})
"""What tells the units that assist as well as the lead."""
TO_REPORTER: Final = frozenset(
    {"accept", "dispatch", "answer", "reject", "extend_ok", "check_ok", "master_done", "close_unresolved"}
)
"""What the reporter 诉求人 is told; a call-back tells them itself."""


def routes_of(event: TicketEvent) -> tuple[Route, ...]:
    """The lines that an event meets."""
    if event.action == "mark":
        if not event.mark:
            return ()  # the second yellow card of a stage is shown, and nobody is told again
        holders = Route(Subject.CARD, _UNITS if event.share else CARD_HOLDERS.get(event.new, ()))
        if event.mark != "red":
            return (holders,)
        above = ("supervisor", "unit_leader") if TO_UNIT in holders.roles else ("supervisor",)
        return (holders, Route(Subject.CARD, above))
    if event.action in TO_WORK_AGAIN and (event.old == event.new or event.new not in {"in_progress", "redo"}):
        return ()
    return ROUTES.get(event.action, ())


def reached(unit: str, people: Sequence[Person], on_duty: Collection[str]) -> frozenset[str]:
    """Whom a message to a unit reaches: its people on duty, else its leaders, else everybody of it.

    A unit without people at all is nobody's: its tickets run into their clocks, which tell supervision.
    """
    of_it = [person for person in people if unit != "" and person.unit == unit and person.role in UNIT]
    watching = [person for person in of_it if person.id in on_duty]
    return frozenset(person.id for person in watching or [one for one in of_it if one.role == "unit_leader"] or of_it)


def in_units(event: TicketEvent, lead: str, people: Sequence[Person], on_duty: Collection[str]) -> frozenset[str]:
    """Whom a line for a unit's people reaches: the lead's, those of who assists in it, or of whose share it is."""
    units = {event.share} if event.share else {lead, *event.units} if event.action in ASSIGNS else {lead}
    return frozenset().union(*(reached(unit, people, on_duty) for unit in units))


def helps(person: Person, event: TicketEvent, lead: str) -> bool:
    """Whether they are asked to assist with what another unit leads."""
    return event.action in ASSIGNS and person.role in UNIT and person.unit != lead


def with_deputies(people: Sequence[Person], rosters: Mapping[str, Roster], at: int) -> tuple[Person, ...]:
    """The people as they are told now: who stands in for their unit's leader is told what a leader is.

    The leader is told as well; what cannot wait is not lost where the leave is written and not taken.
    """
    leaders = {person.id for person in people if person.role == LEADER}

    def told_as(person: Person) -> Person:
        roster = rosters.get(person.unit) if person.role == TO_UNIT else None
        stands_in = roster is not None and not leaders.isdisjoint(deputised(roster, person.id, at))
        return replace(person, role=LEADER) if stands_in else person

    return tuple(map(told_as, people))


def concerns(
    person: Person, roles: tuple[str, ...], event: TicketEvent, facts: Facts, reached_: Collection[str]
) -> bool:
    """Whether a line's roles mean this person: not whoever did it, and only where they answer for it.

    A line that means a unit's handlers means the unit: it goes to whom the unit is ``reached`` by. What
    its leader alone decides goes to the leader, on duty or not.
    """
    if person.id == event.by:
        return False
    if person.role in UNIT and TO_UNIT in roles:
        return person.id in reached_
    if person.role not in roles:
        return False
    if person.role in UNIT:
        return person.unit != "" and person.unit == facts.lead
    return contains(person.scope, event.area)
