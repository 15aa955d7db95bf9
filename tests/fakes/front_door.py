"""The front door over memory: every store, every use case over it, written once for all platforms in memory."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

from services.adapters.clock import RandomIds
from services.alarms.handlers import AskOfAlarm, HoldAlarm, MeasureQuality, SetTargets
from services.api.alarms.rehearsing import Rehearsals
from services.api.container import Container
from services.api.door.identities import RegisteredPeople
from services.api.live.hub import Hub
from services.api.settings import ApiSettings
from services.registry.handlers import KeepEntryCards, KeepPeople, KeepRosters
from services.remembered import Remembered
from services.tickets.handlers import (
    ActOnTicket,
    CountFigures,
    FindAlike,
    FindCalls,
    KeepAnswers,
    KeepCatalogue,
    KeepPhotos,
    KeepPolicies,
    KeepShifts,
    KeepWorks,
    OpenTicket,
    TakeOver,
    Unmask,
)
from tests.fakes.alarms import MemoryAlarmReader, MemoryAlarmStore, MemoryQuality
from tests.fakes.audit import MemoryAudit
from tests.fakes.board import MemoryBoard
from tests.fakes.clock import ManualClock
from tests.fakes.figures import MemoryFigures
from tests.fakes.history import MemoryHistory
from tests.fakes.ladders import MemoryLadderReader
from tests.fakes.live import MemoryLog
from tests.fakes.notices import MemoryNotices
from tests.fakes.oncall import MemoryNotifications
from tests.fakes.photos import InProcessDarkroom, MemoryBlobs, MemoryPhotos
from tests.fakes.registry import (
    CountedSecrets,
    MemoryEntryCards,
    MemoryPeople,
    MemoryPlaces,
    MemoryRosters,
    MemoryRules,
    PlainPasswords,
)
from tests.fakes.rehearsals import MemoryRunner, MemoryShelf
from tests.fakes.stage import staged
from tests.fakes.tickets import (
    MemoryCatalogue,
    MemoryDirectory,
    MemoryHotspots,
    MemoryMatchReader,
    MemorySavedFilters,
    MemoryTicketReader,
    MemoryTicketStore,
)


@dataclass
class MemoryFrontDoor:
    """A store a noun, all empty, and the application over them; a subclass says what they are filled with."""

    clock: Any = field(default_factory=ManualClock)
    people: MemoryPeople = field(default_factory=MemoryPeople)
    places: MemoryPlaces = field(default_factory=MemoryPlaces)
    rules: MemoryRules = field(default_factory=MemoryRules)
    history: MemoryHistory = field(default_factory=MemoryHistory)
    alarms: MemoryAlarmStore = field(default_factory=MemoryAlarmStore)
    tickets_of: dict[str, str] = field(default_factory=dict)
    tickets: MemoryTicketStore = field(default_factory=MemoryTicketStore)
    board: MemoryBoard = field(default_factory=MemoryBoard)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    directory: MemoryDirectory = field(default_factory=MemoryDirectory)
    desk: MemoryNotifications = field(default_factory=MemoryNotifications)
    told: MemoryNotices = field(default_factory=MemoryNotices)
    log: MemoryLog = field(default_factory=MemoryLog)
    session_ms: int = 3_600_000
    entry_cards: MemoryEntryCards = field(init=False)
    quality: MemoryQuality = field(init=False)
    runs: MemoryRunner = field(default_factory=MemoryRunner)
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    rehearsals: Rehearsals = field(init=False)
    hub: Hub = field(init=False)
    identities: RegisteredPeople = field(init=False)
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.rules.chain = self.places.devices.chain = self.people.chain
        self.entry_cards = MemoryEntryCards(self.people.chain)
        self.identities = RegisteredPeople(
            self.people, PlainPasswords(), CountedSecrets(), self.session_ms,
            KeepRosters(MemoryRosters(self.people), self.places, self.clock),
        )  # fmt: skip
        self.quality = MemoryQuality(self.alarms)
        self.rehearsals = Rehearsals(self.shelf, self.runs, self.clock, RandomIds())
        self.hub = Hub(self.log)
        self.hub.start_at({})
        self._fill()
        self.app = staged(self.container())

    def container(self, **settings: Any) -> Container:
        ids, reader = RandomIds(), MemoryTicketReader(self.tickets)
        remembered = Remembered(self.clock.now)
        lines = MemoryCatalogue(self.directory, self.places, lambda: self.tickets.state.audit)
        return Container(
            settings=ApiSettings(demo=True, **settings),
            clock=self.clock,
            ids=ids,
            identities=self.identities,
            live=self.hub,
            remembered=remembered,
            people=self.people,
            staff=KeepPeople(self.people, self.places, PlainPasswords(), CountedSecrets(), self.clock),
            rosters=KeepRosters(MemoryRosters(self.people), self.places, self.clock),
            devices=self.places.devices,
            entry_cards=KeepEntryCards(self.entry_cards, self.places.devices, self.clock),
            places=self.places,
            rules=self.rules,
            rehearsals=self.rehearsals,
            history=self.history,
            letters=self.history,
            alarms=MemoryAlarmReader(self.alarms, self.tickets_of),
            ladders=MemoryLadderReader(self.alarms),
            ask_of_alarm=AskOfAlarm(self.alarms, self.clock),
            hold_alarm=HoldAlarm(self.alarms, self.clock, self.rules),
            measure_quality=MeasureQuality(self.quality, self.clock),
            set_targets=SetTargets(self.quality, self.clock),
            tickets=reader,
            saved_filters=MemorySavedFilters(),
            open_ticket=OpenTicket(self.tickets, self.clock, ids, lines),
            take_over=TakeOver(self.tickets, self.clock, ids, lines),
            act_on_ticket=ActOnTicket(self.tickets, self.clock, KeepAnswers(self.board, self.clock, ids), lines),
            photos=KeepPhotos(MemoryPhotos(self.tickets), self.blobs, InProcessDarkroom(), self.clock),
            unmask=Unmask(self.tickets, self.clock),
            audit=MemoryAudit(
                lambda: self.people.chain, lambda: self.tickets.state.audit, lambda: self.alarms.state.audit
            ),
            find_alike=FindAlike(MemoryMatchReader(self.tickets, self.places), self.clock),
            find_calls=FindCalls(MemoryMatchReader(self.tickets, self.places), self.tickets, self.clock),
            policies=KeepPolicies(self.tickets, self.clock),
            hotspots=MemoryHotspots(self.tickets),
            answers=KeepAnswers(self.board, self.clock, ids),
            works=KeepWorks(self.board, self.clock, ids),
            figures=CountFigures(MemoryFigures(self.tickets), self.clock, remembered),
            shifts=KeepShifts(self.board, MemoryTicketReader(self.tickets), self.clock, ids),
            catalogue=KeepCatalogue(lines, self.clock, ids, KeepPolicies(self.tickets, self.clock)),
            notifications=self.desk,
            notices=self.told,
        )

    def _fill(self) -> None:
        """What stands in the stores before the first request."""
