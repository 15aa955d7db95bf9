"""A year of a district's tickets as COPY text: lives that the domain code has led, told again and again.

Each life is led by the people, clocks and rules of the real loop, and every step of it is written once by
the real store, in a transaction that is taken back; what COPY reads there becomes a form with blanks for
ids, places, people and times. Filling a form in costs some microseconds, so ten million events take minutes.
"""

import random
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from services.registry.handlers import District
from services.tickets import domain
from services.tickets.domain import Action, Caller, Opening, Role, Source, State
from services.tickets.domain.figures import DEFINITION
from services.tickets.domain.numbers import day_of, number
from services.tickets.domain.profiles import DEFAULT
from services.tickets.postgres.store import PostgresWork
from streams.contracts import Refused, TicketPolicy
from tests.fakes.alarm_events import GRID, T0, raised
from tests.unit.tickets.ticket_stories import PEOPLE, Story, given

Cursor = psycopg.Cursor[Any]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TABLES: Final = {
    "tickets": "id", "ticket_events": "ticket", "ticket_figures": "ticket", "clocks": "ticket",
    "ticket_episodes": "ticket",
}  # fmt: skip
_ID, _EPISODE, _TITLE, _TEXT, _PLACE, _DEVICE = "life-id", "life-episode", "题题题", "文文文", "处处处", "life-device"
_NUMBER, _NAME, _PHONE, _UNIT, _HELPER = "LY-00000000-0000", "某某某", "10000000000", "unit-a", "unit-b"
_WORDS: Final = (_ID, _EPISODE, _TITLE, _TEXT, _PLACE, _DEVICE, _NUMBER, _NAME, _PHONE, _UNIT, _HELPER, GRID)
_BLANK: Final = re.compile(rf"(?<![\d.-])179\d{{10}}(?!\d)|{'|'.join(map(re.escape, _WORDS))}")

