import itertools
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from services.tickets.domain import Action as Do
from services.tickets.domain import Actor, Details, Event, Role, Satisfaction, Scale, State
from services.tickets.domain.figures import (
    SHIPPED,
    By,
    Measure,
    Published,
    Scoring,
    Share,
    Tally,
    days_of,
    figures_of,
    months_of,
    record_of,
    window_of,
)
from services.tickets.domain.figures.windows import before, month_at
from services.tickets.domain.numbers import SHANGHAI
from services.tickets.handlers import CountFigures
from services.tickets.handlers.figures import Asked
from streams.contracts import Refused
from tests.fakes.clock import ManualClock
from tests.fakes.figures import MemoryFigures
from tests.fakes.tickets import MemoryTicketStore
from tests.unit.tickets.ticket_stories import DAY, MINUTE, PEOPLE, Story, called, leak, to

CALENDAR = Scoring(version=2, day_begins=0, month_begins=1)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("2026-11-22", "2026-11-21T12:00", "2026-11-22T12:00"),
        ("2026-11", "2026-10-18T12:00", "2026-11-18T12:00"),
        ("2026-01", "2025-12-18T12:00", "2026-01-18T12:00"),
        ("2026-03", "2026-02-18T12:00", "2026-03-18T12:00"),
        ("2026", "2025-12-18T12:00", "2026-12-18T12:00"),
        ("2026-11-01..2026-11-22", "2026-10-31T12:00", "2026-11-22T12:00"),
    ],
)
def test_a_day_goes_from_noon_to_noon_and_a_month_from_the_19th(name: str, start: str, end: str) -> None:
    window = window_of(name, SHIPPED)
    assert (window.start, window.end) == (at(start), at(end))


def test_the_calendars_own_days_and_months_are_a_matter_of_rules() -> None:
    window = window_of("2026-02", CALENDAR)
    assert (window.start, window.end) == (at("2026-02-01"), at("2026-03-01"))


@pytest.mark.parametrize("scoring", [SHIPPED, CALENDAR])
def test_days_add_up_to_their_month_and_months_to_their_year(scoring: Scoring) -> None:
    year = window_of("2026", scoring)
    months = months_of(year, scoring)
    days = [day for month in months for day in days_of(month, scoring)]
    for parts in (months, days):
        assert parts[0].start == year.start
        assert parts[-1].end == year.end
        assert all(before.end == after.start for before, after in itertools.pairwise(parts))
    assert (len(months), len(days)) == (12, 365)
    assert [month.name for month in months] == [f"2026-{number:02}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-11-18T11:59", "2026-11"),
        ("2026-11-18T12:00", "2026-12"),
        ("2026-12-18T12:00", "2027-01"),
        ("2026-12-31T23:59", "2027-01"),
    ],
)
def test_a_moment_belongs_to_one_month(moment: str, month: str) -> None:
    assert month_at(at(moment), SHIPPED) == month
    window = window_of(month, SHIPPED)
    assert window.start <= at(moment) < window.end


@pytest.mark.parametrize(
    "name", ["", "heute", "2026-13", "2026-02-30", "2026-11-22..2026-11-01", "0001", "1900..2026", "2026-1"]
)
def test_what_is_no_period_is_refused_with_what_is_one(name: str) -> None:
    with pytest.raises(Refused, match="no day 2026-11-22, month 2026-11"):
        window_of(name, SHIPPED)


def test_no_data_is_not_zero() -> None:
    nothing = figures_of(Tally(), SHIPPED)
    assert set(nothing.rates.values()) == {None}
    assert nothing.score is None
    none_good = figures_of(Tally(shares={Measure.SOLUTION: Share(0, 3)}), SHIPPED)
    assert none_good.rates[Measure.SOLUTION] == 0.0
    assert none_good.score is None, "a score of some of the three would be another score"


def test_mostly_satisfied_counts_with_its_weight_and_the_score_with_its_weights() -> None:
    shares = {
        Measure.RESPONSE: Share(8, 10),
        Measure.SOLUTION: Share(5, 10),
        Measure.SATISFACTION: Share(4, 10, 3),
    }
    figures = figures_of(Tally(shares=shares), SHIPPED)
    assert figures.rates[Measure.SATISFACTION] == pytest.approx((4 + 0.9 * 3) / 10)
    assert figures.score == pytest.approx(0.1 * 0.8 + 0.5 * 0.5 + 0.4 * 0.67)


def answered(solved: bool, satisfied: Satisfaction) -> Story:
    story = to(State.CALLBACK).after(MINUTE)
    return story.does(Role.OPERATOR, Do.CALLBACK, Details(contacted=True, solved=solved, satisfied=satisfied))


