"""A worker that takes nothing from its partitions is found out, and one that has nothing to take is not."""

from streams.agents.stall import Place, Stall

A: Place = ("linli.inputs", 3)
B: Place = ("linli.groups", 3)


def test_records_that_wait_untouched_are_found_after_the_limit() -> None:
    stall = Stall(60)
    assert stall.look({A: 10}, {A: 12}, 0) == []
    assert stall.look({A: 10}, {A: 40}, 59) == []
    assert stall.look({A: 10}, {A: 41}, 60) == [A]


def test_a_slow_worker_that_moves_is_left_alone() -> None:
    stall = Stall(60)
    for second in range(0, 600, 30):
        assert stall.look({A: second}, {A: 10_000}, second) == []


def test_a_partition_that_does_not_grow_proves_nothing() -> None:
    stall = Stall(60)
    assert stall.look({A: 12, B: None}, {A: 12, B: 7}, 0) == []
    assert stall.look({A: 12, B: None}, {A: 12, B: 7}, 500) == []


def test_a_partition_never_taken_up_counts_from_when_something_came() -> None:
    stall = Stall(60)
    assert stall.look({B: None}, {B: 7}, 0) == []
    assert stall.look({B: None}, {B: 7}, 100) == []
    assert stall.look({B: None}, {B: 8}, 105) == []
    assert stall.look({B: None}, {B: 9}, 160) == [B]


def test_a_partition_given_away_or_just_given_begins_anew() -> None:
    stall = Stall(60)
    stall.look({A: 10}, {A: 12}, 0)
    assert stall.look({}, {}, 30) == []
    assert stall.look({A: 10}, {A: 12}, 61) == []


def test_an_absent_kafka_excuses_the_wait() -> None:
    stall = Stall(60)
    stall.look({A: 10}, {A: 12}, 0)
    stall.forget()
    assert stall.look({A: 10}, {A: 12}, 600) == []
