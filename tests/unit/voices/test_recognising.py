"""Which voice is whose: by likeness and lead; whatever is alike abstains."""

import numpy as np
import pytest

from minutebook.voices.model import LEAST_LIKENESS, MARGIN, SURE_LIKENESS, Known, Vector, alike, recognised


def at(cosine: float, axis: int = 1) -> Vector:
    """A unit vector at this cosine from the first axis."""
    vector = np.zeros(8, dtype=np.float32)
    vector[0], vector[axis] = cosine, np.sqrt(1 - cosine**2)
    return vector


DANA, TOM = at(1.0), at(0.0)


@pytest.mark.parametrize(
    ("likeness", "sure"), [(LEAST_LIKENESS - 0.01, None), (LEAST_LIKENESS + 0.01, False), (SURE_LIKENESS + 0.01, True)]
)
def test_likeness_decides(likeness: float, sure: bool | None) -> None:
    found = recognised({"speaker_1": at(likeness, 2)}, {"dana": DANA, "tom": TOM})
    assert [each.sure for each in found] == ([] if sure is None else [sure])


def test_two_people_alike_abstain() -> None:
    lead = np.float32(0.9)
    near, far = at(float(lead - MARGIN + 0.02)), at(float(lead - MARGIN - 0.05))
    voice = {"speaker_1": DANA}
    assert recognised(voice, {"dana": at(0.9, 2), "near": near}) == ()
    assert [each.person_id for each in recognised(voice, {"dana": at(0.9, 2), "far": far})] == ["dana"]


def test_two_voices_that_may_be_one_person_abstain() -> None:
    assert recognised({"speaker_1": at(0.9, 2), "speaker_2": at(0.85, 3)}, {"dana": DANA}) == ()
    found = recognised({"speaker_1": at(0.9, 2), "speaker_2": at(0.5, 3)}, {"dana": DANA})
    assert [each.speaker_id for each in found] == ["speaker_1"]


def test_nobody_is_nobody() -> None:
    assert recognised({}, {"dana": DANA}) == ()
    assert recognised({"speaker_1": DANA}, {}) == ()


def test_who_is_too_much_alike_is_told() -> None:
    assert alike({"dana": DANA, "twin": at(0.95), "tom": TOM}) == {"dana": ["twin"], "twin": ["dana"]}


def test_the_mean_of_several_meetings_stays_one_vector() -> None:
    known = Known(at(0.8, 2).astype(np.float64), 1).with_another(at(0.8, 3))
    kept = Known.from_text(known.to_text())
    assert kept.count == 2
    assert float(kept.vector @ DANA) > 0.85, "nearer to the voice than either meeting"
    assert np.allclose(kept.vector, known.vector, atol=1e-6)
