"""Which tickets are one matter: how alike two are and why, and the few that merge by themselves."""

from services.tickets.domain.merging.joining import JOIN_MS, JOINED, concerns_others, master_for, risen
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
    "Why",
    "concerns_others",
    "likeness",
    "master_for",
    "risen",
    "sighting_of",
    "spot_of",
]
