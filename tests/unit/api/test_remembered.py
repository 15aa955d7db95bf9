import threading
from collections.abc import Hashable

from services.remembered import Remembered
from services.tickets.domain.figures import By, FigureQuery, Tally
from services.tickets.handlers import CountFigures
from services.tickets.handlers.figures import RECENT_MS, Asked
from tests.fakes.clock import ManualClock
from tests.fakes.figures import MemoryFigures
from tests.fakes.tickets import MemoryTicketStore

NOW = 1_796_000_000_000
AGE = 3_000


class Asking:
    """Answers with how often it was asked."""

    def __init__(self, most: int = 10) -> None:
        self.clock = ManualClock(NOW)
        self.remembered = Remembered(self.clock.now, most)
        self.times = 0

    def __call__(self, key: Hashable = "fleet") -> int:
        return self.remembered.get(key, AGE, self._ask)

    def _ask(self) -> int:
        self.times += 1
        return self.times


def test_an_answer_does_until_it_is_too_old() -> None:
    ask = Asking()
    given = [ask()]
    for later in (AGE, 1, AGE):
        ask.clock.advance(later)
        given.append(ask())
    assert given == [1, 1, 2, 2]


def test_a_clock_that_was_set_back_brings_no_answer_of_the_future() -> None:
    ask = Asking()
    ask()
    ask.clock.advance(-1)
    assert ask() == 2


def test_nothing_is_an_answer_too() -> None:
    remembered, asked = Remembered(ManualClock(NOW).now), []
    for _ in range(2):
        assert remembered.get("last alarm", AGE, lambda: asked.append(1)) is None
    assert asked == [1]


def test_only_so_many_answers_are_kept_and_the_oldest_goes_first() -> None:
    ask = Asking(most=2)
    assert [ask(key) for key in ("areas", "fleet")] == [1, 2]
    ask.clock.advance(AGE + 1)
    assert ask("areas") == 3, "given anew, so that fleet is the oldest now"
    assert [ask(key) for key in ("units", "areas", "units")] == [4, 3, 4]
    assert ask("fleet") == 5


def test_a_slow_question_keeps_nobody_waiting() -> None:
    remembered = Remembered(ManualClock(NOW).now)
    asked, answer = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert answer.wait(60)
        return "late"

    given: list[str] = []
    thread = threading.Thread(target=lambda: given.append(remembered.get("slow", AGE, slow)))
    thread.start()
    try:
        assert asked.wait(60)
        assert remembered.get("quick", AGE, lambda: "at once") == "at once"
        assert remembered.get("slow", AGE, lambda: "at once too") == "at once too"
    finally:
        answer.set()
        thread.join(60)
    assert given == ["late"]


def test_many_threads_share_one_and_its_bound_holds() -> None:
    remembered = Remembered(ManualClock(NOW).now, most=5)
    together = threading.Barrier(4)
    wrong: list[int] = []

    def many() -> None:
        together.wait(60)
        for turn in range(500):
            key = turn % 9
            if remembered.get(key, AGE, lambda key=key: key) != key:
                wrong.append(key)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert len(remembered._kept) == 5


class Counting(MemoryFigures):
    """Tells how often it was asked to count, in what it counts."""

    def __init__(self) -> None:
        super().__init__(MemoryTicketStore())
        self.times = 0

    def tally(self, query: FigureQuery) -> tuple[Tally, ...]:
        self.times += 1
        return (Tally(str(self.times)),)


def test_figures_are_counted_once_for_all_who_look_in_ten_seconds() -> None:
    clock, store = ManualClock(NOW), Counting()
    count = CountFigures(store, clock, Remembered(clock.now))
    asked = Asked(period="2026-11", scope="9901")
    for _ in range(3):
        count(asked)
        clock.advance(RECENT_MS // 2)
    assert store.times == 1
    clock.advance(1)
    count(asked)
    assert store.times == 2


def test_every_other_question_is_counted_for_itself() -> None:
    clock, store = ManualClock(NOW), Counting()
    count = CountFigures(store, clock, Remembered(clock.now))
    for others in (
        Asked("2026-11"), Asked("2026-11", scope="9901"), Asked("2026-11", by=By.UNIT), Asked("2026-11", unit="-"),
        Asked("2026-10"), Asked("2026-11", by=By.PERIOD), Asked("2026-11"),
    ):  # fmt: skip
        count(others)
    assert store.times == 6
