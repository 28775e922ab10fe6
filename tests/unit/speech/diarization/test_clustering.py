"""How many voices a set of embeddings holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from minutebook.speech.diarization import clustering
from minutebook.speech.diarization.clustering import Cohesion, merge, repeated, singletons

COHESION = Cohesion(expected=0.65, prior_s2=20.0, unrelated=0.37)
LIMIT = 0.59


def voices(means: NDArray[np.float64], each: int, noise: float, seed: int) -> tuple[NDArray[np.float32], list[int]]:
    """`each` noisy unit vectors around every mean, in random order, with the number of their mean."""
    random = np.random.default_rng(seed)
    who = random.permutation(np.repeat(np.arange(len(means)), each))
    vectors = means[who] + noise / np.sqrt(means.shape[1]) * random.normal(size=(len(who), means.shape[1]))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), who.tolist()


def means_with_cosine(count: int, cosine: float, size: int = 192) -> NDArray[np.float64]:
    """Unit vectors with the same cosine between any two."""
    return np.linalg.cholesky((1 - cosine) * np.eye(count) + cosine) @ np.eye(count, size)


def partition(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(i for i, label in enumerate(labels) if label == one) for one in set(labels)}


# Derandomised: rare draws cannot be told apart by anybody (five voices of four stretches each, close together).
@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    count=st.integers(1, 6),
    # From real voices (far apart, noisy) to synthetic ones (close together, clean).
    voice=st.sampled_from([(0.55, 0.68), (0.65, 0.6), (0.7, 0.45)]),
    each=st.integers(4, 30),
    seed=st.integers(0, 10_000),
)
def test_voices_are_found_whether_close_together_or_far_apart(
    count: int, voice: tuple[float, float], each: int, seed: int
) -> None:
    cosine, noise = voice
    vectors, who = voices(means_with_cosine(count, cosine), each, noise, seed)
    groups = merge(singletons(vectors, np.full(len(vectors), 2.5)), COHESION, LIMIT)
    assert partition(groups.members.tolist()) == partition(who)


def test_weights_and_members_are_kept() -> None:
    vectors, _ = voices(means_with_cosine(3, 0.5), 10, 0.6, 1)
    seconds = np.linspace(1, 3, len(vectors))
    groups = merge(singletons(vectors, seconds), COHESION, LIMIT)
    assert groups.weights.sum() == pytest.approx(seconds.sum())
    for number in range(len(groups)):
        mine = groups.members == number
        assert groups.weights[number] == pytest.approx(seconds[mine].sum())
        assert groups.sums[number] == pytest.approx((vectors[mine] * seconds[mine, None]).sum(axis=0), abs=1e-5)


def test_merging_stops_at_a_demanded_number() -> None:
    vectors, _ = voices(means_with_cosine(4, 0.5), 8, 0.6, 2)
    singles = singletons(vectors, np.ones(len(vectors)))
    assert [len(merge(singles, COHESION, -np.inf, fewest)) for fewest in (1, 2, 7, 99)] == [1, 2, 7, 32]


def test_many_pieces_give_what_few_give_without_a_large_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = 0
    matrix = clustering._Merging.__init__

    def watched(self: object, groups: clustering.Groups, cohesion: Cohesion) -> None:
        nonlocal largest
        largest = max(largest, len(groups))
        matrix(self, groups, cohesion)  # type: ignore[arg-type]

    monkeypatch.setattr(clustering, "LARGEST_MATRIX", 200)
    monkeypatch.setattr(clustering, "BLOCK", 100)
    monkeypatch.setattr(clustering._Merging, "__init__", watched)
    vectors, who = voices(means_with_cosine(5, 0.55), 160, 0.65, 3)
    groups = merge(singletons(vectors, np.full(len(vectors), 2.0)), COHESION, LIMIT)
    assert partition(groups.members.tolist()) == partition(who)
    assert largest <= 200


def test_passages_that_come_again_are_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "BLOCK", 7)
    vectors, _ = voices(means_with_cosine(2, 0.5), 10, 0.7, 4)
    again = np.concatenate([vectors, vectors[::-1]])
    assert repeated(again, 0.04).tolist() == [False] * 20 + [True] * 20


def test_too_little_speech_is_left_out_but_never_everything() -> None:
    vectors, _ = voices(means_with_cosine(2, 0.4), 1, 0.0, 5)
    singles = singletons(vectors, np.array([1.0, 3.0]))
    assert singles.heavier(2.0).weights.tolist() == [3.0]
    assert singles.heavier(10.0).weights.tolist() == [3.0]
