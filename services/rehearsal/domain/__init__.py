"""Back-tests: stored readings through the live engine's rules, twice, and the difference. Pure."""

from services.rehearsal.domain.episodes import Change, Episode, Ledger, Pair, paired, tickets_a_day
from services.rehearsal.domain.feed import Stored, Window, by_arrival, records, samples
from services.rehearsal.domain.run import Side, concerned, lead_ms, metrics_of, rehearse

__all__ = [
    "Change",
    "Episode",
    "Ledger",
    "Pair",
    "Side",
    "Stored",
    "Window",
    "by_arrival",
    "concerned",
    "lead_ms",
    "metrics_of",
    "paired",
    "records",
    "rehearse",
    "samples",
    "tickets_a_day",
]
