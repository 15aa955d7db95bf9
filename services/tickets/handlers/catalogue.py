"""The dispatch catalogue in use: who is responsible here for this, where nobody is, and changing a line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from services.paging import Key, Page
from services.ports import Clock, Ids
from services.tickets.domain import Actor, Role
from services.tickets.domain.catalogue import (
    DISTRICT,
    GROUPS,
    Decision,
    Line,
    check_category,
    holes,
    responsible_for,
)
from services.tickets.domain.catalogue.exchange import Known, Plan, Rows, areas_named, basis_of, key_of, planned
from services.tickets.domain.errors import Wrong, wrong_urgency
from services.tickets.domain.policy import URGENCIES
from services.tickets.handlers.policies import KeepPolicies
from services.tickets.ports import Catalogue, Changed
from services.transactions import Clash
from streams.contracts import Refused
from streams.contracts.areas import contains

MAY_CHANGE: Final = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class KeepCatalogue:
    """Reads the catalogue and changes its lines; a ticket that was dispatched stays with its unit."""

    catalogue: Catalogue
    clock: Clock
    ids: Ids
    kept: KeepPolicies

    def policies(self) -> frozenset[str]:
        """The deadlines that a line may name: the shipped ones, and those of a city's own."""
        return frozenset(policy.name for policy in self.kept.known())

    def who(self, category: str, area: str, urgency: int) -> Decision:
        """Who is responsible, by which line.

        Raises:
            Refused: ``fields``, no such category (with the nearest names), area or urgency.
        """
        check_category(category)
        if urgency not in URGENCIES:
            raise wrong_urgency(urgency)
        self._check_area(area)
        return responsible_for(category, area, urgency, self.catalogue.lines(area))

    def lines(self, *, scope: str) -> tuple[Line, ...]:
        """Every line that concerns ``scope``: inside it, or around it; by area, category and urgency."""
        near = [line for line in self.catalogue.lines() if contains(scope, line.area) or contains(line.area, scope)]
        return tuple(sorted(near, key=lambda line: (line.area, line.category, line.urgency or -1, line.own, line.id)))

    def holes(self, areas: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """(category, area) for which only the district is left."""
        return holes(areas, self.catalogue.lines())

    def put(self, line: Line, *, who: Actor, scope: str = "") -> Line:
        """Write a line; it takes the place of the one for the same category, area and urgency.

        Raises:
            Refused: ``forbidden``; ``fields`` names what is wrong: an unknown category, area, unit or
                policy, a unit outside its area; ``conflict``, somebody wrote it at the same time.
        """
        self._may(who, line.area, scope)
        self._check(line)
        same = next((old for old in self.catalogue.lines() if not old.own and key_of(old) == key_of(line)), None)
        line = msgspec.structs.replace(line, id=same.id if same else self.ids.new(), own=False)
        try:
            self.catalogue.put(line, by=who.by, role=who.role, now=self.clock.now())
        except Clash:
            raise Refused(
                "conflict", "somebody wrote this line at the same time", field="area", value=line.area,
                remedy="Read the lines again, then decide.",
            ) from None  # fmt: skip
        return line

    def remove(self, name: str, *, who: Actor, scope: str = "") -> Line:
        """Take a written line away.

        Raises:
            Refused: ``forbidden``; ``not-found``, no such line, or it is a unit's own word.
        """
        line = next((line for line in self.catalogue.lines() if line.id == name and not line.own), None)
        if line is None:
            raise Refused("not-found", f"there is no written line {name}")
        self._may(who, line.area, scope)
        self.catalogue.remove(name, by=who.by, role=who.role, now=self.clock.now())
        return line

    def changes(self, *, scope: str, line: str = "", limit: int, after: Key | None) -> Page[Changed]:
        """Who changed which line, from what to what, newest first; ``line`` is one line's own history."""
        return self.catalogue.changes(scope=scope, line=line, limit=limit, after=after)

    def plan(self, rows: Rows, *, who: Actor, scope: str = "") -> Plan:
        """What a file would change and what is wrong with it; nothing is written.

        Raises:
            Refused: ``forbidden``.
        """
        self._may(who, scope, scope)
        return planned(rows, self._known(rows, self.catalogue.lines(), scope))

    def apply(self, rows: Rows, *, basis: str = "", who: Actor, scope: str = "") -> Plan:
        """Write a file's lines, all of them or none; the same file again changes nothing.

        ``basis`` is the one of the plan that somebody looked at, '' where nobody did.

        Raises:
            Refused: ``forbidden``; ``conflicts``, cells are wrong, the plan names them; ``basis``, somebody
                changed the catalogue since the plan was made.
        """
        plan = self.plan(rows, who=who, scope=scope)
        if plan.conflicts:
            raise Refused(
                "conflicts", f"{len(plan.conflicts)} cells are wrong and nothing was written",
                remedy="Mend every cell that the plan names and send the file again.", plan=plan,
            )  # fmt: skip
        if basis and basis != plan.basis:
            raise _moved(plan)

        def judge(lines: tuple[Line, ...]) -> None:
            if basis_of(lines) != plan.basis:
                raise _moved(plan)

        new = [
            change.new if change.old else msgspec.structs.replace(change.new, id=self.ids.new())
            for change in plan.changes
        ]
        if new:
            self.catalogue.put_all(new, by=who.by, role=who.role, now=self.clock.now(), judge=judge)
        return plan

    def _known(self, rows: Rows, lines: tuple[Line, ...], scope: str) -> Known:
        units = {unit.id: unit for unit in self.catalogue.units()}
        return Known(lines, self.catalogue.areas_of(areas_named(rows)), units, self.policies(), scope)

    def _check(self, line: Line) -> None:
        if line.category and line.category not in GROUPS:
            check_category(line.category)
        if line.urgency not in {None, *URGENCIES}:
            raise Wrong("urgency", line.urgency, "urgency is 0, 1, 2 or nothing", "Leave it out for any urgency.")
        self._check_area(line.area)
        for name, unit in (("lead", line.lead), *(("assisting", unit) for unit in line.assisting)):
            if unit == DISTRICT:
                continue
            around = self.catalogue.unit_area(unit)
            if around is None:
                raise Wrong(name, unit, f"there is no unit '{unit}'", "Take its id from the list of units.")
            if not contains(around, line.area):
                detail = f"unit '{unit}' works in {around}, and {line.area} lies outside it"
                raise Wrong(name, unit, detail, "Name a unit of that area.")
        if line.lead in line.assisting:
            raise Wrong("assisting", line.lead, f"'{line.lead}' leads; it cannot assist itself", "Leave it out there.")
        if line.policy and line.policy not in (known := self.policies()):
            raise Wrong("policy", line.policy, "there is no such policy", f"Use one of: {', '.join(sorted(known))}.")

    def _check_area(self, area: str) -> None:
        if not self.catalogue.has_area(area):
            raise Wrong(
                "area", area, f"'{area}' lies outside every area of the district", "Look it up in the list of areas."
            )

    @staticmethod
    def _may(who: Actor, area: str, scope: str) -> None:
        if who.role not in MAY_CHANGE:
            raise Refused("forbidden", f"the catalogue is changed by {', '.join(sorted(MAY_CHANGE))}")
        if not contains(scope, area):
            raise Refused("forbidden", f"{area} lies outside your area {scope}")


def _moved(plan: Plan) -> Refused:
    return Refused(
        "basis", "somebody changed the catalogue since this plan was made; nothing was written",
        remedy="Look at the new plan, then apply that.", basis=plan.basis,
    )  # fmt: skip
