"""What can be asked of the ticket loop."""

from services.tickets.handlers.alarms import TakeAlarm, Taken
from services.tickets.handlers.board import KeepAnswers, KeepShifts, KeepWorks, Kept
from services.tickets.handlers.catalogue import KeepCatalogue
from services.tickets.handlers.erasing import EraseByAge
from services.tickets.handlers.figures import CountFigures
from services.tickets.handlers.matching import FindAlike, FindCalls, Match
from services.tickets.handlers.people import Act, ActOnTicket, OpenTicket, Report
from services.tickets.handlers.photos import KeepPhotos
from services.tickets.handlers.policies import KeepPolicies
from services.tickets.handlers.schedule import KeepTime, Recount
from services.tickets.handlers.taking import Outcomes, Over, TakeOver
from services.tickets.handlers.unmasking import Unmask

__all__ = [
    "Act",
    "ActOnTicket",
    "CountFigures",
    "EraseByAge",
    "FindAlike",
    "FindCalls",
    "KeepAnswers",
    "KeepCatalogue",
    "KeepPhotos",
    "KeepPolicies",
    "KeepShifts",
    "KeepTime",
    "KeepWorks",
    "Kept",
    "Match",
    "OpenTicket",
    "Outcomes",
    "Over",
    "Recount",
    "Report",
    "TakeAlarm",
    "TakeOver",
    "Taken",
    "Unmask",
]
