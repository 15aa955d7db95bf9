"""The registry's words: devices, places, people and what they may do. Pure."""

from services.registry.domain.devices import DeviceFilter, changed, check
from services.registry.domain.entry_cards import EntryCard, Wording
from services.registry.domain.people import (
    API_TOKEN_MS,
    PERMISSIONS,
    SESSION_MS,
    Grant,
    Identity,
    Permission,
    Role,
    Token,
    TokenKind,
    User,
    may,
)
from services.registry.domain.places import Area, GeoJson, Layer, Unit
from services.registry.domain.rules import Applied, Difference, Reach, Revision, Standing

__all__ = [
    "API_TOKEN_MS",
    "PERMISSIONS",
    "SESSION_MS",
    "Applied",
    "Area",
    "DeviceFilter",
    "Difference",
    "EntryCard",
    "GeoJson",
    "Grant",
    "Identity",
    "Layer",
    "Permission",
    "Reach",
    "Revision",
    "Role",
    "Standing",
    "Token",
    "TokenKind",
    "Unit",
    "User",
    "Wording",
    "changed",
    "check",
    "may",
]
