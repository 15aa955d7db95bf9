"""How fast an address is found while somebody types it, in a district of 20,000 buildings.

    python -m bench.address_search [--buildings 20000] [--rounds 40] [--typing 1]

Starts a server of its own and fills it: streets, communities, grids of fifty buildings, estates whose names share
their characters as a city's do. ``--typing`` people type at once, letter by letter, what an intake form sends as its
place. Prints the 50th and 99th percentile of each question in ms against the limit, and how the server looks for it;
ends with 1 where one is beyond the limit or looks by no index.
"""

import argparse
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import psycopg
from psycopg import conninfo

from bench import own_postgres
from services.adapters.postgres import Pool, open_pool
from services.adapters.retry import until_available
from services.api.door.auth import Caller
from services.api.language.words import words
from services.api.pages.tickets.places import SHOWN, search_places
from services.provision import database as provision
from services.registry.domain import Role
from services.registry.postgres import PostgresPlaces
from services.registry.postgres.places import finding

LIMIT_MS = 1_000
"""Sub-second while typing, the answer's way to the browser not counted."""
STREETS, COMMUNITIES, GRIDS, IN_A_GRID = 8, 10, 5, 50
FILL = """
    WITH grids AS (
        SELECT g, '990101' || lpad((1 + g / 50 %% 8)::text, 3, '0') || lpad((1 + g / 5 %% 10)::text, 3, '0') || lpad((1
               + g %% 5 + 5 * (g / 400))::text, 3, '0') AS grid,
               (ARRAY['棉纺','机床厂','铁路','纺织','向阳','红旗','建设','和平','幸福','光明','东风','胜利','解放','人民','新华','长安',
                      '友谊','团结','朝阳','滨河'])[1 + g %% 20]
               || (ARRAY['一','二','三','四','五','六','七','八','九','十'])[1 + g / 20 %% 10]
               || (ARRAY['村','新村','小区','家属院','花园'])[1 + g / 200 %% 5] AS estate
        FROM generate_series(0, %(grids)s - 1) g
    )
    INSERT INTO registry.areas (code, level, name_zh, name_en, lon, lat)
    SELECT '990101', 'county', '示范区', 'Demo District', 109.9, 30.0
    UNION ALL SELECT DISTINCT left(grid, 9), 'street', substr(grid, 7, 3) || '街道', 'Street ' || substr(grid, 7, 3),
                     109.9, 30.0 FROM grids
    UNION ALL SELECT DISTINCT left(grid, 12), 'community', substr(grid, 10, 3) || '社区',
                     'Community ' || substr(grid, 10, 3), 109.9, 30.0 FROM grids
    UNION ALL SELECT grid, 'grid', estate || '网格', 'Grid ' || g, 109.9, 30.0 FROM grids
    UNION ALL SELECT grid || lpad(b::text, 5, '0'), 'building', estate || b || '号楼',
                     'Estate ' || g || ' Building ' || b, 109.9, 30.0 FROM grids, generate_series(1, %(each)s) b"""
TYPED = {
    "one letter": ["棉", "十", "二"],
    "two letters": ["棉纺", "滨河", "新村"],
    "an estate": ["棉纺二", "棉纺二村", "向阳七小区", "机床厂十花园"],
    "a building": ["棉纺二村1", "棉纺二村12", "棉纺二村12号楼", "滨河六家属院 四十二幢"],
    "English": ["Estate 17 Bui", "Street 003"],
    "a code": ["990101", "990101003004002", "99010100300400200012"],
    "none there": ["鼓楼", "不存在的小区", "棉纺二村9999号楼"],
}
"""As the form sends them while somebody types."""


def measured(places: PostgresPlaces, texts: list[str], rounds: int, typing: int) -> list[float]:
    """How long each question took, ms, sorted; the first rounds warm up."""
    container: Any = SimpleNamespace(places=places)
    who = Caller("bench", "bench", Role.OPERATOR, "", "", "token")

    def once(text: str) -> float:
        start = time.perf_counter()
        search_places(container, who, text, words("zh"))
        return (time.perf_counter() - start) * 1000

    with ThreadPoolExecutor(typing) as people:
        spent = list(people.map(once, texts * (rounds * typing + 3)))
    return sorted(spent[3 * len(texts) :])


def looked(pool: Pool, text: str) -> tuple[str, int]:
    """By which indexes the server looks, ``scan`` where by none, and at how many areas."""
    query, values = finding(text, scope="", level="", limit=SHOWN)
    with pool.connection() as connection:
        plans: Any = connection.execute(
            b"EXPLAIN (ANALYZE, FORMAT JSON) " + query.as_bytes(connection), values
        ).fetchone()
    found: list[dict[str, Any]] = []
    waiting = [plans[0][0]["Plan"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("Plans", [])
    rows = [node for node in found if node.get("Relation Name") == "areas"]
    ways = sorted({node["Index Name"] for node in found if "Index Name" in node}) or ["scan"]
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return " ".join(ways), sum(node["Actual Rows"] + sum(node.get(name, 0) for name in removed) for node in rows)


def filled(admin: str, buildings: int) -> str:
    """A register of areas; returns the front door's address."""
    passwords = {role: f"bench-{role}" for role in provision.ROLES}
    provision.prepare(admin, passwords, ("registry",), database="bench")
    with psycopg.connect(conninfo.make_conninfo(admin, dbname="bench"), autocommit=True) as connection:
        connection.execute(FILL.encode(), {"grids": max(1, buildings // IN_A_GRID), "each": IN_A_GRID})
        connection.execute("VACUUM ANALYZE registry.areas")
    return conninfo.make_conninfo(admin, dbname="bench", user="linli_api", password=passwords["linli_api"])


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast an address is found while somebody types it.")
    parser.add_argument("--buildings", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--typing", type=int, default=1, help="people who type at once")
    arguments = parser.parse_args()
    with own_postgres.running() as admin:
        address = until_available(threading.Event(), "bench", lambda: filled(admin, arguments.buildings))
        with open_pool(address, name="bench", size=arguments.typing) as pool:
            return judged(pool, arguments.rounds, arguments.typing)


def judged(pool: Pool, rounds: int, typing: int) -> int:
    """Prints the table; 1 where something is beyond its limit."""
    wrong = 0
    print("| typed | p50 ms | p99 ms | limit ms | looks by | areas looked at, at most |\n|---|---|---|---|---|---|")
    for name, texts in TYPED.items():
        spent = measured(PostgresPlaces(pool), texts, rounds, typing)
        last = spent[min(len(spent) - 1, int(len(spent) * 0.99))]
        ways, most = zip(*(looked(pool, text) for text in texts), strict=True)
        wrong |= last > LIMIT_MS or "scan" in ways
        by, middle = ", ".join(sorted({*ways})), statistics.median(spent)
        print(f"| {name} | {middle:.1f} | {last:.1f} | {LIMIT_MS} | {by} | {max(most)} |", flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
