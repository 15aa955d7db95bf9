"""Dead letters: kept as they come, replayed when a person asks."""

from collections.abc import Iterable

from services.history.domain import record_of_replay
from services.history.handlers.ingest import SOURCE, Raw
from services.history.ports import LetterStore
from services.ports import Clock, Ids
from streams.contracts import DeadLetter, Refused, Undecodable, decode


class KeepLetters:
    """``linli.dead-letters`` into the store; a letter that cannot be read is itself kept as one."""

    def __init__(self, letters: LetterStore) -> None:
        self._letters = letters

    def __call__(self, raws: Iterable[Raw]) -> None:
        self._letters.bury([_letter(raw) for raw in raws])


def _letter(raw: Raw) -> DeadLetter:
    try:
        return decode(raw.value, DeadLetter)
    except Undecodable as error:
        return DeadLetter(raw.origin, SOURCE, raw.origin, error.reason, error.detail, raw.value, raw.at)


def replay_letter(letters: LetterStore, letter_id: str, *, by: str, scope: str, clock: Clock, ids: Ids) -> None:
    """Send a dead letter on its way again, through the outbox.

    Raises:
        Refused: ``unknown``, no such letter in this scope; ``replay``, it cannot be replayed.
    """
    letter = letters.get_letter(letter_id, scope=scope)
    if letter is None:
        raise Refused("unknown", "there is no such dead letter")
    record = record_of_replay(letter, command_id=ids.new(), by=by)
    letters.replay(letter_id, record, by=by, at=clock.now())
