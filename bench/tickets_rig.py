"""The front door over a year of tickets: a PostgreSQL that is loaded once, and the real linli-api over it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil
import psycopg

from bench import tickets_lives as lives
from bench.district import settle
from services.adapters.clock import SystemClock
from services.adapters.retry import until_available
from services.provision import database as provision
from services.registry import demo
from services.registry.handlers import District
from services.stack import addresses, program
from services.stack.servers import postgres

CHECKOUT: Final = Path(__file__).resolve().parents[1]
PRELOAD: Final = (
    "-c",
    "shared_preload_libraries=pg_stat_statements,auto_explain",
    "-c",
    "auto_explain.log_min_duration=25ms",
)
LIVES: Final = 150


@dataclass(frozen=True, slots=True)
class Rig:
    """The front door over the loaded database; ``cursor`` and ``log`` are the database's own."""

    port: int
    server: psutil.Process
    postmaster: psutil.Process
    cursor: lives.Cursor
    log: Path
    place: District


@contextmanager
def running(data: Path | None, count: int, doors: int = 1) -> Iterator[Rig]:
    """``count`` tickets and ``doors`` processes of the front door over them; ``data`` keeps the tickets."""
    with tempfile.TemporaryDirectory(prefix="linli-bench-") as folder:
        home = data or Path(folder)
        loaded = home / f"loaded-{count}"
        if not loaded.exists():
            shutil.rmtree(home / "postgres", ignore_errors=True)
        with database(home) as (admin, log, passwords, postmaster):
            until_available(threading.Event(), "bench", lambda: provision.prepare(admin, passwords))
            place = demo.district(7, 400)
            if not loaded.exists():
                fill(admin, passwords, place, count)
                loaded.touch()
            own = psycopg.conninfo.make_conninfo(admin, dbname=provision.DATABASE)
            with (
                front_door(admin, passwords, home / "api.log", doors) as (port, server),
                psycopg.connect(own, autocommit=True) as connection,
            ):
                yield Rig(port, server, postmaster, connection.cursor(), log, place)


@contextmanager
def database(home: Path) -> Iterator[tuple[str, Path, dict[str, str], psutil.Process]]:
    """A PostgreSQL on ``home``, the passwords of its roles, its postmaster."""
    home.mkdir(exist_ok=True)
    home.chmod(0o755)
    kept = home / "passwords.json"
    if not kept.exists():
        kept.write_text(json.dumps({role: secrets.token_urlsafe(9) for role in (*provision.ROLES, "admin")}))
    passwords: dict[str, str] = json.loads(kept.read_text())
    port, log = addresses.any_free(set(addresses.USUAL.values())), home / "postgres.log"
    prepared = postgres.prepare(home=home / "postgres", port=port, password=passwords["admin"])
    process = program.spawn(replace(prepared, argv=(*prepared.argv, *PRELOAD)), log)
    try:
        program.wait_for("postgres", lambda: program.listening(port), alive=lambda: process.poll() is None)
        yield postgres.admin_url(port, passwords["admin"]), log, passwords, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def fill(admin: str, passwords: dict[str, str], place: District, count: int) -> None:
    """The district, its people, and the tickets."""
    now = SystemClock().now()
    settle(admin, passwords, place, now)
    with psycopg.connect(psycopg.conninfo.make_conninfo(admin, dbname=provision.DATABASE)) as connection:
        cursor = connection.cursor()
        begin = time.perf_counter()
        names = lives.columns(cursor)
        led = [lives.lead(cursor, names, seed) for seed in range(LIVES)]
        print(
            f"{len(led)} lives with {sum(life.steps[-1].events for life in led)} events in {_since(begin)}", flush=True
        )
        year = lives.Year(place, led, now, count)
        lives.put(cursor, year)
    with psycopg.connect(
        psycopg.conninfo.make_conninfo(admin, dbname=provision.DATABASE), autocommit=True
    ) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    print(f"{count:,} tickets with {year.events:,} events in {_since(begin)}", flush=True)


def _since(begin: float) -> str:
    return f"{time.perf_counter() - begin:.0f} s"


@contextmanager
def front_door(
    admin: str, passwords: dict[str, str], log: Path, doors: int = 1
) -> Iterator[tuple[int, psutil.Process]]:
    """The real linli-api, with all its processes; nothing is published, so that it finds no Kafka is nothing to it."""
    url = psycopg.conninfo.make_conninfo(
        admin, dbname=provision.DATABASE, user="linli_api", password=passwords["linli_api"]
    )
    port = addresses.any_free(set(addresses.USUAL.values()))
    own = {
        "DATABASE_URL": url,
        "LINLI_HTTP_PORT": str(port),
        "LINLI_HTTP_COMPANIONS": ",".join("0" * (doors - 1)),
        "LINLI_DEMO": "1",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
    }
    with log.open("ab") as output:
        start = output.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "services.api.main"],
            cwd=CHECKOUT,
            env={**os.environ, **own},
            stdout=output,
            stderr=output,
        )
    try:
        said = b'"event": "answering"'
        program.wait_for(
            "api", lambda: log.read_bytes()[start:].count(said) == doors, alive=lambda: process.poll() is None
        )
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)
