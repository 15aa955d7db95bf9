"""Erasing what a ticket holds of a person: everything of them, nothing else, once, and for good."""

from dataclasses import dataclass

import msgspec
import pytest

from services.audit import Did
from services.retention import cut_off
from services.tickets import domain
from services.tickets.domain import Action, Actor, Caller, Details, Event, Role, Source, State, Ticket, erasure
from services.tickets.domain.errors import Ruled
from services.tickets.domain.figures import Record
from services.tickets.domain.figures.record import record_of
from services.tickets.handlers import Act, ActOnTicket, EraseByAge, OpenTicket, Report
from streams.contracts import Refused
from tests.fakes.alarm_events import GRID, T0
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryTicketStore
from tests.unit.tickets.test_tickets_model import explored
from tests.unit.tickets.ticket_stories import PEOPLE, Story, called

DAY = 86_400_000
ADMINISTRATOR = Actor("administrator", Role.ADMINISTRATOR)
NAME, PHONE, SENTENCE = "王女士", "13812345621", "三号楼前"


def erased_log(story: Story) -> tuple[Event, ...]:
    return tuple(erasure.of_event(event) for event in story.events)


def archived() -> list[Story]:
    """Every kind of archived ticket that the loop can bring about, erased."""
    found = [story for story in explored()[0].values() if story.state is State.ARCHIVED and not story.ticket.erased_at]
    assert len(found) > 20
    return [Story((story.ticket, story.events), story.now).does(Role.ADMINISTRATOR, Action.ERASE) for story in found]


def test_every_erased_log_rebuilds_the_erased_ticket() -> None:
    for story in archived():
        assert domain.replay(erased_log(story)) == story.ticket
        assert [erasure.of_event(event) for event in erased_log(story)] == list(erased_log(story)), "once is enough"


def test_nothing_that_anybody_typed_or_was_called_is_left() -> None:
    typed = {NAME, PHONE, SENTENCE, "路灯不亮", "citizen", "照片", "已答复"}
    for story in archived():
        left = msgspec.json.encode((story.ticket, erased_log(story))).decode()
        for sentence in typed:
            assert f'"{sentence}"' not in left.replace('"role":"citizen"', "").replace('"source":"citizen"', "")


def test_figures_made_anew_from_an_erased_log_are_those_of_before() -> None:
    for story in archived():
        before = record_of(story.ticket, story.events)
        after = record_of(domain.replay(erased_log(story)), erased_log(story))
        assert after == before
        assert after.spans() == before.spans()
        assert isinstance(after, Record)


def test_codes_times_units_and_staff_stay() -> None:
    story = _archived(called(Source.CITIZEN, position=(120.1, 30.2)))
    before, after = story.ticket, story.does(Role.ADMINISTRATOR, Action.ERASE).ticket
    assert (after.area, after.category, after.lead, after.opened_at) == (
        before.area, before.category, before.lead, before.opened_at,
    )  # fmt: skip
    assert (after.title, after.text, after.reporter) == (erasure.ERASED,) * 3
    assert (after.position, after.has_reporter, after.erased_at) == (None, True, story.now)
    log = erased_log(story)
    assert [event.by for event in log if event.role is Role.CITIZEN] == [erasure.ERASED] * 2
    assert [event.action for event in log] == [event.action for event in story.events]
    assert log[-1].why == "来电人要求清除", "why it was erased is kept"


def _archived(story: Story) -> Story:
    return story.does(Role.CITIZEN, Action.WITHDRAW).archives()


def test_an_erased_caller_is_shown_as_that_to_every_role_and_to_no_question() -> None:
    gone = Caller(erasure.ERASED, erasure.ERASED)
    for role in Role:
        assert domain.caller_for(role, gone) == gone
        assert not domain.may_unmask(role, gone)


