"""Who is on duty: weekly and dated, over midnight, with substitutes and without anybody."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.duty import Dated, Duty, OnDuty, Roster, Substitution, Weekly, deputised, on_duty, ring, weekly_end

DAY = Weekly(frozenset({1, 2, 3, 4, 5}), 8 * 60, 20 * 60)
NIGHT = Weekly(frozenset({1, 2, 3, 4, 5}), 20 * 60, 8 * 60)
PEOPLE = frozenset("abcde")


def at(text: str) -> int:
    """A moment in Shanghai; 2026-11-23 is a Monday."""
    return round(datetime.fromisoformat(f"2026-11-{text}+08:00").timestamp() * 1000)


def duty(person: str, when: Weekly | Dated) -> Duty:
    return Duty(f"{person} {when}", "gas", person, when)


def away(person: str, substitute: str, since: str = "23T00:00", until: str = "28T00:00") -> Substitution:
    return Substitution(f"{person}{substitute}", "gas", person, substitute, at(since), at(until))


def asked(moment: str, duties: list[Duty], *substitutions: Substitution, people: frozenset[str] = PEOPLE) -> list[str]:
    return [one.person for one in on_duty(Roster(people, tuple(duties), substitutions), at(moment))]


@pytest.mark.parametrize(
    ("moment", "people"),
    [
        ("23T07:59:59", []),
        ("23T08:00", ["a"]),
        ("23T19:59:59", ["a"]),
        ("23T20:00", ["b"]),
        ("24T07:59:59", ["b"]),
        ("28T07:59:59", ["b"]),  # Friday's night ends on Saturday
        ("28T08:00", []),
        ("29T12:00", []),
    ],
)
def test_a_week_is_covered_by_day_and_by_night(moment: str, people: list[str]) -> None:
    assert asked(moment, [duty("a", DAY), duty("b", NIGHT)]) == people


@pytest.mark.parametrize(("begins", "ends"), [(0, 1440), (480, 480)])
def test_equal_ends_are_a_whole_day(begins: int, ends: int) -> None:
    when = Weekly(frozenset(range(1, 8)), begins, ends)
    for moment in ("23T00:00", "23T08:00", "25T23:59:59"):
        assert weekly_end(when, at(moment)) is not None


def test_it_says_until_when() -> None:
    roster = Roster(PEOPLE, (duty("b", NIGHT),), (away("b", "c", until="24T06:00"),))
    assert on_duty(roster, at("23T23:00")) == (OnDuty("c", at("24T06:00"), ("b",)),)
    assert on_duty(roster, at("24T06:00")) == (OnDuty("b", at("24T08:00")),)


def test_dated_duties_replace_the_weekly_ones_while_there_are_any() -> None:
    duties = [duty("a", DAY), duty("c", Dated(at("24T09:00"), at("24T12:00")))]
    assert asked("24T08:59:59", duties) == ["a"]
    assert asked("24T09:00", duties) == ["c"]
    assert asked("24T12:00", duties) == ["a"]


def test_several_may_be_on_duty_and_each_is_named_once() -> None:
    duties = [duty("b", DAY), duty("a", DAY), duty("a", Weekly(frozenset({1}), 0, 1440))]
    assert asked("23T10:00", duties) == ["a", "b"]
    assert asked("23T10:00", duties, away("a", "b")) == ["b"]
    (one,) = on_duty(Roster(PEOPLE, tuple(duties), (away("a", "b"),)), at("23T10:00"))
    assert one.instead_of == (), "b is there anyway"


def test_a_substitute_who_is_away_too_has_a_substitute() -> None:
    chain = (away("a", "b"), away("b", "c", until="25T00:00"))
    (one,) = on_duty(Roster(PEOPLE, (duty("a", DAY),), chain), at("23T10:00"))
    assert (one.person, one.instead_of) == ("c", ("a", "b"))
    assert asked("25T10:00", [duty("a", DAY)], *chain) == ["b"]


def test_a_substitute_stands_in_for_whoever_is_away_on_duty_or_not() -> None:
    chain = (away("a", "b"), away("b", "c", until="25T00:00"), away("d", "c"))
    roster = Roster(PEOPLE, substitutions=chain)
    assert deputised(roster, "c", at("23T10:00")) == {"a", "b", "d"}
    assert deputised(roster, "b", at("23T10:00")) == frozenset(), "b is away as well"
    assert deputised(roster, "b", at("25T10:00")) == {"a"}
    assert deputised(roster, "c", at("28T00:00")) == frozenset()


def test_nobody_who_was_disabled_is_on_duty_but_their_substitute_is() -> None:
    gone = PEOPLE - {"a"}
    assert asked("23T10:00", [duty("a", DAY)], people=gone) == []
    assert asked("23T10:00", [duty("a", DAY)], away("a", "b"), people=gone) == ["b"]
    assert asked("23T10:00", [duty("a", DAY)], away("a", "b"), people=frozenset("a")) == []


def test_a_ring_that_should_not_be_there_leaves_nobody_and_ends() -> None:
    assert asked("23T10:00", [duty("a", DAY)], away("a", "b"), away("b", "a")) == []


@pytest.mark.parametrize(
    ("others", "new", "closed"),
    [
        ([("a", "b")], ("b", "a"), ("b", "a", "b")),
        ([("a", "b"), ("b", "c")], ("c", "a"), ("c", "a", "b", "c")),
        ([("a", "b"), ("b", "c")], ("d", "a"), ()),
        ([("a", "b"), ("c", "a")], ("b", "d"), ()),
    ],
)
def test_a_ring_is_named_before_it_is_closed(
    others: list[tuple[str, str]], new: tuple[str, str], closed: tuple[str, ...]
) -> None:
    assert ring([away(*each) for each in others], away(*new)) == closed


def test_a_ring_needs_one_moment_at_which_all_are_away() -> None:
    first = away("a", "b", "23T00:00", "24T00:00")
    assert ring([first], away("b", "a", "24T00:00", "25T00:00")) == ()
    assert ring([first], away("b", "a", "23T23:59", "25T00:00")) == ("b", "a", "b")
    third = away("c", "a", "25T00:00", "26T00:00")
    assert ring([away("a", "b"), third], away("b", "c", "23T00:00", "25T00:00")) == ()


names = st.sampled_from("abcde")
moments = st.integers(at("23T00:00"), at("27T00:00"))


@st.composite
def substitutions(draw: st.DrawFn) -> list[Substitution]:
    """Any that a store would keep: no overlap of one person, no ring."""
    kept: list[Substitution] = []
    for number in range(draw(st.integers(0, 8))):
        since, length = draw(moments), draw(st.integers(1, 86_400_000))
        new = Substitution(str(number), "gas", draw(names), draw(names), since, since + length)
        overlaps = any(each.person == new.person and each.since < new.until and new.since < each.until for each in kept)
        if new.person != new.substitute and not overlaps and not ring(kept, new):
            kept.append(new)
    return kept


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(substitutions(), moments, names)
def test_where_nobody_closes_a_ring_somebody_is_always_on_duty(kept: list[Substitution], now: int, who: str) -> None:
    roster = Roster(PEOPLE, (duty(who, Weekly(frozenset(range(1, 8)), 0, 1440)),), tuple(kept))
    (one,) = on_duty(roster, now)
    assert not any(each.person == one.person and each.since <= now < each.until for each in kept)
    assert one.until > now
    assert len(set(one.instead_of)) == len(one.instead_of)
