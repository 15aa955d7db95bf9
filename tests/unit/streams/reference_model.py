"""A slow, plainly written reading of alarms.md for one rule on one device with a right clock.

It keeps every sample, copies nothing cleverly, scans whatever it needs, and shares no code with the
engine. The engine must say the same about any life.
"""

from dataclasses import dataclass, field

from streams.contracts import ActionName, AlarmState, Cause, Measure, Op, Rate, Rule

NORMAL, UNACK, ACK, RTN = (
    AlarmState.NORMAL,
    AlarmState.ACTIVE_UNACK,
    AlarmState.ACTIVE_ACK,
    AlarmState.RTN_UNACK,
)
Said = tuple[int, AlarmState, AlarmState, Cause, str, bool, bool]
"""At, old, new, cause, severity, hidden, latched."""


@dataclass
class LevelModel:
    """``met`` and ``left``: times of the samples that agree so far on coming and on going."""

    number: int
    met: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    stands: bool = False
    latched: bool = False
    gone: bool = False


class Reference:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.levels = [LevelModel(number) for number in range(len(rule.levels))]
        self.state = NORMAL
        self.points: list[tuple[int, float]] = []
        self.acknowledged: int | None = None
        self.shelved_until: int | None = None
        self.out_of_service = False
        self.suppressed: list[str] = []
        self.last_over = False
        self.said: list[Said] = []

    # What happens

    def sample(self, at: int, value: float, *, over: bool = False) -> None:
        """A good sample, or one beyond the range of a gas sensor (rule 1)."""
        self.time(at)
        quantity = value if over else self._quantity(self.rule.measure, at, value)
        if quantity is None:
            return
        before = self._picture()
        for level in self.levels:
            limits = self.rule.levels[level.number]
            if over or self._meets(limits.limit, quantity):
                level.met.append(at)
                level.left = []
                long_enough = over or at - level.met[0] >= limits.on_delay_ms
                if long_enough and len(level.met) >= limits.repeat:
                    self._confirm(level, over=over)
            else:
                level.met = []
                self._leave(level, at, quantity)
        self.last_over = over
        self._tell(before, at, Cause.CONFIRMED)

    def time(self, now: int) -> None:
        """Rule 2: what nothing has refuted; rule 11: shelving ends; and what asks again."""
        while True:
            dues: list[tuple[int, int, LevelModel | str]] = []
            for level in self.levels:
                wait = self.rule.levels[level.number].unrefuted_ms
                if level.met and wait is not None and not (level.stands and not level.gone):
                    dues.append((level.met[0] + wait, level.number, level))
            if self.shelved_until is not None:
                dues.append((self.shelved_until, 100, "shelf"))
            again = self.rule.realarm_after_ms
            if again is not None and self.acknowledged is not None and self.state is ACK and not self._only_latched():
                dues.append((self.acknowledged + again, 101, "again"))
            dues = [due for due in dues if due[0] <= now]
            if not dues:
                return
            at, _, what = min(dues, key=lambda due: due[:2])
            before = self._picture()
            if what == "shelf":
                self.shelved_until = None
                self._show(at)
            elif what == "again":
                self.state, self.acknowledged = UNACK, None
                self._say(before, at, Cause.REALARM)
            else:
                assert isinstance(what, LevelModel)
                self._confirm(what, over=self.last_over)
                self._tell(before, at, Cause.UNREFUTED)

    def act(self, name: ActionName, at: int, *, until: int | None = None, by: str = "") -> None:
        self.time(at)
        before = self._picture()
        match name:
            case ActionName.ACKNOWLEDGE if self.state is UNACK:
                self.state, self.acknowledged = ACK, at
                self._say(before, at, Cause.ACKNOWLEDGED)
            case ActionName.ACKNOWLEDGE if self.state is RTN:
                self.state = NORMAL
                self._say(before, at, Cause.ACKNOWLEDGED)
            case ActionName.RESET if self.state in {UNACK, ACK}:
                self._reset(before, at)
            case ActionName.CLOSE if self.state is not NORMAL:
                self.state, self.acknowledged = NORMAL, None
                self.levels = [LevelModel(level.number) for level in self.levels]
                self._say(before, at, Cause.CLOSED)
            case ActionName.SHELVE | ActionName.UNSHELVE | ActionName.OUT_OF_SERVICE | ActionName.IN_SERVICE:
                self._hide(name, at, until)
            case ActionName.SUPPRESS if by not in self.suppressed:
                self.suppressed.append(by)
                self._show(at)
            case ActionName.UNSUPPRESS if by in self.suppressed:
                self.suppressed.remove(by)
                self._show(at)

    # What follows

    def _quantity(self, measure: Measure, at: int, value: float) -> float | None:
        if not isinstance(measure, Rate):
            return value
        slot = measure.window_ms // 32
        if self.points and self.points[-1][0] // slot == at // slot:
            return None
        self.points.append((at, value))
        inside = [(time, v) for time, v in self.points if time >= at - measure.window_ms]
        if len(inside) < measure.minimum or inside[-1][0] - inside[0][0] < measure.window_ms / 2:
            return None
        hours = [time / 3_600_000 for time, _ in inside]
        mean_t, mean_v = sum(hours) / len(hours), sum(v for _, v in inside) / len(inside)
        rise = sum((t - mean_t) * (v - mean_v) for t, (_, v) in zip(hours, inside, strict=True))
        return rise / sum((t - mean_t) ** 2 for t in hours)

    def _meets(self, limit: float, value: float) -> bool:
        return {
            Op.GE: value >= limit,
            Op.GT: value > limit,
            Op.LE: value <= limit,
            Op.LT: value < limit,
            Op.TRUE: value >= 0.5,
        }[self.rule.op]

    def _confirm(self, level: LevelModel, *, over: bool) -> None:
        """A level comes on, and every milder one with it."""
        for other in self.levels[level.number :]:
            other.stands, other.gone, other.left = True, False, []
            latches = self.rule.levels[other.number].latch
            top_by_range = over and other.number == 0 and self.rule.latch_over_range
            other.latched = other.latched or latches or top_by_range

    def _leave(self, level: LevelModel, at: int, value: float) -> None:
        """Rule 3: beyond the deadband for off-delay; a latched level waits for its reset."""
        limits = self.rule.levels[level.number]
        if not level.stands or level.gone:
            return
        falling = self.rule.op in {Op.GE, Op.GT}
        edge = limits.limit - limits.deadband if falling else limits.limit + limits.deadband
        beyond = self.rule.op is Op.TRUE or (value <= edge if falling else value >= edge)
        if not beyond:
            level.left = []
            return
        level.left.append(at)
        if at - level.left[0] >= limits.off_delay_ms:
            if level.latched:
                level.gone = True
            else:
                level.stands, level.left = False, []

    def _reset(self, before: "Picture", at: int) -> None:
        released = [level for level in self.levels if level.latched and level.gone]
        for level in released:
            level.stands = level.latched = level.gone = False
        if not released:
            return
        if not any(level.stands for level in self.levels):
            self.state, self.acknowledged = NORMAL, None
        self._say(before, at, Cause.RESET)

    def _hide(self, name: ActionName, at: int, until: int | None) -> None:
        before = (self.shelved_until, self.out_of_service)
        if name is ActionName.SHELVE and until is not None and until > at and self.rule.max_shelve_ms:
            self.shelved_until = min(until, at + self.rule.max_shelve_ms)
        elif name is ActionName.UNSHELVE:
            self.shelved_until = None
        elif name in {ActionName.OUT_OF_SERVICE, ActionName.IN_SERVICE}:
            self.out_of_service = name is ActionName.OUT_OF_SERVICE
        if (self.shelved_until, self.out_of_service) != before:
            self._show(at)

    def _show(self, at: int) -> None:
        if self.state is not NORMAL:
            self._say(self._picture(), at, Cause.HIDDEN if self._hidden() else Cause.SHOWN)

    # What is told

    def _hidden(self) -> bool:
        return self.shelved_until is not None or self.out_of_service or bool(self.suppressed)

    def _only_latched(self) -> bool:
        standing = [level for level in self.levels if level.stands]
        return bool(standing) and all(level.gone for level in standing)

    def _worst(self) -> int:
        return next((level.number for level in self.levels if level.stands), -1)

    def _picture(self) -> "Picture":
        return Picture(self.state, self._worst(), self._only_latched())

    def _tell(self, before: "Picture", at: int, cause: Cause) -> None:
        worst = self._worst()
        if before.state in {NORMAL, RTN}:
            if worst >= 0:
                self.state = UNACK
                self._say(before, at, Cause.REALARM if before.state is RTN else cause)
        elif worst < 0:
            self.state = NORMAL if before.state is ACK else RTN
            self.acknowledged = None
            for level in self.levels:
                level.latched = False
            self._say(before, at, Cause.RETURNED)
        elif worst < before.worst:
            self.state, self.acknowledged = UNACK, None
            self._say(before, at, Cause.SEVERITY_UP)
        elif worst > before.worst:
            self._say(before, at, Cause.SEVERITY_DOWN)
        elif self._only_latched() != before.only_latched:
            self._say(before, at, Cause.RETURNED if self._only_latched() else Cause.REALARM)

    def _say(self, before: "Picture", at: int, cause: Cause) -> None:
        worst = self._worst()
        severity = self.rule.levels[worst if worst >= 0 else max(before.worst, 0)].severity
        latched = any(level.latched for level in self.levels)
        self.said.append((at, before.state, self.state, cause, severity, self._hidden(), latched))


@dataclass(frozen=True)
class Picture:
    state: AlarmState
    worst: int
    only_latched: bool