def test_once_erased_is_erased_and_an_open_ticket_is_in_use() -> None:
    story = _archived(called(Source.CITIZEN)).does(Role.ADMINISTRATOR, Action.ERASE)
    with pytest.raises(Ruled):
        story.does(Role.ADMINISTRATOR, Action.ERASE)
    with pytest.raises(Refused):
        called().does(Role.ADMINISTRATOR, Action.ERASE)


def test_years_are_those_of_the_citys_calendar() -> None:
    noon = 1_772_251_200_000  # 2026-02-28 12:00 +08
    assert cut_off(noon, 2) == noon - 731 * DAY, "2024 had a 29th"
    leap = 1_709_179_200_000  # 2024-02-29 12:00 +08
    assert cut_off(leap, 1) == leap - 366 * DAY, "no 29th in 2023: the day before it"


@dataclass
class Desk:
    store: MemoryTicketStore
    clock: ManualClock

    def archived(self, phone: str) -> Ticket:
        report = Report("路灯不亮", SENTENCE, area=GRID, caller=Caller(NAME, phone))
        ticket = OpenTicket(self.store, self.clock, _Ids(phone))(report, who=PEOPLE[Role.OPERATOR], key=f"call {phone}")
        act = Act(ticket.id, Action.WITHDRAW, ticket.version, Details(reason="修好了"))
        ticket = ActOnTicket(self.store, self.clock)(act, who=PEOPLE[Role.OPERATOR])
        with self.store.transaction() as work:
            work.save(*domain.archived(ticket, now=self.clock.now()))
        return self.now_is(ticket)

    def now_is(self, ticket: Ticket) -> Ticket:
        return self.store.state.tickets[ticket.id]


@dataclass
class _Ids:
    name: str

    def new(self) -> str:
        return f"id-{self.name[-4:]}"


@pytest.fixture
def desk() -> Desk:
    return Desk(MemoryTicketStore(), ManualClock(T0))


def test_what_is_old_enough_is_erased_in_batches_and_the_rest_is_not(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tickets.handlers.erasing.BATCH", 2)
    old = [desk.archived(f"1380000000{number}") for number in range(3)]
    desk.clock.advance(400 * DAY)
    young = desk.archived("13900000009")
    erase = EraseByAge(desk.store, desk.clock, 1)
    swept = erase()
    assert (swept.erased, swept.overdue_ms) == (2, 35 * DAY)
    assert (erase().erased, erase().erased) == (1, 0)
    assert erase().overdue_ms == 0
    assert all(desk.now_is(ticket).erased_at == desk.clock.now() for ticket in old)
    assert desk.now_is(young) == young
    assert "13800000000" not in repr(desk.store.state.events["id-0000"])


def test_erasing_is_in_the_audit_log_and_holds_nothing_of_what_it_erased(desk: Desk) -> None:
    ticket = desk.archived(PHONE)
    act = Act(ticket.id, Action.ERASE, ticket.version, Details(reason="来电人要求清除"))
    ActOnTicket(desk.store, desk.clock)(act, who=ADMINISTRATOR)
    (entry,) = desk.store.state.audit.entries
    assert (entry.did, entry.by, entry.subject) == (Did.ERASE, "administrator", f"ticket {ticket.id}")
    assert "来电人要求清除" in entry.detail
    assert PHONE not in repr(desk.store.state.audit.entries)
    assert desk.store.state.answers == {}, "the digest of what was typed is gone with it"
    assert desk.store.state.events[ticket.id] == tuple(map(erasure.of_event, desk.store.state.events[ticket.id]))


def test_a_sensors_ticket_that_nobody_reported_is_left_alone_by_age(desk: Desk) -> None:
    ticket = desk.archived(PHONE)
    nobodys = msgspec.structs.replace(ticket, caller=None)
    desk.store.state.tickets[ticket.id] = nobodys
    desk.clock.advance(4 * 366 * DAY)
    assert EraseByAge(desk.store, desk.clock, 3)().erased == 0
