"""Back-tests: stored readings through the live engine's rules, twice, and the difference. Pure."""

from services.rehearsal.domain.episodes import Change, Episode, Ledger, Pair, paired, tickets_a_day
from services.rehearsal.domain.feed import TICK_MS, Outages, Stored, Window, by_arrival, records, samples
from services.rehearsal.domain.groups import SECOND_MS, about_groups, whole_groups
from services.rehearsal.domain.report import Away, Compared, Line, Reached, Report, Sides, Stopped, compared, counted
from services.rehearsal.domain.run import Side, concerned, lead_ms, metrics_of, rehearse

__all__ = [
    "SECOND_MS",
    "TICK_MS",
    "Away",
    "Change",
    "Compared",
    "Episode",
    "Ledger",
    "Line",
    "Outages",
    "Pair",
    "Reached",
    "Report",
    "Side",
    "Sides",
    "Stopped",
    "Stored",
    "Window",
    "about_groups",
    "by_arrival",
    "compared",
    "concerned",
    "counted",
    "lead_ms",
    "metrics_of",
    "paired",
    "records",
    "rehearse",
    "samples",
    "tickets_a_day",
    "whole_groups",
]
