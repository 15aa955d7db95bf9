"""What ``linli-replay`` tells a person: on stderr while it works, the result on stdout."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.replay.domain import Difference, Kind, Report, Span
from services.replay.ports import Recorded
from streams.rules import Catalogue

out = Console(highlight=False, soft_wrap=True, markup=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
STEP: Final = 1_000
KINDS: Final = {
    Kind.MISSING: "线上没有 missing in linli.alarms",
    Kind.EXTRA: "只有线上有 only in linli.alarms",
    Kind.DIFFERENT: "不同 different",
    Kind.LOST: "未到分组阶段 missing in linli.groups",
}


def begins(spans: Mapping[int, Span], groups: Mapping[int, Span], catalogue: Catalogue) -> None:
    records = sum(end - begin for log in (spans, groups) for begin, end in log.values())
    errors.print(
        f"重放 Replaying {records:,} 条 records, {len(catalogue.rules)} rules, {len(catalogue.devices)} devices"
    )
    cut = {number for log in (spans, groups) for number, (begin, _) in log.items() if begin > 0}
    if cut:
        errors.print(
            f"分区 {', '.join(map(str, sorted(cut)))} 的开头已过保留期，那之前的状态未知，开头的差异可能由此而来。"
            " Retention has taken the beginning of these partitions: early differences may come from that."
        )


@contextmanager
def progress(total: int) -> Iterator[Callable[[Iterator[Recorded]], Iterator[Recorded]]]:
    """A bar; it is told every thousand records, so that it costs nothing."""
    columns = (TextColumn("重放 replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("replay", total=total)

        def counted(records: Iterator[Recorded]) -> Iterator[Recorded]:
            for number, record in enumerate(records, 1):
                yield record
                if number % STEP == 0:
                    bar.update(task, completed=number)
            bar.update(task, completed=total)

        yield counted


def report(found: Report, most: int) -> None:
    """The counts, and each difference with what differs."""
    out.print(
        f"逐字节相同 byte for byte: {found.same:,} · 经分组阶段 through the group stage: {found.grouped:,} · "
        f"分组自身的告警 groups' own: {found.of_groups:,} · 重复投递 delivered again: {found.repeated:,}"
    )
    out.print(f"未比较 not compared: 范围之外 outside {found.outside:,} · 不可读 unreadable {found.unreadable:,}")
    for difference in found.differences[:most]:
        _show(difference)
    left = len(found.differences) - most
    if left > 0:
        out.print(f"… 还有 and {left:,} more")
    said = f"差异 differences: {len(found.differences):,}" if found.differences else "一致 The same."
    out.print(said)


def failed(text: str) -> None:
    errors.print(f"✗ {text}")


def _show(difference: Difference) -> None:
    place = f"{difference.source.partition}/{difference.source.offset}"
    out.print(f"{KINDS[difference.kind]}  {difference.id}  linli.inputs {place}")
    live, replayed = difference.live, difference.replayed
    if live is not None and replayed is not None:
        for name in difference.fields:
            out.print(f"  {name}: live {getattr(live, name, '')!r} | replay {getattr(replayed, name, '')!r}")
        return
    event = live or replayed
    if event is not None:
        went = f"{event.old} → {event.new} ({event.cause})"
        out.print(f"  {event.device} {event.rule} v{event.rule_version}: {went}, at {event.at}")
