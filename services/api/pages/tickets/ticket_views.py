"""Tickets as lists and pages show them: stages, the clock that matters, the log. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from services.api.language.vocabulary import (
    CLOCKS,
    ESCALATION,
    EVENTS,
    ROLES,
    SOURCES,
    STAGES,
    TICKET_STATES,
    category_name,
    say,
)
from services.api.language.words import Words
from services.api.pages import formatting as fmt
from services.api.pages.ports import TicketRow
from services.api.pages.tickets.spoken import spoken
from services.api.pages.tickets.ticket_rows import ClockRow, EventRow, TaskRow
from services.api.pages.tickets.ticket_said import devices_of, reason, said
from services.tickets.domain.words import ENDED, State

ORDER = ("discovery", "dispatch", "resolve", "feedback")
AHEAD = {"dispatch": ("dispatch", "sign"), "resolve": ("on_site", "result"), "feedback": ("finish", "callback")}


@dataclass(frozen=True, slots=True)
class StageView:
    """One of the four: ``phase`` is done, now or ahead; ``share`` of its limit used, 0 to 100."""

    name: str
    phase: str
    when: str
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class ClockView:
    """Time left on the nearest clock; ``ticks`` is its end where the page counts down by itself."""

    left: str
    what: str
    until: str
    mark: str
    ticks: int = 0


@dataclass(frozen=True, slots=True)
class EventView:
    at: int
    when: str
    what: str
    who: str
    why: str
    said: str
    system: bool


@dataclass(frozen=True, slots=True)
class TicketView:
    row: TicketRow
    short: str
    title: str
    lead: str
    state: str
    source: str
    category: str
    icon: str
    clock: ClockView | None
    now: int
    t: Words

    @property
    def current(self) -> int:
        return ORDER.index(self.row.stage) if self.row.stage in ORDER else 0

    @property
    def stage(self) -> str:
        """The stage that it is in, in words."""
        return say(STAGES, ORDER[self.current], self.t)

    @property
    def stages(self) -> tuple[StageView, ...]:
        """The four with their limits, for who looks at this one ticket; a list shows where each stands."""
        return stages(self.row, self.now, self.t)

    @property
    def unread(self) -> bool:
        """Waits for a first hand."""
        return self.row.state in {"reported", "to_dispatch", "dispatched"}


def view(row: TicketRow, now: int, t: Words) -> TicketView:
    """What lists and pages say of a ticket, what was erased in it included."""
    row = spoken(row, t)
    return TicketView(
        row=row,
        short=row.number[-4:],
        title=title_of(row),
        lead=t.either(row.lead_zh, row.lead_en),
        state=say(TICKET_STATES, row.state, t),
        source=say(SOURCES, row.source, t),
        category=category_name(row.category, t) if row.category else "",
        icon=row.kind if row.source == "sensor" and row.kind else row.source,
        clock=clock(row, now, t),
        now=now,
        t=t,
    )


def title_of(row: TicketRow) -> str:
    """Where and what: an alarm's ticket is named after its hazard alone."""
    named = not row.place or row.title.startswith(row.place.split()[0])
    return row.title if named else f"{row.place} {row.title}"


def clock(row: TicketRow, now: int, t: Words) -> ClockView | None:
    """The nearest clock of an open ticket."""
    if State(row.state) in ENDED:
        return None
    nearest = nearest_clock(row)
    due = nearest.due if nearest else row.deadline
    if due is None:
        return None
    name = say(CLOCKS, nearest.name, t) if nearest else t("办结")
    late = due < now
    return ClockView(
        left=fmt.remaining(due, now, t),
        what=t("{clock}时限", clock=name) if late else t("{clock}剩余", clock=name),
        until=t("限 {time}", time=fmt.due(due, now, t)),
        mark="red" if late else (row.mark if not nearest else nearest.mark or row.mark),
        ticks=due if fmt.counts_down(due, now) else 0,
    )


def nearest_clock(row: TicketRow) -> ClockRow | None:
    return min(row.clocks, key=lambda run: run.due, default=None)


def stages(row: TicketRow, now: int, t: Words) -> tuple[StageView, ...]:
    """Past: when it was left; current: time left; to come: its limit."""
    entered = _entered(row)
    current = ORDER.index(row.stage) if row.stage in ORDER else 0
    ended = State(row.state) in ENDED and row.state != State.MERGED  # a merged one is not resolved by itself
    views = []
    for index, name in enumerate(ORDER):
        if index < current or ended:
            at = entered.get(name)
            when = fmt.near(at, now, t) if at is not None else ""
            views.append(StageView(say(STAGES, name, t), "done", when))
        elif index == current:
            views.append(_now(row, name, now, t))
        else:
            views.append(StageView(say(STAGES, name, t), "ahead", _limit(row, name, now, t)))
    return tuple(views)


