"""The forms of a ticket follow the table: every field that an action asks for has its words and its input."""

from dataclasses import replace

import msgspec
import pytest

from services.api.language.words import words
from services.api.pages.ports import TicketRow, UnitRow
from services.api.pages.tickets import ticket_forms as forms
from services.api.pages.tickets.field_choices import units_here
from services.api.pages.tickets.ticket_rows import ClockRow, TaskRow
from services.tickets.domain import Details
from services.tickets.domain.table import FACTS, TRANSITIONS
from services.tickets.domain.words import Action, State
from services.tickets.handlers.places import check_units
from streams.contracts import Refused
from tests.unit.tickets.ticket_stories import to

HERE = "990101001001001"

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


UNITS = [
    UnitRow("district-all", "区级", "District", "990101"),
    UnitRow("street-light", "街道灯", "Street light", "990101001", ("lighting",)),
    UnitRow("group-light", "市政", "Utilities", "990101001", ("utilities",)),
    UnitRow("grid-noise", "网格", "Grid", "990101001001001", ("noise",)),
    UnitRow("elsewhere", "别处", "Elsewhere", "990101002", ("lighting",)),
]


def test_units_that_can_be_responsible_here_come_nearest_first_and_the_others_behind_a_word() -> None:
    row = TicketRow("t", "n", "dispatched", "dispatch", "hotline", HERE, "x", 0, 1, category="lighting")
    choice = units_here(UNITS, row, words("zh"))
    assert [value for value, _ in choice.options] == ["group-light", "street-light", "district-all"]
    assert ([value for value, _ in choice.rest], choice.label) == (["grid-noise"], "其他：在这里，但不管这一类")
    kept = units_here(UNITS, row, words("en"), keep=("elsewhere", "grid-noise"))
    assert {"elsewhere", "grid-noise"} <= {value for value, _ in kept.options}
    assert kept.rest == ()
    led = units_here(UNITS, replace(row, lead="group-light"), words("zh"))
    assert [value for value, _ in led.options] == ["street-light", "district-all"], "who has it is none to hand it to"
    unclassified = replace(row, category="")
    assert next(value for value, _ in units_here(UNITS, unclassified, words("zh")).options) == "grid-noise"


def test_arriving_is_the_next_step_until_somebody_has_arrived() -> None:
    row = TicketRow("t", "n", "in_progress", "resolve", "hotline", HERE, "x", 0, 1, allowed=("arrive", "finish"))
    waited = replace(row, clocks=(ClockRow("on_site", 0, 1),))
    for each, steps in ((row, ["finish"]), (waited, ["arrive", "finish"]), (replace(row, state="redo"), ["arrive"])):
        offered = forms.actions(each, UNITS, (), 0, words("zh"))
        assert [form.name for form in offered if form.main] == steps
        assert {form.name for form in offered} == {"arrive", "finish"}, "it may always be said again"


def test_a_result_is_not_asked_about_a_sensor_or_sub_tasks_that_there_are_not() -> None:
    row = TicketRow("t", "n", "in_progress", "resolve", "hotline", HERE, "x", 0, 1, allowed=("finish",))
    task = TaskRow(1, "group-light", "换灯", 9)
    asked = {
        name: {field.name for form in forms.actions(each, UNITS, (), 0, words("zh")) for field in form.fields}
        for name, each in {
            "call": row,
            "alarm": replace(row, episodes=("e",)),
            "left": replace(row, tasks=(task,)),
            "done": replace(row, tasks=(replace(task, done=5),)),
        }.items()
    }
    assert asked["alarm"] - asked["call"] == {"sensor_dead"}
    assert asked["left"] - asked["call"] == {"reason"}
    assert asked["done"] == asked["call"] == {"outcome", "photos", "reading"}


def test_every_unit_that_is_offered_is_one_that_the_loop_takes_there() -> None:
    around = {unit.id: unit.area for unit in UNITS}
    row = TicketRow("t", "n", "to_dispatch", "dispatch", "hotline", HERE, "x", 0, 1, category="lighting")
    choice = units_here(UNITS, row, words("zh"))
    ticket = msgspec.structs.replace(to(State.TO_DISPATCH).ticket, area=HERE)
    for unit, _ in (*choice.options, *choice.rest):
        check_units({unit: around[unit]}, ticket, Details(unit=unit))
    with pytest.raises(Refused):
        check_units({"elsewhere": "990101002"}, ticket, Details(unit="elsewhere"))
