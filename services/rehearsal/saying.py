"""What ``linli-rehearse`` tells a person: a bar on stderr, the result on stdout."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.rehearsal.domain import Change, Line, Pair, Reached, Report, Scope, Sides, Stopped, compared, counted
from services.rehearsal.handlers import Result
from streams.contracts import LinliError, Refused

out = Console(highlight=False, soft_wrap=True, markup=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
SHANGHAI: Final = timezone(timedelta(hours=8))
WORDS: Final = {
    Change.NEW: "新增 new",
    Change.GONE: "不再有 gone",
    Change.EARLIER: "提前 earlier",
    Change.LATER: "推后 later",
    Change.SAME: "不变 same",
}


@contextmanager
def progress(scope: Scope) -> Iterator[Callable[[int], None]]:
    """A bar over the period."""
    columns = (TextColumn("试演 rehearsal"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("rehearsal", total=scope.end - scope.start)
        yield lambda at: bar.update(task, completed=max(0, at - scope.start))


@contextmanager
def lines(scope: Scope) -> Iterator[Callable[[int], None]]:
    """Progress and the reason of a failure for the program that started this one, a hundred lines at most.

    A line that nobody reads any more ends the process: whoever asked is gone.
    """
    step, due = (scope.end - scope.start) // 100, scope.start

    def reached(at: int) -> None:
        nonlocal due
        if at >= due:
            due = at + step
            _line_out(Reached(at))

    try:
        yield reached
    except LinliError as error:
        refused = error if isinstance(error, Refused) else Refused("unavailable", str(error))
        _line_out(Stopped.of(refused))
        raise SystemExit(1) from error


def _line_out(line: Line) -> None:
    sys.stderr.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stderr.buffer.flush()


def result(found: Result, most: int) -> None:
    """Counts, tickets a day, and what changed, each with its time and device."""
    days = (found.scope.end - found.scope.start) / 86_400_000
    out.print(f"{found.devices:,} 台 devices · {days:.1f} 天 days · {found.messages:,} 条 messages")
    for line in _away(found):
        out.print(line)
    mine, theirs = found.tickets()
    table = Table("", "试演 rehearsed", "现行 in force", box=None)
    table.add_row("告警 alarms", f"{len(found.rehearsed):,}", f"{len(found.in_force):,}" if found.known else "—")
    table.add_row("工单/天 tickets a day", f"{mine:.2f}", f"{theirs:.2f}" if found.known else "—")
    out.print(table)
    counts = Counter(pair.change for pair in found.pairs)
    out.print(" · ".join(f"{word}: {counts[change]:,}" for change, word in WORDS.items()))
    changed = [pair for pair in found.pairs if pair.change is not Change.SAME]
    for pair in changed[:most]:
        out.print(_line(pair))
    if len(changed) > most:
        out.print(f"… 还有 and {len(changed) - most:,} more")


def as_json(found: Result) -> None:
    """The whole result for programs."""
    sys.stdout.buffer.write(msgspec.json.encode(report_of(found)) + b"\n")
    sys.stdout.buffer.flush()


def report_of(found: Result) -> Report:
    """The result as it is handed to programs."""
    mine, theirs = found.tickets()
    episodes = compared(found.pairs)
    return Report(
        found.scope.start, found.scope.end, found.devices, found.messages, found.away,
        alarms=Sides(len(found.rehearsed), len(found.in_force) if found.known else None),
        tickets_a_day=Sides(mine, theirs if found.known else None), changes=counted(episodes), episodes=episodes,
    )  # fmt: skip


def failed(text: str) -> None:
    errors.print(f"✗ {text}")


def _away(found: Result) -> Iterator[str]:
    away = found.away
    if away.stretches:
        minutes = f"{away.ms / 60_000:,.0f}"
        yield f"期间平台有 {away.stretches:,} 段、共 {minutes} 分钟没有收到任何数据，未计为静默"
        yield f"the platform itself received nothing in {away.stretches:,} stretches, {minutes} min in all: no silence"
    if away.unknown_before(found.scope.start):
        since = "…" if away.noted_from is None else _moment(away.noted_from)
        yield f"平台自身的中断从 {since} 起才有记录，此前的中断会被看成设备静默"
        yield f"what the platform was away for is noted from {since}; an earlier outage looks like silent devices"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")


def _line(pair: Pair) -> str:
    episode = pair.rehearsed or pair.in_force
    device, severity = (episode.device, episode.worst) if episode else ("", "")
    when = _moment(pair.at)
    moved = f" {abs(pair.moved) / 1000:,.0f} s" if pair.moved else ""
    return f"  {when}  {WORDS[pair.change]}{moved}  {device}  {severity}"
