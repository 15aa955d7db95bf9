"""One suite over call ladders in memory and in PostgreSQL, used as the alarms process and the front door use them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from services.adapters.clock import RandomIds
from services.adapters.postgres import open_pool
from services.alarms.domain.ladder_plan import DEFAULT_PLAN, MINUTE, SECOND, What
from services.alarms.handlers import AskOfAlarm, ClimbLadders, PassTime, RecordTransitions, TakeArrival
from services.alarms.ports import AlarmStore, LadderReader, LadderStory
from services.alarms.postgres import PostgresAlarmStore, PostgresLadderReader
from streams.contracts import ActionName, AlarmEvent, Notice, TicketEvent, decode
from streams.contracts.topics import NOTICES
from tests.conftest import Database, PostgresServer, fresh_database
from tests.fakes.alarm_events import GRID, T0, acknowledged, raised, returned
from tests.fakes.alarms import MemoryAlarmStore
from tests.fakes.clock import ManualClock
from tests.fakes.databases import empty
from tests.fakes.ladders import AROUND, PEOPLE, UNITS, MemoryLadderReader

INCIDENT = "gas-leak:gas-000001"
OWN: dict[str, Any] = {"rule": "gas.alarm", "metric": "alarm", "value": 1.0, "limit": 1.0}


@dataclass
class Side:
    """``store`` as the alarms process has it, ``front`` as the front door does.

    ``reader`` is the front door's and ``watch`` the process's own.
    """

    store: AlarmStore
    front: AlarmStore
    reader: LadderReader
    watch: LadderReader
    clock: ManualClock
    admin_url: str = ""

    def record(self, *events: AlarmEvent) -> None:
        RecordTransitions(self.store, RandomIds(), ClimbLadders(DEFAULT_PLAN, self.clock))(events)

    def at(self, after_ms: int) -> list[What]:
        self.clock.set(T0 + after_ms)
        return [step.what for _, step in PassTime(self.store, self.clock)()]

    def arrive(self, after_ms: int, incident: str = INCIDENT) -> None:
        event = TicketEvent(
            f"t:{after_ms}", "t", "LY-1", 7, "arrive", "signed", "on_site", "resolve", "sensor", GRID, 2, T0 + after_ms,
            "陈抢修", "unit_handler", incident=incident,
        )  # fmt: skip
        TakeArrival(self.store)(event)

    @property
    def story(self) -> LadderStory:
        found = self.reader.story(INCIDENT)
        assert found is not None
        return found

    @property
    def steps(self) -> list[What]:
        return [step.what for step in self.story.steps]


@pytest.fixture(scope="module")
def migrated(postgres_server: PostgresServer) -> Iterator[Database]:
    for database in fresh_database(postgres_server):
        database.migrate("registry", "history", "alarms")
        with psycopg.connect(database.admin_url) as connection:
            _register(connection)
        yield database


def _register(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    connection.execute(
        "INSERT INTO registry.areas (code, level, name_zh, name_en) VALUES (%s, 'grid', '网格', 'Grid')", (GRID,)
    )
    connection.execute(
        "INSERT INTO registry.devices (id, kind, area, place, building) VALUES ('gas-000001', 'gas', %s, %s, %s)",
        (GRID, AROUND.place, AROUND.building),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO registry.users (id, name, role, scope, password_hash) VALUES (%s, %s, %s, %s, '')",
            [(person.id, person.name, person.role, person.scope) for person in PEOPLE],
        )
        cursor.executemany(
            "INSERT INTO registry.units (id, name_zh, name_en, area, categories, phone) "
            "VALUES (%s, %s, '', %s, %s, %s)",
            [(unit.id, unit.name, unit.area, list(unit.categories), unit.phone) for unit in UNITS],
        )
        cursor.execute(
            "INSERT INTO registry.users (id, name, role, password_hash, active) "
            "VALUES ('gone', '已离任', 'grid_worker', '', false)"
        )


@pytest.fixture(params=["memory", "postgres"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    clock = ManualClock(T0)
    if request.param == "memory":
        memory = MemoryAlarmStore()
        reader = MemoryLadderReader(memory)
        yield Side(memory, memory, reader, reader, clock)
        return
    database: Database = request.getfixturevalue("migrated")
    with ExitStack() as stack:
        stack.callback(empty, database.admin_url, "alarms")
        alarms, front = (
            stack.enter_context(open_pool(database.url(f"linli_{role}"), name="contract", size=2))
            for role in ("alarms", "api")
        )
        store = PostgresAlarmStore(alarms)
        reader = PostgresLadderReader(front)
        yield Side(store, PostgresAlarmStore(front), reader, PostgresLadderReader(alarms), clock, database.admin_url)


def test_critical_gas_starts_one_ladder_with_its_people(side: Side) -> None:
    side.record(raised("e1"), raised("e1"))
    side.record(raised("e1"))
    assert side.steps == [What.STARTED, What.FIRE_CALL]
    told = [(notice.role, notice.to, notice.stands_in, notice.phone) for notice in side.story.notices]
    assert sorted(told) == [
        ("fire_caller", "operator", False, ""),
        ("gas_company", "gas-co", False, "0990-1"),
        ("grid_worker", "worker-1", False, ""),
        ("property", "manager", True, ""),
        ("resident", AROUND.place, False, ""),
    ]
    assert side.story.ladder.place == AROUND.place


def test_other_alarms_start_none(side: Side) -> None:
    side.record(raised("e1", backlog=True), raised("e2", device="gas-000002", maintenance=True))
    assert side.reader.story(INCIDENT) is None


def test_time_takes_each_step_once(side: Side) -> None:
    side.record(raised("e1"))
    assert [side.at(after) for after in (59 * SECOND, 60 * SECOND, 61 * SECOND)] == [[], [What.SECOND], []]
    assert side.at(40 * MINUTE) == [What.LEADER, What.DISTRICT]
    assert side.at(50 * MINUTE) == []
    assert side.steps == [What.STARTED, What.FIRE_CALL, What.SECOND, What.LEADER, What.DISTRICT]


def test_rule_8_the_front_door_ends_the_call_as_it_takes_the_acknowledgement(side: Side) -> None:
    side.record(raised("e1"))
    side.clock.set(T0 + 10 * SECOND)
    AskOfAlarm(side.front, side.clock)("e1", ActionName.ACKNOWLEDGE, by="周网格", command="c1")
    assert side.steps[-1] is What.ACKNOWLEDGED
    assert side.story.ladder.ended_by == "周网格"
    assert side.at(5 * MINUTE) == []
    side.record(acknowledged("e1", at=T0 + 10 * SECOND + 1, by="周网格"))
    assert side.steps.count(What.ACKNOWLEDGED) == 1
    assert side.at(30 * MINUTE) == [What.DISTRICT]


def test_a_reset_that_the_front_door_takes_ends_no_call(side: Side) -> None:
    side.record(raised("e1", normal_since=None), raised("e1", number=2, normal_since=T0 + 1, at=T0 + 2))
    AskOfAlarm(side.front, side.clock)("e1", ActionName.RESET, by="吴网格长", command="c1")
    assert side.story.ladder.calling


def test_an_arrival_ends_the_wait_once(side: Side) -> None:
    side.record(raised("e1"))
    side.arrive(10 * MINUTE)
    side.arrive(10 * MINUTE)
    side.arrive(11 * MINUTE)
    assert side.steps.count(What.ARRIVED) == 1
    assert (side.story.ladder.arrived_by, side.story.ladder.arrived_at) == ("陈抢修", T0 + 10 * MINUTE)
    assert What.DISTRICT not in side.at(40 * MINUTE)


def test_an_arrival_that_overtakes_its_alarm_counts(side: Side) -> None:
    side.arrive(-1)
    side.arrive(2 * MINUTE)
    side.clock.set(T0 + 3 * MINUTE)
    side.record(raised("e1"))
    assert side.steps == [What.STARTED, What.FIRE_CALL, What.ARRIVED]
    assert side.story.ladder.arrived_at == T0 + 2 * MINUTE


def test_a_silence_that_joins_is_told_to_everyone(side: Side) -> None:
    side.record(raised("e1"), raised("s1", rule="gas.silent", incident="silent:gas-000001", joins="e1", health=True))
    assert side.steps[-1] is What.SILENT
    assert {notice.to for notice in side.story.notices if notice.what == "silent"} >= {"gas-co", "worker-1", "operator"}


def test_everyone_is_told_when_it_clears(side: Side) -> None:
    side.record(raised("e1"), acknowledged("e1"), returned("e1"))
    assert side.steps[-1] is What.CLEARED
    assert sum(notice.what == "cleared" for notice in side.story.notices) == 5


def test_what_fails_silently_is_counted(side: Side) -> None:
    assert (side.watch.counts(T0).calling, side.watch.counts(T0).awaiting) == (0, 0)
    side.record(raised("e1"))
    counts = side.watch.counts(T0 + 70 * SECOND)
    assert (counts.calling, counts.awaiting, counts.unreached, counts.overdue_ms) == (1, 1, 0, 10 * SECOND)
    side.record(acknowledged("e1"))
    side.arrive(MINUTE)
    assert side.watch.counts(T0 + 70 * SECOND).overdue_ms == 0


def test_an_open_valve_is_seen_where_its_message_came_after_the_alarm(side: Side) -> None:
    side.record(raised("e1", **OWN))
    _valve(side, "gas-000001", T0 - 1)
    assert side.at(2 * SECOND) == []
    _valve(side, "gas-000001", T0 + 3 * SECOND)
    assert side.at(4 * SECOND) == [What.FIRE_CALL]


def _valve(side: Side, device: str, at: int) -> None:
    """The valve's last message, as history keeps it."""
    if isinstance(side.store, MemoryAlarmStore):
        side.store.state.ladders.valves[device] = at
        return
    with psycopg.connect(side.admin_url) as connection:
        connection.execute("SET search_path = history")
        connection.execute(
            "INSERT INTO series (device, metric, kind, factor) VALUES (%s, 'valve_open', 'gas', 1) "
            "ON CONFLICT DO NOTHING",
            (device,),
        )
        connection.execute(
            "INSERT INTO last_value (series, ts, value, quality, flags, at) "
            "SELECT id, to_timestamp(%(at)s / 1000.0), 1, 0, 0, to_timestamp(%(at)s / 1000.0) FROM series "
            "WHERE device = %(device)s ON CONFLICT (series) DO UPDATE SET ts = excluded.ts, at = excluded.at",
            {"at": at, "device": device},
        )


