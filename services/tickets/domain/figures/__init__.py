"""Figures of the loop 考核: what a ticket contributes, the city's statistical time, and the rates with their rules."""

from services.tickets.domain.figures.record import DEFINITION, Record, record_of, recorded
from services.tickets.domain.figures.scoring import SHIPPED, Figures, Published, Scoring, figures_of
from services.tickets.domain.figures.tally import (
    DURATIONS,
    MEASURES,
    By,
    FigureQuery,
    FigureTicket,
    Measure,
    Share,
    Span,
    Tally,
    added,
)
from services.tickets.domain.figures.windows import Window, days_of, months_of, window_of

__all__ = [
    "DEFINITION",
    "DURATIONS",
    "MEASURES",
    "SHIPPED",
    "By",
    "FigureQuery",
    "FigureTicket",
    "Figures",
    "Measure",
    "Published",
    "Record",
    "Scoring",
    "Share",
    "Span",
    "Tally",
    "Window",
    "added",
    "days_of",
    "figures_of",
    "months_of",
    "record_of",
    "recorded",
    "window_of",
]
