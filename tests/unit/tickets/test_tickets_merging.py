"""Which tickets are suggested as one matter, and why; figures over the labelled pairs."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.merging import SETS, measured, pairs
from services.tickets.domain.catalogue import PARENTS
from services.tickets.domain.merging import REASONS, SHOWN, WINDOW_MS, Part, Sighting, Why, likeness
from services.tickets.domain.merging.whereabouts import Spot, spot_of
from services.tickets.domain.merging.wording import matters_of, smells_of_gas
from tests.fakes.alarm_events import GRID, T0

HOUR = 3_600_000


def seen(**fields: Any) -> Sighting:
    return Sighting(**{"at": T0, "area": GRID, **fields})


def reasons(one: Sighting, other: Sighting) -> dict[Part, Why]:
    return {reason.part: reason.why for reason in likeness(one, other, PARENTS).reasons}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_the_labelled_pairs_are_told_apart(path: Any) -> None:
    precision, recall = measured(pairs(path))
    assert (precision, recall) >= (0.9, 0.9)


def test_there_are_enough_pairs_and_both_answers_among_them() -> None:
    labels = [pair.same for path in SETS for pair in pairs(path)]
    assert len(labels) >= 40
    assert 0.3 < sum(labels) / len(labels) < 0.7


def test_same_place_category_and_time_window_suggest_a_merge() -> None:
    one = seen(place="棉纺二村 4栋", category="drainage", text="下水道堵了")
    other = seen(place="棉纺二村四幢", category="drainage", text="污水倒灌", at=T0 + HOUR // 2)
    found = likeness(one, other, PARENTS)
    assert found.score == pytest.approx(1.0)
    assert [reason.why for reason in found.reasons] == [Why.BUILDING, Why.LEAF, Why.HOUR, Why.MATTER]


def test_a_building_counts_more_than_an_estate_and_an_estate_more_than_a_grid() -> None:
    here = seen(place="棉纺二村4栋", text="下水道堵了", category="drainage")
    places = ["棉纺二村4栋", "棉纺二村", "工人新村", ""]
    others = [seen(place=place, text="下水道堵了", category="drainage") for place in places[:3]]
    scores = [likeness(here, other, {}).score for other in others]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_a_family_of_categories_counts_for_less_than_the_same_one() -> None:
    one, other = seen(category="drainage"), seen(category="water-supply")
    assert reasons(one, other)[Part.CATEGORY] is Why.FAMILY
    assert reasons(one, seen(category="noise"))[Part.CATEGORY] is Why.OTHER_CATEGORY
    assert reasons(one, seen())[Part.CATEGORY] is Why.UNSAID


def test_a_smell_of_gas_is_related_to_a_gas_alarm_whatever_category_it_has() -> None:
    alarm = seen(category="gas-leak", device="gas-000001", text="燃气泄漏")
    assert reasons(seen(text="楼道里有煤气味"), alarm)[Part.CATEGORY] is Why.SMELL
    assert reasons(seen(text="煤气费多收了", category="fees"), alarm)[Part.CATEGORY] is Why.OTHER_CATEGORY


def test_after_a_week_it_is_a_recurrence_and_after_a_day_another_car() -> None:
    one, later = seen(text="井盖没了", place="东门"), seen(text="井盖没了", place="东门", at=T0 + WINDOW_MS)
    assert likeness(one, later, {}).score < SHOWN
    car = seen(place="2栋", category="fire-lane", text="消防通道堵了")
    other = seen(place="2栋", category="fire-lane", text="消防通道堵了", at=T0 + 25 * HOUR)
    assert likeness(car, other, {}).score < SHOWN


def test_every_reason_is_said_in_chinese_and_english_and_the_points_add_up() -> None:
    assert set(REASONS) == set(Why)
    assert all(zh and en and zh != en for zh, en in REASONS.values())


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20), st.text(max_size=20), st.integers(0, 10**9))
def test_a_score_is_a_share_is_the_sum_of_its_points_and_has_no_order(
    text: str, other: str, place: str, there: str, apart: int
) -> None:
    one, two = seen(text=text, place=place), seen(text=other, place=there, at=T0 + apart)
    found = likeness(one, two, PARENTS)
    assert found == likeness(two, one, PARENTS)
    assert 0 <= found.score <= 1
    assert found.score == pytest.approx(max(0, sum(reason.points for reason in found.reasons)), abs=0.001)


@pytest.mark.parametrize(
    ("place", "spot"),
    [
        ("棉纺二村 四幢 101", Spot("棉纺二村", "4")),
        ("纺织新村１２栋3单元", Spot("纺织新村", "12")),
        ("纺织新村十二号楼", Spot("纺织新村", "12")),
        ("和平里小区一百零五栋", Spot("和平里", "105")),
        ("铁路新村南侧工地", Spot("铁路新村", "", "南侧")),
        ("工人新村门口", Spot("工人新村")),
        ("", Spot()),
    ],
)
def test_a_building_is_read_from_what_people_write(place: str, spot: Spot) -> None:
    assert spot_of(place) == spot


@pytest.mark.parametrize(
    ("text", "smells"),
    [
        ("楼道里燃气味很重", True), ("有股煤气味", True), ("天然气管道漏了，味道刺鼻", True), ("液化气泄漏", True),
        ("煤气费多收了", False), ("没有闻到煤气味，就是想问安检时间", False), ("明天停气吗", False), ("油烟味", False),
    ],
)  # fmt: skip
def test_a_smell_of_gas_is_told_from_a_bill_a_question_and_a_denial(text: str, smells: bool) -> None:
    assert smells_of_gas(text) is smells


def test_a_bill_is_about_nothing_else() -> None:
    assert matters_of("暖气费怎么退") == {"费用"}


def test_a_wrong_grid_next_door_does_not_speak_against_the_words() -> None:
    """An estate's two tickets in two communities: apart, unless these touch or the map says one place."""
    words = {"place": "棉纺二村 4栋", "text": "下水道堵了", "category": "drainage"}
    one, wrong = seen(**words), seen(**words, area="990101009009009")
    assert reasons(one, wrong)[Part.PLACE] is Why.ELSEWHERE
    beside = msgspec.structs.replace(one, around=("990101009009",))
    assert likeness(beside, wrong, PARENTS).score >= SHOWN > likeness(one, wrong, PARENTS).score
    assert likeness(beside, wrong, PARENTS) == likeness(wrong, beside, PARENTS)
    here, there = (msgspec.structs.replace(each, position=(113.5, 23.1)) for each in (one, wrong))
    assert reasons(here, there)[Part.PLACE] is Why.BUILDING


def test_points_on_the_map_count_where_the_words_for_the_place_differ() -> None:
    one = seen(place="农贸市场", text="井盖没了", position=(113.5, 23.1))
    near, far = (seen(place="公交站", text="井盖没了", position=(113.5, 23.1 + step)) for step in (0.0008, 0.0012))
    assert reasons(one, near)[Part.PLACE] is Why.SPOT
    assert reasons(one, far)[Part.PLACE] is Why.GRID
    coded = [msgspec.structs.replace(each, building=f"{GRID}0000{n}") for n, each in enumerate((one, near), 1)]
    assert reasons(*coded)[Part.PLACE] is Why.GRID, "two houses are two houses, however near"
