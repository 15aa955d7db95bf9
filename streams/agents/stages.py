"""The two stages of detection, as the one engine serves both: what each reads, and what it keeps of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from streams.contracts import decode_group, decode_input
from streams.contracts.topics import GROUPS, INPUTS, Topic
from streams.groups import GroupShard
from streams.rules import Catalogue, ForeignState, Lacking, Outcome, Shard, partition_of


class PureShard(Protocol):
    """One partition's state: a pure function of its records. ``offset`` is the last one it reflects.

    ``refused`` is stored state that could not be taken over, so that nothing of it was; ``lacking``
    is what its stored state knows and its first catalogue has lost, ``lost`` the rules that the
    present one has lost and that stay in force, since alarms of them stood.
    """

    offset: int
    refused: list[ForeignState]
    lacking: Lacking
    lost: frozenset[str]

    @property
    def dirty(self) -> list[str]: ...

    @property
    def codes(self) -> list[str]: ...

    @property
    def subjects(self) -> int: ...

    def adopt(self, catalogue: Catalogue) -> None: ...

    def apply(self, record: Any, offset: int) -> Outcome: ...

    def pass_over(self, offset: int) -> None: ...

    def pack(self, code: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """``loop`` names it in logs and metrics, ``keeps`` what its stored codes are, in the plural."""

    loop: str
    topic: Topic
    keeps: str
    decode: Callable[[bytes], Any]
    shard: Callable[[int, Catalogue, Mapping[str, bytes]], PureShard]


def _first(number: int, catalogue: Catalogue, stored: Mapping[str, bytes]) -> PureShard:
    return Shard(number, catalogue, owns=lambda code: partition_of(code) == number, stored=stored)


def _second(number: int, catalogue: Catalogue, stored: Mapping[str, bytes]) -> PureShard:
    return GroupShard(number, catalogue, stored=stored)


FIRST: Final = Stage("inputs", INPUTS, "grids", decode_input, _first)
SECOND: Final = Stage("groups", GROUPS, "groups", decode_group, _second)
