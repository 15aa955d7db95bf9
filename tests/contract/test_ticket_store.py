"""One suite over the ticket store in memory and in PostgreSQL."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import open_pool
from services.registry.domain import Area
from services.registry.postgres import PostgresPlaces
from services.tickets import domain
from services.tickets.domain import (
    Actor,
    Caller,
    Details,
    Opening,
    Policy,
    Role,
    Source,
    Stage,
    State,
    Ticket,
    TicketFilters,
)
from services.tickets.domain.catalogue import Line
from services.tickets.domain.erasure import ERASED
from services.tickets.domain.merging import Sought
from services.tickets.domain.ordering import order_of
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.profiles import BEIJING, DEFAULT
from services.tickets.domain.reach import EVERYTHING
from services.tickets.domain.saved import SavedFilter
from services.tickets.handlers import Act, ActOnTicket, KeepPolicies, KeepTime, OpenTicket, Recount, Report, TakeAlarm
from services.tickets.handlers.erasing import put
from services.tickets.ports import Answer, HotspotReader, MatchReader, SavedFilters, Spot, TicketReader, TicketStore
from services.tickets.postgres import (
    PostgresHotspots,
    PostgresMatchReader,
    PostgresSavedFilters,
    PostgresTicketReader,
    PostgresTicketStore,
)
from services.transactions import Clash
from streams.contracts import TicketPolicy
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID, T0, raised, returned
from tests.fakes.calendar import unannounced
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty
from tests.fakes.registry import MemoryPlaces
from tests.fakes.tickets import (
    MemoryDirectory,
    MemoryHotspots,
    MemoryMatchReader,
    MemorySavedFilters,
    MemoryTicketReader,
    MemoryTicketStore,
)
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, to

WHY = "市里的决定"
NEIGHBOUR = "990101002001001"
UNCLASSIFIED, GAS = Sought("", ("",)), Sought("", ("gas-leak",))
AREAS = [
    Area(GRID, "grid", "一网格", "Grid 1", lon=113.5, lat=23.1),
    Area(NEIGHBOUR, "grid", "邻网格", "Grid next door", lon=113.505, lat=23.103),
    Area("990101009009009", "grid", "远网格", "Far grid", lon=113.5449, lat=23.1),
]


@dataclass
class Side:
    store: TicketStore
    reader: TicketReader
    matches: MatchReader
    spots: HotspotReader
    filters: SavedFilters


@pytest.fixture(scope="module")
def migrated(postgres_server: PostgresServer) -> Iterator[Database]:
    """One database for the whole suite; each test finds it empty."""
    for database in fresh_database(postgres_server):
        database.migrate("registry", "tickets")
        with open_pool(database.url("linli_registry"), name="contract") as registry:
            PostgresPlaces(registry).add_areas(AREAS)
        yield database


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "memory":
        memory, places = MemoryTicketStore(), MemoryPlaces()
        places.add_areas(AREAS)
        matches = MemoryMatchReader(memory, places)
        yield Side(memory, MemoryTicketReader(memory), matches, MemoryHotspots(memory), MemorySavedFilters())
        return
    database: Database = request.getfixturevalue("migrated")
    with ExitStack() as stack:
        stack.callback(empty, database.admin_url, "tickets")
        pool = open_pool(database.url("linli_tickets"), name="contract")
        stack.callback(pool.close)
        front = open_pool(database.url("linli_api"), name="contract front", tell=EVERYTHING.settings)
        stack.callback(front.close)
        yield Side(
            PostgresTicketStore(pool),
            PostgresTicketReader(front),
            PostgresMatchReader(front),
            PostgresHotspots(front),
            PostgresSavedFilters(front),
        )


def _report(number: str, *, at: int = T0, **changes: Any) -> domain.lifecycle.Moved:
    opening = Opening(
        number=number, source=Source.HOTLINE, title="路灯不亮", policy=DEFAULT,
        **{"area": GRID, "place": "三号楼", **changes},
    )  # fmt: skip
    return domain.report(opening, id=f"id-{number}", now=at, who=Actor("operator", Role.OPERATOR))


def _save(side: Side, moved: domain.lifecycle.Moved) -> Ticket:
    with side.store.transaction() as work:
        work.save(*moved)
    return moved[0]


def test_a_ticket_comes_back_as_it_was_saved(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    with side.store.transaction() as work:
        assert work.ticket(ticket.id) == ticket
        assert work.ticket("LY-1") == ticket
        assert work.ticket("none") is None


def test_the_log_rebuilds_the_ticket(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    accepted = domain.move(ticket, domain.Action.ACCEPT, now=T0 + 1, by="operator", role=Role.OPERATOR)
    _save(side, accepted)
    with side.store.transaction() as work:
        assert domain.replay(work.events(ticket.id)) == accepted[0] == work.ticket(ticket.id)


def test_what_raises_leaves_nothing(side: Side) -> None:
    def broken() -> None:
        with side.store.transaction() as work:
            work.save(*_report("LY-1"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert side.reader.list_tickets(TicketFilters(), scope="", limit=10, after=None).items == ()


def test_a_version_is_written_once(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    moved = domain.move(ticket, domain.Action.ACCEPT, now=T0 + 1, by="operator", role=Role.OPERATOR)
    _save(side, moved)
    with pytest.raises(Clash):
        _save(side, moved)


def test_an_incident_has_one_open_ticket(side: Side) -> None:
    _save(side, _report("LY-1", incident="gas-leak:d1"))
    with pytest.raises(Clash):
        _save(side, _report("LY-2", incident="gas-leak:d1"))
    _save(side, _report("LY-3", incident="gas-leak:d2"))


def test_tickets_without_an_incident_stand_beside_each_other(side: Side) -> None:
    _save(side, _report("LY-1"))
    _save(side, _report("LY-2"))
    assert len(side.reader.list_tickets(TicketFilters(), scope="", limit=10, after=None).items) == 2


def test_an_episode_leads_to_its_ticket(side: Side) -> None:
    clock = ManualClock(T0 + 500)
    take = TakeAlarm(side.store, MemoryDirectory(), clock, RandomIds())
    opened = take(raised("e1")).ticket
    assert opened is not None
    with side.store.transaction() as work:
        assert work.of_episode("e1") == opened == work.newest_of(opened.incident)
        assert work.of_episode("e2") is None
        assert work.newest_of("other") is None
        assert work.newest_of("") is None
    after = take(returned("e1")).ticket
    assert after is not None
    assert after.sensor_normal_since == T0 + 300_000


def test_numbers_of_a_day_never_repeat(side: Side) -> None:
    with side.store.transaction() as work:
        assert [work.next_count("20261122"), work.next_count("20261122"), work.next_count("20261123")] == [1, 2, 1]
    with side.store.transaction() as work:
        assert (work.next_count("20261122", 4), work.next_count("20261122")) == (3, 7)


def test_a_key_is_remembered_once(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    answer = Answer("print", ticket.id, 1)
    with side.store.transaction() as work:
        assert work.answers(["ann k1"]) == {}
        work.remember({"ann k1": answer})
    with side.store.transaction() as work:
        assert work.answers(["bob k1", "ann k1"]) == {"ann k1": answer}
        assert work.numbers([ticket.id, "nobody"]) == {ticket.id: "LY-1"}
    with pytest.raises(Clash), side.store.transaction() as work:
        work.remember({"ann k2": answer, "ann k1": answer})
    with side.store.transaction() as work:
        assert work.answers(["ann k2"]) == {}


def _merged(side: Side, number: str, master: Ticket) -> Ticket:
    ticket = _save(side, _report(number))
    merge = domain.move(
        ticket, domain.Action.MERGE, now=T0 + 1, by="operator", role=Role.OPERATOR, master=master,
        details=Details(master=master.number),
    )  # fmt: skip
    return _save(side, merge)


def test_those_that_wait_for_a_master_are_found_by_it(side: Side) -> None:
    master = _save(side, _report("LY-1"))
    merged = [_merged(side, number, master) for number in ("LY-2", "LY-3")]
    with side.store.transaction() as work:
        assert work.merged_into(master.id) == tuple(merged)
        assert work.merged_into(merged[0].id) == ()
    found = side.reader.list_tickets(TicketFilters(masters=(master.id,)), scope="", limit=9, after=None).items
    assert [ticket.number for ticket in found] == ["LY-3", "LY-2"]
    assert [
        count.tickets
        for count in side.reader.count_by_stage(TicketFilters(), scope="")
        if count.stage is Stage.DISCOVERY
    ] == [1]


def test_a_merged_ticket_leaves_its_incident_to_its_master(side: Side) -> None:
    master = _save(side, _report("LY-1"))
    ticket = _save(side, _report("LY-2", incident="light:d1"))
    merge = domain.move(
        ticket, domain.Action.MERGE, now=T0 + 1, by="operator", role=Role.OPERATOR, master=master,
        details=Details(master=master.id),
    )  # fmt: skip
    merged = _save(side, merge)
    with side.store.transaction() as work:
        assert work.newest_of("light:d1") == merged


def test_the_clocks_that_an_event_left_come_back_with_it(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    note = domain.move(ticket, domain.Action.NOTE, now=T0 + 1, by="o", role=Role.OPERATOR, details=Details(text="x"))
    _save(side, note)
    with side.store.transaction() as work:
        reported, noted = work.events(ticket.id)
    assert reported.clocks == ticket.clocks
    assert noted.clocks is None, "a note changes no clock"


def test_the_policy_in_force_is_the_one_that_was_put_in_force_last(side: Side) -> None:
    later = msgspec.structs.replace(DEFAULT, version=2, wait="2wd")
    with side.store.transaction() as work:
        assert work.policy() is None
        for policy in (BEIJING, later, BEIJING):
            work.publish(Published(policy, "admin", T0, WHY))
            work.enforce(_chosen(policy))
    with side.store.transaction() as work:
        assert work.policy() == BEIJING
        assert [each.policy for each in work.published()] == [BEIJING, later]
        assert [(each.name, each.version) for each in work.enforced()] == [
            ("beijing", 1), ("default", 2), ("beijing", 1),
        ]  # fmt: skip
        assert work.enforced()[0] == _chosen(BEIJING)


def _chosen(policy: Policy) -> Enforced:
    return Enforced(policy.name, policy.version, "admin", T0, WHY)


def test_a_version_that_is_published_is_in_force_only_where_somebody_says_so(side: Side) -> None:
    own = msgspec.structs.replace(DEFAULT, name="chengdu-gas", wait="1wd")
    with side.store.transaction() as work:
        assert work.publish(Published(own, "admin", T0, WHY))
        assert not work.publish(Published(own, "sup", T0 + 1, "又点了一次")), "it is not new"
    with side.store.transaction() as work:
        assert (work.policy(), work.enforced()) == (None, ())
        assert work.published() == (Published(own, "admin", T0, WHY),), "the first author stays"
        work.enforce(_chosen(own))
    with side.store.transaction() as work:
        assert work.policy() == own


def test_an_alarm_of_a_category_has_what_was_published_for_it_and_a_restart_or_its_log_changes_nothing(
    side: Side,
) -> None:
    """Whoever takes the second alarm began anew: what it knows of the deadlines stands in the store alone."""
    written = Line("l1", "gas-leak", GRID[:9], "gas-co", policy="chengdu-gas")
    keep, who = KeepPolicies(side.store, ManualClock(T0)), Actor("admin", Role.ADMINISTRATOR)
    found = []
    for version, device in enumerate(("gas-000001", "gas-000002"), 1):
        own = msgspec.structs.replace(DEFAULT, name="chengdu-gas", version=version, wait=f"{version}wd")
        keep.publish(own, who=who, reason=WHY)
        take = TakeAlarm(side.store, MemoryDirectory(written={"l1": written}), ManualClock(T0 + 500), RandomIds())
        taken = take(raised(f"e{version}", device=device, incident=device)).ticket
        assert taken is not None
        found.append(taken)
    assert [(each.policy.name, each.policy.version) for each in found] == [("chengdu-gas", 1), ("chengdu-gas", 2)]
    assert keep.in_force() == DEFAULT
    with side.store.transaction() as work:
        assert [work.ticket(each.id) for each in found] == found
        assert [domain.replay(work.events(each.id)) for each in found] == found


def test_a_version_of_a_policy_never_says_something_else(side: Side) -> None:
    with side.store.transaction() as work:
        work.publish(Published(BEIJING, "admin", T0, WHY))
    with pytest.raises(Clash), side.store.transaction() as work:
        work.publish(Published(msgspec.structs.replace(BEIJING, wait="1wd"), "admin", T0, WHY))
    with side.store.transaction() as work:
        assert work.published() == (Published(BEIJING, "admin", T0, WHY),)


def test_two_who_publish_a_version_at_once_do_not_both_have_it(side: Side) -> None:
    versions = [msgspec.structs.replace(DEFAULT, version=2, wait=f"{days}wd") for days in (1, 2, 3, 4)]

    def publish(policy: Policy) -> bool:
        try:
            with side.store.transaction() as work:
                return work.publish(Published(policy, policy.wait, T0, WHY))
        except Clash:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(publish, versions)) == 1
    with side.store.transaction() as work:
        (kept,) = work.published()
        assert kept.policy.wait == kept.by


def test_what_is_due_is_found_and_marked_once(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    clock = ManualClock(T0)
    keep_time = KeepTime(side.store, clock)
    assert keep_time() == ()
    clock.set(T0 + 2 * 3_600_000 * 3 // 4)
    assert [event.evidence["card"] for event in keep_time()] == ["yellow"]
    assert keep_time() == ()
    clock.set(T0 + 2 * 3_600_000)
    mark, escalation = keep_time()
    assert mark.evidence == {"clock": "accept", "card": "red", "shown": "red"}
    assert escalation.evidence["level"] == "community"
    assert keep_time() == ()
    found = side.reader.get_ticket(ticket.id, scope="")
    assert found is not None
    assert found[0].card == "red"


def test_what_was_assumed_is_counted_again_once_its_year_is_announced(side: Side) -> None:
    at = round(datetime(2025, 12, 29, 1, tzinfo=UTC).timestamp() * 1000)
    with unannounced(2026):
        ticket = _save(side, _report("LY-1", at=at))
        _save(side, _report("LY-2", at=at - 30 * 86_400_000))
        held = _save(side, _report("LY-3", at=at))
        merge = domain.move(
            held, domain.Action.MERGE, now=at + 1, by="operator", role=Role.OPERATOR, master=ticket,
            details=Details(master=ticket.number),
        )  # fmt: skip
        _save(side, merge)
        with side.store.transaction() as work:
            assert work.assumed(domain.calendars.known_until_ms(), 9) == ()
    recount = Recount(side.store, ManualClock(at))
    assert (recount(), recount()) == (1, 0)
    with side.store.transaction() as work:
        after = work.ticket(ticket.id)
        assert after == domain.replay(work.events(ticket.id))
        assert after is not None
        assert not any(run.assumed for run in after.clocks)


def test_a_list_goes_page_by_page_newest_first(side: Side) -> None:
    for count in range(5):
        _save(side, _report(f"LY-{count}", at=T0 + count // 2))
    seen: list[str] = []
    after: tuple[str | int, ...] | None = None
    while True:
        page = side.reader.list_tickets(TicketFilters(), scope="", limit=2, after=after)
        seen += [ticket.number for ticket in page.items]
        after = page.next
        if after is None:
            break
    assert seen == ["LY-4", "LY-3", "LY-2", "LY-1", "LY-0"]


def _late(side: Side) -> None:
    """Five tickets: two urgencies, deadlines that differ, one that has ended and has none."""
    for count, urgency in enumerate((0, 2, 0, 2, 0)):
        _save(side, _report(f"LY-{count}", at=T0 + count * 1_000, urgency=urgency))
    with side.store.transaction() as work:
        ticket = work.ticket("LY-0")
    assert ticket is not None
    withdrawn = domain.move(
        ticket, domain.Action.WITHDRAW, now=T0 + 9_000, by="operator", role=Role.OPERATOR, details=Details(reason="x")
    )
    _save(side, withdrawn)


@pytest.mark.parametrize(
    ("sort", "numbers"),
    [
        ("opened", "01234"),
        ("-opened", "43210"),
        ("-urgency", "13024"),
        ("urgency,-opened", "42031"),
        ("deadline", "12340"),
        ("-deadline", "43210"),
        ("-urgency,deadline", "13240"),
        ("-closed,opened", "01234"),
    ],
)
def test_an_order_of_several_keys_goes_page_by_page_and_what_is_missing_comes_last(
    side: Side, sort: str, numbers: str
) -> None:
    _late(side)
    order = order_of(sort)
    whole = side.reader.list_tickets(TicketFilters(), scope="", limit=9, after=None, order=order)
    assert whole.next is None
    seen: list[str] = []
    after: tuple[str | int, ...] | None = None
    for _ in range(3):
        page = side.reader.list_tickets(TicketFilters(), scope="", limit=2, after=after, order=order)
        seen += [ticket.number for ticket in page.items]
        after = page.next
    assert after is None
    assert seen == [ticket.number for ticket in whole.items]
    assert "".join(number.removeprefix("LY-") for number in seen) == numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [("路灯", 2), ("灯不", 2), ("路灯 三号楼", 2), ("LY-1", 1), ("ly-1 路灯", 1), ("井盖", 0), ("%", 0), ("_", 0),
     ("50%", 0), ("\\", 0), ("13812345621", 0), (" ", 2)],
)  # fmt: skip
def test_a_search_finds_all_the_words_in_either_script_and_never_a_callers_number(
    side: Side, text: str, found: int
) -> None:
    _save(side, _report("LY-1", caller=domain.Caller("王", "13812345621")))
    _save(side, _report("LY-2"))
    filters = TicketFilters(text=text)
    assert len(side.reader.list_tickets(filters, scope="", limit=9, after=None).items) == found
    assert side.reader.count_tickets(filters, scope="", most=9) == found
    page, total = side.reader.find_tickets(filters, scope="", limit=9, most=9)
    assert (len(page.items), total) == (found, found)


@pytest.mark.parametrize("text", ["", "路灯"])
@pytest.mark.parametrize("unit", ["", "gas-company", "street-12"])
def test_a_first_page_with_its_count_is_the_list_and_the_count(side: Side, text: str, unit: str) -> None:
    """Also of a unit that leads some, assists with others, and of one ticket does both."""
    led_by = ("gas-company", "street-12", "gas-company", "", "street-12", "gas-company")
    helped_by = ((), ("gas-company",), ("gas-company", "street-12"), ("gas-company",), (), ())
    for count, (lead, assisting) in enumerate(zip(led_by, helped_by, strict=True)):
        ticket, event = _report(f"LY-{count}", at=T0 + count)
        _save(side, (msgspec.structs.replace(ticket, lead=lead, assisting=assisting), event))
    filters = TicketFilters(text=text, unit=unit)
    for limit, most in itertools.product((1, 2, 3, 4, 9), (1, 2, 4, 9)):
        page, total = side.reader.find_tickets(filters, scope="", limit=limit, most=most)
        assert page == side.reader.list_tickets(filters, scope="", limit=limit, after=None)
        assert total == side.reader.count_tickets(filters, scope="", most=most)


def test_a_count_ends_at_its_most_and_within_its_scope(side: Side) -> None:
    for count in range(3):
        _save(side, _report(f"LY-{count}"))
    assert side.reader.count_tickets(TicketFilters(), scope="", most=2) == 2
    assert side.reader.count_tickets(TicketFilters(text="路灯"), scope="", most=2) == 2
    assert side.reader.count_tickets(TicketFilters(), scope="990101", most=9) == 3
    assert side.reader.count_tickets(TicketFilters(), scope="990102", most=9) == 0


def test_a_persons_filters_are_their_own_and_not_without_end(side: Side) -> None:
    mine = SavedFilter("ann", "燃气", {"category": "gas-leak"}, T0)
    assert side.filters.put(mine, most=2)
    assert side.filters.put(SavedFilter("ann", "b", {}, T0), most=2)
    assert not side.filters.put(SavedFilter("ann", "c", {}, T0), most=2)
    changed = SavedFilter("ann", "燃气", {"state": "signed"}, T0 + 1)
    assert side.filters.put(changed, most=2), "the same name takes the place of the old one"
    assert side.filters.put(SavedFilter("bob", "燃气", {}, T0), most=2)
    assert side.filters.of("ann") == (SavedFilter("ann", "b", {}, T0), changed)
    assert side.filters.drop("ann", "b")
    assert not side.filters.drop("ann", "b")
    assert side.filters.of("ann") == (changed,)


def test_a_scope_hides_what_lies_outside(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    assert side.reader.list_tickets(TicketFilters(), scope="990102", limit=9, after=None).items == ()
    assert side.reader.get_ticket(ticket.id, scope="990102") is None
    assert side.reader.get_ticket("LY-1", scope="990101") is not None
    assert sum(count.tickets for count in side.reader.count_by_stage(TicketFilters(), scope="990102")) == 0


FILTERS = [
    (TicketFilters(states=("reported", "closed")), 2),
    (TicketFilters(states=("closed",)), 0),
    (TicketFilters(stage=Stage.DISCOVERY), 2),
    (TicketFilters(stage=Stage.DISPATCH), 1),
    (TicketFilters(open=True), 3),
    (TicketFilters(open=False), 0),
    (TicketFilters(area="990101001001"), 3),
    (TicketFilters(area="990101002"), 0),
    (TicketFilters(device="gas-000001"), 1),
    (TicketFilters(kind="gas"), 1),
    (TicketFilters(source="hotline"), 2),
    (TicketFilters(incident="gas-leak:gas-000001"), 1),
    (TicketFilters(supervised=True), 0),
    (TicketFilters(supervised=False), 3),
    (TicketFilters(unit="gas-company"), 1),
    (TicketFilters(unit="other"), 0),
    (TicketFilters(reporter="citizen"), 1),
    (TicketFilters(card="red"), 0),
    (TicketFilters(categories=("gas-leak", "lighting")), 1),
    (TicketFilters(categories=("",)), 2),
    (TicketFilters(urgency=2), 1),
    (TicketFilters(urgency=0), 2),
    (TicketFilters(since=T0 + 5), 1),
    (TicketFilters(until=T0 + 5), 2),
    (TicketFilters(states=("reported",), reporter="citizen", area=GRID), 1),
]


@pytest.mark.parametrize(("filters", "count"), FILTERS, ids=str)
def test_every_filter_narrows(side: Side, filters: TicketFilters, count: int) -> None:
    _save(side, _report("LY-1"))
    _save(side, _report("LY-2", at=T0 + 1, reporter="citizen"))
    directory = MemoryDirectory({("gas-leak", "990101"): "gas-company"})
    TakeAlarm(side.store, directory, ManualClock(T0 + 500), RandomIds())(raised())
    assert len(side.reader.list_tickets(filters, scope="", limit=9, after=None).items) == count


def test_a_booked_call_back_comes_back_and_stands_where_its_time_puts_it(side: Side) -> None:
    for number, ahead in (("a", 5 * HOUR), ("b", 2 * HOUR), ("c", 0)):
        story = to(State.CALLBACK)
        if ahead:
            until = story.now + ahead
            story.after(MINUTE).does(Role.OPERATOR, domain.Action.BOOK, Details(until=until, text="下班后"))
        named = {"id": number, "number": f"LY-{number}"}
        _save(side, (msgspec.structs.replace(story.ticket, **named), tuple(
            msgspec.structs.replace(event, ticket=number) for event in story.events
        )))  # fmt: skip
    wanted = TicketFilters(states=(State.CALLBACK,))
    page = side.reader.list_tickets(wanted, scope="", limit=10, after=None, order=order_of("deadline"))
    assert [ticket.id for ticket in page.items] == ["b", "a", "c"]
    assert [ticket.bookings for ticket in page.items] == [1, 1, 0]
    with side.store.transaction() as work:
        rebuilt = domain.replay(work.events("b"))
    assert rebuilt.booked == page.items[0].booked


def test_what_is_watched_has_a_card_or_is_supervised_and_is_found_by_its_level(side: Side) -> None:
    _save(side, _report("LY-1"))
    _save(side, _report("LY-2", at=T0 + 90 * DAY))
    clock = ManualClock(T0 + 90 * DAY)
    while KeepTime(side.store, clock)():
        pass

    def found(**asked: Any) -> list[str]:
        filters = TicketFilters(**asked)
        page = side.reader.list_tickets(filters, scope="", limit=10, after=None).items
        assert side.reader.count_tickets(filters, scope="", most=10) == len(page)
        return [ticket.number for ticket in page]

    assert found(watched=True) == ["LY-1"]
    assert found(watched=False) == ["LY-2"]
    assert found(level="community") == ["LY-1"]
    assert found(level="grid", watched=True) == []


def test_several_logs_are_read_at_once(side: Side) -> None:
    first, second = _report("LY-1"), _report("LY-2")
    _save(side, first)
    _save(side, second)
    assert side.reader.list_events(["id-LY-1", "id-LY-2", "none"]) == {
        "id-LY-1": first[1], "id-LY-2": second[1], "none": (),
    }  # fmt: skip
    assert side.reader.list_events([]) == {}


def test_the_last_changes_of_several_tickets_are_read_at_once(side: Side) -> None:
    ticket = _save(side, _report("LY-1"))
    _save(side, _report("LY-2", at=T0 + 7))
    _save(side, domain.move(ticket, domain.Action.ACCEPT, now=T0 + 9, by="operator", role=Role.OPERATOR))
    assert side.reader.last_changes(["id-LY-1", "id-LY-2", "none"]) == {"id-LY-1": T0 + 9, "id-LY-2": T0 + 7}


def test_a_position_comes_back_as_it_was_sent(side: Side) -> None:
    ticket = _save(side, _report("LY-1", position=(109.98, 30.01)))
    with side.store.transaction() as work:
        assert work.ticket(ticket.id) == ticket
        assert domain.replay(work.events(ticket.id)).position == (109.98, 30.01)


def test_stages_are_counted_with_their_cards(side: Side) -> None:
    _save(side, _report("LY-1"))
    KeepTime(side.store, ManualClock(T0 + 86_400_000))()
    counts = {count.stage: count for count in side.reader.count_by_stage(TicketFilters(), scope="990101")}
    assert (counts[Stage.DISCOVERY].tickets, counts[Stage.DISCOVERY].red) == (1, 1)
    assert counts[Stage.RESOLVE].tickets == 0


def test_an_ended_ticket_lets_an_open_one_take_its_episode(side: Side) -> None:
    clock = ManualClock(T0 + 500)
    take = TakeAlarm(side.store, MemoryDirectory(), clock, RandomIds())
    first = take(raised("e1")).ticket
    assert first is not None
    closed = _closed_without_sensor(first)
    _save(side, closed)
    later = closed[0].closed_at or 0
    second = take(raised("e2", at=later + 90_000_000)).ticket
    assert second is not None
    assert second.id != first.id
    third = take(raised("e1", number=9, at=later + 90_000_001)).ticket
    assert third is not None
    assert third.id == second.id
    with side.store.transaction() as work:
        assert work.of_episode("e1") == third


def test_a_days_episodes_of_a_device_are_counted(side: Side) -> None:
    take = TakeAlarm(side.store, MemoryDirectory(), ManualClock(T0 + 500), RandomIds())
    for name, since, device in (("e1", T0, "d1"), ("e2", T0 + 1, "d1"), ("e3", T0 + 2, "d1"), ("e4", T0, "d2")):
        take(raised(name, device=device, since=since))
    take(raised("e5", device="d1", rule="gas.alarm", since=T0))
    with side.store.transaction() as work:
        assert work.episodes_between("d1", "gas.ch4", since=T0, until=T0 + 2, other_than="e1") == 1
        assert work.episodes_between("d1", "gas.ch4", since=T0, until=T0 + 3, other_than="") == 3


def test_of_a_days_later_cars_that_come_at_once_all_join_its_newest_ticket(side: Side) -> None:
    take = TakeAlarm(side.store, MemoryDirectory(), ManualClock(T0 + 500), RandomIds())
    lane = TicketPolicy(category="fire-lane", urgency=1)
    newest = ""
    for number in (1, 2):
        opened = take(raised(f"car{number}", ticket=lane, at=T0 + number * MINUTE)).ticket
        assert opened is not None
        newest = opened.id
        _save(side, _closed_without_sensor(opened, later=number))
    cars = [raised(f"car{number}", ticket=lane, at=T0 + number * MINUTE) for number in (3, 4, 5)]
    with ThreadPoolExecutor(3) as pool:
        taken = list(pool.map(take, cars))
    assert {each.ticket.id for each in taken if each.ticket} == {newest}
    with side.store.transaction() as work:
        ticket = work.ticket(newest)
    assert ticket is not None
    assert (ticket.hot_spot, len(ticket.episodes), ticket.recurrences) == ("20261122", 4, 1)


def _closed_without_sensor(ticket: Ticket, *, later: int = 0) -> domain.lifecycle.Moved:
    steps = [
        (domain.Action.ARRIVE, "fitter", Role.UNIT_HANDLER, Details(position=(120.0, 30.0))),
        (domain.Action.FINISH, "fitter", Role.UNIT_HANDLER,
         Details(outcome="换阀", reading="0 %LEL", sensor_dead=True)),
        (domain.Action.CHECK_OK, "worker", Role.GRID_WORKER, Details()),
    ]  # fmt: skip
    events: tuple[domain.Event, ...] = ()
    for offset, (action, by, role, details) in enumerate(steps):
        ticket, more = domain.move(
            ticket, action, now=T0 + 1_000 * (1 + later) + offset, by=by, role=role, unit=ticket.lead, details=details
        )
        events = (*events, *more)
    assert ticket.state is State.CLOSED
    return ticket, events


def test_what_is_near_is_open_recent_and_of_the_same_community(side: Side) -> None:
    old, new = _save(side, _report("LY-1")), _save(side, _report("LY-2", at=T0 + 5))
    far = _report("LY-3")
    elsewhere = _save(side, (msgspec.structs.replace(far[0], area="990101001002001"), far[1]))
    gone = _save(side, _report("LY-4"))
    _save(side, domain.move(gone, domain.Action.WITHDRAW, now=T0 + 1, by="operator", role=Role.OPERATOR,
                            details=Details(reason="误报")))  # fmt: skip
    with side.store.transaction() as work:
        assert work.nearby(GRID, UNCLASSIFIED, alarmed=False, since=T0, limit=9) == (new, old)
        assert work.nearby(GRID, UNCLASSIFIED, alarmed=False, since=T0, limit=1) == (new,)
        assert work.nearby(GRID, UNCLASSIFIED, alarmed=False, since=T0 + 1, limit=9) == (new,)
    community = (GRID[:12],)
    assert side.matches.open_near(community, near=None, scope="", since=T0, limit=9) == (new, old)
    assert side.matches.open_near(community, near=None, scope="", since=T0, limit=1) == (new,)
    assert side.matches.open_near(community, near=None, scope="990102", since=T0, limit=9) == ()
    assert side.matches.open_near(("",), near=None, scope="", since=T0, limit=9) == (new, elsewhere, old)


def test_what_has_an_alarm_and_what_has_none_are_near_each_for_itself(side: Side) -> None:
    called = _save(side, _report("LY-1"))
    alarm = TakeAlarm(side.store, MemoryDirectory(), ManualClock(T0), RandomIds())(raised("e1")).ticket
    with side.store.transaction() as work:
        assert work.nearby(GRID, UNCLASSIFIED, alarmed=False, since=T0, limit=9) == (called,)
        assert work.nearby(GRID, GAS, alarmed=True, since=T0, limit=9) == (alarm,)


def test_what_is_near_is_of_the_device_or_of_a_category_that_is_sought(side: Side) -> None:
    bare = _save(side, _report("LY-1"))
    lamp = _save(side, _report("LY-2", at=T0 + 1, category="lighting", device="lamp-1"))
    gas = _save(side, _report("LY-3", at=T0 + 2, category="gas-leak"))
    with side.store.transaction() as work:

        def near(device: str, *categories: str) -> tuple[Ticket, ...]:
            return work.nearby(GRID, Sought(device, categories), alarmed=False, since=T0, limit=9)

        assert near("", "gas-leak", "") == (gas, bare)
        assert near("lamp-1") == (lamp,)
        assert near("lamp-1", "gas-leak") == (gas, lamp)
        assert near("lamp-2") == near("") == (), "that two have no device makes them no more alike"


def test_a_wrong_grid_hides_no_ticket_of_the_neighbourhood(side: Side) -> None:
    """By the communities around, and by the point where the ticket says one, each once."""
    here, metre = (113.5, 23.1), 1 / 111_320
    wrong = _save(side, _report("LY-1", area="990199999999999", position=(here[0], here[1] + 300 * metre)))
    far = _save(side, _report("LY-2", area="990199999999999", position=(here[0], here[1] + 900 * metre)))
    beside = _save(side, _report("LY-3", at=T0 + 1, area=NEIGHBOUR, position=here))
    communities = side.matches.around(GRID, None)
    assert communities == (GRID[:12], NEIGHBOUR[:12])
    assert side.matches.around("", (here[0] + 5000 * metre, here[1])) == ("990101009009",)
    assert side.matches.around("990101777777777", None) == ()
    assert side.matches.open_near(communities, near=here, scope="", since=T0, limit=9) == (beside, wrong)
    assert side.matches.open_near(communities, near=None, scope="", since=T0, limit=9) == (beside,)
    assert side.matches.open_near((), near=here, scope="990101", since=T0, limit=9) == (beside,)
    assert far.open


def test_a_callers_tickets_are_found_by_the_number_and_an_empty_one_finds_nobodys(side: Side) -> None:
    first = _save(side, _report("LY-1", caller=Caller("王女士", "13800001111")))
    second = _save(side, _report("LY-2", at=T0 + 5, caller=Caller("王女士", "13800001111")))
    _save(side, _report("LY-3", caller=Caller("李先生", "")))
    assert side.matches.of_caller("13800001111", scope="", limit=9) == (second, first)
    assert side.matches.of_caller("13800001111", scope="990102", limit=9) == ()
    assert side.matches.of_caller("", scope="", limit=9) == ()


def test_a_call_and_an_alarm_at_once_find_each_other(side: Side) -> None:
    building = f"{GRID}00001"
    directory = MemoryDirectory(spots={"gas-000001": Spot("1 单元", building)})
    take = TakeAlarm(side.store, directory, ManualClock(T0), RandomIds())
    call = OpenTicket(side.store, ManualClock(T0), RandomIds())
    report = Report("楼道有煤气味", "很重", area=GRID, building=building, caller=Caller("王女士", "13800001111"))
    with ThreadPoolExecutor(2) as pool:
        called = pool.submit(call, report, who=Actor("operator", Role.OPERATOR))
        alarm = pool.submit(take, raised()).result().ticket
        opened = called.result()
    assert alarm is not None
    with side.store.transaction() as work:
        found = work.ticket(opened.id)
    assert found is not None
    assert (found.state, found.master) == (State.MERGED, alarm.id)


def test_alarms_go_back_with_what_their_master_leaves(side: Side) -> None:
    clock, ids, operator = ManualClock(T0), RandomIds(), Actor("operator", Role.OPERATOR)
    take, act = TakeAlarm(side.store, MemoryDirectory(), clock, ids), ActOnTicket(side.store, clock)
    lamp = {"device": "lamp-1", "kind": "light", "ticket": TicketPolicy("lighting", 0, 1, 1)}
    alarm = take(raised(**lamp)).ticket
    assert alarm is not None
    report = Report("路灯不亮", "三号楼", area=GRID, caller=Caller("王女士", "13800001111"))
    call = OpenTicket(side.store, clock, ids)(report, who=operator)
    act(Act(alarm.id, "merge", alarm.version, Details(master=call.id)), who=operator)
    with side.store.transaction() as work:
        master = work.ticket(call.id)
    assert master is not None
    act(Act(master.id, "withdraw", master.version, Details(reason="看错了")), who=operator)
    with side.store.transaction() as work:
        alone, owner = work.ticket(alarm.id), work.of_episode("e1")
    assert alone is not None
    assert (alone.state, alone.sensor_active, owner) == (State.DISPATCHED, True, alone)


def test_a_chronic_tank_and_building_are_those_that_keep_coming_back(side: Side) -> None:
    ids, directory = RandomIds(), MemoryDirectory(spots={"gas-000001": Spot("1 单元", f"{GRID}00001")})
    for number, device in enumerate(("gas-000001", "gas-000001", "gas-000002", "gas-000001")):
        at = T0 + number
        event = raised(f"e{number}", device=device, incident=f"i{number}", at=at, since=at)
        TakeAlarm(side.store, directory, ManualClock(at), ids)(event)
    _save(side, _report("LY-9", building=f"{GRID}00001", at=T0 + 9))
    [tank] = side.spots.hotspots(by="device", scope="", since=T0, limit=9)
    assert (tank.device, tank.kind, tank.tickets, tank.alarms, tank.last) == ("gas-000001", "gas", 3, 3, T0 + 3)
    [house] = side.spots.hotspots(by="building", scope="", since=T0, limit=9)
    assert (house.device, house.building, house.place, house.tickets) == ("", f"{GRID}00001", "三号楼", 4)
    assert side.spots.hotspots(by="device", scope="990102", since=T0, limit=9) == ()
    assert side.spots.hotspots(by="device", scope="", since=T0 + 3, limit=9) == (), "one alarm is no habit"


def _archived(side: Side, number: str, at: int, **changes: Any) -> Ticket:
    ticket = _save(side, _report(number, **changes))
    ticket = _save(
        side,
        domain.move(
            ticket, domain.Action.WITHDRAW, now=at, by="operator", role=Role.OPERATOR, details=Details(reason="修好了")
        ),
    )
    return _save(side, domain.archived(ticket, now=at))


def test_personal_tickets_come_the_oldest_first_and_only_if_somebody_reported_them(side: Side) -> None:
    second = _archived(side, "LY-2", T0 + 2, caller=Caller("王", "13800001234"))
    first = _archived(side, "LY-1", T0 + 1, reporter="citizen")
    _archived(side, "LY-3", T0)
    _save(side, _report("LY-4", caller=Caller("李", "13800001234")))
    with side.store.transaction() as work:
        assert work.personal(T0 + 5, 9) == (first, second)
        assert work.personal(T0 + 5, 1) == (first,)
        assert work.personal(T0 + 1, 9) == (first,)
        assert work.oldest_personal() == T0 + 1


def test_an_erased_log_takes_the_place_of_the_old_one_and_rebuilds_the_ticket(side: Side) -> None:
    ticket = _archived(side, "LY-1", T0 + 1, caller=Caller("王", "13800001234"))
    with side.store.transaction() as work:
        work.remember({"operator call": Answer("digest", ticket.id, 1)})
        erased, events = domain.erased(ticket, now=T0 + 9, why="到期", years=5)
        put(work, erased, events)
    with side.store.transaction() as work:
        log = work.events(ticket.id)
        assert domain.replay(log) == work.ticket(ticket.id) == erased
        assert work.answers(["operator call"]) == {}
        assert work.personal(T0 + 9, 9) == ()
        assert work.oldest_personal() is None
    assert "王" not in repr(log) + repr(erased)
    assert "13800001234" not in repr(log) + repr(erased)
    assert side.matches.of_caller("13800001234", scope="", limit=9) == ()
    assert side.matches.of_caller(ERASED, scope="", limit=9) == ()