@pytest.mark.parametrize("side", ["postgres"], indirect=True)
def test_every_message_is_in_the_outbox_in_its_steps_transaction(side: Side) -> None:
    side.record(raised("e1"))
    side.at(60 * SECOND)
    with psycopg.connect(side.admin_url) as connection:
        rows = connection.execute(
            "SELECT key, value FROM alarms.outbox WHERE topic = %s ORDER BY id", (NOTICES.name,)
        ).fetchall()
    assert {str(key) for key, _ in rows} == {INCIDENT}
    sent = [decode(bytes(value), Notice) for _, value in rows]
    assert {notice.id for notice in sent} == {notice.id for notice in side.story.notices}
    assert side.watch.counts(T0).unsent == 0
    with psycopg.connect(side.admin_url) as connection:
        connection.execute("UPDATE alarms.outbox SET created_at = now() - interval '11 seconds'")
    assert side.watch.counts(T0).unsent == len(sent)


@pytest.mark.parametrize("side", ["postgres"], indirect=True)
def test_the_database_refuses_a_step_of_time_twice(side: Side) -> None:
    side.record(raised("e1"))
    again = (
        "INSERT INTO alarms.call_steps SELECT incident, number + 100, call, arrival, what, at, by, why, record "
        "FROM alarms.call_steps WHERE what = 'started'"
    )
    with psycopg.connect(side.admin_url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(again)


@pytest.mark.parametrize("side", ["postgres"], indirect=True)
def test_a_ladder_in_hand_is_left_to_whoever_has_it(side: Side) -> None:
    side.record(raised("e1"))
    with side.store.transaction() as work:
        assert work.ladders.of_incident(INCIDENT) is not None
        assert side.at(60 * SECOND) == []
    assert side.at(61 * SECOND) == [What.SECOND]
