"""Alarms as people see them: one row per episode, and what a person may ask of it. Pure."""

from services.alarms.domain.alarm import Alarm, AlarmFilters, apply, number_of
from services.alarms.domain.asking import Asked, check
from services.alarms.domain.holding import Hold, HoldKind, HoldState

__all__ = ["Alarm", "AlarmFilters", "Asked", "Hold", "HoldKind", "HoldState", "apply", "check", "number_of"]