def test_the_newest_whole_answer_counts_and_a_reopened_ticket_has_none() -> None:
    story = answered(solved=True, satisfied=Satisfaction.SATISFIED)
    record = record_of(story.ticket, story.events)
    assert (record.valid, record.was_solved, record.satisfied) == (True, True, Satisfaction.SATISFIED)
    story.after(DAY).does(Role.SUPERVISOR, Do.REOPEN)
    record = record_of(story.ticket, story.events)
    assert (record.valid, record.closed_at, record.repeated) == (False, None, True)


def test_a_reporter_who_was_not_reached_is_no_valid_call_back() -> None:
    story = to(State.CALLBACK)
    for _ in range(3):
        story.after(DAY).does(Role.OPERATOR, Do.CALLBACK, Details(contacted=False))
    record = record_of(story.ticket, story.events)
    assert record.closed_at is not None
    assert not record.valid
    assert not record.judged


def test_closed_as_unsolved_counts_as_unsolved() -> None:
    story = to(State.CALLBACK).after(MINUTE).does(Role.SUPERVISOR, Do.CLOSE_UNRESOLVED)
    record = record_of(story.ticket, story.events)
    assert (record.valid, record.judged, record.was_solved) == (False, True, False)


def test_a_ticket_without_reporter_stays_out_of_the_three_rates() -> None:
    story = leak()
    record = record_of(story.ticket, story.events)
    assert not record.reporter
    unsolved = msgspec.structs.replace(record, unsolved=True, solved=True, satisfied=Satisfaction.SATISFIED)
    assert (unsolved.valid, unsolved.judged) == (False, False)


def test_the_five_firsts_are_spans_from_the_alarm_and_from_the_ticket() -> None:
    story = answered(solved=True, satisfied=Satisfaction.SATISFIED)
    spans = record_of(story.ticket, story.events).spans()
    assert spans["discover"] is None, "nobody knows since when a lamp was dark"
    assert (spans["accept"], spans["resolve"], spans["confirm"], spans["feed_back"]) == (
        MINUTE, 5 * MINUTE, 6 * MINUTE, 7 * MINUTE,
    )  # fmt: skip
    stages = [spans[f"in_{stage}"] for stage in ("discovery", "dispatch", "resolve", "feedback")]
    assert sum(stage or 0 for stage in stages) == 7 * MINUTE
    alarm = leak()
    assert record_of(alarm.ticket, alarm.events).spans()["discover"] is not None


def test_signing_late_counts_as_late_and_not_signing_too() -> None:
    story = to(State.DISPATCHED).after(3 * DAY).does(Role.UNIT_HANDLER, Do.SIGN)
    record = record_of(story.ticket, story.events)
    assert (record.sign_decided, record.sign_missed) == (True, True)
    story = to(State.DISPATCHED).after(3 * DAY).does(Role.DISPATCHER, Do.REASSIGN)
    record = record_of(story.ticket, story.events)
    assert (record.sign_decided, record.sign_missed) == (True, True)
    story = to(State.DISPATCHED).after(MINUTE).does(Role.UNIT_LEADER, Do.RETURN)
    story.after(MINUTE).does(Role.DISPATCHER, Do.RETURN_OK)
    assert not record_of(story.ticket, story.events).sign_decided, "a return in time is no signature and no failure"


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {Measure.RESPONSE: 0.5, Measure.SOLUTION: 0.5, Measure.SATISFACTION: 0.5}},
        {"weights": {Measure.RESPONSE: 1.0}},
        {"mostly": 1.1},
        {"month_begins": 31},
        {"day_begins": 1440},
        {"targets": {Measure.SOLUTION: 95}},
        {"version": 0},
    ],
    ids=str,
)
def test_rules_that_are_none_are_refused_by_their_field(changes: dict[str, object]) -> None:
    fields = {"version": 2, **changes}
    with pytest.raises(Refused) as refused:
        Scoring(**fields)  # type: ignore[arg-type]
    assert refused.value.extra["wrong"] == [next(iter(changes))]


