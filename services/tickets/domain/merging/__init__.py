"""Which tickets are one matter: how alike two are and why, and the few that merge by themselves."""

from services.tickets.domain.merging.joining import JOIN_MS, JOINED, Sought, master_for, risen, sought
from services.tickets.domain.merging.matching import (
    METRES_A_DEGREE,
    NEAR_M,
    REASONS,
    SHOWN,
    WINDOW_MS,
    Likeness,
    Part,
    Reason,
    Sighting,
    Why,
    likeness,
    sighting_of,
)
from services.tickets.domain.merging.whereabouts import spot_of

__all__ = [
    "JOINED",
    "JOIN_MS",
    "METRES_A_DEGREE",
    "NEAR_M",
    "REASONS",
    "SHOWN",
    "WINDOW_MS",
    "Likeness",
    "Part",
    "Reason",
    "Sighting",
    "Sought",
    "Why",
    "likeness",
    "master_for",
    "risen",
    "sighting_of",
    "sought",
    "spot_of",
]
