"""One run of ``linli-replay`` for a person: say what is done, do it, say what came out."""

import sys
from collections.abc import Iterator

from services.replay import saying
from services.replay.handlers import Replay
from services.replay.ports import Recorded, Topics
from services.replay.recording import RecordedTopics
from streams.contracts import encode
from streams.contracts.topics import GROUPS, INPUTS, Topic


def run(topics: Topics, kept: RecordedTopics | None, *, device: str, only_events: bool, most: int) -> int:
    """Compare, or with ``only_events`` print what the rules say; returns the exit code.

    ``kept`` takes down what is read, ``device`` is the beginning of the ids looked at, ``most`` how many
    differences are shown in full.
    """

    def through(topic: Topic, records: Iterator[Recorded]) -> Iterator[Recorded]:
        return kept.keep(topic, records) if kept else records

    replay = Replay(topics, through)
    spans, groups, catalogue = replay.spans(), replay.spans(GROUPS), replay.catalogue()
    if kept:
        kept.settle(GROUPS, {number: end for number, (_, end) in groups.items()})
    saying.begins(spans, groups, catalogue)
    with saying.progress(sum(end - begin for begin, end in spans.values())) as counted:
        replay.through = lambda topic, records: through(topic, counted(records) if topic is INPUTS else records)
        for event in replay.first(catalogue, spans):
            if only_events and event.device.startswith(device):
                sys.stdout.buffer.write(encode(event) + b"\n")
    if only_events:
        return 0
    replay.second(catalogue, groups)
    report = replay.compare(catalogue, spans, groups, device=device)
    saying.report(report, most)
    return 1 if report.differences else 0
