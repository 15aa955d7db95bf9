"""Keeping the board: answers and announced works, each change a new version."""

import uuid
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from services.ports import Clock, Ids
from services.tickets.domain import Actor, TicketFilters
from services.tickets.domain.board import (
    Answer,
    Noun,
    Posted,
    Shift,
    Works,
    answers,
    concerns,
    handed_over,
    in_force,
    next_of,
    taken_over,
    works,
)
from services.tickets.domain.errors import Wrong
from services.tickets.domain.text import check_text
from services.tickets.ports import Board, TicketReader
from services.transactions import Clash
from streams.contracts import Refused

T = TypeVar("T", Answer, Works, Shift)
MOST: Final = 2_000
"""What is kept at once. More is no knowledge base any more, but an archive that nobody reads."""
SUGGESTED: Final = 5
FIRST: Final = uuid.UUID("3f6d0a3e-5d8b-5c0e-9a77-2c1d0b9e4f55")
"""Names what is posted first under an idempotency key, so that the same request again finds it."""


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
        raise Wrong(
            "cites", words, f"the knowledge base has no {words}", "Take id and version from GET /api/v1/answers."
        )

    def keep(self, answer: Answer, *, who: Actor, named: str = "", seen: int = 0, key: str = "") -> Kept[Answer]:
        """A new entry (the same again for the same ``key``), or the next version of ``named`` after ``seen``.

        Raises:
            Refused: ``forbidden``, ``fields``, ``not-found``, ``conflict``.
        """
        answers.may_edit(who.role)
        check_text(answer)
        entry, now = answers.checked(answer), self.clock.now()
        if named:
            return _kept(_post(self.board, Noun.ANSWER, entry, named, seen, who, now), Answer)
        return _kept(_first(self.board, Noun.ANSWER, entry, key, who, self.ids, now), Answer)


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

    def keep(
        self, wanted: Works, *, who: Actor, scope: str, named: str = "", seen: int = 0, key: str = ""
    ) -> Kept[Works]:
        """Announce (once for a ``key``), or change what was announced.

        Raises:
            Refused: ``forbidden``, ``fields``, ``not-found``, ``conflict``.
        """
        check_text(wanted)
        works.checked(wanted, scope=scope, role=who.role)
        before = self.board.versions(Noun.WORKS, named)[-1:] if named else ()
        for posted in before:
            works.checked(_kept(posted, Works).what, scope=scope, role=who.role)
        if named:
            return _kept(_post(self.board, Noun.WORKS, wanted, named, seen, who, self.clock.now()), Works)
        return _kept(_first(self.board, Noun.WORKS, wanted, key, who, self.ids, self.clock.now()), Works)


@dataclass(frozen=True, slots=True)
class KeepShifts:
    """Hand-overs of shifts."""

    board: Board
    tickets: TicketReader
    clock: Clock
    ids: Ids

    def listed(self, *, scope: str, limit: int = 50) -> tuple[Kept[Shift], ...]:
        """The hand-overs of ``scope`` and its parts, those that nobody has taken over first, then the newest."""
        kept = [each for each in _newest(self.board, Noun.SHIFT, Shift) if each.what.scope.startswith(scope)]
        kept.sort(key=lambda each: (bool(each.what.taken_by), -each.what.given_at, each.id))
        return tuple(kept[:limit])

    def hand_over(self, text: str, *, who: Actor, scope: str, key: str = "") -> Kept[Shift]:
        """Give the shift up, with what is open in ``scope`` as it stands now; once for a ``key``.

        Raises:
            Refused: ``forbidden``, ``fields``.
        """
        now, counts = self.clock.now(), self.tickets.count_by_stage(TicketFilters(), scope=scope)
        shift = handed_over(counts, text, by=who.by, role=who.role, scope=scope, now=now)
        check_text(shift)
        return _kept(_first(self.board, Noun.SHIFT, shift, key, who, self.ids, now), Shift)

    def take_over(self, named: str, remark: str, *, who: Actor, scope: str) -> Kept[Shift]:
        """Acknowledge it, once, as another person than who handed it over.

        Raises:
            Refused: ``forbidden``, ``not-found``, ``conflict``.
        """
        newest = next(reversed(self.board.versions(Noun.SHIFT, named)), None)
        if newest is None:
            raise Refused("not-found", f"there is no hand-over {named}")
        now = self.clock.now()
        shift = taken_over(_kept(newest, Shift).what, remark, by=who.by, role=who.role, scope=scope, now=now)
        check_text(shift)
        return _kept(_post(self.board, Noun.SHIFT, shift, named, newest.version, who, now), Shift)


def _touches(area: str, scope: str) -> bool:
    return area.startswith(scope) or scope.startswith(area)


def _newest(board: Board, noun: Noun, kind: type[T]) -> tuple[Kept[T], ...]:
    return tuple(_kept(posted, kind) for posted in board.newest(noun, limit=MOST))


def _kept(posted: Posted, kind: type[T]) -> Kept[T]:
    return Kept(posted.id, posted.version, posted.at, posted.by, msgspec.convert(posted.body, kind))


def _first(board: Board, noun: Noun, what: Answer | Works | Shift, key: str, who: Actor, ids: Ids, now: int) -> Posted:
    """A new thing; what was posted under ``key`` by the same person is found again and stays as it is."""
    named = str(uuid.uuid5(FIRST, f"{noun} {who.by} {key}")) if key else ids.new()
    before = board.versions(noun, named) if key else ()
    return before[0] if before else _post(board, noun, what, named, 0, who, now)


def _post(
    board: Board, noun: Noun, what: Answer | Works | Shift, named: str, seen: int, who: Actor, now: int
) -> Posted:
    newest = next(reversed(board.versions(noun, named)), None)
    posted = Posted(noun, named, next_of(noun, named, seen, newest), now, who.by, msgspec.to_builtins(what))
    try:
        board.post(posted)
    except Clash:
        raise Refused(
            "conflict", f"{noun} {named} was changed by somebody else just now", version=posted.version, value=str(seen)
        ) from None
    return posted
