"""How fast history takes readings in, against the fastest that PostgreSQL can take them at all.

The peer is a binary COPY of the same columns into a table without key, index, partition or roll-up,
one commit each 5,000 rows, as the platform commits. Both write to the same server, in turn.
The time of a shared machine says little, so the CPU time of both sides is told too: this process
and its server process, from /proc.

    python bench/history.py [--rows 300000] [--rounds 3] [--url postgresql://superuser@…]

Without ``--url`` it starts a server of its own, with durable commits, and removes it afterwards.
"""

import argparse
import secrets
import statistics
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench import own_postgres
from services.adapters.postgres import Pool, open_pool
from services.adapters.retry import until_available
from services.history.domain import NewReading
from services.history.handlers import Ingest, Raw
from services.history.postgres import PostgresLetters, PostgresReadings
from services.provision import database as provision
from streams.contracts import Batch, Sample, encode

Connection = psycopg.Connection[tuple[Any, ...]]

CHUNK = 5_000
START = 1_795_311_636_000
DEVICES = 2_000
PARTITIONS = 12
_ROW = struct.Struct(">hiiiqidihihiq").pack
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def readings(count: int, start: int) -> list[NewReading]:
    """A town's traffic as a consumer meets it when it catches up: partition by partition.

    Each of 2,000 devices lives in one of 12 partitions and reports four metrics every ten seconds;
    one poll brings several rounds of one partition's devices.
    """
    metrics = (("ch4_lel", 0.1), ("h2s_ppm", 0.1), ("o2_vol", 0.1), ("battery_pct", 1.0))
    homes = [[f"gas-{number:06}" for number in range(part, DEVICES, PARTITIONS)] for part in range(PARTITIONS)]
    rounds_a_poll = CHUNK // (len(homes[0]) * len(metrics)) + 1
    rows: list[NewReading] = []
    for poll in range(count):
        home = homes[poll % PARTITIONS]
        for turn in range(rounds_a_poll):
            ts = start + (poll // PARTITIONS * rounds_a_poll + turn) * 10_000
            for n, device in enumerate(home):
                rows += [
                    NewReading(device, metric, ts + n, "gas", ts + n + 50, round((ts + n) % 977 * step, 1), 0, 0)
                    for metric, step in metrics
                ]
        if len(rows) >= count:
            break
    return rows[:count]


def chunks(rows: Sequence[NewReading]) -> Iterator[Sequence[NewReading]]:
    return (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK))


def raw_copy(connection: Connection, rows: Sequence[NewReading]) -> None:
    """The peer: nothing but COPY, the rows packed just as quickly."""
    numbers: dict[tuple[str, str], int] = {}
    for chunk in chunks(rows):
        packed = b"".join(
            _ROW(
                *(6, 4, numbers.setdefault((r.device, r.metric), len(numbers)), 8, r.ts, 8, r.value),
                *(2, r.quality, 2, r.flags, 8, r.at),
            )
            for r in chunk
        )
        with connection.cursor().copy("COPY bench_raw FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_HEADER + packed + b"\xff\xff")
        connection.commit()


class Cost(NamedTuple):
    """Seconds of one run: by the clock, of this process, of its sessions in the server."""

    wall: float
    client: float
    server: float


def timed(work: Callable[[], object], sessions: Sequence[Path]) -> Cost:
    served, used, begin = cpu_of(sessions), time.process_time(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - begin, time.process_time() - used, cpu_of(sessions) - served)


def cpu_of(sessions: Sequence[Path]) -> float:
    return sum(int(path.read_text().split()[0]) for path in sessions) / 1e9


def sessions_of(connection: Connection) -> list[Path]:
    """Where the kernel counts the time of the peer's session and the pool's; none if the server is elsewhere."""
    pids = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        " OR (datname = current_database() AND application_name = 'linli-bench')"
    ).fetchall()
    paths = [Path(f"/proc/{pid}/schedstat") for (pid,) in pids]
    connection.commit()
    return [path for path in paths if path.exists()]


