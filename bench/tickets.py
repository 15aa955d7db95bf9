"""Lists, tickets, search and figures over a year of tickets, by fifty people at once through the front door.

    python bench/tickets.py [--tickets 1000000] [--clients 50] [--seconds 60] [--rounds 2] [--doors 2] [--data DIR]

Loads the tickets (ten events each, led by the domain code: see tickets_lives.py) by COPY into a PostgreSQL
of its own, starts the real linli-api over it (two processes, as docker-compose.yml does), and lets the clients
ask once a second each from a process of their own. Prints latencies by kind against their limits, the
processor time of server and database, the statements that took longest, and every statement that read a whole
table (auto_explain). With ``--data`` the loaded database stays for the next run.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bench import tickets_lives as lives
from bench import tickets_rig
from services.adapters.clock import SystemClock
from services.registry import demo
from services.registry.handlers import District
from services.stack import addresses

LIMITS: Final = {"list": 50, "filtered": 50, "search": 50, "ticket": 50, "kpi": 500}
WORDS: Final = ("路灯", "路灯不亮", "燃气味", "棉纺社区 12栋", "僵尸车 3单元", "老人", "井盖冒气 光明", "盲道")
WHO: Final = ("operator", "dispatcher", "supervisor", "grid_worker", "unit_leader")
_SCAN: Final = re.compile(r"Seq Scan on (tickets|ticket_events|ticket_figures|ticket_episodes|clocks)\b")


def plan(port: int, cursor: lives.Cursor, place: District, clients: int, seconds: int) -> dict[str, Any]:
    """What each client asks for, in turn; each is one of five people, by page and by API."""
    base, chance = f"http://{addresses.HOST}:{port}", random.Random(3)
    heads = {}
    for role in WHO:
        answer = httpx.post(f"{base}/api/v1/tokens", json={"name": role, "password": role}, trust_env=False)
        page = httpx.post(f"{base}/sign-in", data={"name": role, "password": role}, trust_env=False)
        bearer = answer.raise_for_status().json()["token"]
        heads[role] = (
            f"Authorization: Bearer {bearer}\r\n",
            f"Cookie: linli_session={page.cookies['linli_session']}\r\n",
        )
    streets = [area.code for area in place.areas if area.level == "street"]
    people = {user.id: user for user in demo.users(place)}
    known = {role: _some_tickets(cursor, people[role].scope, people[role].unit) for role in WHO}
    month = time.strftime("%Y-%m", time.gmtime(SystemClock().now() / 1000 - 31 * 86_400))
    asked = []
    for number in range(clients):
        role = WHO[number % len(WHO)]
        bearer, cookie = heads[role]
        turns = []
        for _ in range(40):
            one, street, word = chance.choice(known[role]), chance.choice(streets), chance.choice(WORDS)
            area = f"area={street}&" if not people[role].scope else ""
            turns.append(
                chance.choices(
                    (
                        ("list", "/tickets", cookie),
                        ("list", "/api/v1/tickets", bearer),
                        (
                            "filtered",
                            f"/api/v1/tickets?{area}category=lighting&state=dispatched,signed&sort=deadline",
                            bearer,
                        ),
                        ("filtered", f"/tickets/search?{area}urgency=1&card=red", cookie),
                        ("filtered", "/tickets?view=resolve", cookie),
                        ("search", f"/tickets/search?text={httpx.QueryParams({'q': word})}".replace("q=", ""), cookie),
                        ("ticket", f"/tickets/{one}", cookie),
                        ("ticket", f"/api/v1/tickets/{one}", bearer),
                        ("kpi", f"/kpi?period={month}", cookie),
                        ("kpi", f"/api/v1/kpi?period={month}&by=area", bearer),
                    ),
                    (15, 15, 9, 7, 7, 14, 14, 14, 2, 3),
                )[0]
            )
        asked.append(turns)
    return {"host": addresses.HOST, "port": port, "seconds": seconds, "clients": asked}


def _some_tickets(cursor: lives.Cursor, scope: str, unit: str) -> list[str]:
    rows = cursor.execute(
        "SELECT id FROM tickets.tickets TABLESAMPLE BERNOULLI (5)"
        " WHERE area ^@ %s AND (%s = '' OR lead = %s) LIMIT 500",
        (scope, unit, unit),
    ).fetchall()
    return [str(name) for (name,) in rows]


def cpu(process: psutil.Process) -> float:
    """Seconds of a process and all its children, the ended ones too."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system
    own = process.cpu_times()
    return total + own.children_user + own.children_system


