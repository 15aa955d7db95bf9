"""What each kind of request of bench/tickets.py costs by itself: processor time, asked one after another.

    python bench/request_cost.py [--tickets 1000000] [--data DIR] [--each 200] [--rounds 3]

Latency under load moves with the machine and with what else runs on it; this moves little, so that a change of
a few hundredths shows. Prints for each kind the processor time a request of front door and database, in ms, the
time from asking to the last byte, and the size of the answer.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import mean
from typing import Final

from bench import tickets, tickets_rig
from services.stack import addresses

Asked = tuple[str, str]
"""A target, and a header line that says who asks."""
WARM: Final = 20


def kinds_of(asked: Mapping[str, Sequence[Sequence[tuple[str, str, str]]]]) -> dict[str, list[Asked]]:
    """The requests of a plan by kind and form, and all of them as ``mixed``."""
    kinds: dict[str, list[Asked]] = defaultdict(list)
    for turns in asked["clients"]:
        for kind, target, head in turns:
            kinds[f"{kind} {'API' if target.startswith('/api/') else 'page'}"].append((target, head))
            kinds["mixed"].append((target, head))
    return dict(sorted(kinds.items()))


def ask(connection: HTTPConnection, asked: Asked) -> int:
    """Bytes of the answer."""
    target, head = asked
    name, _, value = head.strip().partition(": ")
    connection.request("GET", target, headers={name: value})
    answer = connection.getresponse()
    size = len(answer.read())
    if answer.status != 200:
        raise SystemExit(f"{target} answered {answer.status}")
    return size


def cost(rig: tickets_rig.Rig, asked: Sequence[Asked]) -> tuple[float, float, float, float]:
    """A request's ms of the front door, of the database, and until it is answered; kilobytes."""
    before, begin = (tickets.cpu(rig.server), tickets.cpu(rig.postmaster)), time.perf_counter()
    connection = HTTPConnection(addresses.HOST, rig.port)
    size = sum(ask(connection, each) for each in asked)
    waited = time.perf_counter() - begin
    connection.close()
    used = tickets.cpu(rig.server) - before[0], tickets.cpu(rig.postmaster) - before[1]
    door, database, wall = (1000 * seconds / len(asked) for seconds in (*used, waited))
    return door, database, wall, size / len(asked) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=200, help="requests of a kind in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="keep the loaded database here")
    given = parser.parse_args()
    with tickets_rig.running(given.data, given.tickets) as rig:
        kinds = kinds_of(tickets.plan(rig.port, rig.cursor, rig.place, clients=50, seconds=0))
        for asked in kinds.values():
            cost(rig, list(islice(cycle(asked), WARM)))
        found: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
        for _ in range(given.rounds):
            for kind, asked in kinds.items():
                found[kind].append(cost(rig, list(islice(cycle(asked), given.each))))
    print(f"{'kind':<15}{'front door ms':>14}{'database':>10}{'answered in':>13}{'kB':>7}")
    for kind, rounds in found.items():
        door, database, wall, size = (mean(each) for each in zip(*rounds, strict=True))
        print(f"{kind:<15}{door:>14.2f}{database:>10.2f}{wall:>13.1f}{size:>7.0f}")


if __name__ == "__main__":
    main()
