"""Marks are drawn once for the same words, and never for words that only look the same."""

from markupsafe import Markup

from services.api.pages.desk import MARKS, environment

DRAWN = environment().globals["marks"]


def test_a_mark_is_drawn_once_and_by_all_its_words() -> None:
    first = DRAWN["mark"]("major", True, label="重要")
    assert DRAWN["mark"]("major", True, label="重要") is first
    others = {DRAWN["mark"]("major", False, label="重要"), DRAWN["mark"]("minor", True, label="重要")}
    assert first not in others
    assert len(others) == 2
    assert set(DRAWN) == set(MARKS)


def test_text_is_escaped_though_the_same_words_came_as_markup_before() -> None:
    for name in ("badge", "card"):
        assert "<b>!</b>" in DRAWN[name]("red", Markup("<b>!</b>"))
        assert "&lt;b&gt;!&lt;/b&gt;" in DRAWN[name]("red", "<b>!</b>")


def test_blocks_name_the_stage_and_count_what_is_done() -> None:
    drawn = DRAWN["blocks"](2, "处置")
    assert [drawn.count(word) for word in ("ll-done", "ll-now", 'aria-label="处置"')] == [2, 1, 1]
