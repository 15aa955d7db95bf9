"""Every figure, recomputed from the raw events by plain arithmetic that shares nothing with the product."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg.types.json import Jsonb

from services.adapters.health import Health
from services.adapters.postgres import Pool, open_pool
from services.tickets import domain
from services.tickets.domain import Action, Actor, ClockRun, Details, Event, Role, Satisfaction, State, Ticket
from services.tickets.domain.figures import (
    COUNTS,
    DURATIONS,
    SHIPPED,
    By,
    Count,
    Duration,
    Figure,
    FigureQuery,
    FigureTicket,
    Measure,
    Span,
    Tally,
)
from services.tickets.domain.reach import EVERYTHING
from services.tickets.handlers import Act, CountFigures
from services.tickets.handlers.figures import NOTHING, Asked
from services.tickets.ports import FigureStore, Remade
from services.tickets.postgres import PostgresFigures, PostgresTicketStore, figures
from services.tickets.remaking import Remaking
from streams.contracts import Refused
from streams.contracts.metrics import FIGURES_BEHIND, FIGURES_FAILED
from tests.conftest import PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID
from tests.fakes.figures import MemoryFigures
from tests.unit.tickets.test_tickets_long_run import Year
from tests.unit.tickets.ticket_stories import MINUTE, given

STEPS = 2_500
UNGUARDED = "SET session_replication_role = replica"
"""The log takes no change; a log that an older release wrote another way is played by going round its guard."""
ENDS = {"closed", "archived", "withdrawn", "rejected", "merged"}
STAGES = {
    "in_discovery": {"reported", "verifying", "accepted", "rejected", "merged"},
    "in_dispatch": {"to_dispatch", "dispatched", "signed", "return_review"},
    "in_resolve": {"in_progress", "extension_review", "parked", "checking"},
    "in_feedback": {"callback", "redo"},
}


FORWARD: dict[State, tuple[tuple[Role, Action], ...]] = {
    State.REPORTED: ((Role.OPERATOR, Action.ACCEPT),),
    State.ACCEPTED: ((Role.DISPATCHER, Action.CLASSIFY),),
    State.TO_DISPATCH: ((Role.DISPATCHER, Action.DISPATCH),),
    State.DISPATCHED: ((Role.UNIT_HANDLER, Action.SIGN), (Role.UNIT_LEADER, Action.RETURN)),
    State.RETURN_REVIEW: ((Role.SUPERVISOR, Action.RETURN_OK), (Role.SUPERVISOR, Action.RETURN_NO)),
    State.SIGNED: ((Role.UNIT_HANDLER, Action.ARRIVE), (Role.UNIT_HANDLER, Action.CONTACT)),
    State.IN_PROGRESS: ((Role.UNIT_HANDLER, Action.FINISH), (Role.UNIT_HANDLER, Action.CONTACT)),
    State.CHECKING: ((Role.GRID_WORKER, Action.CHECK_OK), (Role.GRID_WORKER, Action.CHECK_BAD)),
    State.CALLBACK: ((Role.OPERATOR, Action.CALLBACK), (Role.SUPERVISOR, Action.CLOSE_UNRESOLVED)),
    State.REDO: ((Role.UNIT_HANDLER, Action.ARRIVE),),
    State.CLOSED: ((Role.SUPERVISOR, Action.REOPEN),),
}
ANSWERS = (
    Details(contacted=True, solved=True, satisfied=Satisfaction.VERY_SATISFIED),
    Details(contacted=True, solved=True, satisfied=Satisfaction.SATISFIED),
    Details(contacted=True, solved=True, satisfied=Satisfaction.MOSTLY),
    Details(contacted=True, solved=False, satisfied=Satisfaction.DISSATISFIED),
    Details(contacted=True),
    Details(contacted=False),
)


class Busy(Year):
    """Chance, with people who mostly do what is next: lives that reach their end, in several units and streets."""

    def step(self) -> None:
        self.chance.choices((self.forward, self.calls, super().step), (20, 1, 5))[0]()

    def forward(self) -> None:
        ticket = self.chance.choice(self.tickets or [None])  # type: ignore[list-item]
        ways = FORWARD.get(ticket.state) if ticket else None
        if not ways or (ticket.state is State.CLOSED and self.chance.random() > 0.05):
            self.clock.advance(5 * MINUTE)
            return
        role, action = self.chance.choices(ways, (5, 1)[: len(ways)])[0]
        chosen = {
            Action.CALLBACK: self.chance.choice(ANSWERS),
            Action.CLASSIFY: Details(
                category=self.chance.choice(("lighting", "drainage")),
                area=self.chance.choice((GRID, "990102002003004")),
                urgency=self.chance.choice((0, 1)),
            ),
            Action.DISPATCH: Details(unit=self.chance.choice(("unit-a", "unit-b"))),
            Action.FINISH: Details(outcome="已修复", photo="修复后照片"),
        }
        details = chosen.get(action) or given(action, ticket, self.clock.now())
        who = Actor(f"{role}-x", role, ticket.lead if role in domain.words.UNIT_ROLES else "")
        with suppress(Refused):
            self.act(Act(ticket.id, action, ticket.version, details), who=who)


class Lived:
    """A year of random lives, in memory and written event by event into the database."""

    def __init__(self, pool: Pool, loop: Pool, admin: str) -> None:
        self.loop = loop
        self.admin = admin
        self.year = Busy(7)
        for _ in range(STEPS):
            self.year.step()
        self.clock = self.year.clock
        self.pool, store = pool, PostgresTicketStore(pool)
        tickets: dict[str, Ticket] = {}
        for event in self.year.store.state.sent:
            tickets[event.ticket] = domain.apply(tickets.get(event.ticket), event)
            with store.transaction() as work:
                work.save(tickets[event.ticket], [event])
        self.tickets = tickets
        self.logs: dict[str, list[Event]] = defaultdict(list)
        for event in self.year.store.state.sent:
            self.logs[event.ticket].append(event)


@pytest.fixture(scope="module")
def lived(postgres_server: PostgresServer) -> Iterator[Lived]:
    for database in fresh_database(postgres_server):
        database.migrate("registry", "alarms", "tickets")
        with (
            open_pool(database.url("linli_api"), name="figures", size=2, tell=EVERYTHING.settings) as pool,
            open_pool(database.url("linli_tickets"), name="loop", size=1) as loop,
        ):
            yield Lived(pool, loop, database.admin_url)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest, lived: Lived) -> FigureStore:
    return MemoryFigures(lived.year.store) if request.param == "memory" else PostgresFigures(lived.pool)


def _plain(ticket: Ticket, log: list[Event], now: int) -> dict[str, Any]:
    """What a ticket's raw events say, read from the front to the back as a person would."""
    actions = [event.action for event in log]
    caller = log[0].evidence.get("caller", {})
    return {
        "opened": log[0].at,
        **_times(log),
        "signed": _signed(log, now),
        "late": _late(log),
        "reached": _reached(log),
        "dispatched": Action.DISPATCH in actions,
        "returned": Action.RETURN in actions,
        "contacted": Action.CONTACT in actions,
        "repeated": any(
            event.action in {"merge", "reopen"} or (event.action == "realarm" and event.old == "closed")
            for event in log
        ),
        "reporter": bool(caller.get("phone")) or bool(log[0].evidence.get("reporter")),
        "unsolved": ticket.unsolved,
    }