def test_rules_are_published_as_the_next_version_by_those_who_may() -> None:
    count = CountFigures(MemoryFigures(MemoryTicketStore()), ManualClock(at("2026-11-22T09:41")))
    supervisor, operator = PEOPLE[Role.SUPERVISOR], Actor("operator", Role.OPERATOR)
    assert count.scoring() == SHIPPED
    with pytest.raises(Refused, match="changed by administrator or supervisor"):
        count.publish(CALENDAR, who=operator, reason="考核办法第 12 条")
    with pytest.raises(Refused, match="has 4 to 200"):
        count.publish(CALENDAR, who=supervisor, reason="  x ")
    count.publish(CALENDAR, who=supervisor, reason=" 考核办法  第 12 条 ")
    now = at("2026-11-22T09:41")
    assert count.known() == (Published(SHIPPED), Published(CALENDAR, supervisor.by, now, "考核办法 第 12 条"))
    assert count(Asked("2026-11")).scoring == CALENDAR
    assert count(Asked("2026-11", version=1)).window == window_of("2026-11", SHIPPED), "older figures stay askable"
    with pytest.raises(Refused, match="publish your change as version 3"):
        count.publish(CALENDAR, who=supervisor, reason="考核办法第 12 条")
    with pytest.raises(Refused, match="no version 9"):
        count(Asked("2026-11", version=9))


def test_a_draft_shows_last_months_figures_and_changes_nothing() -> None:
    store = MemoryTicketStore()
    story = answered(solved=True, satisfied=Satisfaction.MOSTLY)
    with store.transaction() as work:
        work.save(story.ticket, story.events)
    count = CountFigures(MemoryFigures(store), ManualClock(story.now + 31 * DAY))
    half = msgspec.structs.replace(SHIPPED, version=2, mostly=0.5)
    force, drafted = count.preview(half, who=PEOPLE[Role.SUPERVISOR], scope="")
    assert force.window.name == drafted.window.name == month_at(story.now, SHIPPED)
    rates = [counted.whole.figures.rates[Measure.SATISFACTION] for counted in (force, drafted)]
    assert rates == [0.9, 0.5]
    assert count.scoring() == SHIPPED
    with pytest.raises(Refused, match="changed by"):
        count.preview(half, who=PEOPLE[Role.DISPATCHER], scope="")


@pytest.mark.parametrize(("month", "earlier"), [("2026-11", "2026-10"), ("2026-01", "2025-12")])
def test_the_month_before(month: str, earlier: str) -> None:
    assert before(month) == earlier


def test_four_answers_are_two_that_count_whole_one_that_counts_with_w_and_one_that_does_not() -> None:
    assert [Scale.THREE.answers, Scale.FOUR.answers] == [tuple(Satisfaction)[1:], tuple(Satisfaction)]
    store = MemoryTicketStore()
    for number, word in enumerate(Satisfaction):
        story = answered(solved=True, satisfied=word)
        with store.transaction() as work:
            work.save(
                msgspec.structs.replace(story.ticket, id=f"t{number}", state=State.CLOSED, closed_at=story.now),
                [msgspec.structs.replace(event, ticket=f"t{number}", **_closed(event)) for event in story.events],
            )
    count = CountFigures(MemoryFigures(store), ManualClock(story.now))
    whole = count(Asked(month_at(story.now, SHIPPED))).whole
    assert whole.tally.shares[Measure.SATISFACTION] == Share(2, 4, 1)
    assert whole.figures.rates[Measure.SATISFACTION] == pytest.approx((2 + 0.9) / 4)


def _closed(event: Event) -> dict[str, State]:
    """The dissatisfied one would be redone; here its figures alone matter."""
    return {"new": State.CLOSED} if event.action is Do.CALLBACK else {}


def test_a_period_without_tickets_is_a_row_without_data() -> None:
    count = CountFigures(MemoryFigures(MemoryTicketStore()), ManualClock(at("2026-11-22T09:41")))
    counted = count(Asked("2026-11-20..2026-11-22", by=By.PERIOD))
    assert [row.tally.key for row in counted.rows] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert {row.figures.score for row in counted.rows} == {None}
    assert datetime.fromtimestamp(counted.window.start / 1000, UTC).hour == 4, "noon in Shanghai"


def test_created_and_closed_are_different_sets() -> None:
    store = MemoryTicketStore()
    story = answered(solved=True, satisfied=Satisfaction.MOSTLY)
    closing = msgspec.structs.replace(story.events[-1], at=story.now + 40 * DAY)
    events = (*story.events[:-1], closing)
    ticket = msgspec.structs.replace(story.ticket, closed_at=closing.at)
    with store.transaction() as work:
        work.save(ticket, events)
    count = CountFigures(MemoryFigures(store), ManualClock(closing.at))
    first = count(Asked(month_at(story.events[0].at, SHIPPED))).whole.tally
    last = count(Asked(month_at(closing.at, SHIPPED))).whole.tally
    assert (first.received, first.closed) == (1, 0)
    assert (last.received, last.closed) == (0, 1)
    assert replace(last, key="x").shares[Measure.SATISFACTION] == Share(0, 1, 1)


def test_a_ticket_that_was_only_called_in_is_received_and_not_accepted() -> None:
    story = called()
    assert record_of(story.ticket, story.events).accepted_at is None
