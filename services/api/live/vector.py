"""An event id: for each partition the offset that comes next, as short text. Pure.

``a0.12-3.5~t1.7`` means: of ``linli.alarms`` everything before offset 12 of partition 0 and before 5
of partition 3 was seen, of ``linli.tickets`` everything before 7 of partition 1, of the other
partitions nothing. A stream that ended at this id resumes exactly there, at any process.
"""

import re
from collections.abc import Mapping
from typing import Final

from streams.contracts.topics import ALARMS, TICKETS, Topic

Place = tuple[str, int]
Vector = Mapping[Place, int]

LETTERS: Final[dict[str, Topic]] = {"a": ALARMS, "t": TICKETS}
_TEXT: Final = re.compile(
    r"(?:[at](?:\d{1,3}\.\d{1,18})(?:-\d{1,3}\.\d{1,18})*)(?:~[at]\d{1,3}\.\d{1,18}(?:-\d{1,3}\.\d{1,18})*)?"
)
START: Final = "0"


def write(vector: Vector) -> str:
    """The vector as text; partitions at 0 are left out."""
    parts = []
    for letter, topic in LETTERS.items():
        offsets = [f"{n}.{vector[topic.name, n]}" for n in range(topic.partitions) if vector.get((topic.name, n), 0)]
        if offsets:
            parts.append(letter + "-".join(offsets))
    return "~".join(parts) or START


def read(text: str) -> dict[Place, int] | None:
    """The vector of an event id, every partition named; None where the text is not one."""
    vector = {(topic.name, number): 0 for topic in LETTERS.values() for number in range(topic.partitions)}
    if text == START:
        return vector
    if not text.isascii() or not _TEXT.fullmatch(text):
        return None
    for part in text.split("~"):
        topic = LETTERS[part[0]]
        for item in part[1:].split("-"):
            number, _, offset = item.partition(".")
            if (topic.name, int(number)) not in vector:
                return None
            vector[topic.name, int(number)] = int(offset)
    return vector