def _times(log: list[Event]) -> dict[str, int | None]:
    said: dict[str, int | None] = {**dict.fromkeys(DURATIONS), "closed": None}
    opened = log[0].at
    if "episode" in log[0].evidence:
        said["discover"] = max(0, opened - log[0].evidence["episode"]["since"])
    for before, event in pairwise(log):
        if before.new not in ENDS:
            stage = next(name for name, states in STAGES.items() if before.new in states)
            said[stage] = (said[stage] or 0) + event.at - before.at
    for name, happened in FIRSTS.items():
        first = next((event.at for event in log if happened(event)), None)
        said[name] = None if first is None else first - opened
    for event in log:
        if event.new == "closed" and event.old != "closed":
            said["closed"] = event.at
        elif event.old == "closed" and event.new == "redo":
            said["closed"] = None
    return said


FIRSTS: dict[str, Callable[[Event], bool]] = {
    "accept": lambda event: event.new == "accepted" or event.action == "answer",
    "resolve": lambda event: event.action == "finish",
    "confirm": lambda event: event.action == "check_ok",
    "feed_back": lambda event: (
        event.action in {"answer", "close_unresolved"}
        or (event.action == "callback" and bool(event.evidence["contacted"]))
    ),
}


def _runs(log: list[Event], clock: str) -> Iterator[tuple[Event, ClockRun | None, ClockRun | None]]:
    """Each event that changed clocks, with this clock before and after it."""
    before: ClockRun | None = None
    for event in log:
        if event.clocks is not None:
            after = next((run for run in event.clocks if run.clock == clock), None)
            yield event, before, after
            before = after


