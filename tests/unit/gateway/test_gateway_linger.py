"""Batches: per grid, closed by time or size."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.linger import Linger
from services.gateway.domain.window import Arrival
from streams.contracts import Sample


def sample(device: str, readings: int = 1) -> Sample:
    return Sample(device=device, kind="gas", ts=0, at=0, values={f"m{n}": 1.0 for n in range(readings)})


def test_a_batch_travels_when_its_window_is_over() -> None:
    linger = Linger(linger_ms=30)
    linger.add("g", sample("a"), Arrival(1, 1, 0), now=100)
    assert linger.take(129) == []
    assert linger.due == 130
    (bundle,) = linger.take(130)
    assert [s.device for s in bundle.samples] == ["a"]
    assert linger.due is None


def test_a_full_batch_does_not_wait() -> None:
    linger = Linger(linger_ms=30, max_readings=3)
    linger.add("g", sample("a", 2), Arrival(1, 1, 0), now=0)
    assert linger.take(0) == []
    linger.add("g", sample("b", 2), Arrival(2, 1, 0), now=0)
    (bundle,) = linger.take(0)
    assert len(bundle.samples) == 2


def test_a_message_for_two_grids_owes_two_records() -> None:
    linger, arrival = Linger(), Arrival(1, 1, 0)
    linger.add("g", sample("a"), arrival, now=0)
    linger.add("h", sample("b"), arrival, now=0)
    linger.add("h", sample("c"), arrival, now=0)
    assert arrival.owed == 2


def test_a_clock_set_back_holds_nothing_up() -> None:
    linger = Linger(linger_ms=30)
    linger.add("g", sample("a"), Arrival(1, 1, 0), now=1_000_000)
    assert len(linger.take(5)) == 1


@given(st.lists(st.tuples(st.sampled_from("ghi"), st.integers(0, 5), st.integers(0, 20)), max_size=60))
def test_every_sample_travels_once_in_its_grids_order_and_each_record_is_owed(
    steps: list[tuple[str, int, int]],
) -> None:
    linger, now, bundles = Linger(linger_ms=30, max_readings=7), 0, []
    arrivals = []
    for number, (grid, readings, pause) in enumerate(steps):
        now += pause
        arrivals.append(Arrival(number, 1, now))
        linger.add(grid, sample(f"{grid}{number:03}", readings), arrivals[-1], now)
        bundles += linger.take(now)
    bundles += linger.take_all()
    for grid in "ghi":
        travelled = [s.device for bundle in bundles if bundle.grid == grid for s in bundle.samples]
        assert travelled == [f"{grid}{number:03}" for number, step in enumerate(steps) if step[0] == grid]
    for arrival in arrivals:
        assert arrival.owed == sum(arrival in bundle.arrivals for bundle in bundles) == 1
