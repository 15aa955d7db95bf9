"""Who was told what is forgotten after the years that tickets are, and with a ticket that is erased."""

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

from prometheus_client import REGISTRY

from services.adapters.health import Health
from services.adapters.kafka import Message as Record
from services.history.domain import Letter as DeadLetter
from services.notices.consumer import EventConsumer
from services.notices.domain import REPORTER, Facts, Message, Person, State, Subject, Urgency
from services.notices.erasing import erasing
from services.notices.handlers import BATCH, EraseByAge, EraseWithTickets, PlanMessages
from services.notices.ports import Letter
from services.tickets.domain.words import Action
from streams.contracts import TicketEvent, encode
from streams.contracts.topics import TICKETS
from tests.fakes.clock import ManualClock
from tests.fakes.notices import MemoryNotices


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


NOW = at("2029-11-22T12:00:00")
OLD = at("2026-11-22T12:00:00")


class NoLetters:
    def bury(self, letters: list[DeadLetter]) -> None:
        raise AssertionError(letters)


def message(number: int = 1, **more: Any) -> Message:
    made = Message(
        f"m{number}", f"e{number}", f"{REPORTER}t1", "box", Subject.PROGRESS, Urgency.PROMPT, "12345 工单", "已受理",
        created=OLD, due=OLD, expires=OLD + 86_400_000, ticket="t1", state=State.SENT, settled=OLD,
    )  # fmt: skip
    return replace(made, **more)


def event(action: str, ticket: str = "t1", **more: Any) -> TicketEvent:
    return TicketEvent(
        id=f"{ticket}:9", ticket=ticket, number="LY-1", version=9, action=action, old="archived", new="archived",
        stage="feedback", source="hotline", area="990101", urgency=0, at=OLD, by="admin", role="administrator", **more,
    )  # fmt: skip


def test_what_was_told_three_years_ago_to_the_day_goes_and_a_day_less_stays() -> None:
    store = MemoryNotices()
    store.keep(
        [message(1), message(2, created=OLD + 1), message(3, state=State.WAITING, settled=None, created=OLD - 9)]
    )
    store.post(Letter("m1", "resident", "", "12345 工单", "已受理", OLD))
    erase = EraseByAge(store, ManualClock(NOW), 3)
    assert erase() == (2, 0)
    assert erase() == (0, 0)
    assert set(store.messages) == {"m2", "m3"}
    assert store.box == {}


def test_the_loop_works_off_batch_by_batch_and_says_how_far_behind_it_is() -> None:
    store, stop = MemoryNotices(), threading.Event()
    store.keep([message(number, created=OLD - number * 1_000) for number in range(BATCH + 7)])
    before, seen = counted("age"), []

    class Watched(Health):
        def beat(self, name: str) -> None:
            seen.append((len(store.messages), REGISTRY.get_sample_value("linli_personal_data_overdue_seconds")))

        def rest(self, name: str, stop: threading.Event, seconds: float) -> None:
            stop.set()

    erasing(EraseByAge(store, ManualClock(NOW), 3), Watched()).run(stop)
    assert seen == [(7, 6.0), (0, 0.0)]
    assert counted("age") - before == BATCH + 7


def test_an_erased_ticket_takes_along_what_was_told_of_it_however_old_its_event_is() -> None:
    store, clock, before = MemoryNotices(), ManualClock(NOW), counted("ticket")
    store.persons, store.tickets = (Person("admin", "管", "administrator"),), {"t1": Facts("t1", "LY-1")}
    store.keep([message(1), message(2, state=State.WAITING, settled=None), message(3, ticket="t2")])
    store.post(Letter("m1", "resident", "", "12345 工单", "已受理", OLD))
    consume = EventConsumer(PlanMessages(store, clock), EraseWithTickets(store), NoLetters(), clock)
    events = [event("note", "t2"), event(Action.ERASE)]
    records = [Record(TICKETS.name, 0, number, b"k", encode(each), 0) for number, each in enumerate(events)]
    for _ in range(2):
        consume(records)
        assert (set(store.messages), store.box) == ({"m3"}, {})
    assert counted("ticket") - before == 3


def counted(why: str) -> float:
    return REGISTRY.get_sample_value("linli_notices_erased_total", {"why": why}) or 0.0