MATTERS: Final = {
    "gas-leak": ("楼道有燃气味", "燃气表接口漏气", "厨房管道有异味", "调压箱有响声"),
    "septic-gas": ("化粪池井盖冒气", "污水井有臭鸡蛋味", "化粪池满溢", "井盖破损"),
    "lighting": ("路灯不亮", "路灯整夜闪烁", "灯杆倾斜", "庭院灯白天不灭"),
    "fire-lane": ("消防通道被占", "单元门口堆放杂物", "登高面停满车"),
    "illegal-parking": ("僵尸车占位", "人行道乱停车", "盲道被自行车占用"),
    "device-upkeep": ("传感器离线", "设备电量低", "探头积灰"),
}
DETAILS: Final = (
    "来电人说已经持续三天，晚上更明显", "楼上住户也有反映，希望尽快处理", "之前报过一次没有解决", "有老人和孩子进出",
    "下雨以后更严重", "物业说不归他们管", "请电话联系后再上门", "位置在小区东门进来第二排",
)  # fmt: skip
_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_USUAL: Final[dict[State, tuple[tuple[Role, Action, float], ...]]] = {
    State.REPORTED: (
        (Role.OPERATOR, Action.ANSWER, 30), (Role.OPERATOR, Action.ACCEPT, 66), (Role.OPERATOR, Action.REJECT, 4),
    ),
    State.ACCEPTED: ((Role.DISPATCHER, Action.CLASSIFY, 1),),
    State.TO_DISPATCH: ((Role.DISPATCHER, Action.DISPATCH, 1),),
    State.DISPATCHED: ((Role.UNIT_HANDLER, Action.SIGN, 90), (Role.UNIT_LEADER, Action.RETURN, 10)),
    State.RETURN_REVIEW: ((Role.DISPATCHER, Action.RETURN_OK, 60), (Role.DISPATCHER, Action.RETURN_NO, 40)),
    State.SIGNED: ((Role.UNIT_HANDLER, Action.CONTACT, 60), (Role.UNIT_HANDLER, Action.ARRIVE, 40)),
    State.IN_PROGRESS: (
        (Role.UNIT_HANDLER, Action.INTERIM, 15), (Role.UNIT_HANDLER, Action.ARRIVE, 10),
        (Role.OPERATOR, Action.URGE, 6), (Role.UNIT_HANDLER, Action.NOTE, 10),
        (Role.UNIT_LEADER, Action.EXTEND, 4), (Role.SUPERVISOR, Action.PARK, 1),
        (Role.UNIT_HANDLER, Action.FINISH, 120),
    ),
    State.EXTENSION_REVIEW: ((Role.SUPERVISOR, Action.EXTEND_OK, 70), (Role.SUPERVISOR, Action.EXTEND_NO, 30)),
    State.PARKED: ((Role.SUPERVISOR, Action.UNPARK, 1),),
    State.CHECKING: ((Role.GRID_WORKER, Action.CHECK_OK, 92), (Role.GRID_WORKER, Action.CHECK_BAD, 8)),
    State.CALLBACK: ((Role.OPERATOR, Action.CALLBACK, 1),),
    State.REDO: ((Role.UNIT_HANDLER, Action.SIGN, 1),),
}  # fmt: skip
_PAUSES: Final = {State.REPORTED: HOUR, State.ACCEPTED: 20 * MINUTE, State.TO_DISPATCH: 5 * MINUTE,
                  State.DISPATCHED: HOUR, State.SIGNED: 3 * HOUR, State.IN_PROGRESS: 6 * HOUR}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A life up to one of its steps: when that was, ms after its beginning, and the forms of its rows."""

    after: int
    events: int
    forms: dict[str, tuple[str, tuple[int | str, ...]]]


@dataclass(frozen=True, slots=True)
class Life:
    """One led life with all its steps."""

    category: str
    steps: tuple[Step, ...]
    begins: tuple[int, ...]


def lead(cursor: Cursor, names: Mapping[str, str], seed: int) -> Life:
    """Lead one life from beginning to end; nothing of it stays in the database.

    ``names``: the columns of each table, as :func:`columns` knows them.
    """
    chance = random.Random(seed)
    category = chance.choices(tuple(MATTERS), (8, 10, 36, 10, 30, 6))[0]
    sensor = category in {"gas-leak", "septic-gas", "device-upkeep"} and chance.random() < 0.5
    story = _of_sensor(category) if sensor else _called(category, chance)
    told = [_told(cursor, names, story)]
    for _ in range(40):
        if not _goes_on(story, chance, category, sensor=sensor):
            break
        told.append(_told(cursor, names, story))
    return Life(category, tuple(told), tuple(step.after for step in told))


def _called(category: str, chance: random.Random) -> Story:
    source = chance.choices((Source.HOTLINE, Source.CITIZEN, Source.PATROL), (70, 20, 10))[0]
    role = {Source.HOTLINE: Role.OPERATOR, Source.CITIZEN: Role.CITIZEN, Source.PATROL: Role.GRID_WORKER}[source]
    opening = Opening(
        number=_NUMBER, source=source, title=_TITLE, policy=DEFAULT, text=_TEXT, place=_PLACE, area=GRID,
        category=category, caller=Caller(_NAME, _PHONE) if source is Source.HOTLINE else None,
        reporter="citizen" if source is Source.CITIZEN else "",
    )  # fmt: skip
    return Story(domain.report(opening, id=_ID, now=T0, who=PEOPLE[role]), T0)


def _of_sensor(category: str) -> Story:
    policy = TicketPolicy(category=category, urgency=1, normal_for_ms=30 * MINUTE, reopen_ms=DAY)
    event = raised(_EPISODE, device=_DEVICE, ticket=policy)
    opening = domain.incoming.opening_of(event, number=_NUMBER, place=_PLACE, building="", deadlines=DEFAULT)
    return Story(domain.open_for_alarm(opening, id=_ID, now=T0, lead=_UNIT), T0)


def _goes_on(story: Story, chance: random.Random, category: str, *, sensor: bool) -> bool:
    """The next thing that happens; False where nothing does any more."""
    usual = _USUAL.get(story.state)
    if usual is None:
        if story.state in {State.CLOSED, State.REJECTED} and chance.random() < 0.9:
            story.after(31 * DAY).archives()
            return True
        return False
    story.waits(int(chance.expovariate(1 / _PAUSES.get(story.state, 10 * HOUR))) + 1_000)
    if sensor and story.ticket.sensor_active and story.state is State.IN_PROGRESS:
        story.normal(_EPISODE, number=story.ticket.version + 10)
        return True
    role, action = chance.choices([(r, a) for r, a, _ in usual], [weight for *_, weight in usual])[0]
    details = given(action, story.ticket, story.now)
    if action is Action.CLASSIFY:
        details = domain.Details(category=category, area=GRID, urgency=chance.choices((0, 1), (85, 15))[0])
    if action is Action.CALLBACK:
        good = chance.random() < 0.85
        answer = domain.Satisfaction.SATISFIED if chance.random() < 0.7 else domain.Satisfaction.MOSTLY
        details = domain.Details(
            contacted=True, solved=good, satisfied=answer if good else domain.Satisfaction.DISSATISFIED
        )
    try:
        story.does(role, action, details)
    except Refused:
        other = Action.ARRIVE if story.state in {State.SIGNED, State.IN_PROGRESS, State.REDO} else Action.NOTE
        story.does(Role.UNIT_HANDLER if other is Action.ARRIVE else Role.OPERATOR, other)
    return True


def _told(cursor: Cursor, names: Mapping[str, str], story: Story) -> Step:
    PostgresWork(cursor).save(story.ticket, story.events)
    forms = {}
    for table, key in TABLES.items():
        query = f"COPY (SELECT {names[table]} FROM tickets.{table} WHERE {key} = '{_ID}') TO STDOUT"  # noqa: S608 - own words
        with cursor.copy(query.encode()) as copy:
            text = b"".join(bytes(block) for block in copy).decode()
        forms[table] = _form(text)
    cursor.connection.rollback()
    return Step(story.events[-1].at - T0, len(story.events), forms)


def _form(text: str) -> tuple[str, tuple[int | str, ...]]:
    """The text with blanks, and what goes into each: a time, as ms after the life's beginning, or a word."""
    found = [match[0] for match in _BLANK.finditer(text)]
    return _BLANK.sub("%s", text.replace("%", "%%")), tuple(int(f) - T0 if f.startswith("179") else f for f in found)


