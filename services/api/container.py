"""Everything an endpoint may need, in one frozen object made by ``main`` (or by a test)."""

from dataclasses import dataclass
from typing import Protocol

from services.alarms.handlers import AskOfAlarm, HoldAlarm, MeasureQuality, SetTargets
from services.alarms.ports import AlarmReader, LadderReader
from services.api.alarms.rehearsing import Rehearsals
from services.api.door.auth import Identities
from services.api.live.hub import Hub
from services.api.settings import ApiSettings
from services.audit import AuditLog
from services.history.ports import HistoryReader, LetterStore
from services.notices.ports import NoticeDesk
from services.oncall.ports import NotificationStore
from services.ports import Clock, Ids
from services.registry.handlers import KeepEntryCards, KeepPeople, KeepRosters
from services.registry.ports import DeviceReader, DeviceStore, PeopleReader, PlaceReader, RuleStore
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
from services.tickets.ports import HotspotReader, SavedFilters, TicketReader


class Devices(DeviceReader, DeviceStore, Protocol):
    """The register of devices, to look at and to change."""


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """Readers and use cases by noun; nothing here opens a connection by itself."""

    settings: ApiSettings
    clock: Clock
    ids: Ids
    identities: Identities
    live: Hub
    remembered: Remembered
    people: PeopleReader
    staff: KeepPeople
    rosters: KeepRosters
    devices: Devices
    entry_cards: KeepEntryCards
    places: PlaceReader
    rules: RuleStore
    rehearsals: Rehearsals
    history: HistoryReader
    letters: LetterStore
    alarms: AlarmReader
    ladders: LadderReader
    ask_of_alarm: AskOfAlarm
    hold_alarm: HoldAlarm
    measure_quality: MeasureQuality
    set_targets: SetTargets
    tickets: TicketReader
    saved_filters: SavedFilters
    open_ticket: OpenTicket
    take_over: TakeOver
    act_on_ticket: ActOnTicket
    find_alike: FindAlike
    find_calls: FindCalls
    photos: KeepPhotos
    unmask: Unmask
    audit: AuditLog
    policies: KeepPolicies
    figures: CountFigures
    answers: KeepAnswers
    hotspots: HotspotReader
    works: KeepWorks
    shifts: KeepShifts
    catalogue: KeepCatalogue
    notifications: NotificationStore
    notices: NoticeDesk
