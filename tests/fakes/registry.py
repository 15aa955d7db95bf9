"""In-memory twins of the registry's stores; ``queued`` is what they would mirror to Kafka."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from services.audit import Did, Entry, said
from services.paging import Key, Page
from services.registry.domain import Area, DeviceFilter, Identity, Layer, Revision, Token, Unit, User
from services.registry.domain.lockout import Limit, Tries, counted
from services.registry.domain.people import made
from services.registry.domain.places import beginning_of
from streams.contracts import Device, Level, Op, Rule, Severity
from tests.fakes.audit import MemoryChain

T = TypeVar("T")


@dataclass
class MemoryDevices:
    """Twin of ``PostgresDevices`` over the areas of a ``MemoryPlaces``."""

    places: "MemoryPlaces"
    devices: dict[str, Device] = field(default_factory=dict)
    queued: list[Device] = field(default_factory=list)

    def area_exists(self, code: str) -> bool:
        return code in self.places.areas

    def get_device(self, device_id: str) -> Device | None:
        return self.devices.get(device_id)

    def insert_device(self, device: Device, *, by: str, now: int) -> bool:
        if device.id in self.devices:
            return False
        self._keep(device)
        return True

    def update_device(self, device: Device, *, by: str, now: int) -> bool:
        current = self.devices.get(device.id)
        if current is None or current.version != device.version - 1:
            return False
        self._keep(device)
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

    def _keep(self, device: Device) -> None:
        self.devices[device.id] = device
        self.queued.append(device)


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
    tokens: dict[bytes, Token] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    chain: MemoryChain = field(default_factory=lambda: MemoryChain("registry"))

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
        return self.users[user_id][1] if user_id in self.users else None

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


def rule(rule_id: str = "gas.ch4", **changes: object) -> Rule:
    """A small valid rule."""
    first = Rule(
        id=rule_id, version=1, kind="gas", metric="ch4_lel", op=Op.GE,
        levels=(Level(Severity.CRITICAL, limit=50.0, off_delay_ms=600_000),),
        cause="gas-leak", name_zh="燃气泄漏", name_en="Gas leak",
    )  # fmt: skip
    return msgspec.structs.replace(first, **changes)
