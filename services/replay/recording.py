"""Topics as files: one JSON line a record, keys and values in base64, so that no byte is lost."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from services.replay.domain import Span
from services.replay.ports import Recorded
from streams.contracts import Refused
from streams.contracts.topics import Topic

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Recorded)
_noted = msgspec.json.Decoder(dict[int, int])


class RecordedTopics:
    """:class:`services.replay.ports.Topics` over a folder with one file a topic."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def spans(self, topic: Topic) -> dict[int, Span]:
        found: dict[int, Span] = {}
        for record in self._lines(topic):
            begin, _ = found.get(record.partition, (record.offset, 0))
            found[record.partition] = (begin, record.offset + 1)
        return found

    def settled(self, topic: Topic) -> dict[int, int]:
        """What was noted with the recording; a topic without a note was recorded no further than that."""
        try:
            return _noted.decode(self._note(topic).read_bytes())
        except FileNotFoundError:
            return {number: end for number, (_, end) in self.spans(topic).items()}
        except msgspec.DecodeError as error:
            raise Refused("file", f"{self._note(topic)} is no note of offsets: {error}; record it again") from error

    def settle(self, topic: Topic, offsets: dict[int, int]) -> None:
        """Note how far a topic is acknowledged that is recorded beyond that."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._note(topic).write_bytes(msgspec.json.encode(offsets))

    def read(self, topic: Topic, spans: dict[int, Span] | None = None) -> Iterator[Recorded]:
        for record in self._lines(topic):
            begin, end = (0, record.offset + 1) if spans is None else spans.get(record.partition, (0, 0))
            if begin <= record.offset < end:
                yield record

    def keep(self, topic: Topic, records: Iterable[Recorded]) -> Iterator[Recorded]:
        """Write each record on its way through."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._path(topic).open("wb") as file:
            for record in records:
                file.write(_encoder.encode(record) + b"\n")
                yield record

    def _lines(self, topic: Topic) -> Iterator[Recorded]:
        path = self._path(topic)
        if not path.is_file():
            raise Refused("file", f"{path} is not there; record one with linli-replay --record {self._folder}")
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield _decoder.decode(line)
                except msgspec.DecodeError as error:
                    raise Refused("file", f"{path} line {number} is no record: {error}; record it again") from error

    def _path(self, topic: Topic) -> Path:
        return self._folder / f"{topic.name}.jsonl"

    def _note(self, topic: Topic) -> Path:
        return self._folder / f"{topic.name}.settled.json"
