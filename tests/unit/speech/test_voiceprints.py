"""A voice of a recording as one vector: from where it is heard alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from minutebook.speech.diarization.embedding import Embedder
from minutebook.speech.media import Pcm, decode
from minutebook.speech.voiceprints import ENOUGH_S, MAX_PIECE_S, Vector, pieces_alone, voiceprints
from minutebook.transcript.model import Turn
from minutebook.voices.model import recognised

SPEECH = Path(__file__).parents[2] / "data" / "speech"


def test_only_where_nobody_else_speaks() -> None:
    turns = [Turn("a", 0.0, 5.0), Turn("b", 2.0, 3.0), Turn("a", 6.0, 6.5), Turn("b", 10.0, 20.0), Turn("a", 9.0, 11.5)]
    assert pieces_alone(turns, "a") == [(0.0, 2.0), (3.0, 5.0), (9.0, 10.0)]
    assert np.allclose(pieces_alone(turns, "b"), [(11.5 + 8.5 * i / 3, 11.5 + 8.5 * (i + 1) / 3) for i in range(3)])
    assert pieces_alone(turns, "c") == []


def test_of_a_long_talk_some_is_enough() -> None:
    pieces = pieces_alone([Turn("a", 0.0, 3600.0)], "a")
    assert sum(end - start for start, end in pieces) <= ENOUGH_S + MAX_PIECE_S
    assert pieces[-1][1] > 3300, "spread over the recording"


def test_real_voices_are_known_again_and_told_apart(tmp_path: Path) -> None:
    utterances = json.loads((SPEECH / "utterances.json").read_text())
    assert utterances
    embedder = Embedder(1)

    def heard(file: str) -> Vector:
        pcm = tmp_path / f"{file}.pcm"
        decode(SPEECH / f"{file}.flac", pcm)
        sound = Pcm(pcm)
        turns = [Turn("it", 0.0, min(sound.duration_s, 6.0))]
        return voiceprints(sound, turns, embedder.embed)["it"].vector

    known = {speaker: heard(f"{speaker}-1") for speaker in ("1688", "1998", "367")}
    again = {speaker: heard(f"{speaker}-2") for speaker in known}
    found = recognised(again, known)
    assert [(each.speaker_id, each.person_id) for each in found] == [(each, each) for each in known]
    assert np.linalg.norm(known["367"]) == pytest.approx(1.0, abs=1e-5)
    without = {speaker: vector for speaker, vector in known.items() if speaker != "367"}
    assert [each.speaker_id for each in recognised(again, without)] == ["1688", "1998"]