def _entered(row: TicketRow) -> dict[str, int]:
    """When each stage began: the first event that led into it."""
    entered = {"discovery": row.opened}
    for event in sorted(row.events, key=lambda event: event.at):
        try:
            entered.setdefault(str(State(event.new).stage), event.at)
        except ValueError:
            continue
    return entered


def _now(row: TicketRow, name: str, now: int, t: Words) -> StageView:
    run = nearest_clock(row)
    if run is None:
        return StageView(say(STAGES, name, t), "now", say(TICKET_STATES, row.state, t))
    share = 100.0 * min(max((now - run.started) / max(run.due - run.started, 1), 0.0), 1.0)
    left = fmt.remaining(run.due, now, t)
    word = say(CLOCKS, run.name, t)
    text = t("{clock}{left}", clock=word, left=left) if run.due < now else t("{clock}剩 {left}", clock=word, left=left)
    return StageView(say(STAGES, name, t), "now", text, share)


def _limit(row: TicketRow, stage: str, now: int, t: Words) -> str:
    for name in AHEAD.get(stage, ()):
        for run in row.clocks:
            if run.name == name:
                return t("限 {time}", time=fmt.due(run.due, now, t))
    return ""


def standing(row: TicketRow, units: Mapping[str, str], now: int, t: Words) -> list[tuple[str, str]]:
    """Whose it is now, and what it waits for; ``units`` are names by id."""
    facts = []
    if row.responsible:
        level = say(ESCALATION, row.level, t)
        who = say(ROLES, row.responsible, t)
        watched = t("，已列督办") if row.supervised else ""
        facts.append((t("现由"), f"{level} {who}{watched}"))
    if row.on_duty:
        shifts = [t("{name}（至 {time}）", name=name, time=fmt.due(until, now, t)) for name, until in row.on_duty]
        facts.append((t("单位值班"), t("、").join(shifts)))
    elif row.lead and State(row.state) not in ENDED:
        facts.append((t("单位值班"), t("现在无人值班，通知发给单位负责人")))
    if assumed := [run for run in row.clocks if run.assumed]:
        facts.append((t("时限暂定"), _assumed(assumed, now, t)))
    if row.master:
        facts.append((t("并入"), Markup('<a href="/tickets/{0}">{1}</a>').format(row.master, t("看主单"))))
    if row.hot_spot:
        day = f"{row.hot_spot[:4]}-{row.hot_spot[4:6]}-{row.hot_spot[6:]}"
        facts.append((t("热点单"), t("{day} 此处第三起告警起并为这一单", day=day)))
    if row.waiting_until is not None:
        facts.append((t("等来电人"), t("限 {time}", time=fmt.due(row.waiting_until, now, t))))
    if row.asked_until is not None:
        facts.append((t("申请延到"), fmt.due(row.asked_until, now, t)))
    if row.plan and row.state == "parked":
        facts.append((t("挂账计划"), row.plan))
    facts += [(t("子任务 {n}", n=task.number), _task(task, units, now, t)) for task in row.tasks]
    return facts


def _assumed(runs: Sequence[ClockRow], now: int, t: Words) -> str:
    dates = t("、").join(
        t("{clock}限 {time}", clock=say(CLOCKS, run.name, t), time=fmt.due(run.due, now, t)) for run in runs
    )
    return t("{dates}；那一年的放假安排未公布，先按周末和法定节日推算，公布后自动重算", dates=dates)


def _task(task: TaskRow, units: Mapping[str, str], now: int, t: Words) -> str:
    state = (
        t("限 {time}", time=fmt.due(task.until, now, t))
        if task.done is None
        else t("{time} 完成", time=fmt.near(task.done, now, t))
    )
    return f"{units.get(task.unit, task.unit)} {task.text} {state}"


def log(events: Sequence[EventRow], units: Mapping[str, str], now: int, t: Words) -> list[EventView]:
    """Newest first; ``units`` are names by id."""
    several = len(devices_of(events)) > 1
    return [
        EventView(
            at=event.at,
            when=fmt.near(event.at, now, t),
            what=say(EVENTS, event.action, t),
            who=t("系统") if event.role == "system" else _who(event, t),
            why=reason(event, t),
            said=said(event, units, now, t, several=several),
            system=event.role == "system",
        )
        for _, event in sorted(enumerate(events), key=lambda pair: (-pair[1].at, -pair[0]))
    ]


def _who(event: EventRow, t: Words) -> str:
    role = say(ROLES, event.role, t)
    return event.by if event.by == role else f"{event.by} {role}"
