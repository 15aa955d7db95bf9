"""Keeping the board: answers and announced works, each change a new version."""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from services.ports import Clock, Ids
from services.tickets.domain import Actor
from services.tickets.domain.board import Answer, Noun, Posted, Works, answers, concerns, in_force, next_of, works
from services.tickets.domain.text import check_text
from services.tickets.ports import Board
from services.transactions import Clash
from streams.contracts import Refused

T = TypeVar("T", Answer, Works)
MOST: Final = 2_000
"""What is kept at once. More is no knowledge base any more, but an archive that nobody reads."""
SUGGESTED: Final = 5


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """The newest version of something kept, by whom and when."""

    id: str
    version: int
    at: int
    by: str
    what: T


@dataclass(frozen=True, slots=True)
class KeepAnswers:
    """The knowledge base."""

    board: Board
    clock: Clock
    ids: Ids

    def listed(self, *, text: str = "", category: str = "", limit: int = MOST) -> tuple[Kept[Answer], ...]:
        """Entries that fit, best first; with no text the newest first."""
        kept = {each.id: each for each in _newest(self.board, Noun.ANSWER, Answer)}
        fitting = answers.found(((name, each.what) for name, each in kept.items()), text, category)
        return tuple(kept[name] for name in fitting[:limit])

    def versions(self, named: str) -> tuple[Kept[Answer], ...]:
        return tuple(_kept(posted, Answer) for posted in self.board.versions(Noun.ANSWER, named))

    def cited(self, words: str) -> Kept[Answer]:
        """The very version that a direct answer cites.

        Raises:
            Refused: ``fields``, it names none that exists.
        """
        named, version = answers.cited(words)
        for each in self.versions(named):
            if each.version == version:
                return each
        raise Refused("fields", f"the knowledge base has no {words}", wrong=["cites"])

    def keep(self, answer: Answer, *, who: Actor, named: str = "", seen: int = 0) -> Kept[Answer]:
        """A new entry, or the next version of ``named`` after ``seen``.

        Raises:
            Refused: ``forbidden``, ``fields``, ``not-found``, ``conflict``.
        """
        answers.may_edit(who.role)
        check_text(answer)
        posted = _post(self.board, Noun.ANSWER, answers.checked(answer), named or self.ids.new(), seen, who,
                       self.clock.now())  # fmt: skip
        return _kept(posted, Answer)


@dataclass(frozen=True, slots=True)
class KeepWorks:
    """Announced works."""

    board: Board
    clock: Clock
    ids: Ids

    def listed(self, *, scope: str, past: bool = False) -> tuple[Kept[Works], ...]:
        """Works within ``scope`` or around it, the next one first; ``past`` with those that are over."""
        now = self.clock.now()
        kept = [each for each in _newest(self.board, Noun.WORKS, Works) if _touches(each.what.area, scope)]
        shown = [each for each in kept if past or in_force(each.what, now)]
        return tuple(sorted(shown, key=lambda each: (each.what.start, each.id)))

    def at(self, area: str) -> tuple[Kept[Works], ...]:
        """The works that a report or an alarm of ``area`` may come from now; none for no area."""
        kept = {each.id: each for each in self.listed(scope=area)} if area else {}
        names = concerns(((name, each.what) for name, each in kept.items()), area, self.clock.now())
        return tuple(kept[name] for name in names)

    def known(self, named: str) -> bool:
        return bool(self.board.versions(Noun.WORKS, named))

    def keep(self, wanted: Works, *, who: Actor, scope: str, named: str = "", seen: int = 0) -> Kept[Works]:
        """Announce, or change what was announced.

        Raises:
            Refused: ``forbidden``, ``fields``, ``not-found``, ``conflict``.
        """
        check_text(wanted)
        works.checked(wanted, scope=scope, role=who.role)
        before = self.board.versions(Noun.WORKS, named)[-1:] if named else ()
        for posted in before:
            works.checked(_kept(posted, Works).what, scope=scope, role=who.role)
        posted = _post(self.board, Noun.WORKS, wanted, named or self.ids.new(), seen, who, self.clock.now())
        return _kept(posted, Works)


def _touches(area: str, scope: str) -> bool:
    return area.startswith(scope) or scope.startswith(area)


def _newest(board: Board, noun: Noun, kind: type[T]) -> tuple[Kept[T], ...]:
    return tuple(_kept(posted, kind) for posted in board.newest(noun, limit=MOST))


def _kept(posted: Posted, kind: type[T]) -> Kept[T]:
    return Kept(posted.id, posted.version, posted.at, posted.by, msgspec.convert(posted.body, kind))


def _post(board: Board, noun: Noun, what: Answer | Works, named: str, seen: int, who: Actor, now: int) -> Posted:
    newest = next(reversed(board.versions(noun, named)), None)
    posted = Posted(noun, named, next_of(noun, named, seen, newest), now, who.by, msgspec.to_builtins(what))
    try:
        board.post(posted)
    except Clash:
        raise Refused("conflict", f"{noun} {named} was changed by somebody else just now; read it again") from None
    return posted