def _signed(log: list[Event], now: int) -> bool | None:
    """Every signing clock that has ended was kept, and none that runs has expired; None: none has ended."""
    kept: list[bool] = []
    after = None
    for event, before, after in _runs(log, "sign"):
        if before is None or (after is not None and after.started == before.started):
            continue
        expired = before.left is None and event.at > before.due
        if expired or event.action in {"sign", "arrive"}:
            kept.append(not expired)
    if after is not None and after.left is None and after.due < now:
        kept.append(False)
    return all(kept) if kept else None


def _late(log: list[Event]) -> bool:
    late = False
    for event, before, after in _runs(log, "finish"):
        if before is not None and before.left is None and (after is None or after.left is not None):
            late = event.at > before.due
    return late


def _reached(log: list[Event]) -> list[dict[str, Any]]:
    """Whole answers since the ticket was last reopened."""
    reopened = max(
        (number for number, event in enumerate(log) if event.old == "closed" and event.new == "redo"), default=0
    )
    return [
        event.evidence
        for event in log[reopened:]
        if event.action == "callback" and {"contacted", "solved", "satisfied"} <= event.evidence.keys()
    ]


def _answer(said: dict[str, Any]) -> dict[str, Any] | None:
    reached: list[dict[str, Any]] = said["reached"] if said["reporter"] else []
    return reached[-1] if reached and reached[-1]["contacted"] else None


def _shares(received: list[dict[str, Any]], closed: list[dict[str, Any]]) -> dict[str, tuple[int, int, int]]:
    answers = [(said, answer) for said in closed if (answer := _answer(said))]
    judged = [said for said in closed if _answer(said) or (said["reporter"] and said["unsolved"])]
    solved = [said for said in judged if not said["unsolved"] and (_answer(said) or {}).get("solved")]
    decided = [said for said in received if said["signed"] is not None]
    sent = [said for said in received if said["dispatched"]]
    return {
        "signed": (sum(said["signed"] for said in decided), len(decided), 0),
        "returned": (sum(said["returned"] for said in sent), len(sent), 0),
        "repeated": (sum(said["repeated"] for said in received), len(received), 0),
        "on_time": (sum(not said["late"] for said in closed), len(closed), 0),
        "response": (sum(said["contacted"] for said, _ in answers), len(answers), 0),
        "solution": (len(solved), len(judged), 0),
        "satisfaction": (
            sum(answer["satisfied"] in {"very_satisfied", "satisfied"} for _, answer in answers),
            len(answers),
            sum(answer["satisfied"] == "mostly" for _, answer in answers),
        ),
    }


def _same(tally: Tally, received: list[dict[str, Any]], closed: list[dict[str, Any]]) -> None:
    assert (tally.received, tally.closed) == (len(received), len(closed))
    assert tally.accepted == sum(said["accept"] is not None for said in received)
    shares = {str(measure): tuple(share) for measure, share in tally.shares.items()}
    for name, expected in _shares(received, closed).items():
        assert shares.get(name, (0, 0, 0)) == expected, name
    for name in DURATIONS:
        known = [said[name] for said in closed if said[name] is not None]
        span = tally.spans.get(name, (0, 0))
        assert tuple(span) == (sum(known), len(known)), name


