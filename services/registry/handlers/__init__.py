"""The registry's use cases: over its ports, without a clock or a driver of their own."""

from services.registry.handlers.devices import change_device, register_device
from services.registry.handlers.entry_cards import KeepEntryCards
from services.registry.handlers.people import identify, sign_in, sign_in_as, sign_out
from services.registry.handlers.rosters import KeepRosters, UnitRoster
from services.registry.handlers.rules import (
    Judged,
    Kept,
    Wish,
    change_rule,
    create_rule,
    rehearse_rule,
    restore_rule,
    sound_rule,
)
from services.registry.handlers.seeds import (
    SEED,
    District,
    seed_administrator,
    seed_district,
    seed_duties,
    seed_entry_cards,
    seed_rules,
    seed_users,
)
from services.registry.handlers.staff import Given, KeepPeople

__all__ = [
    "SEED",
    "District",
    "Given",
    "Judged",
    "KeepEntryCards",
    "KeepPeople",
    "KeepRosters",
    "Kept",
    "UnitRoster",
    "Wish",
    "change_device",
    "change_rule",
    "create_rule",
    "identify",
    "register_device",
    "rehearse_rule",
    "restore_rule",
    "seed_administrator",
    "seed_district",
    "seed_duties",
    "seed_entry_cards",
    "seed_rules",
    "seed_users",
    "sign_in",
    "sign_in_as",
    "sign_out",
    "sound_rule",
]
