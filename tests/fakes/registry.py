"""In-memory twins of the registry's stores; ``queued`` is what they would mirror to Kafka."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from services.audit import Did, Entry, said
from services.duty import Dated, Duty, Substitution, Weekly, ring
from services.paging import Key, Page
from services.registry.domain import Area, DeviceFilter, EntryCard, Identity, Layer, Revision, Token, Unit, User
from services.registry.domain.lockout import Limit, Tries, counted
from services.registry.domain.maintenance import Maintenance
from services.registry.domain.people import made
from services.registry.domain.places import beginning_of
from services.registry.domain.rosters import in_a_ring, not_of_the_unit, overlapping
from services.registry.domain.staff import administers, last_administrator
from streams.contracts import Device, DeviceState, Level, Op, Rule, Severity
from tests.fakes.audit import MemoryChain

T = TypeVar("T")


@dataclass
class MemoryDevices:
    """Twin of ``PostgresDevices`` over the areas of a ``MemoryPlaces``."""

    places: "MemoryPlaces"
    devices: dict[str, Device] = field(default_factory=dict)
    queued: list[Device] = field(default_factory=list)
    kept: list[tuple[Device, int, str, str]] = field(default_factory=list)
    chain: MemoryChain = field(default_factory=lambda: MemoryChain("registry"))

    def area_exists(self, code: str) -> bool:
        return code in self.places.areas

    def get_device(self, device_id: str) -> Device | None:
        return self.devices.get(device_id)

    def insert_device(self, device: Device, *, by: str, now: int) -> bool:
        if device.id in self.devices:
            return False
        self._keep(device, by, now)
        return True

    def update_device(self, device: Device, *, by: str, now: int, why: str = "", entry: Entry | None = None) -> bool:
        current = self.devices.get(device.id)
        if current is None or current.version != device.version - 1:
            return False
        self._keep(device, by, now, why)
        if entry is not None:
            self.chain.put(entry)
        return True

    def list_devices(self, filters: DeviceFilter, *, scope: str, limit: int, after: Key | None) -> Page[Device]:
        def fits(device: Device) -> bool:
            wanted = {"id": filters.device, "kind": filters.kind, "state": filters.state}
            text = f"{device.id} {device.name} {device.place}".lower()
            return (
                device.area.startswith(scope)
                and device.area.startswith(filters.area)
                and all(value in ("", getattr(device, name)) for name, value in wanted.items())
                and filters.text.lower() in text
            )

        last = str(after[0]) if after else ""
        found = [device for key, device in sorted(self.devices.items()) if key > last and fits(device)]
        items = tuple(found[:limit])
        return Page(items, (items[-1].id,) if len(found) > limit else None)

    def count_devices(self, *, scope: str) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for device in self.devices.values():
            if device.area.startswith(scope):
                key = (device.kind, device.state.value)
                counts[key] = counts.get(key, 0) + 1
        return counts

    def in_maintenance(
        self, *, scope: str, devices: Collection[str] | None = None, limit: int
    ) -> tuple[Maintenance, ...]:
        found = []
        for one in self.devices.values():
            wanted = devices is None or one.id in devices
            if one.state is DeviceState.MAINTENANCE and one.area.startswith(scope) and wanted:
                mine = [kept for kept in self.kept if kept[0].id == one.id]
                other = [number for number, kept in enumerate(mine) if kept[0].state is not DeviceState.MAINTENANCE]
                since = mine[other[-1] + 1 if other else 0 :]
                whys = [why for _, _, _, why in since if why]
                found.append(Maintenance(one, since[0][1], since[0][2], whys[-1] if whys else ""))
        return tuple(sorted(found, key=lambda each: (each.since, each.device.id))[:limit])

    def _keep(self, device: Device, by: str, now: int, why: str = "") -> None:
        self.devices[device.id] = device
        self.queued.append(device)
        self.kept.append((device, now, by, why))


@dataclass
class MemoryPlaces:
    """Twin of ``PostgresPlaces``."""

    areas: dict[str, Area] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    devices: MemoryDevices = field(init=False)

    def __post_init__(self) -> None:
        self.devices = MemoryDevices(self)

    def get_area(self, code: str) -> Area | None:
        return self.areas.get(code)

    def list_areas(self, *, level: str = "", within: str = "", scope: str, limit: int, after: Key | None) -> Page[Area]:
        last = str(after[0]) if after else ""
        found = [
            area
            for code, area in sorted(self.areas.items())
            if code > last and code.startswith(scope) and code.startswith(within) and level in ("", area.level)
        ]
        items = tuple(found[:limit])
        return Page(items, (items[-1].code,) if len(found) > limit else None)

    def find_areas(self, words: str, *, scope: str, level: str = "", limit: int) -> tuple[Area, ...]:
        wanted = words.casefold().split()
        found = [
            replace(area, geometry=None)
            for code, area in self.areas.items()
            if wanted and code.startswith(scope) and level in ("", area.level)
            and (all(word in f"{area.name_zh} {area.name_en}".casefold() for word in wanted)
                 or (beginning_of(words) and code.startswith(beginning_of(words))))
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda area: (len(area.name_zh), area.code))[:limit])

    def areas_named(self, codes: Collection[str]) -> dict[str, Area]:
        return {code: replace(self.areas[code], geometry=None) for code in codes if code in self.areas}

    def list_units(self, *, scope: str) -> tuple[Unit, ...]:
        return tuple(
            unit for _, unit in sorted(self.units.items()) if unit.area.startswith(scope) or scope.startswith(unit.area)
        )

    def get_unit(self, unit_id: str) -> Unit | None:
        return self.units.get(unit_id)

    def list_layers(self) -> tuple[Layer, ...]:
        return tuple(layer for _, layer in sorted(self.layers.items()))

    def add_areas(self, areas: Sequence[Area]) -> int:
        return _add(self.areas, {area.code: area for area in areas})

    def add_units(self, units: Sequence[Unit]) -> int:
        return _add(self.units, {unit.id: unit for unit in units})

    def add_layers(self, layers: Sequence[Layer]) -> int:
        return _add(self.layers, {layer.name: layer for layer in layers})

    def add_devices(self, devices: Sequence[Device], *, by: str, now: int) -> int:
        return sum(self.devices.insert_device(device, by=by, now=now) for device in devices)


def _add(kept: dict[str, T], new: dict[str, T]) -> int:
    missing = {key: value for key, value in new.items() if key not in kept}
    kept.update(missing)
    return len(missing)


@dataclass
class MemoryRules:
    """Twin of ``PostgresRules``."""

    versions: dict[str, list[Revision]] = field(default_factory=dict)
    commands: dict[str, Revision] = field(default_factory=dict)
    queued: list[Rule] = field(default_factory=list)
    chain: MemoryChain = field(default_factory=lambda: MemoryChain("registry"))

    def list_rules(self, *, kind: str = "") -> tuple[Rule, ...]:
        rules = (versions[0].rule for _, versions in sorted(self.versions.items()))
        return tuple(rule for rule in rules if kind in ("", rule.kind))

    def get_rule(self, rule_id: str) -> Rule | None:
        versions = self.versions.get(rule_id)
        return versions[0].rule if versions else None

    def list_versions(self, rule_id: str) -> tuple[Rule, ...]:
        return tuple(revision.rule for revision in self.versions.get(rule_id, []))

    def list_revisions(self, rule_id: str) -> tuple[Revision, ...]:
        return tuple(self.versions.get(rule_id, []))

    def author(self, rule_id: str) -> str:
        versions = self.versions.get(rule_id)
        return versions[0].by if versions else ""

    def revision_of(self, command: str) -> Revision | None:
        return self.commands.get(command)

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
        if judge is not None:
            judge(self.list_rules())
        current = self.get_rule(rule.id)
        if (current is not None and current.version >= rule.version) or command in self.commands:
            return False
        revision = Revision(rule, now, by, why)
        self.versions.setdefault(rule.id, []).insert(0, revision)
        if command:
            self.commands[command] = revision
        self.chain.put(Entry(now, by, Did.RULE, f"rule {rule.id}", said(version=rule.version, why=why)))
        self.queued.append(rule)
        return True


@dataclass
class MemoryPeople:
    """Twin of ``PostgresPeople``."""

    users: dict[str, tuple[User, str]] = field(default_factory=dict)
    commands: dict[str, str] = field(default_factory=dict)
    tokens: dict[bytes, Token] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    chain: MemoryChain = field(default_factory=lambda: MemoryChain("registry"))
    duties: dict[str, Duty] = field(default_factory=dict)
    substitutions: dict[str, Substitution] = field(default_factory=dict)

    def get_user(self, user_id: str) -> User | None:
        return self.users[user_id][0] if user_id in self.users else None

    def list_users(self) -> tuple[User, ...]:
        return tuple(user for _, (user, _) in sorted(self.users.items()))

    def add_user(self, user: User, password_hash: str) -> bool:
        if user.id in self.users:
            return False
        self.users[user.id] = (user, password_hash)
        return True

    def password_hash(self, user_id: str) -> str | None:
        return self.users[user_id][1] or None if user_id in self.users else None

    def add_token(self, token: Token) -> None:
        self.tokens[token.hash] = token
        self.chain.put(made(token))

    def identify(self, token_hash: bytes, now: int) -> Identity | None:
        token = self.tokens.get(token_hash)
        if token is None or token.expires <= now:
            return None
        return Identity(self.users[token.user][0], token.kind, token.csrf)

    def drop_token(self, user_id: str, csrf: str, *, now: int) -> None:
        if any((token.user, token.csrf) == (user_id, csrf) for token in self.tokens.values()):
            self.chain.put(Entry(now, user_id, Did.SIGN_OUT))
        self.tokens = {key: token for key, token in self.tokens.items() if (token.user, token.csrf) != (user_id, csrf)}

    def drop_expired(self, now: int) -> int:
        kept = {key: token for key, token in self.tokens.items() if token.expires > now}
        dropped = len(self.tokens) - len(kept)
        self.tokens = kept
        return dropped

    def count_try(self, key: str, limit: Limit, now: int) -> Tries:
        self.tries = {name: tries for name, tries in self.tries.items() if tries.until > now}
        self.tries[key] = counted(self.tries.get(key), limit, now)
        return self.tries[key]

    def forgive(self, keys: Sequence[str]) -> int:
        return len([self.tries.pop(key) for key in keys if key in self.tries])

    def excuse(self, keys: Sequence[str]) -> None:
        for key in (key for key in keys if key in self.tries):
            self.tries[key] = Tries(max(self.tries[key].failures - 1, 0), self.tries[key].until)

    def locks(self, now: int) -> dict[str, Tries]:
        return {key: tries for key, tries in self.tries.items() if tries.until > now}

    def note(self, entry: Entry) -> None:
        self.chain.put(entry)

    def made_by(self, command: str) -> User | None:
        return self.get_user(self.commands.get(command, ""))

    def create_user(self, user: User, *, command: str, entry: Entry) -> bool:
        if user.id in self.users or command in self.commands:
            return False
        self.users[user.id], self.commands[command] = (user, ""), user.id
        self.chain.put(entry)
        return True

    def change_user(self, user: User, *, entry: Entry) -> bool:
        current, word = self.users.get(user.id, (user, ""))
        if current.version != user.version - 1:
            return False
        others = [other for other, has in self.users.values() if other.id != user.id and administers(other) and has]
        if administers(current) and not others and not (administers(user) and word):
            raise last_administrator(user.id)
        self.users[user.id] = (user, word)
        stays = {"", user.unit}
        self.duties = {k: d for k, d in self.duties.items() if d.person != user.id or d.unit in stays}
        self.substitutions = {
            key: each
            for key, each in self.substitutions.items()
            if user.id not in (each.person, each.substitute) or each.unit in stays
        }
        if not user.active:
            self._end_sessions(user.id, "")
        self.chain.put(entry)
        return True

    def set_password(
        self, user_id: str, password_hash: str, *, once_until: int | None, entry: Entry, keep_csrf: str = ""
    ) -> bool:
        if user_id not in self.users:
            return False
        user = self.users[user_id][0]
        self.users[user_id] = (replace(user, once_until=once_until, version=user.version + 1), password_hash)
        self._end_sessions(user_id, keep_csrf)
        self.chain.put(entry)
        return True

    def release(self, key: str, *, entry: Entry) -> bool:
        if self.tries.pop(key, None) is None:
            return False
        self.chain.put(entry)
        return True

    def _end_sessions(self, user_id: str, keep: str) -> None:
        ends = {key for key, token in self.tokens.items() if token.user == user_id and token.csrf != keep}
        self.tokens = {key: token for key, token in self.tokens.items() if key not in ends}


@dataclass
class MemoryEntryCards:
    """Twin of ``PostgresEntryCards``; ``chain`` is the registry's audit log."""

    chain: MemoryChain
    kept: dict[str, EntryCard] = field(default_factory=dict)

    def cards(self, device: str, areas: Sequence[str]) -> tuple[EntryCard, ...]:
        return tuple(
            card for card in self.kept.values() if (card.device and card.device == device) or card.area in areas
        )

    def put(self, card: EntryCard, *, entry: Entry) -> bool:
        if self.kept.get(card.subject, EntryCard()).version != card.version - 1:
            return False
        self.kept[card.subject] = card
        self.chain.put(entry)
        return True

    def note(self, entry: Entry) -> None:
        self.chain.put(entry)


