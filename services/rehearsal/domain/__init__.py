"""Back-tests: stored readings through the live engine's rules, twice, and the difference. Pure."""

from services.rehearsal.domain.asked import (
    DAY_MS,
    KEPT_MS,
    Order,
    Outcome,
    Rehearsal,
    Running,
    Scope,
    State,
    forsaken,
    place_for,
    state_of,
)
from services.rehearsal.domain.episodes import Change, Episode, Ledger, Pair, paired, tickets_a_day
from services.rehearsal.domain.feed import TICK_MS, Outages, Stored, Window, by_arrival, records, samples
from services.rehearsal.domain.groups import SECOND_MS, about_groups, whole_groups
from services.rehearsal.domain.report import Away, Compared, Line, Reached, Report, Sides, Stopped, compared, counted
from services.rehearsal.domain.run import Side, concerned, lead_ms, metrics_of, rehearse

__all__ = [
    "DAY_MS",
    "KEPT_MS",
    "SECOND_MS",
    "TICK_MS",
    "Away",
    "Change",
    "Compared",
    "Episode",
    "Ledger",
    "Line",
    "Order",
    "Outages",
    "Outcome",
    "Pair",
    "Reached",
    "Rehearsal",
    "Report",
    "Running",
    "Scope",
    "Side",
    "Sides",
    "State",
    "Stopped",
    "Stored",
    "Window",
    "about_groups",
    "by_arrival",
    "compared",
    "concerned",
    "counted",
    "forsaken",
    "lead_ms",
    "metrics_of",
    "paired",
    "place_for",
    "records",
    "rehearse",
    "samples",
    "state_of",
    "tickets_a_day",
    "whole_groups",
]
