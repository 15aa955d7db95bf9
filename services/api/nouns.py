"""Every noun of the front door over PostgreSQL: the half of the composition root that grows with the product.

The one module of the API that sees the other services' drivers; ``main`` opens the pool and runs what is made here.
"""

from services.adapters.audit import PostgresAudit
from services.adapters.clock import RandomIds, SystemClock
from services.adapters.credentials import Argon2Passwords, RandomSecrets
from services.adapters.darkroom import ProcessDarkroom
from services.adapters.postgres import Pool
from services.alarms import postgres as alarms
from services.alarms.handlers import AskOfAlarm, HoldAlarm, MeasureQuality, SetTargets
from services.api.alarms.rehearsal_process import process_rehearsals
from services.api.container import Container
from services.api.door.identities import RegisteredPeople
from services.api.live.hub import Hub
from services.api.settings import ApiSettings
from services.api.tickets.photo_keeping import blobs_of
from services.history import postgres as history
from services.notices.postgres import PostgresNotices
from services.oncall.postgres import PostgresNotifications
from services.registry import postgres as registry
from services.registry.handlers import KeepEntryCards, KeepPeople, KeepRosters
from services.rehearsal.postgres import PostgresShelf
from services.remembered import Remembered
from services.tickets import postgres as tickets
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

HOUR_MS = 3_600_000


def container(settings: ApiSettings, pool: Pool, hub: Hub) -> Container:
    """Readers and use cases over ``pool``; the caller closes its ``rehearsals``."""
    clock, ids = SystemClock(), RandomIds()
    people, places = registry.PostgresStaff(pool), registry.PostgresPlaces(pool)
    passwords, secrets = Argon2Passwords(), RandomSecrets()
    rules, devices = registry.PostgresRules(pool), registry.PostgresDevices(pool)
    alarm_store = alarms.PostgresAlarmStore(pool)
    quality = alarms.PostgresQuality(pool)
    matches = tickets.PostgresMatchReader(pool)
    board = tickets.PostgresBoard(pool)
    answers = KeepAnswers(board, clock, ids)
    ticket_store = tickets.PostgresTicketStore(pool)
    lines = tickets.PostgresCatalogue(pool)
    remembered = Remembered(clock.now)
    session_ms = settings.session_hours * HOUR_MS
    rosters = KeepRosters(registry.PostgresRosters(pool), places, clock)
    return Container(
        settings=settings,
        clock=clock,
        ids=ids,
        identities=RegisteredPeople(people, passwords, secrets, session_ms, rosters),
        live=hub,
        remembered=remembered,
        people=people,
        staff=KeepPeople(people, places, passwords, secrets, clock),
        rosters=rosters,
        devices=devices,
        entry_cards=KeepEntryCards(registry.PostgresEntryCards(pool), devices, clock),
        places=places,
        rules=rules,
        rehearsals=process_rehearsals(PostgresShelf(pool), settings.database_url.get_secret_value()),
        history=history.PostgresHistoryReader(pool),
        letters=history.PostgresLetters(pool),
        alarms=alarms.PostgresAlarmReader(pool),
        ladders=alarms.PostgresLadderReader(pool),
        ask_of_alarm=AskOfAlarm(alarm_store, clock),
        hold_alarm=HoldAlarm(alarm_store, clock, rules),
        measure_quality=MeasureQuality(quality, clock),
        set_targets=SetTargets(quality, clock),
        tickets=tickets.PostgresTicketReader(pool),
        saved_filters=tickets.PostgresSavedFilters(pool),
        open_ticket=OpenTicket(ticket_store, clock, ids, lines),
        take_over=TakeOver(ticket_store, clock, ids, lines),
        act_on_ticket=ActOnTicket(ticket_store, clock, answers, lines),
        find_alike=FindAlike(matches, clock),
        find_calls=FindCalls(matches, ticket_store, clock),
        photos=KeepPhotos(
            tickets.PostgresPhotos(pool), blobs_of(settings), ProcessDarkroom(settings.photo_max_bytes), clock
        ),
        unmask=Unmask(ticket_store, clock),
        audit=PostgresAudit(pool),
        policies=KeepPolicies(ticket_store, clock),
        figures=CountFigures(tickets.PostgresFigures(pool), clock, remembered),
        answers=answers,
        hotspots=tickets.PostgresHotspots(pool),
        works=KeepWorks(board, clock, ids),
        shifts=KeepShifts(board, tickets.PostgresTicketReader(pool), clock, ids),
        catalogue=KeepCatalogue(lines, clock, ids, KeepPolicies(ticket_store, clock)),
        notifications=PostgresNotifications(pool),
        notices=PostgresNotices(pool),
    )