@dataclass
class MemoryRosters:
    """Twin of ``PostgresRosters`` over the people of a ``MemoryPeople``."""

    people: MemoryPeople

    def people_of(self, unit: str) -> tuple[User, ...]:
        return tuple(user for user in self.people.list_users() if user.unit == unit != "" and user.active)

    def roster(self, unit: str, *, since: int) -> tuple[tuple[User, ...], tuple[Duty, ...], tuple[Substitution, ...]]:
        return self.people_of(unit), self.duties(unit, since=since), self.substitutions(unit, since=since)

    def duty(self, duty: str) -> Duty | None:
        return self.people.duties.get(duty)

    def duties(self, unit: str, *, since: int) -> tuple[Duty, ...]:
        return tuple(
            duty
            for _, duty in sorted(self.people.duties.items())
            if duty.unit == unit and (isinstance(duty.when, Weekly) or duty.when.until > since)
        )

    def add_duty(self, duty: Duty, *, entry: Entry) -> bool:
        if duty.id in self.people.duties:
            return False
        self._of_the_unit(duty.person, duty.unit)
        periods = [
            (other.unit, other.person, other.when.since, other.when.until)
            for other in self.people.duties.values()
            if isinstance(other.when, Dated)
        ]
        if isinstance(duty.when, Dated):
            _apart(periods, duty.unit, duty.person, duty.when.since, duty.when.until)
        self.people.duties[duty.id] = duty
        self.people.chain.put(entry)
        return True

    def remove_duty(self, unit: str, duty: str, *, entry: Entry) -> bool:
        kept = self.people.duties.get(duty)
        if kept is None or kept.unit != unit:
            return False
        del self.people.duties[duty]
        self.people.chain.put(entry)
        return True

    def substitution(self, substitution: str) -> Substitution | None:
        return self.people.substitutions.get(substitution)

    def substitutions(self, unit: str, *, since: int) -> tuple[Substitution, ...]:
        listed = sorted(self.people.substitutions.items())
        return tuple(each for _, each in listed if each.unit == unit and each.until > since)

    def add_substitution(self, new: Substitution, *, entry: Entry) -> bool:
        if new.id in self.people.substitutions:
            return False
        self._of_the_unit(new.person, new.unit)
        self._of_the_unit(new.substitute, new.unit)
        kept = self.people.substitutions.values()
        _apart([(e.unit, e.person, e.since, e.until) for e in kept], new.unit, new.person, new.since, new.until)
        if ring(kept, new):
            raise in_a_ring(new)
        self.people.substitutions[new.id] = new
        self.people.chain.put(entry)
        return True

    def remove_substitution(self, unit: str, substitution: str, *, entry: Entry) -> bool:
        kept = self.people.substitutions.get(substitution)
        if kept is None or kept.unit != unit:
            return False
        del self.people.substitutions[substitution]
        self.people.chain.put(entry)
        return True

    def _of_the_unit(self, person: str, unit: str) -> None:
        user = self.people.get_user(person)
        if user is None or user.unit != unit:
            raise not_of_the_unit("person", person, unit)


