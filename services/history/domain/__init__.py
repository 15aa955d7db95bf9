"""PURE. What history keeps and how it is asked for: readings, charts, strangers, dead letters."""

from services.history.domain.charts import Chart, Point, Step, chart_step, with_gaps
from services.history.domain.letters import Letter, LetterFilter, Replay, record_of_replay
from services.history.domain.quarantine import Stranger, danger_named, danger_of, danger_rank
from services.history.domain.readings import (
    HEARD_MS,
    LastValue,
    NewReading,
    Outcome,
    Reading,
    ReadingFilter,
    factor_of,
    is_misdated,
    is_timely,
    names_of_flags,
    quality_code,
    quality_name,
    readings_of,
    unstorable,
)
from services.history.domain.windows import windows

__all__ = [
    "HEARD_MS",
    "Chart",
    "LastValue",
    "Letter",
    "LetterFilter",
    "NewReading",
    "Outcome",
    "Point",
    "Reading",
    "ReadingFilter",
    "Replay",
    "Step",
    "Stranger",
    "chart_step",
    "danger_named",
    "danger_of",
    "danger_rank",
    "factor_of",
    "is_misdated",
    "is_timely",
    "names_of_flags",
    "quality_code",
    "quality_name",
    "readings_of",
    "record_of_replay",
    "unstorable",
    "windows",
    "with_gaps",
]
