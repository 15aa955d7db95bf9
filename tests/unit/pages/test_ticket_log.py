"""A ticket's history in words: what the system did by itself says which clock, how far and why, in both languages."""

from typing import Final

import msgspec
import pytest

from services.api.language.words import LANGUAGES, words
from services.api.pages.tickets.ticket_rows import EventRow
from services.api.pages.tickets.ticket_views import log
from services.tickets.domain.facts import escalated, marked, master_ended, overdue, raised
from services.tickets.domain.ticket import Event
from services.tickets.domain.words import Card, Clock, State
from tests.unit.tickets.ticket_stories import to

MACHINES: Final = {
    "mark": ("签收：黄牌，快到时限", "Sign: yellow card, nearly due"),
    "task": ("子任务 2：红牌，已超时", "Sub-task 2: red card, overdue"),
    "escalate": ("提到社区", "Taken up to: community"),
    "raise": ("紧急程度：紧急", "Urgency: Critical"),
    "unmerge": ("主单 LY-20261122-0001 不予受理", "The master LY-20261122-0001: Not accepted"),
    "extend_no": (
        "到时没有人审批，或紧急程度升高，按不同意办",
        "Nobody decided in time, or the urgency rose, which counts as no",
    ),
}


def by_itself(name: str) -> Event:
    """What the system did, as its own function writes it down."""
    story = to(State.MERGED) if name == "unmerge" else to(State.DISPATCHED)
    ticket, now = story.ticket, story.now
    if name == "unmerge":
        return master_ended(
            ticket, msgspec.structs.replace(to(State.REJECTED).ticket, number="LY-20261122-0001"), now=now
        )[1][-1]
    if name == "raise":
        return raised((ticket, ()), 2, now=now)[1][-1]
    if name == "escalate":
        return escalated(ticket, now=now)[1][-1]
    if name == "extend_no":
        asked = to(State.EXTENSION_REVIEW).ticket
        review = asked.run(Clock.REVIEW)
        assert review is not None
        return next(each for each in overdue(asked, review.due)[1] if each.action == "extend_no")
    clock, card = ("task-2", Card.RED) if name == "task" else ("sign", Card.YELLOW)
    return marked(ticket, clock, card, now=now)[1][-1]


@pytest.mark.parametrize("name", MACHINES)
def test_what_the_system_does_by_itself_says_which_clock_how_far_and_why(name: str) -> None:
    event = by_itself(name)
    assert event.role == "system"
    row = EventRow(event.at, str(event.action), "", "", event.by, str(event.role), event.why, event.evidence)
    for lang, wanted in zip(LANGUAGES, MACHINES[name], strict=True):
        (seen,) = log([row], {}, event.at, words(lang))
        assert f"{seen.why}{seen.said}" == wanted


def test_a_question_is_followed_by_its_answer() -> None:
    carried = {"contacted": True, "solved": False, "text": "还不亮"}
    row = EventRow(0, "callback", "callback", "redo", "王话务", "operator", "", carried)
    seen = [log([row], {}, 0, words(lang))[0].said for lang in LANGUAGES]
    assert seen[0].startswith("联系上了吗：是；解决了吗：否；")
    assert seen[1].startswith("Reached? Yes; Solved? No; ")
