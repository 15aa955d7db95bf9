"""A rule as a form: nothing is lost on the way there and back, and every problem finds its field."""

import msgspec
import pytest

from sensors.kinds import default_rules
from services.api.language.words import words
from services.api.pages.rules import rule_forms as forms
from services.api.pages.rules import rule_measures
from services.api.pages.rules import rule_views as views
from services.registry.domain.rule_drafts import changed, plain
from services.registry.domain.rules import RANGES, differences
from streams.contracts import (
    Condition,
    Days,
    Flagged,
    Jump,
    Measure,
    Members,
    Noise,
    Nominal,
    Op,
    Quality,
    Rate,
    Ratio,
    Rule,
    Schedule,
    Scope,
    Share,
    Sum,
    Unchanged,
    Value,
)
from streams.rules.problems import problems
from tests.fakes.registry import rule


def form_and_back(start: Rule) -> Rule:
    fields = {k: v for k, v in forms.draft_of(forms.values_of(start), start).items() if k != "version"}
    after, found = changed(start, fields)
    assert after is not None, found
    return msgspec.structs.replace(after, version=start.version)


@pytest.mark.parametrize("each", default_rules(), ids=lambda each: each.id)
def test_every_default_rule_survives_its_form(each: Rule) -> None:
    assert form_and_back(each) == each


def test_schedule_scope_conditions_and_lists_survive_their_form() -> None:
    full = rule(
        schedule=Schedule(start=22 * 60, end=6 * 60 + 30, days=Days.HOLIDAY, zone="Asia/Urumqi"),
        scope=Scope(area="990101", model="enlink", device="gas-1", attributes={"zone": "a", "room": "b"}),
        gate=(Condition("valve_open"), Condition("life_days", Op.GE, 9.5), Condition("ch4_lel", measure=Rate(60_000))),
        group=("main", "building"), suppress_when=("gas.alarm",), realarm_after_ms=90_000, second_approver=True,
    )  # fmt: skip
    assert form_and_back(full) == full


def test_side_conditions_of_a_level_survive_and_are_refused_at_their_own_field() -> None:
    given = (Condition("valve_open"), Condition("life_days", Op.LT, 30), Condition("ch4_lel", measure=Rate(60_000)))
    worst, *others = rule().levels
    full = rule(levels=(msgspec.structs.replace(worst, given=given), *others))
    assert form_and_back(full) == full
    severity = worst.severity
    values = forms.values_of(full)
    assert values[f"{severity}.given"] == "valve_open true\nlife_days lt 30"
    edited = draft({**values, f"{severity}.given": "life_days ge 2"}, full)
    assert edited is not None
    assert edited.levels[0].given == (Condition("life_days", Op.GE, 2), given[2])
    wrong = {**values, f"{severity}.given": "valve open?"}
    fields = {k: v for k, v in forms.draft_of(wrong, full).items() if k != "version"}
    shown = {finding.at for finding in forms.findings(changed(full, fields)[1], wrong, words("zh"))}
    assert shown == {f"{severity}.given"}


def draft(values: dict[str, str], start: Rule) -> Rule | None:
    return changed(start, {k: v for k, v in forms.draft_of(values, start).items() if k != "version"})[0]


WINDOW = {"measure.window_ms": "2", "measure.window_ms.unit": "h", "measure.minimum": "6"}
FEW = {
    "measure.minimum": "3", "measure.silent_periods": "0", "measure.of": "nominal", "measure.of.attribute": "nominal_w",
    "measure.op": "lt", "measure.limit": "10",
}  # fmt: skip
MEASURES: list[tuple[Measure, dict[str, str]]] = [
    (Value(), {}), (Rate(7_200_000, 6), WINDOW),
    (Share(3_600_000, Op.LT, 19.5), {"measure.op": "lt", "measure.limit": "19.5"}),
    (Sum("life_days"), {"measure.other": "life_days"}), (Ratio("life_days"), {"measure.other": "life_days"}),
    (Jump(), {}), (Unchanged(0.5), {"measure.tolerance": "0.5"}), (Noise(3_600_000), {}),
    (Nominal("nominal_w", "dim_pct"), {"measure.attribute": "nominal_w", "measure.dimming": "dim_pct"}),
    (Flagged((Quality.FAULT, Quality.OVER_RANGE)), {"measure.qualities": "fault, over_range"}),
    (Members(3, 0, Nominal("nominal_w"), Op.LT, 10), FEW), (Members(), {}),
    (Members(of=Value()), {"measure.of": "value"}),
]  # fmt: skip


