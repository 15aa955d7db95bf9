"""Rows of the alarms schema as the domain's values."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from services.alarms.domain import Alarm, Hold
from streams.contracts import Severity

FIELDS: Final = Alarm.__struct_fields__
COLUMNS: Final = ", ".join(f'"{field}"' for field in FIELDS)
HOLD_FIELDS: Final = Hold.__struct_fields__
HOLDS: Final = f"SELECT {', '.join(HOLD_FIELDS)} FROM alarms.holds"  # noqa: S608 - the record's own field names


def alarm_of(row: tuple[Any, ...]) -> Alarm:
    """An alarm from a row of ``COLUMNS``."""
    return msgspec.convert(dict(zip(FIELDS, row, strict=True)) | {"id": str(row[0])}, Alarm)


def hold_of(row: tuple[Any, ...]) -> Hold:
    """A hold from a row of ``HOLDS``."""
    return msgspec.convert(dict(zip(HOLD_FIELDS, row, strict=True)), Hold)


def id_of(name: str) -> UUID | None:
    """``name`` as an alarm's id, so that its index serves; None where it can only be an episode."""
    try:
        return UUID(name)
    except ValueError:
        return None


def values_of(alarm: Alarm) -> dict[str, object]:
    """An alarm as the values of ``COLUMNS``, words as plain text."""
    values: dict[str, object] = msgspec.to_builtins(alarm)
    return values


def counted(rows: Iterable[tuple[Any, ...]]) -> dict[Severity, int]:
    """Every severity with its count, those without rows as 0."""
    counts = dict.fromkeys(Severity, 0)
    for severity, count in rows:
        counts[Severity(severity)] = int(count)
    return counts
