"""The replay command's judgement: what is the same, what is not compared, and what differs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services.replay.domain import Kind, Report, alarms_of, compare
from services.replay.handlers import Replay
from services.replay.ports import Recorded
from services.replay.recording import RecordedTopics
from streams.contracts import (
    AlarmEvent,
    Batch,
    Device,
    Level,
    Members,
    Op,
    Page,
    Refused,
    Rule,
    Sample,
    Severity,
    Tick,
    encode,
)  # fmt: skip
from streams.contracts.topics import ALARMS, DEVICES, INPUTS, RULES
from streams.rules import Catalogue, outcomes, partition_of

GRID = "990101001001001"
PARTITION = partition_of(GRID)
T0 = 1_795_312_800_000
ALONE = Rule("gas.plain", 1, "gas", "ch4_lel", Op.GE, (Level(Severity.MAJOR, 25.0),), "gas-leak", "燃气", "Gas")
TOGETHER = msgspec.structs.replace(ALONE, id="gas.grouped", group=("building",))
DEVICES_ = [Device(f"gas-{n}", "gas", GRID, building=f"{GRID}00001") for n in range(3)]


def log() -> list[tuple[int, int, bytes]]:
    """Three devices: one leaks, one leaks and recovers, one is calm; and bytes that nobody can read."""
    values = [(1.0, 1.0, 1.0), (30.0, 30.0, 1.0), (30.0, 1.0, 1.0), (31.0, 1.0, 1.0)]
    records = [encode(Tick("gw", T0))]
    for step, row in enumerate(values, 1):
        at = T0 + step * 10_000
        samples = tuple(Sample(d.id, "gas", at - 50, at, {"ch4_lel": v}) for d, v in zip(DEVICES_, row, strict=True))
        records.append(encode(Batch("gw", GRID, at, samples)))
    records.insert(3, b"not json")
    return [(PARTITION, offset, value) for offset, value in enumerate(records)]


def replayed(rule: Rule = ALONE) -> dict[str, AlarmEvent]:
    found = [event for outcome in outcomes(log(), Catalogue.of([rule], DEVICES_)) for event in alarms_of(outcome)]
    return {event.id: event for event in found}


def judged(live: list[AlarmEvent | bytes], rule: Rule = ALONE, end: int = 99, **more: str) -> Report:
    values = [value if isinstance(value, bytes) else encode(value) for value in live]
    return compare(replayed(rule), values, {rule.id: rule}, {PARTITION: (0, end)}, **more)


def test_the_log_gives_two_alarms_and_one_end() -> None:
    assert len(replayed()) == 3


def test_the_same_bytes_are_the_same_and_may_come_again() -> None:
    events = list(replayed().values())
    report = judged([*events, events[0], b"?"])
    assert (report.same, report.repeated, report.unreadable, report.differences) == (3, 1, 1, [])


def test_one_changed_field_is_named() -> None:
    first, *rest = replayed().values()
    report = judged([msgspec.structs.replace(first, value=30.5), *rest])
    (found,) = report.differences
    assert (found.kind, found.id, found.fields) == (Kind.DIFFERENT, first.id, ("value",))


def test_the_same_event_said_twice_and_unlike_is_a_difference() -> None:
    first, *rest = replayed().values()
    report = judged([first, *rest, msgspec.structs.replace(first, why="?")])
    assert [(found.kind, found.fields) for found in report.differences] == [(Kind.DIFFERENT, ("why",))]


def test_the_same_fields_in_other_bytes_are_a_difference() -> None:
    first, *rest = replayed().values()
    report = judged([encode(first).replace(b'":', b'": ', 1), *rest])
    assert [found.fields for found in report.differences] == [("bytes",)]


def test_what_one_side_alone_says_is_a_difference() -> None:
    first, *rest = replayed().values()
    report = judged([msgspec.structs.replace(first, id="invented-1"), *rest])
    assert sorted((found.kind, found.id) for found in report.differences) == [
        (Kind.EXTRA, "invented-1"), (Kind.MISSING, first.id),
    ]  # fmt: skip


def test_records_that_were_not_replayed_are_not_judged() -> None:
    first, *rest = replayed().values()
    beyond = msgspec.structs.replace(first, id="later-1", source=msgspec.structs.replace(first.source, offset=500))
    assert (judged([first, *rest, beyond]).outside, judged([first, *rest, beyond]).differences) == (1, [])


def test_only_the_asked_devices_are_judged() -> None:
    mine = [event for event in replayed().values() if event.device == "gas-1"]
    report = judged(list(mine), device="gas-1")
    assert (report.same, report.differences) == (len(mine), [])
    assert len(judged(list(mine)).differences) == 1


def test_what_the_group_stage_fills_in_is_left_out_and_nothing_else() -> None:
    events = list(replayed(TOGETHER).values())
    filled = [
        msgspec.structs.replace(event, incident="i1", members=2, first_out=True, page=Page.SECOND) for event in events
    ]
    report = judged(list(filled), TOGETHER)
    assert (report.grouped, report.same, report.differences) == (3, 0, [])
    wrong = judged([msgspec.structs.replace(filled[0], value=9.0), *filled[1:]], TOGETHER)
    assert [found.fields for found in wrong.differences] == [("value",)]


def test_a_groups_own_alarm_is_counted_and_not_judged() -> None:
    own = msgspec.structs.replace(ALONE, measure=Members())
    event = next(iter(replayed().values()))
    report = compare({}, [encode(event)], {own.id: own}, {PARTITION: (0, 99)})
    assert (report.of_groups, report.differences) == (1, [])


class Fixed:
    """Topics in memory, the twin of the broker's."""

    def __init__(self, settled: dict[int, int]) -> None:
        live = [encode(event) for event in replayed().values()]
        self._topics = {
            RULES.name: [Recorded(0, 0, b"gas.plain", encode(ALONE)), Recorded(0, 1, b"gone", encode(TOGETHER)),
                         Recorded(0, 2, b"gas.grouped", None)],
            DEVICES.name: [Recorded(0, n, d.id.encode(), encode(d)) for n, d in enumerate(DEVICES_)],
            INPUTS.name: [Recorded(p, offset, b"k", value) for p, offset, value in log()],
            ALARMS.name: [Recorded(PARTITION, n, b"k", value) for n, value in enumerate(live)],
        }  # fmt: skip
        self._settled = settled

    def spans(self, topic: object) -> dict[int, tuple[int, int]]:
        return {PARTITION: (0, len(self._topics[topic.name]))}  # type: ignore[attr-defined]

    def settled(self, topic: object) -> dict[int, int]:
        return self._settled

    def read(self, topic: object, spans: dict[int, tuple[int, int]] | None = None) -> Iterator[Recorded]:
        for record in self._topics[topic.name]:  # type: ignore[attr-defined]
            begin, end = (0, 1 << 62) if spans is None else spans[record.partition]
            if begin <= record.offset < end:
                yield record


