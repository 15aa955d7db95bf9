"""Every refusal of the loop names what is to blame, what it holds and what helps, to programs and in both languages."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from services.api.answers import REMEDIES, of_refused
from services.api.language.words import words
from services.api.pages.tickets.refusals import RULES, field_of, refused_text
from services.tickets import domain
from services.tickets.domain import Action, Details, Role, State
from services.tickets.domain.errors import REMEDIES as OF_RULES
from services.tickets.domain.errors import Because, Wrong
from services.tickets.domain.table import TRANSITIONS
from services.tickets.domain.text import check_text
from streams.contracts import Refused
from tests.unit.tickets.test_tickets_model import explored
from tests.unit.tickets.ticket_stories import MINUTE, PEOPLE, Story, given, leak, to

WRONG = (
    Details(),
    Details(text="x", reason="x", found=True),
    Details(category="tea", area="990101", urgency=7, unit="u", to="119", at=9**15, reference="x", until=1, told="x"),
    Details(until=9**14, text="x", reason="x", plan="x", unit="u", task=77, outcome="x", master="LY-0"),
)


def tried(story: Story, action: Action, role: Role, details: Details) -> Refused | None:
    who = PEOPLE[role]
    try:
        domain.move(
            story.ticket, action, now=story.now, by=who.by, role=role, unit=who.unit, details=details, master=None
        )
    except Refused as refused:
        return refused
    return None


def refusals() -> Iterator[Refused]:
    """What people are refused in every state: wrong steps, rules, fields that are missing or hold what they cannot."""
    latched = leak().does(Role.UNIT_HANDLER, Action.ARRIVE)
    stories = [*(to(state) for state in State), latched, leak(), *list(explored()[0].values())[::9]]
    for story in stories:
        for role in (Role.OPERATOR, Role.UNIT_LEADER, Role.SUPERVISOR, Role.DISPATCHER, Role.GRID_WORKER):
            for action in Action:
                known = action in TRANSITIONS[story.state]
                for details in (given(action, story.ticket, story.now), *WRONG) if known else (Details(),):
                    if (refused := tried(story, action, role, details)) is not None:
                        yield refused


def test_every_refusal_of_the_loop_names_the_field_its_value_and_the_remedy() -> None:
    seen: dict[str, int] = {}
    for refused in refusals():
        problem = of_refused(refused)
        if problem.status == 403:
            continue
        seen[refused.code] = seen.get(refused.code, 0) + 1
        assert problem.field, refused
        assert problem.value or "missing" in refused.extra or refused.extra.get("because") == "unwatched", refused
        assert problem.remedy not in REMEDIES.values(), refused
        for lang in ("zh", "en"):
            t = words(lang)
            said = refused_text(refused, MINUTE, t)
            assert said, refused
            assert not said.startswith(t("没有办成：{why}", why="")), (refused, refused.extra)
            assert bool(re.search("[\u4e00-\u9fff]", said)) is (lang == "zh"), said
            assert "{" not in said
    assert {"rule", "fields", "transition", "proof"} <= seen.keys()


def test_each_rule_has_a_remedy_and_each_word_for_an_action_belongs_to_a_rule() -> None:
    assert set(OF_RULES) == set(Because)
    for name in RULES:
        because, _, action = name.partition(".")
        assert because in set(Because)
        assert action in set(Action)


@pytest.mark.parametrize("text", ["字" * 4_001, "\x07"])
def test_what_cannot_be_kept_is_named_by_its_field(text: str) -> None:
    with pytest.raises(Wrong) as refused:
        check_text(Details(outcome=text))
    assert field_of(refused.value) == "outcome"
    assert of_refused(refused.value).value
    said = refused_text(refused.value, 0, words("zh"))
    assert said.startswith("处置结果")
    assert msgspec.json.encode(said)


def test_a_conflict_without_a_version_does_not_say_to_send_none() -> None:
    assert "None" not in of_refused(Refused("conflict", "somebody was faster")).remedy