def drive(asked: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("tickets_load.py"))],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def show(answers: Sequence[tuple[str, float, int, int]]) -> None:
    by_kind: dict[str, list[float]] = defaultdict(list)
    for kind, ms, _, _ in answers:
        by_kind[kind].append(ms)
    print(f"{'kind':<10}{'asked':>7}{'p50 ms':>9}{'p95':>8}{'p99':>8}{'limit':>8}{'p99 / limit':>13}")
    for kind, limit in LIMITS.items():
        waits = sorted(by_kind[kind])
        p50, p95, p99 = (waits[min(len(waits) - 1, int(len(waits) * part))] for part in (0.5, 0.95, 0.99))
        print(f"{kind:<10}{len(waits):>7}{p50:>9.1f}{p95:>8.1f}{p99:>8.1f}{limit:>8}{p99 / limit:>13.2f}")
    print("answers:", dict(Counter(status for _, _, status, _ in answers)))


def statements(cursor: lives.Cursor) -> None:
    """What took longest in the database."""
    rows = cursor.execute(
        "SELECT calls, total_exec_time, mean_exec_time, max_exec_time, query FROM pg_stat_statements"
        " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " ORDER BY total_exec_time DESC LIMIT 8"
    ).fetchall()
    print("  calls  total ms   mean ms    max ms  statement")
    for calls, total, mean, longest, query in rows:
        print(f"{calls:>7}{total:>10.0f}{mean:>10.2f}{longest:>10.1f}  {' '.join(query.split())[:150]}")


def scans(log: Path, start: int) -> None:
    """Every statement over 25 ms that read a whole table, with how often."""
    text = log.read_bytes()[start:].decode(errors="replace")
    found: Counter[str] = Counter()
    for entry in re.split(r"\n(?=\d{4}-\d\d-\d\d )", text):
        if "plan:" in entry and (scan := _SCAN.search(entry)):
            query = " ".join(entry.partition("Query Text:")[2].split())[:150]
            found[f"{scan[0]}: {query}"] += 1
    print("statements that read a whole table:", "none" if not found else "")
    for said, times in found.most_common():
        print(f"{times:>7}  {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--doors", type=int, default=2, help="processes of the front door")
    parser.add_argument("--data", type=Path, help="keep the loaded database here")
    given = parser.parse_args()
    with tickets_rig.running(given.data, given.tickets, given.doors) as rig:
        cursor, log = rig.cursor, rig.log
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        asked = plan(rig.port, cursor, rig.place, given.clients, given.seconds)
        drive({**asked, "seconds": 8})  # caches and connections, as after a minute's running
        for _ in range(given.rounds):
            cursor.execute("SELECT pg_stat_statements_reset()")
            start = log.stat().st_size
            before = cpu(rig.server), cpu(rig.postmaster)
            told = drive(asked)
            used = cpu(rig.server) - before[0], cpu(rig.postmaster) - before[1]
            print(
                f"\nload {os.getloadavg()[0]:.1f}; processor time of {given.seconds} s:"
                f" front door {used[0]:.1f} s, database {used[1]:.1f} s, clients {told['cpu']:.1f} s"
            )
            show(told["answers"])
            statements(cursor)
            scans(log, start)


if __name__ == "__main__":
    main()