def _apart(periods: list[tuple[str, str, int, int]], unit: str, person: str, since: int, until: int) -> None:
    if any((u, p) == (unit, person) and s < until and since < e for u, p, s, e in periods):
        raise overlapping(person)


@dataclass
class PlainPasswords:
    """Twin of ``Argon2Passwords`` that hides nothing and counts its work."""

    work: int = 0

    def hash(self, password: str) -> str:
        self.work += 1
        return f"plain:{password}"

    def fits(self, password_hash: str, password: str) -> bool:
        self.work += 1
        return password_hash == f"plain:{password}"


@dataclass
class CountedSecrets:
    """Twin of ``RandomSecrets`` that anyone can guess."""

    count: int = 0

    def word(self) -> str:
        self.count += 1
        return f"word-{self.count}"

    def phrase(self) -> str:
        self.count += 1
        return f"once-{self.count}"


def rule(rule_id: str = "gas.ch4", **changes: object) -> Rule:
    """A small valid rule."""
    first = Rule(
        id=rule_id, version=1, kind="gas", metric="ch4_lel", op=Op.GE,
        levels=(Level(Severity.CRITICAL, limit=50.0, off_delay_ms=600_000),),
        cause="gas-leak", name_zh="燃气泄漏", name_en="Gas leak",
    )  # fmt: skip
    return msgspec.structs.replace(first, **changes)
