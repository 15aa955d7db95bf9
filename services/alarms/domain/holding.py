"""Shelving an alarm and taking one out of service: what may be asked, by whom, until when (rule 11). Pure."""

from enum import StrEnum
from typing import Final

import msgspec

from services.alarms.domain.alarm import Alarm
from streams.contracts import Refused, Rule

MINUTE_MS: Final = 60_000


class HoldKind(StrEnum):
    SHELVE = "shelve"
    OUT_OF_SERVICE = "out_of_service"


class HoldState(StrEnum):
    """``waiting``: for a second person; the engine has not been told yet."""

    WAITING = "waiting"
    IN_FORCE = "in_force"
    ENDED = "ended"
    EXPIRED = "expired"


class Hold(msgspec.Struct, frozen=True):
    """One wish to hold back a rule's alarms on a device (or group). Times are epoch ms.

    ``id`` is the command that asked. ``two``: it needs a second person, who is ``second`` since ``approved_at``.
    """

    id: str
    kind: HoldKind
    rule: str
    device: str
    area: str
    episode: str
    by: str
    at: int
    why: str
    until: int | None = None
    two: bool = False
    second: str = ""
    approved_at: int | None = None
    ended_by: str = ""
    ended_at: int | None = None

    def state(self, now: int) -> HoldState:
        if self.ended_at is not None:
            return HoldState.ENDED
        if self.until is not None and self.until <= now:
            return HoldState.EXPIRED
        return HoldState.WAITING if self.two and not self.second else HoldState.IN_FORCE


def check_shelving(rule: Rule | None, *, until: int | None, why: str, now: int) -> None:
    """Refuse a shelving that the rule does not allow.

    Raises:
        Refused: ``fields`` without end or reason; ``unshelvable``; ``invalid`` with the latest end.
    """
    absent = [name for name, given in (("until", until), ("reason", why.strip())) if not given]
    if absent:
        raise Refused(
            "fields", f"shelving always has an end and a reason; {' and '.join(absent)} not given", missing=absent,
            remedy=f"Give {' and '.join(absent)}.",
        )  # fmt: skip
    if rule is None or rule.max_shelve_ms <= 0:
        raise Refused(
            "unshelvable", "alarms of this rule are never shelved",
            remedy="Mend the cause, set the device to maintenance, or have the rule's longest shelving changed.",
        )  # fmt: skip
    latest = now + rule.max_shelve_ms
    if until is None or not now < until <= latest:
        raise Refused(
            "invalid", f"until must lie within the next {rule.max_shelve_ms // MINUTE_MS} minutes", field="until",
            value=until, remedy=f"Give an end after now and up to {latest}.", latest=latest,
        )  # fmt: skip


def check_reason(action: str, why: str) -> None:
    """Raises: Refused, without a reason."""
    if not why.strip():
        raise Refused("fields", f"{action} needs a reason", missing=["reason"])


def check_approval(hold: Hold | None, *, by: str, now: int) -> Hold:
    """The shelving that ``by`` may approve.

    Raises:
        Refused: ``state`` where none waits or it has run out; ``second`` by the person who asked for it.
    """
    if hold is None or hold.state(now) is not HoldState.WAITING:
        raise Refused("state", "nothing of the kind waits for a second person here", remedy="Ask for it anew.")
    if hold.by == by:
        raise Refused(
            "second", "your own request is approved by somebody else", field="by", value=by,
            remedy="Ask a colleague who may reset alarms in this area.",
        )  # fmt: skip
    return hold


def check_release(hold: Hold | None, alarm: Alarm, kind: HoldKind, *, now: int) -> None:
    """Raises: Refused, ``state``, where nothing is held back."""
    held = hold is not None and hold.state(now) in {HoldState.WAITING, HoldState.IN_FORCE}
    shown = alarm.shelved_until is not None if kind is HoldKind.SHELVE else alarm.out_of_service
    if not held and not shown:
        word = "shelved" if kind is HoldKind.SHELVE else "out of service"
        raise Refused("state", f"the alarm is not {word}", state=str(alarm.state))
