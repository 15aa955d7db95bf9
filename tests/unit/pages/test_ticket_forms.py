"""The forms of a ticket follow the table: every field that an action asks for has its words and its input."""

import pytest

from services.api.pages.tickets import ticket_forms as forms
from services.api.pages.words import words
from services.tickets.domain.table import FACTS, TRANSITIONS
from services.tickets.domain.words import Action, State

ASKED = [
    (state, action)
    for state in State
    for action in TRANSITIONS[state]
    if action not in FACTS and action is not Action.REPORT
]


@pytest.mark.parametrize(("state", "action"), ASKED, ids=str)
def test_every_field_of_every_action_has_a_label_and_every_required_one_an_error(state: State, action: Action) -> None:
    required, optional = forms.asked(state, action)
    for name in (*required, *optional):
        assert name in forms.LABELS or f"{action}.{name}" in forms.LABELS, name
    assert set(required) <= set(forms.ERRORS)


def test_a_local_time_is_read_as_the_citys() -> None:
    assert forms.read("2026-11-22T09:41") == 1_795_311_660_000
    assert forms.written(1_795_311_660_000) == "2026-11-22T09:41"


@pytest.mark.parametrize("text", ["soon", "", "99999-01-01T00:00", "2026-13-01T00:00"])
def test_what_is_no_time_is_missing(text: str) -> None:
    values = forms.answers("in_progress", "park", {"plan": "列入改造", "until": text})
    assert forms.missing("in_progress", "park", values, words("zh")) == {"until": "请选日期和时间"}


def test_answers_mean_what_their_fields_are() -> None:
    sent = {"found": "false", "photos": "aa bb", "place": "12栋", "text": " "}
    assert forms.answers("verifying", "verified", sent) == {"found": False, "photos": ["aa", "bb"], "place": "12栋"}
    assert forms.answers("signed", "task_done", {"task": "2", "outcome": "已围挡"}) == {"task": 2, "outcome": "已围挡"}