@pytest.mark.parametrize(("measure", "typed"), MEASURES, ids=str)
def test_every_kind_of_measure_can_be_chosen_and_filled_in(measure: Measure, typed: dict[str, str]) -> None:
    """First the kind alone, as the button sends it; then what is typed into the fields that it shows."""
    start = rule()
    values = {**forms.values_of(start), "measure.type": rule_measures.tag_of(measure)}
    shown = dict(rule_measures.filled(values, start))
    fields = {name.removeprefix("measure.") for name in typed if not name.endswith(".unit")}
    assert fields <= set(rule_measures.parameters(shown["measure.type"]))
    made = draft({**shown, **typed}, start)
    assert made is not None
    assert made.measure == measure
    assert form_and_back(made).measure == measure


def test_a_kind_that_was_just_chosen_begins_with_its_own_defaults_and_what_is_emptied_stays_empty() -> None:
    start = rule()
    values = {**forms.values_of(start), "measure.type": "rate"}
    made = draft(values, start)
    assert made is not None
    assert made.measure == Rate(3_600_000, 4)
    emptied = {**dict(rule_measures.filled(values, start)), "measure.window_ms": ""}
    fields = {k: v for k, v in forms.draft_of(emptied, start).items() if k != "version"}
    _, found = changed(start, fields)
    assert [finding.at for finding in forms.findings(found, emptied, words("zh"))] == ["measure.window_ms"]


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"measure.type": "guess"}, "measure.type"),
        ({"measure.type": "sum"}, "measure.other"),
        ({"measure.type": "nominal"}, "measure.attribute"),
        ({"measure.type": "flagged"}, "measure.qualities"),
        ({"measure.type": "flagged", "measure.was": "flagged", "measure.qualities": "odd"}, "measure.qualities"),
    ],
)
def test_what_a_measure_lacks_is_said_at_its_field(typed: dict[str, str], at: str) -> None:
    start = rule()
    values = {**forms.values_of(start), **typed}
    after, found = changed(start, {k: v for k, v in forms.draft_of(values, start).items() if k != "version"})
    listed = problems(after, RANGES) if after is not None else found
    assert at in [finding.at for finding in forms.findings(listed, values, words("zh"))]


def test_durations_are_shown_in_the_unit_that_fits() -> None:
    values = forms.values_of(rule(max_shelve_ms=90_000, no_data_after_ms=7_200_000, reorder_wait_ms=1_500))
    assert (values["max_shelve_ms"], values["max_shelve_ms.unit"]) == ("90", "s")
    assert (values["no_data_after_ms"], values["no_data_after_ms.unit"]) == ("2", "h")
    assert (values["reorder_wait_ms"], values["reorder_wait_ms.unit"]) == ("1.5", "s")
    assert values["realarm_after_ms"] == ""


def test_what_cannot_be_read_is_refused_at_its_field_as_it_was_typed() -> None:
    values = {**forms.values_of(rule()), "critical.limit": "fifty", "schedule.start": "late", "gate": "valve open?"}
    after, found = changed(rule(), {k: v for k, v in forms.draft_of(values, rule()).items() if k != "version"})
    assert after is None
    shown = {finding.at: finding.text for finding in forms.findings(found, values, words("zh"))}
    assert set(shown) == {"critical.limit", "schedule.start", "schedule.end", "gate"}
    assert shown["schedule.start"] == "开始时刻“late”：写成 22:00"
    english = forms.findings(found, values, words("en"))
    assert all(": " in finding.text for finding in english)


def test_a_level_that_is_not_ticked_is_left_out_and_the_rest_keep_their_field() -> None:
    values = {
        **forms.values_of(rule()),
        "critical.on": "",
        "minor.on": "1",
        "minor.limit": "5000",
        "minor.deadband": "0",
    }
    values |= {"minor.repeat": "1", "minor.on_delay_ms": "0", "minor.off_delay_ms": "0"}
    after, _ = changed(rule(), {k: v for k, v in forms.draft_of(values, rule()).items() if k != "version"})
    assert after is not None
    assert [level.severity for level in after.levels] == ["minor"]
    (finding,) = [f for f in forms.findings(problems(after, RANGES), values, words("zh")) if not f.warning]
    assert finding.at == "minor.limit"


def test_every_field_of_a_rule_has_a_name() -> None:
    zh, first = words("zh"), default_rules()[0]
    for each in default_rules():
        for found in differences(first, each):
            name = views.difference(found, zh).field
            assert name != found.field, found.field


def test_plain_keeps_every_field() -> None:
    assert set(plain(rule())) == set(Rule.__struct_fields__)
