"""What the registry's use cases and its readers need, as Protocols."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from services.audit import Entry
from services.duty import Duty, Substitution
from services.paging import Key, Page
from services.registry.domain import Area, DeviceFilter, EntryCard, Identity, Layer, Revision, Token, Unit, User
from services.registry.domain.lockout import Limit, Tries
from services.registry.domain.maintenance import Maintenance
from streams.contracts import Device, Rule


class DeviceStore(Protocol):
    """Devices as they are changed; every change is mirrored on ``linli.devices``."""

    def area_exists(self, code: str) -> bool: ...

    def get_device(self, device_id: str) -> Device | None: ...

    def insert_device(self, device: Device, *, by: str, now: int) -> bool:
        """Keep a new device; False where its id is taken."""

    def update_device(self, device: Device, *, by: str, now: int, why: str = "", entry: Entry | None = None) -> bool:
        """Keep the version after ``device.version - 1``; False where that is no longer the current one.

        ``why`` is kept with the change; ``entry`` goes into the audit log, in the same transaction.
        """


class DeviceReader(Protocol):
    """Devices as they are looked at; ``scope`` is always applied."""

    def get_device(self, device_id: str) -> Device | None: ...

    def list_devices(self, filters: DeviceFilter, *, scope: str, limit: int, after: Key | None) -> Page[Device]:
        """By id; the key of a page is ``(id,)``."""

    def count_devices(self, *, scope: str) -> dict[tuple[str, str], int]:
        """How many devices there are by (kind, state)."""

    def in_maintenance(
        self, *, scope: str, devices: Collection[str] | None = None, limit: int
    ) -> tuple[Maintenance, ...]:
        """The longest first, then by id; ``devices`` None restricts nothing."""
        ...


class PlaceReader(Protocol):
    """Areas, units and map layers as they are looked at."""

    def get_area(self, code: str) -> Area | None: ...

    def list_areas(self, *, level: str = "", within: str = "", scope: str, limit: int, after: Key | None) -> Page[Area]:
        """By code; the key of a page is ``(code,)``. ``within`` is a code prefix."""

    def find_areas(self, words: str, *, scope: str, level: str = "", limit: int) -> tuple[Area, ...]:
        """Areas whose names hold every word, or whose code begins so: the shortest names first, then by code.

        A search while somebody types; none for no words.
        """
        ...

    def areas_named(self, codes: Collection[str]) -> dict[str, Area]:
        """Those of ``codes`` that are areas, without their outlines."""
        ...

    def list_units(self, *, scope: str) -> tuple[Unit, ...]:
        """Units whose area meets ``scope``: it lies inside it or around it."""

    def get_unit(self, unit_id: str) -> Unit | None: ...

    def list_layers(self) -> tuple[Layer, ...]: ...


class PlaceStore(Protocol):
    """Areas, units and layers as they are seeded; what is already there stays as it is."""

    def add_areas(self, areas: Sequence[Area]) -> int: ...

    def add_units(self, units: Sequence[Unit]) -> int: ...

    def add_layers(self, layers: Sequence[Layer]) -> int: ...

    def add_devices(self, devices: Sequence[Device], *, by: str, now: int) -> int:
        """Mirrored on ``linli.devices`` as every change is."""


class EntryCardStore(Protocol):
    """Entry cards; what is written or seen is in the audit log, in the same transaction."""

    def cards(self, device: str, areas: Sequence[str]) -> tuple[EntryCard, ...]:
        """The cards of a device ('': of none) and of these areas that there are, in no order."""
        ...

    def put(self, card: EntryCard, *, entry: Entry) -> bool:
        """Keep the version after ``card.version - 1``; False where that is no longer the current one."""

    def note(self, entry: Entry) -> None:
        """Append to the audit log what changes nothing else."""


class RuleReader(Protocol):
    """Rules as they are looked at."""

    def list_rules(self, *, kind: str = "") -> tuple[Rule, ...]: ...

    def get_rule(self, rule_id: str) -> Rule | None: ...

    def list_versions(self, rule_id: str) -> tuple[Rule, ...]:
        """Newest first."""

    def list_revisions(self, rule_id: str) -> tuple[Revision, ...]:
        """The same with author, reason and time."""


class RuleStore(RuleReader, Protocol):
    """Rules as they are changed; the newest version is mirrored on ``linli.rules``."""

    def author(self, rule_id: str) -> str:
        """Who wrote the version in force; '' where there is no such rule."""

    def revision_of(self, command: str) -> Revision | None:
        """What was kept under ``command``."""

    def put_rule(
        self,
        rule: Rule,
        *,
        by: str,
        now: int,
        why: str = "",
        command: str = "",
        judge: Callable[[Sequence[Rule]], None] | None = None,
    ) -> bool:
        """Keep ``rule`` where it is the version after the one in force; False otherwise.

        A seed may leave versions out. ``judge`` is given the rules in force while nobody else can
        change one, and what it raises leaves nothing. False also where ``command`` is taken.
        """


class PeopleReader(Protocol):
    """Users as they are looked at; never their password hashes."""

    def get_user(self, user_id: str) -> User | None: ...

    def list_users(self) -> tuple[User, ...]: ...

    def locks(self, now: int) -> dict[str, Tries]:
        """What is counted now, by key."""


class PeopleStore(PeopleReader, Protocol):
    """Users and their tokens."""

    def add_user(self, user: User, password_hash: str) -> bool:
        """Keep a new user; False where the id is taken, and nothing is overwritten."""

    def password_hash(self, user_id: str) -> str | None:
        """None where there is no such user, or nobody may sign in as them."""

    def add_token(self, token: Token) -> None:
        """Keep it, and in the audit log that it was made."""

    def identify(self, token_hash: bytes, now: int) -> Identity | None:
        """Whose unexpired token this is."""

    def drop_token(self, user_id: str, csrf: str, *, now: int) -> None:
        """Forget it, and keep in the audit log that somebody signed out."""

    def drop_expired(self, now: int) -> int: ...

    def count_try(self, key: str, limit: Limit, now: int) -> Tries:
        """One more try of ``key``, counted at once."""

    def forgive(self, keys: Sequence[str]) -> int:
        """Forget the tries of ``keys``: how many there were."""

    def excuse(self, keys: Sequence[str]) -> None:
        """Count one try less of each: it ended well, and says nothing of those before."""

    def note(self, entry: Entry) -> None:
        """Append to the audit log what changes nothing else."""


class StaffStore(PeopleStore, Protocol):
    """… and what administrators change; every change is in the audit log, in the same transaction."""

    def made_by(self, command: str) -> User | None:
        """Whom this request made."""

    def create_user(self, user: User, *, command: str, entry: Entry) -> bool:
        """Keep a new person, who cannot sign in before a password is given; False where id or command is taken."""

    def change_user(self, user: User, *, entry: Entry) -> bool:
        """Keep the version after ``user.version - 1``; False where that is no longer the current one.

        Who is not active any more loses every session and token with it.

        Raises:
            Refused: ``last_administrator``.
        """

    def set_password(
        self, user_id: str, password_hash: str, *, once_until: int | None, entry: Entry, keep_csrf: str = ""
    ) -> bool:
        """A new password; every session and token ends but the session of ``keep_csrf``. False: no such person."""

    def release(self, key: str, *, entry: Entry) -> bool:
        """Forget the tries of ``key``; False where none are counted."""


class RosterStore(Protocol):
    """Units' duties and substitutions; what is added or removed is in the audit log, in the same transaction.

    Whoever leaves a unit leaves its roster with the same change: their duties and substitutions are gone.
    """

    def people_of(self, unit: str) -> tuple[User, ...]:
        """The people of a unit who are not disabled, by id."""

    def roster(self, unit: str, *, since: int) -> tuple[tuple[User, ...], tuple[Duty, ...], tuple[Substitution, ...]]:
        """:meth:`people_of`, :meth:`duties` and :meth:`substitutions` of a unit, read together."""

    def duty(self, duty: str) -> Duty | None: ...

    def duties(self, unit: str, *, since: int) -> tuple[Duty, ...]:
        """Weekly ones, and dated ones that end after ``since``, by id."""

    def add_duty(self, duty: Duty, *, entry: Entry) -> bool:
        """False where the id is taken. Raises: Refused, ``overlap``; ``fields``, none of the unit's people."""

    def remove_duty(self, unit: str, duty: str, *, entry: Entry) -> bool: ...

    def substitution(self, substitution: str) -> Substitution | None: ...

    def substitutions(self, unit: str, *, since: int) -> tuple[Substitution, ...]:
        """Those that end after ``since``, by id."""

    def add_substitution(self, new: Substitution, *, entry: Entry) -> bool:
        """As :meth:`add_duty`. Raises: Refused, ``ring`` too."""

    def remove_substitution(self, unit: str, substitution: str, *, entry: Entry) -> bool: ...


class Passwords(Protocol):
    """A slow, salted hash."""

    def hash(self, password: str) -> str: ...

    def fits(self, password_hash: str, password: str) -> bool: ...


class Secrets(Protocol):
    """Where unguessable words come from."""

    def word(self) -> str:
        """At least 256 bits, safe in a URL and a cookie."""

    def phrase(self) -> str:
        """At least 75 bits that a person can read to another on the telephone."""
