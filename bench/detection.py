"""Detection measured on labelled scenarios: recall, false and duplicate tickets, delay.

    python bench/detection.py [DIR…] [--json] [--restarts N] [--markdown]

Each DIR is a scenario (``devices.jsonl``, ``messages.jsonl``, ``truth.jsonl``) or a folder of such; without one
the project's own are made and played, a quiet month of a thousand devices among them (``--quick`` leaves the
large ones out). The real pure code runs, with the default rules, on the scenario's own clock; its engine is
killed and restarted on the way. Exit code 1 when a hazard is missed, a ticket comes twice or a bug is met.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.detection_chain import Chain
from bench.detection_score import Verdict, judge, per_thousand, percentile
from sensors.simulator.labelled import PLOTS, Scene, play, read_folder
from sensors.simulator.labelled.folder import DEVICES
from streams.contracts import Undecodable

HEAD = ("scenario", "hazards", "found", "false", "dupl.", "upkeep", "device-days", "p50 s", "p95 s", "beyond s")
PAGE = """# Detection on labelled scenarios

Written by `python bench/detection.py --markdown`; [how to read and repeat it](howto/score-detection.md). The whole
pure chain from MQTT payload to ticket, default rules, the engine killed and restarted in the middle of each.
"""
AIM_FALSE = 0.1
AIM_BEYOND_S = 1.0


def score(scene: Scene, again: Scene, *, restarts: int = 1) -> Verdict:
    """Play a scene and judge it; ``again`` is the same scene, to be walked first for its length."""
    count = sum(1 for _ in again.messages) if restarts else 0
    played = Chain(scene, restarts=restarts, messages=count).run()
    return judge(scene.name, len(scene.devices), scene.truths, played)


def folders(given: Sequence[Path]) -> list[Path]:
    """Scenarios among what was given, and those one level below."""
    found = []
    for path in given:
        below = sorted(each for each in path.iterdir() if (each / DEVICES).is_file()) if path.is_dir() else []
        inside = [path] if (path / DEVICES).is_file() else below
        if not inside:
            raise FileNotFoundError(f"{path}: no scenario here; one is a folder with {DEVICES} in it")
        found += inside
    return found


def scenes(arguments: argparse.Namespace) -> Iterator[tuple[Scene, Scene]]:
    if arguments.folders:
        yield from ((read_folder(path), read_folder(path)) for path in folders(arguments.folders))
        return
    for plot in PLOTS.values():
        if not (plot.large and arguments.quick):
            yield play(plot, seed=arguments.seed), play(plot, seed=arguments.seed)


def row(verdict: Verdict) -> tuple[str, ...]:
    line = verdict.score
    figures = (line.hazards, line.found, line.false_tickets, line.duplicate_tickets, verdict.maintenance)
    seconds = (line.delay_p50_s, line.delay_p95_s, percentile(verdict.beyond, 95))
    shown = ("–" if value is None else f"{value:.2f}" for value in seconds)
    return (line.scenario, *map(str, figures), f"{line.device_days:,.2f}", *shown)


def text(cells: Sequence[str]) -> str:
    return f"{cells[0]:<22}" + "".join(f"{cell:>12}" for cell in cells[1:])


def markdown(cells: Sequence[str]) -> str:
    """A row of the page, which tells what happens in each scenario."""
    plot = PLOTS.get(cells[0])
    return "| " + " | ".join((*cells, plot.tells if plot else "what happens" if cells is HEAD else "")) + " |"


def reasons(verdict: Verdict) -> Iterator[str]:
    """What went wrong, so that nobody has to look for it."""
    for hazard in verdict.score.missed:
        yield f"missed {hazard.cause} on {', '.join(hazard.devices)} from {hazard.start}"
    for word, tickets in (("false", verdict.false), ("duplicate", verdict.duplicates)):
        for ticket in tickets:
            yield f"{word} ticket at {ticket.at} by {ticket.event.rule} on {', '.join(sorted(ticket.devices))}"
    if verdict.afterwards:
        yield f"{verdict.afterwards} unmatched tickets after the last message are not judged"
    yield from (f"bug: {fault}" for fault in verdict.faults)


def summary(verdicts: Sequence[Verdict]) -> str:
    hazards = sum(verdict.score.hazards for verdict in verdicts)
    found = sum(verdict.score.found for verdict in verdicts)
    duplicates = sum(verdict.score.duplicate_tickets for verdict in verdicts)
    late = percentile([each for verdict in verdicts for each in verdict.beyond], 95)
    recall = f"{found / hazards:.1%}" if hazards else "–"
    return (
        f"{len(verdicts)} scenarios: recall {recall} ({found}/{hazards}, aim 100%), "
        f"{per_thousand(verdicts):.3f} false tickets per 1,000 device-days (aim {AIM_FALSE}), "
        f"{duplicates} duplicate tickets (aim 0), "
        f"p95 {'–' if late is None else f'{late:.2f}'} s beyond the on-delay (aim {AIM_BEYOND_S:.0f})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="DIR")
    parser.add_argument("--json", action="store_true", help="one JSON object a scenario, and nothing else")
    parser.add_argument("--markdown", action="store_true", help="the page docs/detection.md")
    parser.add_argument("--quick", action="store_true", help="without the large scenarios")
    parser.add_argument("--restarts", type=int, default=1, help="how often the engine is killed (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the project's own scenarios (default 1)")
    arguments = parser.parse_args()
    show = markdown if arguments.markdown else text
    verdicts = []
    begun = time.monotonic()
    if not arguments.json:
        if arguments.markdown:
            print(PAGE)
        print(show(HEAD))
        if arguments.markdown:
            print("|---|" + "---:|" * (len(HEAD) - 1) + "---|")
    try:
        for scene, again in scenes(arguments):
            verdict = score(scene, again, restarts=arguments.restarts)
            verdicts.append(verdict)
            print(msgspec.json.encode(verdict.score).decode() if arguments.json else show(row(verdict)), flush=True)
            for reason in reasons(verdict):
                print(f"{scene.name}: {reason}", file=sys.stderr)
    except (Undecodable, FileNotFoundError) as error:
        print(f"detection: {error}", file=sys.stderr)
        return 2
    print(f"\n{summary(verdicts)}", file=sys.stderr if arguments.json else sys.stdout)
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    return int(any(verdict.failed for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
