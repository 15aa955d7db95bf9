"""The replay command's judgement: what is the same, what is not compared, and what differs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from services.replay.domain import Judge, Kind, Report, Said
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
    group_key,
)  # fmt: skip
from streams.contracts.topics import ALARMS, DEVICES, GROUPS, INPUTS, RULES
from streams.groups import replay
from streams.rules import Catalogue, outcomes, partition_of

GRID = "990101001001001"
PARTITION = partition_of(GRID)
T0 = 1_795_312_800_000
ALONE = Rule("gas.plain", 1, "gas", "ch4_lel", Op.GE, (Level(Severity.MAJOR, 25.0),), "gas-leak", "燃气", "Gas")
TOGETHER = msgspec.structs.replace(ALONE, id="gas.grouped", group=("building",))
GONE = msgspec.structs.replace(ALONE, id="gone")
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


def handed(rule: Rule) -> list[tuple[int, int, bytes]]:
    """The second stage's log: what the first one hands on, ticks to their own partition, all else by group."""
    found: list[tuple[int, int, bytes]] = []
    ends: dict[int, int] = {}
    for outcome in outcomes(log(), Catalogue.of([rule], DEVICES_)):
        for record in outcome.groups:
            number = PARTITION if isinstance(record, Tick) else partition_of(group_key(record))
            found.append((number, ends.get(number, 0), encode(record)))
            ends[number] = ends.get(number, 0) + 1
    return found


def said(rule: Rule = ALONE, taken: int = 99) -> Said:
    """What both stages say; of its log the second has acknowledged ``taken`` records a partition."""
    catalogue, made = Catalogue.of([rule], DEVICES_), Said()
    for outcome in outcomes(log(), catalogue):
        made.first(outcome)
        for record in outcome.groups:
            made.came(record)
    for outcome in replay((one for one in handed(rule) if one[1] < taken), catalogue):
        made.second(outcome)
    return made


def replayed(rule: Rule = ALONE) -> dict[str, AlarmEvent]:
    both = said(rule)
    return both.alone | both.grouped


def judged(live: list[AlarmEvent | bytes], rule: Rule = ALONE, *, of: Said | None = None, **more: str) -> Report:
    values = [value if isinstance(value, bytes) else encode(value) for value in live]
    groups = dict.fromkeys(range(12), (0, 99))
    return Judge(of or said(rule), {rule.id: rule}, {PARTITION: (0, 99)}, groups, **more).compare(values)


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


def test_events_of_a_group_are_compared_with_incident_members_page_and_flood() -> None:
    events = list(replayed(TOGETHER).values())
    assert len({event.incident for event in events}) == 1
    assert (report := judged(list(events), TOGETHER)).differences == []
    assert (report.grouped, report.same, report.of_groups) == (3, 0, 0)
    for field, value in {"incident": "i9", "members": 7, "first_out": False, "page": Page.TENTH, "flood": True}.items():
        wrong = judged([msgspec.structs.replace(events[0], **{field: value}), *events[1:]], TOGETHER)
        assert [found.fields for found in wrong.differences] == [(field,)]


def test_what_the_group_stage_has_not_acknowledged_is_not_judged() -> None:
    events = list(replayed(TOGETHER).values())
    report = judged(list(events), TOGETHER, of=said(TOGETHER, taken=0))
    assert (report.grouped, report.outside, report.differences) == (0, 3, [])


def test_a_groups_own_alarm_is_judged_by_the_second_log() -> None:
    own = msgspec.structs.replace(ALONE, measure=Members())
    event = next(iter(replayed().values()))
    known = Said(grouped={event.id: event})
    assert (judged([event], own, of=known).of_groups, judged([event], own, of=known).differences) == (1, [])
    assert [found.kind for found in judged([], own, of=known).differences] == [Kind.MISSING]
    assert [found.kind for found in judged([event], own, of=Said()).differences] == [Kind.EXTRA]


def test_what_was_handed_on_and_never_arrived_is_lost() -> None:
    both = said(TOGETHER)
    events = list(both.grouped.values())
    gone = next(iter(both.handed))
    del both.arrived[gone]
    assert (Kind.LOST, gone) in [
        (found.kind, found.id) for found in judged(list(events), TOGETHER, of=both).differences
    ]


