"""Two people at one rule: what each changed of the version that both began with, in one form. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from streams.contracts import Severity

Values = Mapping[str, str]
OWN = frozenset({"csrf_token", "do", "key", "reason", "device", "base", "version", "new", "meant", "id", "kind"})
"""Fields that are no rule's."""


@dataclass(frozen=True, slots=True)
class Merged:
    """``values``: mine and theirs together. ``taken``: fields that only they changed; ``both``: mine stands in them."""

    values: dict[str, str]
    taken: tuple[str, ...]
    both: tuple[str, ...]


def merged(before: Values, mine: Values, theirs: Values) -> Merged:
    """Fields that belong together (a number and its unit, all of a measure) go together."""
    values = {name: value for name, value in mine.items() if name in OWN}
    taken: list[str] = []
    both: list[str] = []
    for names in _together(before, mine, theirs):
        old, own, other = (_of(side, names) for side in (before, mine, theirs))
        changed = [name for name in names if other.get(name, "") != old.get(name, "")]
        if not changed or own == other:
            values |= own
        elif own == old:
            values |= other
            taken += changed
        else:
            values |= own
            both += [name for name in changed if own.get(name, "") != other.get(name, "")]
    return Merged(values, tuple(taken), tuple(both))


def _together(*sides: Values) -> Iterator[list[str]]:
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(name for side in sides for name in side if name not in OWN):
        groups.setdefault(_group(name, sides), []).append(name)
    yield from groups.values()


def _group(name: str, sides: Iterable[Values]) -> str:
    """A level that somebody switched on or off is one thing, else each of its fields is one."""
    head = name.partition(".")[0]
    if head == "measure":
        return head
    if head in list(Severity) and len({bool(side.get(f"{head}.on")) for side in sides}) > 1:
        return head
    return name.removesuffix(".unit")


def _of(side: Values, names: Iterable[str]) -> dict[str, str]:
    """What a browser sends differs by its line ends; an empty field is an absent one."""
    found = {name: side.get(name, "").replace("\r\n", "\n").strip() for name in names}
    return {name: value for name, value in found.items() if value}
