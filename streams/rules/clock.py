"""What a device's own clock is worth (alarms.md rule 6): a wrong clock must never blind a detector.

A time stamp ahead of its arrival is impossible, one far behind it is either a backlog or a slow
clock. A backlog drains (its delay shrinks), a slow clock is steady. Once an offset is steady the
arrival time is used. Order is judged by the device's own stamps, except across a clock's jump.
"""

import msgspec

from streams.contracts.inputs import Sample
from streams.rules.slots import ARRIVAL, Verdict

NEVER = -(1 << 62)


class ClockPolicy(msgspec.Struct, frozen=True):
    """Figures of judgement, in ms: configuration, with the defaults the platform ships.

    ``ahead``: more than this ahead of its arrival cannot be true. ``slow``: less than this behind
    is transmission. ``steady`` within, over at least ``samples`` and ``span``: an offset, not a
    chance. ``backlog``: older than this is not "now". ``outage``: a log without a record for this
    long had no gateway, so nobody's silence in it proves anything; as long as the delay of the rules on groups, since
    whose members are silent for three of their periods would otherwise be out before they can speak again.
    """

    ahead: int = 5_000
    slow: int = 60_000
    steady: int = 10_000
    samples: int = 3
    span: int = 20_000
    backlog: int = 300_000
    draining: int = 2_000
    outage: int = 120_000


DEFAULT_CLOCK = ClockPolicy()


class Clock(msgspec.Struct, array_like=True, gc=False):
    """State of one device's clock. ``newest`` is its newest stamp, ``life`` counts its jumps.

    ``offset`` (arrival - stamp) is set while the clock is judged wrong and arrival times are used.
    ``floor`` and ``wild`` remember the stamps around an impossible one.
    """

    newest: int = NEVER
    life: int = 0
    offset: int | None = None
    proven: bool = False
    floor: int = NEVER
    wild: int = NEVER
    candidate: int = 0
    candidates: int = 0
    candidate_at: int = 0
    candidate_ts: int = NEVER
    most_delayed: int = 0

    def fork(self) -> "Clock":
        return Clock(
            self.newest,
            self.life,
            self.offset,
            self.proven,
            self.floor,
            self.wild,
            self.candidate,
            self.candidates,
            self.candidate_at,
            self.candidate_ts,
            self.most_delayed,
        )


class Judgement(msgspec.Struct, frozen=True):
    """``clock`` and ``backlog`` are what a :class:`~streams.rules.slots.Reading` carries."""

    verdict: Verdict
    clock: int
    backlog: bool


def judge(clock: Clock, sample: Sample, policy: ClockPolicy) -> Judgement:
    """Judge a sample's stamp and learn from it; changes ``clock``, which the caller has forked."""
    ts, at = sample.ts, sample.at
    if ts == clock.wild:
        return Judgement(Verdict.DUPLICATE, clock.life, backlog=False)
    late = ts < clock.newest
    if late and _was_impossible(clock, ts, at, policy):
        clock.wild, clock.newest, late = clock.newest, ts, False
        clock.life += 1
    if _steady_elsewhere(clock, ts, at, policy):
        clock.offset = None if _plausible(at - ts, policy) else at - ts
        clock.newest, late = ts, False
        clock.life += 1
        clock.candidates = 0
    if late:
        return Judgement(Verdict.LATE, clock.life, backlog=False)
    backlog = _is_backlog(clock, at - ts, policy)
    ahead = ts - at > policy.ahead
    if ahead and clock.offset is None and clock.newest <= at + policy.ahead:
        clock.floor = clock.newest
    clock.newest = ts
    if clock.offset is not None or ahead:
        return Judgement(Verdict.LIVE, ARRIVAL, backlog)
    clock.proven = clock.proven or _plausible(at - ts, policy)
    return Judgement(Verdict.LIVE, clock.life, backlog)


def _plausible(delay: int, policy: ClockPolicy) -> bool:
    return -policy.ahead <= delay <= policy.slow


def _was_impossible(clock: Clock, ts: int, at: int, policy: ClockPolicy) -> bool:
    """The newest stamp lies in the future even now, and this one does not: that one was wrong."""
    offset = clock.offset or 0
    limit = at + policy.ahead
    return clock.newest + offset > limit and ts + offset <= limit and ts > clock.floor


def _steady_elsewhere(clock: Clock, ts: int, at: int, policy: ClockPolicy) -> bool:
    """Whether the offset has moved and stayed: enough newer stamps over enough time agree."""
    delay = at - ts
    usual = _plausible(delay, policy) if clock.offset is None else abs(delay - clock.offset) <= policy.steady
    if usual:
        clock.candidates = 0
        return False
    if clock.candidates and abs(delay - clock.candidate) <= policy.steady:
        if ts > clock.candidate_ts:
            clock.candidates += 1
            clock.candidate_ts = ts
    else:
        clock.candidate, clock.candidates = delay, 1
        clock.candidate_at, clock.candidate_ts = at, ts
    return clock.candidates >= policy.samples and at - clock.candidate_at >= policy.span


def _is_backlog(clock: Clock, delay: int, policy: ClockPolicy) -> bool:
    """Old news: far behind a clock that is known to be right, or catching up."""
    behind = delay - (clock.offset or 0)
    if behind <= policy.backlog:
        clock.most_delayed = 0
        return False
    draining = clock.most_delayed - behind > policy.draining
    clock.most_delayed = max(clock.most_delayed, behind)
    return clock.proven or clock.offset is not None or draining
