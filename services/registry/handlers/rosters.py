"""A unit's roster: read by everybody who works with tickets, written by its leader and the administrators."""

from dataclasses import dataclass, replace
from typing import Final, TypeVar

from services.audit import Did, Entry, said
from services.daytime import clock_of
from services.duty import Dated, Duty, OnDuty, Roster, Substitution, deputised, on_duty
from services.ports import Clock
from services.registry.domain import Role, Unit, User
from services.registry.domain.rosters import MOST, check_duty, check_substitution, may_write
from services.registry.ports import PlaceReader, RosterStore
from streams.contracts import Refused

T = TypeVar("T", Duty, Substitution)
SHOWN_MS: Final = 7 * 86_400_000
"""How long what is over stays on the page: the week that somebody may ask about."""


@dataclass(frozen=True, slots=True)
class UnitRoster:
    """A unit, its people, what is written, and who is on duty at ``at``."""

    unit: Unit
    people: tuple[User, ...]
    duties: tuple[Duty, ...]
    substitutions: tuple[Substitution, ...]
    at: int
    on_duty: tuple[OnDuty, ...]


@dataclass(frozen=True, slots=True)
class KeepRosters:
    """Reads and writes the rosters of units."""

    store: RosterStore
    places: PlaceReader
    clock: Clock

    def of(self, unit: str, at: int | None = None) -> UnitRoster:
        """A unit's roster; ``at`` is the moment of the question, now where none is given.

        Raises:
            Refused: ``not_found``.
        """
        found, now = self._unit(unit), self.clock.now()
        moment = now if at is None else at
        people, duties, substitutions = self.store.roster(unit, since=min(moment, now) - SHOWN_MS)
        roster = Roster(frozenset(user.id for user in people), duties, substitutions)
        return UnitRoster(found, people, duties, substitutions, moment, on_duty(roster, moment))

    def acting(self, user: User) -> User:
        """The user as they may act now: who stands in for their unit's leader has the leader's role."""
        if user.role is not Role.UNIT_HANDLER or not user.unit:
            return user
        now = self.clock.now()
        away = self.store.substitutions(user.unit, since=now)
        if all(each.substitute != user.id for each in away):
            return user
        people = {each.id: each for each in self.store.people_of(user.unit)}
        instead_of = deputised(Roster(frozenset(people), substitutions=away), user.id, now)
        leads = any(people[each].role is Role.UNIT_LEADER for each in instead_of if each in people)
        return replace(user, role=Role.UNIT_LEADER) if leads else user

    def add_duty(self, duty: Duty, *, by: User) -> Duty:
        """Write a duty; the same id again changes nothing.

        Raises:
            Refused: ``not_found``; ``forbidden``; ``fields``; ``overlap``; ``crowded``; ``idempotency``, the id
                is another duty's.
        """
        people = self._writing(duty.unit, by)
        if (kept := self.store.duty(duty.id)) is not None:
            return _same(kept, duty)
        now = self.clock.now()
        check_duty(duty, people, now)
        _check_room(len(self.store.duties(duty.unit, since=now)))
        when = duty.when
        spoken = {"since": when.since, "until": when.until} if isinstance(when, Dated) else {
            "days": sorted(when.days), "begins": clock_of(when.begins), "ends": clock_of(when.ends)
        }  # fmt: skip
        entry = self._entry(by, duty.unit, said(what="duty added", person=duty.person, **spoken))
        return duty if self.store.add_duty(duty, entry=entry) else _same(self.store.duty(duty.id), duty)

    def remove_duty(self, unit: str, duty: str, *, by: User) -> Duty:
        """Take a duty away; returns it as it was. Raises: Refused, ``not_found``, ``forbidden``."""
        self._writing(unit, by)
        kept = self.store.duty(duty)
        if kept is None or kept.unit != unit:
            raise _missing("duty", duty)
        entry = self._entry(by, unit, said(what="duty removed", person=kept.person))
        if not self.store.remove_duty(unit, duty, entry=entry):
            raise _missing("duty", duty)
        return kept

    def add_substitution(self, new: Substitution, *, by: User) -> Substitution:
        """Write who stands in for whom; the same id again changes nothing.

        Raises:
            Refused: as :meth:`add_duty`; ``ring``.
        """
        people = self._writing(new.unit, by)
        if (kept := self.store.substitution(new.id)) is not None:
            return _same(kept, new)
        now = self.clock.now()
        others = self.store.substitutions(new.unit, since=now)
        check_substitution(new, others, people, now)
        _check_room(len(others))
        detail = said(
            what="substitute added", person=new.person, substitute=new.substitute, since=new.since, until=new.until
        )
        added = self.store.add_substitution(new, entry=self._entry(by, new.unit, detail))
        return new if added else _same(self.store.substitution(new.id), new)

    def remove_substitution(self, unit: str, substitution: str, *, by: User) -> Substitution:
        """The person is back; returns it as it was. Raises: Refused, ``not_found``, ``forbidden``."""
        self._writing(unit, by)
        kept = self.store.substitution(substitution)
        if kept is None or kept.unit != unit:
            raise _missing("substitution", substitution)
        entry = self._entry(by, unit, said(what="substitute removed", person=kept.person))
        if not self.store.remove_substitution(unit, substitution, entry=entry):
            raise _missing("substitution", substitution)
        return kept

    def _writing(self, unit: str, by: User) -> frozenset[str]:
        self._unit(unit)
        if not may_write(by, unit):
            raise Refused(
                "forbidden", f"the roster of {unit} is kept by its leader and by administrators", field="unit",
                value=unit, remedy="Ask the unit's leader.",
            )  # fmt: skip
        return frozenset(user.id for user in self.store.people_of(unit))

    def _unit(self, unit: str) -> Unit:
        found = self.places.get_unit(unit)
        if found is None:
            raise _missing("unit", unit)
        return found

    def _entry(self, by: User, unit: str, detail: str) -> Entry:
        return Entry(self.clock.now(), by.id, Did.DUTY, f"unit {unit}", detail, str(by.role))


def _same(kept: T | None, asked: T) -> T:
    if kept != asked:
        raise Refused(
            "idempotency", "this request has written another entry before", field="id",
            remedy="Send a key of its own with each new entry.",
        )  # fmt: skip
    return asked


def _check_room(count: int) -> None:
    if count >= MOST:
        raise Refused("crowded", f"the unit has {count} entries that are not over, and {MOST} are allowed")


def _missing(what: str, value: str) -> Refused:
    return Refused("not_found", f"there is no {what} {value}", field="id", value=value)
