"""Waiting longer and longer."""

from hypothesis import given
from hypothesis import strategies as st

from minutebook.kit.backoff import Backoff


def test_doubling_up_to_the_longest() -> None:
    backoff = Backoff(first_s=0.5, factor=2.0, longest_s=3.0)
    assert [backoff.delay_s(failures) for failures in (1, 2, 3, 4, 5, 10**6)] == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]


@given(st.integers(-3, 10**9), st.floats(0, 1, exclude_max=True), st.floats(0, 1))
def test_within_bounds(failures: int, chance: float, jitter: float) -> None:
    backoff = Backoff(first_s=0.5, longest_s=30.0, jitter=jitter)
    most = backoff.delay_s(failures)
    assert 0.5 <= most <= 30.0
    assert most * (1 - jitter) <= backoff.delay_s(failures, chance) <= most
