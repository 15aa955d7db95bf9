"""The call ladder as the alarm's page tells it: where it stands, and each step with its messages. Pure."""

from dataclasses import dataclass
from typing import Final

from services.alarms.domain.ladder_plan import What
from services.alarms.domain.ladder_words import WHY_AGAIN, WHY_FIRE
from services.alarms.ports import LadderStory
from services.api.language.words import N_, Words
from services.api.pages.alarms.named import Named

STEPS: Final = {
    "started": N_("立即通知"),
    "fire_call": N_("人工拨打 119"),
    "second": N_("通知第二网格员和街道值班"),
    "leader": N_("通知街道负责人"),
    "district": N_("无人到场，通知区里"),
    "called_again": N_("重新呼叫"),
    "joined": N_("又一台探测器报警"),
    "acknowledged": N_("已确认，停止呼叫"),
    "held_back": N_("告警搁置，停止呼叫"),
    "ended": N_("无须再呼叫"),
    "arrived": N_("已到场"),
    "cleared": N_("读数恢复，逐一告知"),
    "closed": N_("人工关闭，逐一告知"),
    "reopened": N_("再次报警，逐一告知"),
    "silent": N_("探测器失联，逐一告知"),
}
NEXT: Final = {
    What.SECOND: N_("第二网格员和街道值班"),
    What.LEADER: N_("街道负责人"),
    What.FIRE_CALL: N_("人工拨打 119"),
    What.DISTRICT: N_("区里"),
}
OFFICES: Final = {
    "resident": N_("住户"),
    "property": N_("物业公司"),
    "gas_company": N_("燃气公司"),
    "grid_worker": N_("网格员"),
    "fire_caller": N_("拨打 119 的人"),
    "second_grid_worker": N_("第二网格员"),
    "street_duty": N_("街道值班"),
    "street_leader": N_("街道负责人"),
    "district": N_("区里"),
}


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One message: for which office, who has it, and its words."""

    office: str
    name: str
    phone: str
    stands_in: bool
    nobody: bool
    text: str


@dataclass(frozen=True, slots=True)
class LadderStepView:
    """One step; ``told`` is everyone it told, each once."""

    at: int
    what: str
    why: str
    by: str
    urgent: bool
    told: list[NoticeView]


@dataclass(frozen=True, slots=True)
class LadderView:
    """Both clocks and the log, newest first; ``due`` says what comes next and when."""

    calling: bool
    ended_by: str
    arrived_at: int | None
    arrived_by: str
    due: list[tuple[str, int]]
    unreached: int
    steps: list[LadderStepView]


def view(story: LadderStory, named: Named, t: Words) -> LadderView:
    """Say one ladder."""
    ladder = story.ladder
    told: dict[int, list[NoticeView]] = {}
    for notice in story.notices:
        told.setdefault(notice.step, []).append(
            NoticeView(
                office=t(OFFICES[notice.role]),
                name=notice.name,
                phone=notice.phone,
                stands_in=notice.stands_in,
                nobody=not notice.to,
                text=t.either(notice.zh, notice.en),
            )
        )
    return LadderView(
        calling=ladder.calling,
        ended_by=named.person(ladder.ended_by),
        arrived_at=ladder.arrived_at,
        arrived_by=named.person(ladder.arrived_by),
        due=[(t(NEXT[what]), at) for what, at in sorted(ladder.steps_due.items(), key=lambda due: due[1])],
        unreached=ladder.unreached,
        steps=[
            LadderStepView(
                at=step.at,
                what=t(STEPS[step.what]),
                why=_why(step.what, step.why, t),
                by=named.person(step.by),
                urgent=step.what is What.FIRE_CALL,
                told=told.get(step.number, []),
            )
            for step in reversed(story.steps)
        ],
    )


def _why(what: What, why: str, t: Words) -> str:
    known = {What.FIRE_CALL: WHY_FIRE, What.CALLED_AGAIN: WHY_AGAIN}.get(what, {}).get(why)
    return t.either(*known) if known else why
