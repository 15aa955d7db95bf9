"""The words of the 12345 loop: states, stages, actions, roles, clocks, cards, sources.

Chinese terms stand beside each word in ``docs/glossary.md``; the values here are the wire words.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a ticket stands (tickets.md)."""

    REPORTED = "reported"
    VERIFYING = "verifying"
    ACCEPTED = "accepted"
    TO_DISPATCH = "to_dispatch"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURN_REVIEW = "return_review"
    IN_PROGRESS = "in_progress"
    EXTENSION_REVIEW = "extension_review"
    PARKED = "parked"
    CHECKING = "checking"
    CALLBACK = "callback"
    REDO = "redo"
    CLOSED = "closed"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    REJECTED = "rejected"

    @property
    def stage(self) -> "Stage":
        return _STAGE_OF[self]

    @property
    def step(self) -> "Step":
        if self in {State.CLOSED, State.ARCHIVED}:
            return Step.EVALUATION
        return _STEP_OF[self.stage]

    @property
    def open(self) -> bool:
        """Somebody still owes work on it."""
        return self not in ENDED


class Stage(StrEnum):
    """The four public stages 发现 → 派遣 → 处置 → 反馈."""

    DISCOVERY = "discovery"
    DISPATCH = "dispatch"
    RESOLVE = "resolve"
    FEEDBACK = "feedback"


class Step(StrEnum):
    """Shenyang's five 发现 → 推送 → 处置 → 反馈 → 评估: the same states, told in another city's words."""

    DISCOVERY = "discovery"
    PUSH = "push"
    RESOLVE = "resolve"
    FEEDBACK = "feedback"
    EVALUATION = "evaluation"


class Action(StrEnum):
    """What can happen to a ticket; people's actions first, the system's own last."""

    REPORT = "report"
    VERIFY = "verify"
    VERIFIED = "verified"
    ACCEPT = "accept"
    ANSWER = "answer"
    REJECT = "reject"
    APPEAL = "appeal"
    CLASSIFY = "classify"
    DISPATCH = "dispatch"
    SIGN = "sign"
    ARRIVE = "arrive"
    CONTACT = "contact"
    INTERIM = "interim"
    RETURN = "return"
    RETURN_OK = "return_ok"
    RETURN_NO = "return_no"
    REASSIGN = "reassign"
    WHISTLE = "whistle"
    TASK_DONE = "task_done"
    WAIT = "wait"
    WAIT_END = "wait_end"
    EXTEND = "extend"
    EXTEND_OK = "extend_ok"
    EXTEND_NO = "extend_no"
    PARK = "park"
    UNPARK = "unpark"
    FINISH = "finish"
    CHECK_OK = "check_ok"
    CHECK_BAD = "check_bad"
    CALLBACK = "callback"
    BOOK = "book"
    CLOSE_UNRESOLVED = "close_unresolved"
    REOPEN = "reopen"
    TRANSFER = "transfer"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    URGE = "urge"
    NOTE = "note"
    MASTER_DONE = "master_done"
    REALARM = "realarm"
    NORMAL = "normal"
    RAISE = "raise"
    MARK = "mark"
    RECOUNT = "recount"
    ESCALATE = "escalate"
    ARCHIVE = "archive"
    ERASE = "erase"


class Role(StrEnum):
    """Who acts: the registry's roles, and the system itself."""

    CITIZEN = "citizen"
    GRID_WORKER = "grid_worker"
    GRID_MANAGER = "grid_manager"
    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    UNIT_HANDLER = "unit_handler"
    UNIT_LEADER = "unit_leader"
    SUPERVISOR = "supervisor"
    ONCALL = "oncall"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Clock(StrEnum):
    """Deadlines that run on a ticket; the comment is tickets.md's letter."""

    ACCEPT = "accept"  # A
    DISPATCH = "dispatch"  # D
    SIGN = "sign"  # S
    CONTACT = "contact"  # C
    ON_SITE = "on_site"  # O
    RESULT = "result"  # R
    FINISH = "finish"  # F: the citizen's, never restarts
    REDO = "redo"  # X
    REVIEW = "review"  # V of an approver or checker
    CALLBACK = "callback"  # V of the caller
    TASK = "task"  # each sub-task of a whistle has its own


class Card(StrEnum):
    """Yellow when a deadline is near, red when it has passed; how near depends on the kind of clock."""

    NONE = ""
    YELLOW = "yellow"
    RED = "red"


class Level(StrEnum):
    """Who looks after a ticket: 小事不出网格、大事不出街道. A deadline that lapses brings it a level up."""

    GRID = "grid"
    COMMUNITY = "community"
    STREET = "street"
    DISTRICT = "district"

    @property
    def up(self) -> "Level":
        """The level above; the district has none."""
        levels = tuple(Level)
        return levels[min(levels.index(self) + 1, len(levels) - 1)]


class Source(StrEnum):
    """Where a ticket came from."""

    SENSOR = "sensor"
    HOTLINE = "hotline"
    CITIZEN = "citizen"
    PATROL = "patrol"
    OPEN311 = "open311"
    SYSTEM = "system"


class Satisfaction(StrEnum):
    """非常满意 (of the four-valued scale only), 满意, 基本满意, 不满意."""

    VERY_SATISFIED = "very_satisfied"
    SATISFIED = "satisfied"
    MOSTLY = "mostly"
    DISSATISFIED = "dissatisfied"


class Scale(StrEnum):
    """Between how many answers a reporter chooses: Beijing-style data know three, Shanghai's four."""

    THREE = "three"
    FOUR = "four"

    @property
    def answers(self) -> tuple[Satisfaction, ...]:
        """What may be answered, best first."""
        return tuple(Satisfaction)[1 if self is Scale.THREE else 0 :]


UNIT_ROLES: Final = (Role.UNIT_HANDLER, Role.UNIT_LEADER)
"""Who handles: the people of the lead unit and of those that assist."""
ENDED: Final = frozenset({State.CLOSED, State.ARCHIVED, State.WITHDRAWN, State.MERGED, State.REJECTED})
"""Nobody owes work on it: a merged one waits for its master, which somebody does owe work on."""

_STAGE_OF: Final = {
    State.REPORTED: Stage.DISCOVERY,
    State.VERIFYING: Stage.DISCOVERY,
    State.ACCEPTED: Stage.DISCOVERY,
    State.MERGED: Stage.DISCOVERY,
    State.REJECTED: Stage.DISCOVERY,
    State.TO_DISPATCH: Stage.DISPATCH,
    State.DISPATCHED: Stage.DISPATCH,
    State.SIGNED: Stage.DISPATCH,
    State.RETURN_REVIEW: Stage.DISPATCH,
    State.IN_PROGRESS: Stage.RESOLVE,
    State.EXTENSION_REVIEW: Stage.RESOLVE,
    State.PARKED: Stage.RESOLVE,
    State.CHECKING: Stage.RESOLVE,
    State.CALLBACK: Stage.FEEDBACK,
    State.REDO: Stage.FEEDBACK,
    State.CLOSED: Stage.FEEDBACK,
    State.ARCHIVED: Stage.FEEDBACK,
    State.WITHDRAWN: Stage.FEEDBACK,
}

_STEP_OF: Final = {
    Stage.DISCOVERY: Step.DISCOVERY,
    Stage.DISPATCH: Step.PUSH,
    Stage.RESOLVE: Step.RESOLVE,
    Stage.FEEDBACK: Step.FEEDBACK,
}
