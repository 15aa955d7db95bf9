"""What can be asked of the alarms service."""

from services.alarms.handlers.asking import AskOfAlarm
from services.alarms.handlers.quality import Measured, MeasureQuality, SetTargets
from services.alarms.handlers.recording import RecordTransitions

__all__ = ["AskOfAlarm", "MeasureQuality", "Measured", "RecordTransitions", "SetTargets"]
