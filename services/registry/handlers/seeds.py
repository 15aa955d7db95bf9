"""What a fresh platform is filled with. Never overwrites what a person has changed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from services.audit import Did, Entry, said
from services.duty import Duty
from services.registry.domain import Area, EntryCard, Layer, Role, Unit, User
from services.registry.ports import EntryCardStore, Passwords, PeopleStore, PlaceStore, RosterStore, RuleStore
from streams.contracts import Device, Rule

SEED: Final = "seed"
"""The author of what nobody has written by hand."""


@dataclass(frozen=True, slots=True)
class District:
    """A whole district, areas from the widest down."""

    areas: tuple[Area, ...]
    units: tuple[Unit, ...]
    layers: tuple[Layer, ...]
    devices: tuple[Device, ...]


def seed_rules(store: RuleStore, rules: Sequence[Rule], *, now: int) -> list[str]:
    """Put the default rules in force; returns the ids that are new or have changed.

    A rule whose version in force a person wrote stays. One that was seeded follows its default
    (another release, another pace) as its next version.
    """
    written = []
    for rule in rules:
        current = store.get_rule(rule.id)
        if current is not None:
            same = msgspec.structs.replace(rule, version=current.version) == current
            if same or store.author(rule.id) != SEED:
                continue
            rule = msgspec.structs.replace(rule, version=max(rule.version, current.version + 1))  # noqa: PLW2901 - the next version of the same rule
        if store.put_rule(rule, by=SEED, now=now):
            written.append(rule.id)
    return written


def seed_district(store: PlaceStore, district: District, *, now: int) -> dict[str, int]:
    """Add what is missing of a district; returns how many of each were added."""
    return {
        "areas": store.add_areas(district.areas),
        "units": store.add_units(district.units),
        "layers": store.add_layers(district.layers),
        "devices": store.add_devices(district.devices, by=SEED, now=now),
    }


def seed_administrator(store: PeopleStore, passwords: Passwords, word: str) -> bool:
    """Make the first user where there is none at all; False where somebody can already sign in."""
    if store.list_users():
        return False
    return store.add_user(User("administrator", "管理员", Role.ADMINISTRATOR), passwords.hash(word))


def seed_duties(store: RosterStore, duties: Sequence[Duty], fresh: Collection[str], *, now: int) -> int:
    """Put people who were added just now (``fresh``, by id) on duty; who was there has the roster that people wrote."""
    return sum(
        store.add_duty(duty, entry=Entry(now, SEED, Did.DUTY, f"unit {duty.unit}", said(person=duty.person)))
        for duty in duties
        if duty.person in fresh
    )


def seed_entry_cards(store: EntryCardStore, cards: Sequence[EntryCard], *, now: int) -> int:
    """Add the cards, each a first version, of places that have none; returns how many."""
    return sum(
        store.put(card, entry=Entry(now, SEED, Did.ENTRY_CARD, card.subject, said(version=card.version)))
        for card in cards
    )


def seed_users(store: PeopleStore, passwords: Passwords, users: Sequence[User], words: Mapping[str, str]) -> list[str]:
    """Add the users that are missing and have a password among ``words`` (by user id)."""
    return [
        user.id
        for user in users
        if user.id in words and store.get_user(user.id) is None and store.add_user(user, passwords.hash(words[user.id]))
    ]
