"""What an operator types for a name: the first letter of each character."""

import pytest

from services.api.language.initials import FIRSTS, LETTERS, initials
from services.tickets.domain.catalogue import LEAVES


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("燃气泄漏", "rqxl"), ("路灯故障", "ldgz"), ("噪声扰民", "zsrm"), ("户籍证件", "hjzj"), ("座", "z"),
        ("12345 热线", "12345rx"), ("3号楼A座", "3hlaz"), ("（其他）", "qt"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_is_typed_by_the_first_letter_of_each_character(name: str, typed: str) -> None:
    assert initials(name) == typed


def test_the_first_character_of_a_letter_belongs_to_it() -> None:
    assert initials(FIRSTS) == LETTERS


def test_every_category_has_a_letter_for_each_of_its_characters() -> None:
    assert [leaf.code for leaf in LEAVES.values() if len(initials(leaf.name_zh)) != len(leaf.name_zh)] == []
