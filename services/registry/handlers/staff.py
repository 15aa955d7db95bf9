"""Administering people: entries, passwords that are good once, lock-outs; each change in the audit log."""

from dataclasses import dataclass, replace

from services.audit import Did, Entry, said
from services.ports import Clock
from services.registry.domain import User
from services.registry.domain.lockout import keys_of
from services.registry.domain.staff import (
    ONCE_MS,
    Changes,
    Lock,
    administers,
    changed_entry,
    check_change,
    check_entry,
    check_password,
    differences,
    locked_now,
)
from services.registry.handlers.people import prove
from services.registry.ports import Passwords, PlaceReader, Secrets, StaffStore
from streams.contracts import Refused


@dataclass(frozen=True, slots=True)
class Given:
    """A password as it was given: readable this once, good until ``until``, epoch ms."""

    person: User
    password: str
    until: int


@dataclass(frozen=True, slots=True)
class KeepPeople:
    """The register of people, as administrators of the whole district keep it."""

    store: StaffStore
    places: PlaceReader
    passwords: Passwords
    secrets: Secrets
    clock: Clock

    def listed(self, *, by: User) -> tuple[User, ...]:
        """Raises: Refused, ``forbidden``."""
        self._allow(by)
        return self.store.list_users()

    def get(self, person: str, *, by: User) -> User:
        """Raises: Refused, ``forbidden``, ``not_found``."""
        self._allow(by)
        return self._found(person)

    def create(self, wanted: User, *, by: User, command: str) -> User:
        """Make an entry, without a password: nobody signs in before one is given. The same command makes one.

        Raises:
            Refused: ``forbidden``; ``fields``; ``exists``; ``idempotency``, the command made somebody else.
        """
        self._allow(by)
        made = self.store.made_by(command)
        if made is not None:
            if made.id != wanted.id:
                raise Refused(
                    "idempotency", f"this request has made {made.id} before, and names {wanted.id} now", field="id",
                    value=wanted.id, remedy="Send a key of its own with each new person.",
                )  # fmt: skip
            return made
        self._check(wanted)
        fresh = replace(wanted, active=True, once_until=None, version=1)
        about = said(what="created", name=fresh.name, role=str(fresh.role), scope=fresh.scope, unit=fresh.unit)
        if not self.store.create_user(fresh, command=command, entry=self._entry(by, fresh.id, about)):
            raise Refused(
                "exists", f"there is a person {wanted.id} already", field="id", value=wanted.id,
                remedy="Choose another sign-in name, or change that person.",
            )  # fmt: skip
        return fresh

    def change(self, person: str, changes: Changes, *, seen: int, by: User) -> User:
        """Change name, role, scope, unit or ``active`` of the entry as it was at version ``seen``.

        Raises:
            Refused: ``forbidden``; ``not_found``; ``fields``; ``own_role``; ``last_administrator``;
                ``version`` with the ``current`` one where somebody was quicker.
        """
        self._allow(by)
        before = self._found(person)
        if before.version != seen:
            raise self._stale(before)
        after = changed_entry(before, changes)
        self._check(after)
        check_change(by, before, after)
        changed = differences(before, after)
        if not changed:
            return before
        after = replace(after, version=seen + 1)
        if not self.store.change_user(after, entry=self._entry(by, person, said(what="changed", **changed))):
            raise self._stale(self._found(person))
        return after

    def give_password(self, person: str, *, by: User) -> Given:
        """A password that is shown this once, opens one door, to one's own password, and ends all sessions.

        Raises:
            Refused: ``forbidden``; ``not_found``; ``fields``, the person is disabled.
        """
        self._allow(by)
        found = self._found(person)
        if not found.active:
            raise Refused(
                "fields", f"{person} is disabled and could not sign in with it", field="active", value="false",
                wrong=["active"], remedy="Enable the person first.",
            )  # fmt: skip
        word, until = self.secrets.phrase(), self.clock.now() + ONCE_MS
        entry = self._entry(by, person, said(what="password given", expires=until))
        if not self.store.set_password(person, self.passwords.hash(word), once_until=until, entry=entry):
            raise self._unknown(person)
        self.store.forgive([key for key, _ in keys_of(person, "")])  # or the new one opens nothing for a while
        return Given(replace(found, once_until=until), word, until)

    def choose_password(self, person: str, current: str, wanted: str, *, csrf: str, address: str) -> None:
        """A person replaces their own password; their other sessions and tokens end.

        Raises:
            Refused: ``fields``, the current one is wrong or the new one too weak; ``locked``.
        """
        user, now = self._found(person), self.clock.now()
        check_password(user, wanted)
        if prove(self.store, self.passwords, person, current, now=now, address=address) is None:
            raise Refused(
                "fields", "the current password is another one", field="current", wrong=["current"],
                remedy="Write the password that you signed in with.",
            )  # fmt: skip
        if current == wanted:
            raise Refused(
                "fields", "the new password is the current one", field="password", wrong=["password"],
                remedy="Choose another one.",
            )  # fmt: skip
        entry = self._entry(user, person, said(what="password chosen"))
        self.store.set_password(person, self.passwords.hash(wanted), once_until=None, entry=entry, keep_csrf=csrf)

    def locks(self, *, by: User) -> tuple[Lock, ...]:
        """Who cannot sign in for now. Raises: Refused, ``forbidden``."""
        self._allow(by)
        known = frozenset(user.id for user in self.store.list_users())
        return locked_now(dict(self.store.locks(self.clock.now())), known)

    def release(self, kind: str, name: str, *, by: User) -> None:
        """End a lock-out of a person or an address at once.

        Raises:
            Refused: ``forbidden``; ``not_found``, nothing is counted against it.
        """
        self._allow(by)
        known = kind == "address" or (kind == "account" and self.store.get_user(name) is not None)
        keys = [key for key, _ in keys_of(name, name) if key.startswith(f"{kind} ")]
        subject = f"person {name}" if kind == "account" else keys[0] if keys else kind
        entry = replace(self._entry(by, name, said(what="lock released")), subject=subject)
        if not known or not keys or not self.store.release(keys[0], entry=entry):
            raise Refused(
                "not_found", f"no failed sign-ins are counted against {kind} {name}", field="name", value=name,
                remedy="The list of locks has those there are; a lock ends by itself after a quarter of an hour.",
            )  # fmt: skip

    def _allow(self, by: User) -> None:
        if not administers(by):
            raise Refused(
                "forbidden", "the register of people is kept by administrators of the whole district", field="role",
                value=str(by.role), remedy="Ask an administrator whose area is the district.",
            )  # fmt: skip

    def _check(self, user: User) -> None:
        scope_known = user.scope == "" or self.places.get_area(user.scope) is not None
        unit_known = user.unit != "" and self.places.get_unit(user.unit) is not None
        check_entry(user, scope_known=scope_known, unit_known=unit_known)

    def _found(self, person: str) -> User:
        found = self.store.get_user(person)
        if found is None:
            raise self._unknown(person)
        return found

    def _entry(self, by: User, person: str, detail: str) -> Entry:
        return Entry(self.clock.now(), by.id, Did.PERSON, f"person {person}", detail, str(by.role))

    @staticmethod
    def _unknown(person: str) -> Refused:
        return Refused("not_found", f"there is no person {person}", field="id", value=person)

    @staticmethod
    def _stale(current: User) -> Refused:
        return Refused(
            "version", f"{current.id} was changed by somebody else meanwhile", version=current.version,
            current=current.version,
        )  # fmt: skip
