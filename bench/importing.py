"""Another system's tickets taken over by ``linli-import``, through the real front door into a real database.

    python bench/importing.py [--tickets 10000]

Makes a file of tickets over the places of a district (a twentieth of them smells of gas, a third names a category,
half name a caller), tries it and takes it over with the command as a person does, and does so once more, when every
ticket is known. Prints each run's time, tickets a second, the processor time of front door and database, and the
statements that took longest.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import psycopg

from bench.district import settle
from bench.tickets import cpu, statements
from bench.tickets_rig import CHECKOUT, database, front_door
from services.adapters.clock import SystemClock
from services.adapters.retry import until_available
from services.provision import database as provision
from services.registry import demo
from services.registry.handlers import District
from services.stack import addresses

MAPPING: Final = {
    "number": "工单编号", "title": "标题", "text": "诉求内容", "place": "地点", "area": "区划代码",
    "category": "类别代码", "caller_name": "来电人", "caller_phone": "联系电话",
}  # fmt: skip
MATTERS: Final = (
    ("路灯不亮", "lighting", "门口的路灯三天没亮了，老人晚上出门看不见"),
    ("井盖冒气", "", "下水井盖往外冒气，有臭味"),
    ("僵尸车占道", "", "一辆没有牌照的车停在消防通道上两个月"),
    ("楼道堆物", "", "楼道里堆了纸箱和旧家具，走不过去"),
    ("垃圾没有清运", "", "垃圾桶满了两天没有人来收"),
)
GAS: Final = ("闻到燃气味", "", "楼道里有很重的煤气味，从下午开始")


def write(file: Path, place: District, count: int) -> None:
    """The other system's export: ``count`` rows over the district's grids."""
    chance = random.Random(5)
    grids = [area.code for area in place.areas if area.level == "grid"]
    with file.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output)
        writer.writerow(MAPPING.values())
        for number in range(count):
            title, category, text = GAS if chance.random() < 0.05 else chance.choice(MATTERS)
            house = f"{chance.randint(1, 40)}栋{chance.randint(1, 6)}单元"
            named = chance.random() < 0.5
            writer.writerow(
                (f"KF{2025_000_000 + number}", title, f"{house}，{text}", house, chance.choice(grids), category,
                 "李先生" if named else "", f"139{chance.randint(10_000_000, 99_999_999)}" if named else "")
            )  # fmt: skip


def run(home: Path, port: int, *options: str) -> str:
    """The command as a person runs it; its last words."""
    base = f"http://{addresses.HOST}:{port}"
    asked = {"name": "operator", "password": "operator"}
    token = httpx.post(f"{base}/api/v1/tokens", json=asked, trust_env=False).raise_for_status().json()["token"]
    mapping = home / "map.json"
    mapping.write_text(json.dumps({"system": "kaifeng", "mapping": MAPPING}, ensure_ascii=False))
    command = (sys.executable, "-m", "services.importing.main", str(home / "old.csv"), "--map", str(mapping), *options)
    own = {**os.environ, "LINLI_TOKEN": token, "LINLI_SERVER": base, "NO_PROXY": "*"}
    done = subprocess.run(command, cwd=CHECKOUT, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout[-2_000:] + done.stderr[-2_000:])
    return done.stderr.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=10_000)
    count: int = parser.parse_args().tickets
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linli-bench-")))
        admin, _, passwords, postmaster = stack.enter_context(database(home))
        until_available(threading.Event(), "bench", lambda: provision.prepare(admin, passwords))
        place = demo.district(7, 400)
        settle(admin, passwords, place, SystemClock().now())
        write(home / "old.csv", place, count)
        port, server = stack.enter_context(front_door(admin, passwords, home / "api.log"))
        own = psycopg.conninfo.make_conninfo(admin, dbname=provision.DATABASE)
        cursor = stack.enter_context(psycopg.connect(own, autocommit=True)).cursor()
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        for said, options in (("trial", ()), ("trial and taking over", ("--apply",)), ("once more", ("--apply",))):
            cursor.execute("SELECT pg_stat_statements_reset()")
            used, begin = (cpu(server), cpu(postmaster)), time.perf_counter()
            words = run(home, port, *options)
            took = time.perf_counter() - begin
            used = cpu(server) - used[0], cpu(postmaster) - used[1]
            print(f"\n{said}: {took:.1f} s, {count / took:.0f} tickets/s, {took / count * 1e3:.2f} ms each; {words}")
            print(
                f"processor time: front door {used[0]:.1f} s, database {used[1]:.1f} s; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            statements(cursor)


if __name__ == "__main__":
    main()