@pytest.mark.parametrize("by", list(By))
def test_every_figure_is_what_the_raw_events_say(lived: Lived, store: FigureStore, by: By) -> None:
    now = lived.clock.now()
    count = CountFigures(store, lived.clock)
    counted = count(Asked("2026-09-01..2028-12-31", by=by, digits=9))
    start, end = counted.window.start, counted.window.end
    rows: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = defaultdict(lambda: ([], []))
    for name, ticket in lived.tickets.items():
        said = _plain(ticket, lived.logs[name], now)
        for place, at in enumerate((said["opened"], said["closed"])):
            if at is None or not start <= at < end:
                continue
            windows = [row.window for row in counted.rows if row.window]
            period = next((window.name for window in windows if window.start <= at < window.end), "")
            key = {"": "", "unit": ticket.lead, "area": ticket.area[:9], "category": ticket.category, "period": period}
            rows[key[by]][place].append(said)
            if by is not By.WHOLE:
                rows["whole"][place].append(said)
    whole = rows.pop("" if by is By.WHOLE else "whole")
    assert len(whole[0]) > 40
    assert len(whole[1]) > 15
    assert whole[0] != whole[1]
    _same(counted.whole.tally, *whole)
    for row in counted.rows:
        _same(row.tally, *rows.pop(row.tally.key, ([], [])))
    assert not rows, "a row is missing"
    if counted.rows:
        for measure in Measure:
            added = [
                sum(part)
                for part in zip(*(row.tally.shares.get(measure, (0, 0, 0)) for row in counted.rows), strict=True)
            ]
            assert tuple(added) == counted.whole.tally.shares[measure], "figures add up"


@pytest.mark.parametrize("measure", list(Measure))
def test_behind_every_figure_are_its_tickets(lived: Lived, store: FigureStore, measure: Measure) -> None:
    count, asked = CountFigures(store, lived.clock), Asked("2026-09-01..2028-12-31")
    share = count(asked).whole.tally.shares[measure]
    behind = count.tickets(asked, measure, limit=1_000, after=None).items
    assert len(behind) == share.of
    assert sum(bool(ticket.hit) for ticket in behind) == share.hits + share.half
    missed = count.tickets(asked, measure, hit=False, limit=1_000, after=None).items
    assert list(missed) == [ticket for ticket in behind if not ticket.hit]
    assert _paged(count, asked, measure, 7) == list(behind)


def _paged(count: CountFigures, asked: Asked, figure: Figure, limit: int) -> list[FigureTicket]:
    found, after = [], None
    while True:
        page = count.tickets(asked, figure, limit=limit, after=after)
        assert len(page.items) == limit or page.next is None
        found += page.items
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("figure", [*COUNTS, *DURATIONS])
def test_a_count_and_a_mean_are_made_of_the_tickets_behind_them(
    lived: Lived, store: FigureStore, figure: Figure
) -> None:
    """By the plain reading of the log, over the whole and over each unit: who is behind it, and with how much."""
    count, asked = CountFigures(store, lived.clock), Asked("2026-09-01..2028-12-31", by=By.UNIT)
    counted = count(asked)
    for row in (counted.whole, *counted.rows):
        narrowed = asked if row is counted.whole else replace(asked, unit=row.tally.key or NOTHING)
        expected = {}
        for name, ticket in lived.tickets.items():
            said = _plain(ticket, lived.logs[name], lived.clock.now())
            at = said["opened"] if figure in {Count.RECEIVED, Count.ACCEPTED} else said["closed"]
            inside = at is not None and counted.window.start <= at < counted.window.end
            of = {"received": True, "accepted": said["accept"] is not None, "closed": True}.get(
                figure, said.get(figure)
            )
            if inside and (row is counted.whole or ticket.lead == row.tally.key) and of is not None and of is not False:
                expected[name] = said[figure] if figure in DURATIONS else None
        behind = count.tickets(narrowed, figure, limit=1_000, after=None).items
        assert {ticket.id: ticket.span for ticket in behind} == expected
        assert {ticket.hit for ticket in behind} <= {None}
        assert _paged(count, narrowed, figure, 7) == list(behind)
        if isinstance(figure, Duration):
            parts = [ticket.span or 0 for ticket in behind]
            assert parts == sorted(parts, reverse=True), "longest first"
            assert row.tally.spans.get(figure, Span()) == (sum(parts), len(parts))
            assert row.figures.durations.get(figure) == (sum(parts) / len(parts) if parts else None)
        else:
            assert getattr(row.tally, figure) == len(behind)