def columns(cursor: Cursor) -> dict[str, str]:
    """The columns of each table that are written, not generated."""
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'tickets' AND table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position"
    )
    return {table: ", ".join(f'"{name}"' for (name,) in cursor.execute(query, (table,)).fetchall()) for table in TABLES}


@dataclass(slots=True)
class Year:
    """The tickets of a year, opened in order of time; ``events`` counts what was written."""

    place: District
    lives: Sequence[Life]
    now: int
    count: int
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    events: int = 0
    _weights: list[float] = field(default_factory=list)

    def batches(self, size: int = 5_000) -> Iterator[dict[str, str]]:
        """COPY text by table, some tickets at a time."""
        grids = [area.code for area in self.place.areas if area.level == "grid"]
        names = {area.code: area.name_zh for area in self.place.areas}
        units = _units(self.place)
        counted: Counter[str] = Counter()
        for first in range(0, self.count, size):
            rows: dict[str, list[str]] = {table: [] for table in TABLES}
            for opened in self._moments(first, min(size, self.count - first)):
                day = day_of(opened)
                counted[day] += 1
                self._one(rows, opened, number(day, counted[day]), self.chance.choice(grids), names, units)
            yield {table: "".join(parts) for table, parts in rows.items()}

    def _moments(self, first: int, size: int) -> list[int]:
        """When tickets are opened: by day three times as many as by night."""
        begin, span = self.now - 365 * DAY, 365 * DAY / self.count
        moments = []
        for at in (begin + int((first + n + self.chance.random()) * span) for n in range(size)):
            night = at // HOUR % 24 > 14  # 23:00 to 7:00 in the city
            moments.append(at - self.chance.randrange(9 * HOUR) if night and self.chance.random() < 0.7 else at)
        return sorted(min(at, self.now - MINUTE) for at in moments)

    def _one(
        self, rows: dict[str, list[str]], opened: int, named: str, grid: str, names: dict[str, str],
        units: dict[tuple[str, str], str],
    ) -> None:  # fmt: skip
        chance = self.chance
        life = chance.choice(self.lives)
        step = life.steps[max(0, bisect(life.begins, self.now - opened) - 1)]
        self.events += step.events
        place = f"{names[grid[:12]]} {chance.randrange(1, 60)}栋{chance.randrange(1, 6)}单元"
        unit = units[life.category, grid[:9]]
        helper = next(other for other in units.values() if other != unit)
        ident = f"{chance.getrandbits(128):032x}"
        words = {
            _ID: f"{ident[:8]}-{ident[8:12]}-4{ident[13:16]}-a{ident[17:20]}-{ident[20:]}", _NUMBER: named, GRID: grid,
            _TITLE: chance.choice(MATTERS[life.category]), _TEXT: chance.choice(DETAILS), _PLACE: place,
            _NAME: f"{chance.choice(_SURNAMES)}女士", _PHONE: f"13{chance.randrange(10**9):09}", _UNIT: unit,
            _HELPER: helper, _EPISODE: f"ep-{ident[:16]}",
            _DEVICE: chance.choice(self.place.devices).id + f"-{named[3:]}",
        }  # fmt: skip
        for table, (form, blanks) in step.forms.items():
            rows[table].append(form % tuple([opened + x if isinstance(x, int) else words[x] for x in blanks]))


