"""Whom critical gas calls, when, and who answers for an office that nobody holds: data. Pure."""

from enum import StrEnum
from typing import Final

import msgspec

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE


class Office(StrEnum):
    """Whom a ladder tells, by what they are to the danger."""

    RESIDENT = "resident"
    PROPERTY = "property"
    GAS_COMPANY = "gas_company"
    GRID_WORKER = "grid_worker"
    FIRE_CALLER = "fire_caller"
    """Calls 119 and says so: a person, since an automatic call needs an agreed interface."""
    SECOND_GRID_WORKER = "second_grid_worker"
    STREET_DUTY = "street_duty"
    STREET_LEADER = "street_leader"
    DISTRICT = "district"


class What(StrEnum):
    """The steps of a ladder; the first five are taken once a call, ``district`` once a wait for arrival."""

    STARTED = "started"
    FIRE_CALL = "fire_call"
    SECOND = "second"
    LEADER = "leader"
    CALLED_AGAIN = "called_again"
    DISTRICT = "district"
    JOINED = "joined"
    ACKNOWLEDGED = "acknowledged"
    HELD_BACK = "held_back"
    ENDED = "ended"
    ARRIVED = "arrived"
    CLEARED = "cleared"
    CLOSED = "closed"
    REOPENED = "reopened"
    SILENT = "silent"


STAGE_A: Final = (Office.RESIDENT, Office.PROPERTY, Office.GAS_COMPANY, Office.GRID_WORKER)
OFFICES: Final[dict[What, tuple[Office, ...]]] = {
    What.STARTED: STAGE_A,
    What.FIRE_CALL: (Office.FIRE_CALLER,),
    What.SECOND: (Office.SECOND_GRID_WORKER, Office.STREET_DUTY),
    What.LEADER: (Office.STREET_LEADER,),
    What.DISTRICT: (Office.DISTRICT,),
}
EVERYONE: Final = frozenset({What.CALLED_AGAIN, What.HELD_BACK, What.CLEARED, What.CLOSED, What.REOPENED, What.SILENT})
"""Steps that everyone hears of who was told before."""

UNITS: Final[dict[Office, str]] = {Office.PROPERTY: "property", Office.GAS_COMPANY: "gas-leak"}
"""Offices that a unit holds: the nearest one that takes this category."""
ROLES: Final[dict[Office, tuple[str, ...]]] = {
    Office.PROPERTY: ("grid_manager", "supervisor"),
    Office.GAS_COMPANY: ("dispatcher", "operator", "supervisor"),
    Office.GRID_WORKER: ("grid_worker", "grid_manager", "supervisor"),
    Office.FIRE_CALLER: ("operator", "dispatcher", "grid_manager", "supervisor"),
    Office.SECOND_GRID_WORKER: ("grid_worker", "grid_manager", "supervisor"),
    Office.STREET_DUTY: ("dispatcher", "operator", "supervisor"),
    Office.STREET_LEADER: ("supervisor", "grid_manager"),
    Office.DISTRICT: ("supervisor", "administrator"),
}
"""The first role that somebody has here answers; any but the first stands in, as do all for a unit."""


class Plan(msgspec.Struct, frozen=True):
    """The times of a ladder, ms. A ladder keeps a copy from its start: a change bends no running clock.

    ``fire_lel`` is the gas from which 119 is called at once; ``fresh_after`` how long after its end an
    incident's next alarm is a new emergency, not the old one reopened; ``late``: an alarm that reaches
    us later than this calls nobody as if it were now; ``valve_every`` how often the valve is looked at.
    """

    causes: tuple[str, ...] = ("gas-leak",)
    fire_lel: float = 50.0
    second_after: int = 60 * SECOND
    leader_after: int = 3 * MINUTE
    on_site_within: int = 30 * MINUTE
    fresh_after: int = 24 * HOUR
    late: int = 24 * HOUR
    valve_every: int = 2 * SECOND


DEFAULT_PLAN: Final = Plan()