@pytest.mark.parametrize("duration", list(Duration))
def test_a_page_of_a_mean_is_cut_in_the_index_that_the_mean_is_counted_from(lived: Lived, duration: Duration) -> None:
    """Whatever one more column in the index, or one more in the query, would do to a year of tickets."""
    query = FigureQuery(0, lived.clock.now(), lived.clock.now(), scope="99", unit="unit-a", category="lighting")
    values = figures._values(query) | {"hit": None, "limit": 8, "after_at": 9, "after_id": "x"}
    with lived.pool.connection() as connection:
        for setting in ("enable_seqscan", "enable_bitmapscan"):
            connection.execute(f"SET LOCAL {setting} = off".encode())
        explained = connection.execute(b"EXPLAIN " + figures._behind(duration), values).fetchall()
    plan = "\n".join(str(line) for (line,) in explained)
    assert "Index Only Scan using ticket_figures_closed" in plan, plan


def test_the_run_has_what_the_rates_are_about(lived: Lived) -> None:
    """A run without answers, redos or recurrences would prove nothing."""
    said = [_plain(ticket, lived.logs[name], lived.clock.now()) for name, ticket in lived.tickets.items()]
    answers = [answer for each in said if (answer := _answer(each))]
    assert {answer["satisfied"] for answer in answers} == set(Satisfaction)
    assert any(not each["reporter"] for each in said)
    for name in ("late", "repeated", "returned", "contacted", "unsolved"):
        assert {True, False} <= {each[name] for each in said}, name
    assert {True, False} <= {each["signed"] for each in said}


def test_rows_are_made_anew_from_the_log_and_are_the_same(lived: Lived) -> None:
    count, store = CountFigures(PostgresFigures(lived.pool), lived.clock), PostgresFigures(lived.loop)
    before = count(Asked("2026-09-01..2028-12-31", by=By.UNIT))
    with lived.loop.connection() as connection:
        connection.execute("UPDATE tickets.ticket_figures SET definition = 0, late = NOT late, closed_at = NULL")
    assert count(Asked("2026-09-01..2028-12-31", by=By.UNIT)) != before
    made = 0
    while (batch := store.remake(20)) != Remade(0):
        made += batch.made
    assert made == len(lived.tickets)
    assert store.behind(10) == 0
    assert count(Asked("2026-09-01..2028-12-31", by=By.UNIT)) == before


def test_one_log_that_cannot_be_folded_holds_up_no_other_and_is_named(lived: Lived) -> None:
    store, broken = PostgresFigures(lived.loop), min(lived.tickets)
    twist = "UPDATE tickets.ticket_events SET evidence = %s WHERE ticket = %s AND version = 1"
    with lived.pool.connection() as connection:
        (whole,) = connection.execute(
            "SELECT evidence FROM tickets.ticket_events WHERE ticket = %s AND version = 1", (broken,)
        ).fetchone() or (None,)
    with psycopg.connect(lived.admin) as admin:
        admin.execute(UNGUARDED)
        admin.execute(twist, (Jsonb({"episode": {}}), broken))
        admin.execute("UPDATE tickets.ticket_figures SET definition = 0")
    loop = Remaking(store, Health(60.0))
    try:
        while loop.step():
            pass
        assert loop.failed == {broken}
        loop.count()
        assert [REGISTRY.get_sample_value(each.name) for each in (FIGURES_BEHIND, FIGURES_FAILED)] == [1, 1]
    finally:
        with psycopg.connect(lived.admin) as admin:
            admin.execute(UNGUARDED)
            admin.execute(twist, (Jsonb(whole), broken))
    assert store.remake(10) == Remade(1)


def test_the_shipped_rules_are_the_sourced_ones() -> None:
    assert SHIPPED.mostly == 0.9
    assert SHIPPED.weights == {Measure.RESPONSE: 0.1, Measure.SOLUTION: 0.5, Measure.SATISFACTION: 0.4}