def _units(place: District) -> dict[tuple[str, str], str]:
    """(category, street) -> who comes."""
    streets = [area.code for area in place.areas if area.level == "street"]
    return {
        (category, street): next(
            unit.id for unit in place.units if category in unit.categories and street.startswith(unit.area)
        )
        for category in MATTERS
        for street in streets
    }


def put(cursor: Cursor, year: Year) -> None:
    """COPY the year in: indexes are made afterwards, checks hold all the while, references are checked at the end."""
    cursor.execute("TRUNCATE tickets.tickets CASCADE")
    dropped = cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE NOT indisunique"
        " AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'tickets'::regnamespace)"
    ).fetchall()
    for name, _ in dropped:
        cursor.execute(f"DROP INDEX {name}".encode())
    cursor.execute("SET session_replication_role = replica")
    names = columns(cursor)
    for batch in year.batches():
        for table, text in batch.items():
            with cursor.copy(f"COPY tickets.{table} ({names[table]}) FROM STDIN".encode()) as copy:
                copy.write(text)
        cursor.connection.commit()
    cursor.execute("SET session_replication_role = origin")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in dropped:
        cursor.execute(str(definition).encode())
    for table in ("ticket_events", "ticket_figures", "clocks", "ticket_episodes"):
        query = (
            f"SELECT count(*) FROM tickets.{table} t LEFT JOIN tickets.tickets k ON k.id = t.ticket WHERE k.id IS NULL"  # noqa: S608 - own words
        )
        lost = cursor.execute(query.encode()).fetchone()
        if lost != (0,):
            raise SystemExit(f"{lost} rows of {table} belong to no ticket")
    stale = cursor.execute(
        "SELECT count(*) FROM tickets.ticket_figures WHERE definition <> %s", (DEFINITION,)
    ).fetchone()
    if stale != (0,):
        raise SystemExit(f"{stale} figures are of another definition")
    cursor.connection.commit()
