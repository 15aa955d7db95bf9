"""What can be asked of the alarms service."""

from services.alarms.handlers.asking import AskOfAlarm
from services.alarms.handlers.holding import Held, HoldAlarm, Holding
from services.alarms.handlers.ladders import ClimbLadders, PassTime, TakeArrival
from services.alarms.handlers.quality import Measured, MeasureQuality, SetTargets
from services.alarms.handlers.recording import RecordTransitions

__all__ = [
    "AskOfAlarm",
    "ClimbLadders",
    "Held",
    "HoldAlarm",
    "Holding",
    "MeasureQuality",
    "Measured",
    "PassTime",
    "RecordTransitions",
    "SetTargets",
    "TakeArrival",
]