def test_what_arrived_unlike_what_was_handed_on_is_a_difference() -> None:
    both = said(TOGETHER)
    name, event = next(iter(both.arrived.items()))
    both.arrived[name] = msgspec.structs.replace(event, value=9.0)
    report = judged(list(both.grouped.values()), TOGETHER, of=both)
    assert [(found.kind, found.fields) for found in report.differences] == [(Kind.DIFFERENT, ("value",))]


def test_a_second_log_that_was_cut_says_nothing_of_what_is_lost() -> None:
    both = said(TOGETHER)
    events = [encode(event) for event in both.grouped.values()]
    both.arrived.pop(next(iter(both.handed)))
    judge = Judge(both, {TOGETHER.id: TOGETHER}, {PARTITION: (0, 99)}, {0: (5, 99)})
    assert [found.kind for found in judge.compare(events).differences] == []


class Fixed:
    """Topics in memory, the twin of the broker's."""

    def __init__(self, settled: dict[int, int], rule: Rule = ALONE, taken: int = 99) -> None:
        live = [encode(event) for event in replayed(rule).values()]
        self._topics = {
            RULES.name: [Recorded(0, 0, rule.id.encode(), encode(rule)), Recorded(0, 1, b"gone", encode(GONE)),
                         Recorded(0, 2, b"gone", None)],
            DEVICES.name: [Recorded(0, n, d.id.encode(), encode(d)) for n, d in enumerate(DEVICES_)],
            INPUTS.name: [Recorded(p, offset, b"k", value) for p, offset, value in log()],
            GROUPS.name: [Recorded(p, offset, b"k", value) for p, offset, value in handed(rule)],
            ALARMS.name: [Recorded(PARTITION, n, b"k", value) for n, value in enumerate(live)],
        }  # fmt: skip
        self._settled = {INPUTS.name: settled, GROUPS.name: dict.fromkeys(range(12), taken)}

    def spans(self, topic: object) -> dict[int, tuple[int, int]]:
        found: dict[int, tuple[int, int]] = {}
        for record in self._topics[topic.name]:  # type: ignore[attr-defined]
            found[record.partition] = (0, record.offset + 1)
        return found

    def settled(self, topic: object) -> dict[int, int]:
        return self._settled[topic.name]  # type: ignore[attr-defined]

    def read(self, topic: object, spans: dict[int, tuple[int, int]] | None = None) -> Iterator[Recorded]:
        for record in self._topics[topic.name]:  # type: ignore[attr-defined]
            begin, end = (0, 1 << 62) if spans is None else spans[record.partition]
            if begin <= record.offset < end:
                yield record


def run(topics: object, **more: object) -> Report:
    replay_ = Replay(topics, **more)  # type: ignore[arg-type]
    spans, groups, catalogue = replay_.spans(), replay_.spans(GROUPS), replay_.catalogue()
    list(replay_.first(catalogue, spans))
    replay_.second(catalogue, groups)
    return replay_.compare(catalogue, spans, groups)


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


def test_a_run_judges_the_second_stage_by_its_log_as_far_as_that_is_acknowledged() -> None:
    report = run(Fixed({}, TOGETHER))
    assert (report.grouped, report.outside, report.differences) == (3, 0, [])
    report = run(Fixed({}, TOGETHER, taken=0))
    assert (report.grouped, report.outside, report.differences) == (0, 3, [])


def test_a_recording_keeps_how_far_the_second_log_was_acknowledged(tmp_path: Path) -> None:
    kept, live = RecordedTopics(tmp_path / "log"), Fixed({}, TOGETHER, taken=0)
    kept.settle(GROUPS, live.settled(GROUPS))
    run(live, through=kept.keep)
    again = run(kept)
    assert (again.grouped, again.outside, again.differences) == (0, 3, [])
    (tmp_path / "log/linli.groups.settled.json").write_text("?")
    with pytest.raises(Refused, match="is no note of offsets"):
        kept.settled(GROUPS)


def test_a_missing_or_damaged_recording_says_which_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"linli\.inputs\.jsonl is not there; record one"):
        RecordedTopics(tmp_path).spans(INPUTS)
    (tmp_path / "linli.inputs.jsonl").write_text('{"partition":0,"offset":0,"key":null,"value":null}\n{"par\n')
    with pytest.raises(Refused, match="line 2 is no record"):
        RecordedTopics(tmp_path).spans(INPUTS)