def inputs(rows: Sequence[NewReading]) -> list[Raw]:
    """The same readings as the gateway sends them: batches of 500 readings."""
    raws = []
    for i in range(0, len(rows), 500):
        part = rows[i : i + 500]
        samples = tuple(
            Sample(p[0].device, "gas", p[0].ts, p[0].at, {r.metric: r.value for r in p})
            for p in (part[j : j + 4] for j in range(0, len(part), 4))
        )
        raws.append(Raw(f"bench/0/{i}", encode(Batch("gw", "990101001001001", part[0].at, samples)), part[0].at))
    return raws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help="a superuser's address of a server to use")
    arguments = parser.parse_args()
    passwords = {role: secrets.token_urlsafe(9) for role in provision.ROLES}
    name = f"linli_bench_{secrets.token_hex(3)}"
    with nullcontext(arguments.url) if arguments.url else own_postgres.running(durable=True) as admin:
        prepare = partial(provision.prepare, admin, passwords, ["history"], database=name)
        until_available(threading.Event(), "bench", prepare)
        own = psycopg.conninfo.make_conninfo(admin, dbname=name)
        url = psycopg.conninfo.make_conninfo(own, user="linli_history", password=passwords["linli_history"])
        with psycopg.connect(own, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE bench_raw (series int, ts bigint, value float8, quality int2, flags int2, at bigint)"
            )
        with psycopg.connect(own) as peer, open_pool(url, name="bench", size=1) as pool:
            measure(peer, pool, arguments.rows, arguments.rounds)
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


def measure(peer: Connection, pool: Pool, count: int, rounds: int) -> None:
    """Every way in turn, ``rounds`` times; the median of each."""
    store = PostgresReadings(pool)
    ingest = Ingest(store, PostgresLetters(pool))
    costs: dict[str, list[Cost]] = {}
    store.store(readings(14 * CHUNK, START - 3_600_000), [])  # every series is known, as after a minute's running
    roll_up(pool)
    sessions = sessions_of(peer)
    for number in range(rounds):
        rows = readings(count, START + number * 3_600_000)
        more = inputs(readings(count, START + (number + rounds) * 3_600_000))
        for label, work in (
            ("binary COPY, no key, no index", lambda rows=rows: raw_copy(peer, rows)),
            ("history, idempotent", lambda rows=rows: [store.store(c, []) for c in chunks(rows)]),
            ("  and its upkeep: rollups, last values", lambda: roll_up(pool)),
            ("history, the same again (duplicates)", lambda rows=rows: [store.store(c, []) for c in chunks(rows)]),
            ("history, from encoded batches", lambda more=more: ingest(more)),
        ):
            costs.setdefault(label, []).append(timed(work, sessions))
        roll_up(pool)
    show({label: Cost(*map(statistics.median, zip(*runs, strict=True))) for label, runs in costs.items()}, count)


def roll_up(pool: Pool) -> None:
    """What upkeep does every five seconds, beside the ingest."""
    with pool.connection() as connection:
        connection.execute("CALL history.roll(true)")


def show(costs: Mapping[str, Cost], count: int) -> None:
    """Rates and ratios to the first way; CPU as seconds for 100,000 rows, ours + the server's."""
    peer = next(iter(costs.values()))
    print(f"{'way':<40}{'rows/s':>12}{'ratio':>8}{'CPU s/100k':>16}{'CPU ratio':>11}")
    for label, cost in costs.items():
        client, server = cost.client / count * 100_000, cost.server / count * 100_000
        ratio = (peer.client + peer.server) / (cost.client + cost.server)
        used = f"{client:.2f} + {server:.2f}"
        print(f"{label:<40}{count / cost.wall:>12,.0f}{peer.wall / cost.wall:>8.2f}{used:>16}{ratio:>11.2f}")


if __name__ == "__main__":
    main()
