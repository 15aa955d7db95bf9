"""``python -m sensors.simulator.labelled DIR [NAME…] [--seed N]``: write labelled scenarios as folders."""

import argparse
import sys
from pathlib import Path

from sensors.simulator.labelled import PLOTS, play, write_folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sensors.simulator.labelled", description=__doc__)
    parser.add_argument("directory", type=Path, help="where the folders are made")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones (default all): {', '.join(PLOTS)}")
    parser.add_argument("--seed", type=int, default=1, help="one seed gives the same scenarios (default 1)")
    wanted = parser.parse_args()
    strange = [name for name in wanted.names if name not in PLOTS]
    if strange:
        parser.error(f"no scenario {strange[0]!r}; there are {', '.join(PLOTS)}")
    for name in wanted.names or PLOTS:
        write_folder(play(PLOTS[name], seed=wanted.seed), wanted.directory / name)
        sys.stdout.write(f"{wanted.directory / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