def run(topics: object, **more: object) -> Report:
    replay = Replay(topics, **more)  # type: ignore[arg-type]
    spans, catalogue = replay.spans(), replay.catalogue()
    return replay.compare(catalogue, spans, list(replay.events(catalogue, spans)))


def test_a_run_takes_rules_devices_and_log_from_the_topics() -> None:
    report = run(Fixed({}))
    assert (report.same, report.differences) == (3, [])


def test_what_the_workers_have_not_acknowledged_is_not_judged() -> None:
    report = run(Fixed({PARTITION: 3}))
    assert (report.same, report.outside, report.differences) == (2, 1, [])


def test_a_recording_gives_the_same_report_as_what_it_recorded(tmp_path: Path) -> None:
    kept = RecordedTopics(tmp_path / "log")
    first = run(Fixed({PARTITION: 3}), through=kept.keep)
    again = run(kept)
    assert (again.same, again.outside, again.differences) == (first.same, first.outside, [])


def test_a_missing_or_damaged_recording_says_which_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"linli\.inputs\.jsonl is not there; record one"):
        RecordedTopics(tmp_path).spans(INPUTS)
    (tmp_path / "linli.inputs.jsonl").write_text('{"partition":0,"offset":0,"key":null,"value":null}\n{"par\n')
    with pytest.raises(Refused, match="line 2 is no record"):
        RecordedTopics(tmp_path).spans(INPUTS)
