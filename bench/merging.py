"""How well the merge suggestions find what is one matter: precision and recall over the labelled pairs.

    python bench/merging.py [tests/data/merging/pairs.jsonl tests/data/merging/held_out.jsonl]

``pairs`` is what the weights were chosen on; ``held_out`` was written afterwards and never looked at
for them. A pair says whether an operator would merge the two, and what it is about. Prints every pair
that is judged wrongly, with its points.
"""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from services.tickets.domain import merging
from services.tickets.domain.catalogue import PARENTS
from services.tickets.domain.merging import Likeness, Sighting

DATA = Path(__file__).parent.parent / "tests" / "data" / "merging"
SETS = (DATA / "pairs.jsonl", DATA / "held_out.jsonl")
MINUTE = 60_000
NOON = 1_795_320_000_000


class Pair(msgspec.Struct, frozen=True):
    """Two reports, and whether they are the same matter; ``minute`` of a side counts from the same noon."""

    same: int
    about: str
    a: dict[str, Any]
    b: dict[str, Any]

    def judged(self) -> Likeness:
        return merging.likeness(_sighting(self.a), _sighting(self.b), PARENTS)


def _sighting(side: dict[str, Any]) -> Sighting:
    fields = {name: value for name, value in side.items() if name != "minute"}
    return Sighting(at=NOON + side.get("minute", 0) * MINUTE, **fields)


def pairs(path: Path) -> list[Pair]:
    return [msgspec.json.decode(line, type=Pair) for line in path.read_bytes().splitlines()]


def measured(found: list[Pair], limit: float = merging.SHOWN) -> tuple[float, float]:
    """Precision and recall where ``limit`` decides."""
    shown = [pair for pair in found if pair.judged().score >= limit]
    hits = sum(pair.same for pair in shown)
    return hits / max(1, len(shown)), hits / max(1, sum(pair.same for pair in found))


def main() -> None:
    parser = argparse.ArgumentParser(description="Precision and recall of the merge suggestions.")
    parser.add_argument("files", nargs="*", type=Path, default=list(SETS))
    for path in parser.parse_args().files:
        found = pairs(path)
        print(f"\n{path.name}: {len(found)} pairs, {sum(pair.same for pair in found)} of them one matter")
        print("| shown from | precision | recall |\n|---|---|---|")
        for limit in (0.5, 0.6, merging.SHOWN, 0.8, 0.9):
            precision, recall = measured(found, limit)
            print(f"| {limit} | {precision:.2f} | {recall:.2f} |")
        for pair in found:
            likeness = pair.judged()
            if (likeness.score >= merging.SHOWN) != bool(pair.same):
                said = ", ".join(f"{reason.why} {reason.points:+.2f}" for reason in likeness.reasons)
                print(f"wrong: {pair.about}: {likeness.score} ({said})")


if __name__ == "__main__":
    main()
