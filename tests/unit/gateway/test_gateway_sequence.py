"""The ledger tells lost, late and duplicated apart, in bounded memory."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.sequence import MAX_GAP, REMEMBERED, Seen, SequenceLedger


def entered(*numbers: int) -> list[tuple[Seen, int]]:
    ledger = SequenceLedger()
    return [ledger.enter("d", number) for number in numbers]


def test_a_gap_is_counted_and_its_late_filler_is_named() -> None:
    assert entered(1, 2, 5, 3, 3, 4) == [
        (Seen.FIRST, 1),
        (Seen.NEXT, 1),
        (Seen.LOST, 2),
        (Seen.LATE, 1),
        (Seen.DUPLICATED, 1),
        (Seen.LATE, 1),
    ]


def test_a_counter_that_begins_anew_is_a_restart_not_a_loss() -> None:
    assert entered(1000, 0, 1)[1:] == [(Seen.RESTARTED, 1), (Seen.NEXT, 1)]
    assert entered(0, MAX_GAP + 1)[1] == (Seen.RESTARTED, 1)


def test_a_long_gap_forgets_what_lies_behind_it() -> None:
    assert entered(0, REMEMBERED + 5, 10)[1:] == [(Seen.LOST, REMEMBERED + 4), (Seen.LATE, 1)]


def test_the_ledger_remembers_the_devices_that_spoke_last() -> None:
    ledger = SequenceLedger(max_devices=2)
    for device in ("a", "b", "a", "c"):
        ledger.enter(device, 1)
    assert len(ledger) == 2
    assert ledger.enter("a", 2) == (Seen.NEXT, 1)
    assert ledger.enter("b", 2) == (Seen.FIRST, 1)


@given(st.lists(st.integers(0, REMEMBERED - 2), min_size=1, max_size=100))
def test_lost_minus_late_is_what_is_missing(numbers: list[int]) -> None:
    seen: Counter[Seen] = Counter()
    for kind, number in entered(REMEMBERED, *(REMEMBERED + 1 + n for n in numbers)):
        seen[kind] += number
    expected = set(range(REMEMBERED, REMEMBERED + 2 + max(numbers)))
    arrived = {REMEMBERED} | {REMEMBERED + 1 + n for n in numbers}
    assert seen[Seen.LOST] - seen[Seen.LATE] == len(expected - arrived)
    assert seen[Seen.DUPLICATED] == len(numbers) + 1 - len(arrived)
