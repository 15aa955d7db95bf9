import string

from hypothesis import given
from hypothesis import strategies as st

from services.api.live.vector import LETTERS, START, read, write

PLACES = [(topic.name, number) for topic in LETTERS.values() for number in range(topic.partitions)]


@given(st.dictionaries(st.sampled_from(PLACES), st.integers(0, 10**12)))
def test_an_event_id_reads_back_as_the_vector_it_was_written_from(vector: dict[tuple[str, int], int]) -> None:
    text = write(vector)
    assert read(text) == dict.fromkeys(PLACES, 0) | vector
    assert set(text) <= set(string.ascii_lowercase + string.digits + ".-~")


@given(st.text(max_size=60))
def test_any_other_text_is_no_event_id_and_never_an_error(text: str) -> None:
    vector = read(text)
    assert vector is None or write(vector)


def test_the_empty_vector_is_the_start() -> None:
    assert write({}) == START
    assert read("a12.5") is None, "there is no partition 12"
    assert read("a0.1~a0.2") is not None
