"""Is the chain as quick as it was? ``bench/chain.py`` on two commits by turns, in one run.

    python bench/chain_between.py OLD [NEW] [--turns 3] [--rate 1000] [--alarms 50]

Each commit gets a checkout and an environment of its own and runs its own copy of the bench, old
and new one after the other, so that a machine's mood meets both alike. Prints for every percentile
the median over the turns and the ratio new / old (aim: not above 1; below 1 the chain is quicker).
``LINLI_TOOLS`` lets the checkouts share the servers that were downloaded before.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PERCENTILES = ("p50", "p95", "p99")
Waits = dict[tuple[str, str], list[int]]


def checkout(commit: str, folder: Path) -> Path:
    """A tree of ``commit`` with its environment made."""
    subprocess.run(["git", "clone", "--quiet", "--shared", str(CHECKOUT), str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "checkout", "--quiet", "--detach", commit], check=True)
    subprocess.run([str(folder / "linli"), "doctor"], check=True, stdout=subprocess.DEVNULL)
    return folder


def turn(tree: Path, data: Path, rate: int, alarms: int) -> Waits:
    """One run of the tree's own bench; waits in ms by (to, percentile).

    Raises:
        ValueError: An alarm did not come through, which no percentile would show.
    """
    data.mkdir(mode=0o755)
    words = ["bench/chain.py", "--rates", str(rate), "--alarms", str(alarms), "--data", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [str(tree / ".venv/bin/python"), *words], cwd=tree, env=environment, check=True, capture_output=True, text=True
    )
    waits: Waits = defaultdict(list)
    for line in done.stdout.splitlines():
        match line.split():
            case [_, _, ("alarm" | "ticket" | "screen") as to, seen, p50, p95, p99, _]:
                if seen != f"{alarms}/{alarms}":
                    raise ValueError(f"{tree.name}: {seen} seen on the way to {to}")
                for name, value in zip(PERCENTILES, (p50, p95, p99), strict=True):
                    waits[to, name].append(int(value))
    return waits


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new", nargs="?", default="HEAD")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--alarms", type=int, default=50)
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="linli-between-"))
    scratch.chmod(0o755)
    commits = {"old": arguments.old, "new": arguments.new}
    trees = {name: checkout(commit, scratch / name) for name, commit in commits.items()}
    all_waits: dict[str, Waits] = {name: defaultdict(list) for name in trees}
    for number in range(arguments.turns):
        for name, tree in trees.items():
            found = turn(tree, scratch / f"{name}-{number}", arguments.rate, arguments.alarms)
            for key, values in found.items():
                all_waits[name][key] += values
            print(f"turn {number + 1} {name}, load {os.getloadavg()[0]:.1f}: {dict(found)}", flush=True)
    print(f"\n{'to':<8}{'':<5}{'old ms':>8}{'new ms':>8}{'new / old':>11}")
    for to, name in all_waits["old"]:
        old, new = (statistics.median(all_waits[which][to, name]) for which in ("old", "new"))
        print(f"{to:<8}{name:<5}{old:>8.0f}{new:>8.0f}{new / old:>11.2f}")


if __name__ == "__main__":
    main()
