"""What alarm quality reads of each transition, and what one episode's transitions mean in that light."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from services.alarms.domain.alarm import number_of
from streams.contracts import AlarmEvent, AlarmState, Cause, Severity

BY_HAND: Final = (Cause.CLOSED, Cause.RULE, Cause.DEVICE)
"""An alarm that ended so has not returned to normal: somebody ended it."""


class Step(NamedTuple):
    """One transition. ``at`` is log time; ``since``, ``ts``, ``normal_since`` are the device's.

    ``hidden``: it comes before nobody (shelved, suppressed, maintenance, an old backlog, a mere list), so
    that it burdens nobody either.
    """

    at: int
    episode: str
    number: int
    device: str
    rule: str
    area: str
    severity: Severity
    old: AlarmState
    new: AlarmState
    cause: Cause
    since: int
    ts: int | None
    normal_since: int | None
    hidden: bool

    @property
    def stands(self) -> bool:
        """The condition itself, which a latched alarm outlives."""
        return self.new.active and self.normal_since is None


class Meaning(NamedTuple):
    """What a transition was, for the people who answer. Times in ms.

    ``came``: a new alarm before them. ``went``: how long its condition had lasted (device time) when
    it returned to normal. ``answered``: how long it had waited for an acknowledgement (log time).
    ``stood``: from when an alarm that leaves the list of active ones had been on it (log time).
    """

    came: bool = False
    came_hidden: bool = False
    went: int | None = None
    unseen: bool = False
    answered: int | None = None
    stood: int | None = None


@dataclass(slots=True)
class Episode:
    """An episode between two of its transitions. Two clocks, which no duration ever mixes.

    ``shown``: the condition stands and people see it; ``met``: they have since it began to stand.
    """

    device: str
    rule: str
    area: str
    stands: bool = False
    shown: bool = False
    met: bool = False
    started: int = 0
    seen: bool = False
    waiting: int | None = None
    listed: int | None = None

    @classmethod
    def before(cls, step: Step) -> "Episode":
        """What a transition says of the time before it, where nothing earlier is known."""
        made = cls(step.device, step.rule, step.area)
        if step.old.active:
            made.stands = made.shown = made.met = True
            made.started = step.since
        return made

    def take(self, step: Step) -> Meaning:
        """Go on by one transition."""
        self.device, self.rule, self.area = step.device, step.rule, step.area
        stands = step.stands
        shown = stands and not step.hidden
        came, came_hidden = shown and not self.shown, stands and step.hidden and not self.stands
        went = self._condition(step, stands=stands)
        if came:
            self.seen = False
        self.met = self.met or shown
        unseen = went is not None and not self.seen
        answered = self._answer(step)
        stood = self._list(step)
        self.stands, self.shown = stands, shown
        return Meaning(came, came_hidden, went, unseen, answered, stood)

    def _condition(self, step: Step, *, stands: bool) -> int | None:
        if stands and not self.stands:
            again = step.old is not AlarmState.NORMAL
            self.started = (step.at if step.ts is None else step.ts) if again else step.since
            self.met = False
        if not self.stands or stands or not self.met or step.cause in BY_HAND:
            return None
        return max((step.at if step.normal_since is None else step.normal_since) - self.started, 0)

    def _answer(self, step: Step) -> int | None:
        """Waiting begins with the first call for an answer and is not begun anew by the next one."""
        if step.cause is Cause.ACKNOWLEDGED:
            waited = None if self.waiting is None else step.at - self.waiting
            self.waiting, self.seen = None, True
            return waited
        if step.new in {AlarmState.ACTIVE_UNACK, AlarmState.RTN_UNACK} and not step.hidden:
            self.waiting = step.at if self.waiting is None else self.waiting
        else:
            self.waiting = None
        return None

    def _list(self, step: Step) -> int | None:
        listed = step.new.active and not step.hidden
        if listed:
            self.listed = step.at if self.listed is None else self.listed
            return None
        since, self.listed = self.listed, None
        return since


def step_of(event: AlarmEvent) -> Step:
    """The part of an event that counts here."""
    return Step(
        event.at, event.episode, number_of(event), event.device, event.rule, event.grid, event.severity, event.old,
        event.new, event.cause, event.since, event.ts, event.normal_since,
        event.hidden or event.backlog or event.list_only,
    )  # fmt: skip
