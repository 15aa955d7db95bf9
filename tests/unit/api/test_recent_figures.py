from dataclasses import replace

import pytest

from services.api.tickets import recent_figures
from services.api.tickets.recent_figures import AGE_MS, RecentFigures
from services.tickets.domain.figures import By, FigureQuery, Tally
from tests.fakes.figures import MemoryFigures
from tests.fakes.tickets import MemoryTicketStore

ASKED = FigureQuery(0, 1_000, now=1_000_000)


class Counting(MemoryFigures):
    """Tells how often it was asked to count, in what it counts."""

    def __init__(self) -> None:
        super().__init__(MemoryTicketStore())
        self.times = 0

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        self.times += 1
        return (Tally(str(self.times)),)


def keys(figures: RecentFigures, *queries: FigureQuery) -> list[str]:
    return [figures.tally(query)[0].key for query in queries]


def test_the_same_question_is_counted_once_in_ten_seconds() -> None:
    later = [replace(ASKED, now=ASKED.now + more) for more in (0, AGE_MS - 1, AGE_MS, AGE_MS + 1)]
    assert keys(RecentFigures(Counting()), *later) == ["1", "1", "2", "2"]


def test_every_other_question_is_counted_for_itself() -> None:
    others = (
        ASKED, replace(ASKED, scope="9901"), replace(ASKED, by=By.UNIT), replace(ASKED, unit=""),
        replace(ASKED, end=2_000), replace(ASKED, edges=(0, 500)),
    )  # fmt: skip
    assert keys(RecentFigures(Counting()), *others) == ["1", "2", "3", "4", "5", "6"]


def test_a_clock_that_was_set_back_brings_no_answer_of_the_future() -> None:
    assert keys(RecentFigures(Counting()), ASKED, replace(ASKED, now=ASKED.now - 1)) == ["1", "2"]


def test_only_so_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_figures, "MOST", 2)
    figures = RecentFigures(Counting())
    one, two, three = (replace(ASKED, end=end) for end in (1, 2, 3))
    assert keys(figures, one, two, three, one) == ["1", "2", "3", "4"]
    assert len(figures.kept) == 2
