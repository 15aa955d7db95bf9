"""Deadlines as data: what the profiles grant, what is no policy, and that none bends a running clock."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import pytest

from services.tickets import domain
from services.tickets.domain import Action, Actor, Card, Clock, Level, Policy, Role, State
from services.tickets.domain.policy import Enforced, Published
from services.tickets.domain.profiles import BEIJING, DEFAULT, SHANDONG, SHANGHAI_STREET, SHIPPED
from services.tickets.handlers import Act, ActOnTicket, KeepPolicies, OpenTicket, Report
from streams.contracts import Refused
from tests.fakes.alarm_events import GRID, MAJOR, T0
from tests.fakes.clock import ManualClock
from tests.fakes.tickets import MemoryTicketStore, MemoryWork
from tests.unit.tickets.ticket_stories import DAY, HOUR, MINUTE, called, leak, to

ADMIN = Actor("admin", Role.ADMINISTRATOR)
F = Clock.FINISH
WHY = "市里 2026 年的决定"
Write = Callable[..., Policy]


# What the profiles say


def test_the_default_is_the_loops_own() -> None:
    critical, major, ordinary = (DEFAULT.limits[urgency] for urgency in (2, 1, 0))
    for limits in (critical, major, ordinary):
        assert (limits[Clock.ACCEPT], limits[Clock.DISPATCH], limits[Clock.CONTACT]) == ("2h", "5m", "1wd")
        assert limits[Clock.REDO] == "3wd"
    assert [critical[clock] for clock in (Clock.SIGN, Clock.ON_SITE, Clock.RESULT)] == ["5m", "30m", "2h"]
    assert [major[clock] for clock in (Clock.SIGN, Clock.ON_SITE, F)] == ["15m", "2h", "24h"]
    assert (critical[Clock.REVIEW], ordinary[Clock.REVIEW]) == ("1h", "1wd")
    assert DEFAULT.returns == {0: "2wd", 1: "2h"}
    assert DEFAULT.wait == "3wd"


def test_beijing_runs_day_and_night() -> None:
    assert [BEIJING.limits[urgency][F] for urgency in (2, 1, 0)] == ["2h", "24h", "7d"]
    assert BEIJING.extension[0] == "8d", "fifteen days in all"
    words = {word for limits in BEIJING.limits.values() for word in limits.values()}
    assert not [word for word in words if "w" in word]


def test_shanghais_street_counts_working_days() -> None:
    ordinary = SHANGHAI_STREET.limits[0]
    assert (ordinary[Clock.CONTACT], ordinary[F], ordinary[Clock.REDO]) == ("1wd", "5wd", "3wd")
    assert SHANGHAI_STREET.extension[0] == "10wd", "fifteen in all"


def test_shandong_grants_five_and_at_most_ten_more() -> None:
    assert (SHANDONG.limits[0][F], SHANDONG.extension[0], SHANDONG.returns[0]) == ("5wd", "10wd", "2wd")


def test_four_profiles_ship() -> None:
    assert set(SHIPPED) == {"default", "beijing", "shanghai-street", "shandong"}


def test_an_ordinary_call_in_beijing_ends_after_seven_days_and_no_working_day_is_asked_for() -> None:
    run = called(policy=BEIJING).ticket.run(F)
    assert run is not None
    assert (run.due, run.warn) == (T0 + 7 * DAY, T0 + 7 * DAY - 7 * DAY // 4)


# What is no policy


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"limits": {0: {}, 1: {}, 2: {}}}, "limits.0.accept is missing"),
        ({"wait": "soon"}, "wait is 'soon', which is no limit"),
        ({"returns": {0: "2wd"}}, "returns.1 is missing"),
        ({"extension": {0: "2wd", 1: "2x"}}, "extension.1 is '2x', which is no limit"),
        ({"limits": {**DEFAULT.limits, 0: {**DEFAULT.limits[0], Clock.TASK: "9"}}}, "limits.0.task is '9'"),
        ({"park_days": 91}, "park_days is 1 to 90"),
        ({"hours": ()}, "hours are spans"),
        ({"hours": ((700, 600),)}, "hours are spans"),
        ({"hours": ((510, 720), (700, 900))}, "hours are spans"),
    ],
    ids=str,
)
def test_what_is_no_policy_says_what_it_lacks(change: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match="not a policy") as refusal:
        msgspec.structs.replace(DEFAULT, **change)
    assert refusal.value.code == "policy"
    assert why in refusal.value.detail
    field, remedy = str(refusal.value.extra["field"]), refusal.value.extra["remedy"]
    assert why.startswith(field), "the field is named, and what would do"
    assert remedy


# In force


@pytest.fixture
def store() -> MemoryTicketStore:
    return MemoryTicketStore()


def keep(store: MemoryTicketStore) -> KeepPolicies:
    return KeepPolicies(store, ManualClock(T0))


def changed(version: int = 2) -> Policy:
    limits = {urgency: {**row, Clock.ACCEPT: "1h"} for urgency, row in DEFAULT.limits.items()}
    return msgspec.structs.replace(DEFAULT, version=version, limits=limits)


def test_until_somebody_chooses_the_default_is_in_force(store: MemoryTicketStore) -> None:
    assert keep(store).in_force() == DEFAULT
    assert keep(store).enforce(BEIJING, who=ADMIN, reason=WHY) == keep(store).in_force() == BEIJING


def test_new_tickets_get_the_policy_in_force_and_older_ones_keep_theirs(store: MemoryTicketStore) -> None:
    clock = ManualClock(T0)
    operator = Actor("operator", Role.OPERATOR)
    open_ticket = OpenTicket(store, clock, iter_ids())
    before = open_ticket(Report("路灯不亮", "三号楼"), who=operator)
    keep(store).enforce(changed(), who=ADMIN, reason=WHY)
    after = open_ticket(Report("路灯不亮", "五号楼"), who=operator)
    assert [ticket.run(Clock.ACCEPT).limit for ticket in (before, after)] == ["2h", "1h"]  # type: ignore[union-attr]
    act = ActOnTicket(store, clock)
    assert act(_accept(before), who=operator).policy == DEFAULT


def iter_ids() -> Any:
    class Counted:
        numbers = iter(range(100))

        def new(self) -> str:
            return f"t{next(self.numbers)}"

    return Counted()


def _accept(ticket: domain.Ticket) -> Act:
    return Act(ticket.id, Action.ACCEPT, ticket.version)


def test_a_version_never_changes_and_none_is_left_out(store: MemoryTicketStore) -> None:
    keep(store).enforce(changed(), who=ADMIN, reason=WHY)
    for wrong in (msgspec.structs.replace(changed(), wait="1wd"), changed(version=4)):
        with pytest.raises(Refused) as refusal:
            keep(store).enforce(wrong, who=ADMIN, reason=WHY)
        assert (refusal.value.code, refusal.value.extra["version"]) == ("conflict", 2)
        assert refusal.value.extra["remedy"] == "Publish your change as version 3."
    assert [policy.version for policy in keep(store).known() if policy.name == "default"] == [1, 2]


def test_who_when_and_why_stay_with_each_time_and_with_the_audit(store: MemoryTicketStore) -> None:
    clock = ManualClock(T0)
    policies = KeepPolicies(store, clock)
    policies.enforce(changed(), who=ADMIN, reason="  市里 2026 年的决定\n")
    clock.advance(DAY)
    policies.enforce(DEFAULT, who=Actor("sup", Role.SUPERVISOR), reason="先按老办法")
    written, back = policies.history()
    assert (written.version, written.by, written.at, written.reason) == (2, "admin", T0, WHY)
    assert (back.version, back.by, back.at, back.reason) == (1, "sup", T0 + DAY, "先按老办法")
    author = Published(changed(), "admin", T0, WHY)
    assert policies.published() == {("default", 2): author}, "the shipped one has no author"
    assert audited(store) == [
        ("policy_published", "admin", WHY),
        ("policy", "admin", WHY),
        ("policy", "sup", "先按老办法"),
    ]


def test_a_version_is_published_and_whatever_was_in_force_stays(store: MemoryTicketStore) -> None:
    assert keep(store).publish(changed(), who=ADMIN, reason=f" {WHY}\n") == changed()
    assert (keep(store).in_force(), keep(store).history()) == (DEFAULT, ())
    assert keep(store).newest()["default"] == 2
    assert keep(store).published() == {("default", 2): Published(changed(), "admin", T0, WHY)}
    assert audited(store) == [("policy_published", "admin", WHY)]
    opened = OpenTicket(store, ManualClock(T0), iter_ids())(Report("路灯不亮", "三号楼"), who=Actor("o", Role.OPERATOR))
    assert opened.policy == DEFAULT


def test_what_was_published_is_put_in_force_later_and_its_author_stays(store: MemoryTicketStore) -> None:
    keep(store).publish(changed(), who=ADMIN, reason=WHY)
    later = KeepPolicies(store, ManualClock(T0 + DAY))
    later.enforce(changed(), who=Actor("sup", Role.SUPERVISOR), reason="试行期满")
    assert later.in_force() == changed()
    assert later.published() == {("default", 2): Published(changed(), "admin", T0, WHY)}
    assert later.history() == (Enforced("default", 2, "sup", T0 + DAY, "试行期满"),)
    assert audited(store) == [("policy_published", "admin", WHY), ("policy", "sup", "试行期满")]


def test_publishing_the_same_again_or_what_ships_changes_nothing(store: MemoryTicketStore) -> None:
    keep(store).publish(changed(), who=ADMIN, reason=WHY)
    keep(store).publish(changed(), who=Actor("sup", Role.SUPERVISOR), reason="又点了一次")
    keep(store).publish(BEIJING, who=ADMIN, reason=WHY)
    assert [written.by for written in store.state.policies.values()] == ["admin"]
    assert audited(store) == [("policy_published", "admin", WHY)]


def test_a_published_version_never_changes_and_none_is_left_out(store: MemoryTicketStore) -> None:
    keep(store).publish(changed(), who=ADMIN, reason=WHY)
    for wrong in (msgspec.structs.replace(changed(), wait="1wd"), changed(version=4)):
        for write in (keep(store).publish, keep(store).enforce):
            with pytest.raises(Refused) as refusal:
                write(wrong, who=ADMIN, reason=WHY)
            assert (refusal.value.code, refusal.value.extra["version"]) == ("conflict", 2)
    assert (keep(store).history(), len(store.state.policies)) == ((), 1)


class Raced(MemoryTicketStore):
    """Somebody else's version comes between reading and writing, as a second transaction's may."""

    @contextmanager
    def transaction(self) -> Iterator[MemoryWork]:
        with super().transaction() as work:
            yield RacedWork(work)


class RacedWork(MemoryWork):
    def __init__(self, work: MemoryWork) -> None:
        super().__init__(work._state)

    def publish(self, written: Published) -> bool:
        super().publish(Published(msgspec.structs.replace(written.policy, wait="1wd"), "quicker", T0, WHY))
        return super().publish(written)


def test_whom_somebody_overtakes_is_told_the_next_version() -> None:
    with pytest.raises(Refused) as refusal:
        keep(Raced()).publish(changed(), who=ADMIN, reason=WHY)
    assert (refusal.value.code, refusal.value.extra["remedy"]) == ("conflict", "Publish your change as version 3.")


def test_a_policy_of_a_citys_own_begins_at_version_one(store: MemoryTicketStore) -> None:
    own = msgspec.structs.replace(DEFAULT, name="chengdu-gas", wait="1wd")
    with pytest.raises(Refused, match="publish your change as version 1"):
        keep(store).publish(msgspec.structs.replace(own, version=2), who=ADMIN, reason=WHY)
    keep(store).publish(own, who=ADMIN, reason=WHY)
    keep(store).publish(msgspec.structs.replace(own, version=2, wait="2wd"), who=ADMIN, reason=WHY)
    assert keep(store).newest()["chengdu-gas"] == 2
    with pytest.raises(Refused) as refusal:
        keep(store).publish(msgspec.structs.replace(DEFAULT, name="beijing"), who=ADMIN, reason=WHY)
    assert refusal.value.code == "conflict", "the name of one that ships"


@pytest.mark.parametrize("name", ["", "Gas", "成都", "2026", "-gas", "gas_1", "gas/1", "g" * 41, "gas\n"])
def test_a_new_name_is_one_that_addresses_and_cells_keep(store: MemoryTicketStore, name: str) -> None:
    for write in (keep(store).publish, keep(store).enforce):
        with pytest.raises(Refused) as refusal:
            write(msgspec.structs.replace(DEFAULT, name=name), who=ADMIN, reason=WHY)
        assert (refusal.value.code, refusal.value.extra["field"]) == ("policy", "name")
        assert "lower-case letters" in str(refusal.value.extra["remedy"])


def test_a_name_that_began_before_its_rule_goes_on(store: MemoryTicketStore) -> None:
    old = msgspec.structs.replace(DEFAULT, name="Old_1")
    with store.transaction() as work:
        work.publish(Published(old, "admin", T0, ""))
    keep(store).enforce(old, who=ADMIN, reason=WHY)
    keep(store).publish(msgspec.structs.replace(old, version=2, wait="1wd"), who=ADMIN, reason=WHY)
    assert keep(store).newest()["Old_1"] == 2


def audited(store: MemoryTicketStore) -> list[tuple[str, str, str]]:
    return [(each.did, each.by, json.loads(each.detail)["reason"]) for each in store.state.audit.entries]


@pytest.mark.parametrize("write", [KeepPolicies.publish, KeepPolicies.enforce])
@pytest.mark.parametrize("reason", ["", "  急 \n 急 ", "理" * 201])
def test_a_reason_is_asked_for(store: MemoryTicketStore, write: Write, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        write(keep(store), changed(), who=ADMIN, reason=reason)
    assert (refusal.value.code, refusal.value.extra["wrong"]) == ("fields", ["reason"])
    assert (keep(store).history(), store.state.policies) == ((), {})


@pytest.mark.parametrize("write", [KeepPolicies.publish, KeepPolicies.enforce])
@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.SUPERVISOR, Role.ADMINISTRATOR}])
def test_only_supervisors_and_administrators_change_deadlines(
    store: MemoryTicketStore, write: Write, role: Role
) -> None:
    with pytest.raises(Refused) as refusal:
        write(keep(store), changed(), who=Actor("somebody", role), reason=WHY)
    assert refusal.value.code == "forbidden"


# Cards, warnings, supervision, levels


def test_a_working_day_clock_is_yellow_when_one_working_day_is_left_and_red_the_day_after() -> None:
    story = to(State.DISPATCHED)
    run = story.ticket.run(F)
    assert run is not None
    assert run.due == run.warn + DAY, "Friday the 27th"
    assert (run.card_at(run.warn - 1), run.card_at(run.warn), run.card_at(run.due)) == (None, Card.YELLOW, Card.RED)


def test_one_warning_a_stage() -> None:
    story = leak()
    for _ in range(40):
        story.waits(MINUTE)
    marks = [event.evidence for event in story.events if event.action is Action.MARK]
    told = [(mark["clock"], mark["shown"], mark["card"]) for mark in marks]
    assert told == [
        ("sign", "yellow", "yellow"), ("sign", "red", "red"), ("on_site", "yellow", ""), ("on_site", "red", "red"),
    ]  # fmt: skip


def test_another_stage_is_warned_of_anew() -> None:
    story = leak().waits(4 * MINUTE)
    assert story.events[-1].evidence["card"] == "yellow"
    story.does(Role.UNIT_HANDLER, Action.ARRIVE).waits(88 * MINUTE)
    assert (story.events[-1].evidence["clock"], story.events[-1].evidence["card"]) == ("result", "yellow")


def test_a_red_card_means_supervision_and_a_level_up_each_time_a_reviewer_had_their_time() -> None:
    story = leak()
    assert (story.ticket.level, story.ticket.supervised) == (Level.GRID, False)
    levels = []
    for wait in (5 * MINUTE, HOUR, HOUR, HOUR, 9 * HOUR):
        story.waits(wait)
        levels.append(story.ticket.level)
    assert levels == [Level.COMMUNITY, Level.STREET, Level.DISTRICT, Level.DISTRICT, Level.DISTRICT]
    assert story.ticket.supervised
    assert sum(event.action is Action.ESCALATE for event in story.events) == 3


def test_small_matters_stay_in_the_grid() -> None:
    story = leak(ticket=MAJOR).does(Role.UNIT_HANDLER, Action.ARRIVE).waits(HOUR)
    assert (story.ticket.level, story.ticket.supervised) == (Level.GRID, False)


def test_a_ticket_begins_at_the_level_of_its_place() -> None:
    assert called(area="990101001").ticket.level is Level.STREET
    assert called(area="990101001001").ticket.level is Level.COMMUNITY
    assert called(area="990101").ticket.level is Level.DISTRICT
    assert called(area=GRID).ticket.level is Level.GRID


def test_what_was_slept_through_is_done_at_the_first_look_and_once() -> None:
    story = leak().waits(10 * DAY)
    shown = [event.evidence["clock"] for event in story.events if event.action is Action.MARK]
    assert shown == ["sign", "on_site", "result", "finish"], "red at once, and no yellow behind it"
    assert sum(event.action is Action.ESCALATE for event in story.events) == 1
    assert domain.overdue(story.ticket, story.now)[1] == ()


def test_a_clock_that_ends_in_an_unknown_year_is_assumed_and_runs() -> None:
    last = domain.calendars.known_until_ms() - DAY
    opening = called().ticket
    run = domain.clocks.run_for(F, "5wd", last, opening.policy.hours)
    assert run.assumed
    assert run.due > last + 5 * DAY
    assert not domain.clocks.run_for(F, "24h", last, opening.policy.hours).assumed
    ends_with_it = domain.clocks.run_for(F, "1wd", last - HOUR, opening.policy.hours)
    assert (ends_with_it.due, ends_with_it.assumed) == (last + DAY, False), "the last day is known"


@pytest.mark.parametrize(
    ("words", "paused", "resumed", "due", "warn"),
    [
        ("8h", "11-23T09:00", "11-25T09:00", "11-25T16:00", "11-25T14:00"),  # an hour had passed of eight
        ("8h", "11-23T15:00", "11-25T09:00", "11-25T10:00", "11-25T09:00"),  # the card was due already
        ("4wh", "11-23T09:30", "11-24T16:30", "11-25T10:30", "11-25T09:30"),  # Tuesday's hour, and Wednesday's two
        ("5wd", "11-23T09:00", "11-28T12:00", "12-05T00:00", "12-04T00:00"),  # on a Saturday
    ],
)
def test_a_clock_that_goes_on_warns_when_as_much_is_left_as_it_would_have_been(
    words: str, paused: str, resumed: str, due: str, warn: str
) -> None:
    hours = DEFAULT.hours
    run = domain.clocks.run_for(F, words, at("11-23T08:00"), hours)
    held = domain.clocks.pause((run,), (F,), at(paused), hours)
    (goes_on,) = domain.clocks.resume(held, (F,), at(resumed), hours)
    assert (goes_on.due, goes_on.warn) == (at(due), at(warn))


def at(text: str) -> int:
    """A moment of 2026 in Shanghai; 23 November is a Monday."""
    return round(datetime.fromisoformat(f"2026-{text}+08:00").timestamp() * 1000)


def test_urgency_takes_the_nearer_of_old_and_new_even_for_a_paused_clock() -> None:
    story = to(State.IN_PROGRESS).does(Role.UNIT_HANDLER, Action.FINISH).alarms("e1", ticket=MAJOR)
    run = story.ticket.run(F)
    assert run is not None
    assert (story.state, run.limit, run.due) == (State.IN_PROGRESS, "24h", story.now + DAY)
