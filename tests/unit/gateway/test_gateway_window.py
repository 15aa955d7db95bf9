"""Acknowledgement is the contiguous prefix of arrivals, whatever order Kafka answers in."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.window import Arrival, Window


def test_nothing_is_acknowledged_before_everything_it_owes_is_safe() -> None:
    window = Window()
    arrival = window.arrive(1, 10, 0)
    arrival.owed = 2
    assert window.acknowledgeable() == []
    arrival.owed -= 1
    assert window.acknowledgeable() == []
    arrival.owed -= 1
    assert window.acknowledgeable() == [arrival]
    assert len(window) == 0
    assert window.bytes == 0


def test_a_message_that_owes_nothing_waits_for_those_before_it() -> None:
    window = Window()
    first, second = window.arrive(1, 1, 0), window.arrive(2, 1, 0)
    first.owed = 1
    assert window.acknowledgeable() == []
    first.owed = 0
    assert window.acknowledgeable() == [first, second]


def test_a_lost_connection_forgets_what_the_broker_will_send_again() -> None:
    window = Window()
    lost = window.arrive(1, 5, 0)
    lost.owed = 1
    window.forget()
    lost.owed = 0
    assert window.acknowledgeable() == []
    assert window.bytes == 0


@given(st.data(), st.lists(st.integers(0, 4), max_size=40))
def test_whatever_the_order_of_answers_acknowledgements_are_the_arrivals_in_order(
    data: st.DataObject, owed: list[int]
) -> None:
    window = Window()
    arrivals: list[Arrival] = []
    for mid, records in enumerate(owed, start=1):
        arrival = window.arrive(mid, 1, 0)
        arrival.owed = records
        arrivals.append(arrival)
    answers = data.draw(st.permutations([a for a in arrivals for _ in range(a.owed)]))
    acknowledged: list[Arrival] = window.acknowledgeable()
    for answer in answers:
        answer.owed -= 1
        acknowledged += window.acknowledgeable()
        safe = [a.owed == 0 for a in arrivals]
        prefix = safe.index(False) if False in safe else len(safe)
        assert acknowledged == arrivals[:prefix]
        assert window.bytes == len(arrivals) - prefix
    assert acknowledged == arrivals
