"""Which clips are decoded together."""

from hypothesis import given
from hypothesis import strategies as st

from minutebook.speech.engines.batches import cheapest_batches

lengths = st.lists(st.floats(0.5, 30.0), max_size=40).map(sorted)


@given(lengths=lengths, size=st.integers(1, 8), cost=st.floats(0, 50))
def test_every_clip_is_in_one_batch_within_the_limits(lengths: list[float], size: int, cost: float) -> None:
    batches = cheapest_batches(lengths, size, 90.0, cost)
    assert [length for batch in batches for length in lengths[batch]] == lengths
    for batch in batches:
        part = lengths[batch]
        assert len(part) <= size
        assert len(part) == 1 or len(part) * part[-1] <= 90.0


def test_clips_of_unlike_length_stay_apart_when_batches_are_cheap() -> None:
    assert cheapest_batches([1.0, 1.1, 20.0], 8, 240.0, 0.5) == [slice(0, 2), slice(2, 3)]


def test_batches_are_filled_when_they_are_dear() -> None:
    assert cheapest_batches([1.0, 1.1, 20.0], 8, 240.0, 100.0) == [slice(0, 3)]
