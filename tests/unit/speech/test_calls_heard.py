"""A call with real voices through the real models: own tracks, an overlap, a loudspeaker, somebody without a track."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from minutebook.analysis.making.call import call_transcript
from minutebook.config import SpeechSettings
from minutebook.recordings.sources import Interval, Participant, Sources
from minutebook.speech.activity import own_speech
from minutebook.speech.media import Pcm
from minutebook.speech.pipeline import SpeechPipeline, plan_chunks
from minutebook.speech.tracks import clips_of, track_turns
from minutebook.transcript.model import Transcript
from support.audio import samples_of
from support.speech import write_pcm

SPEECH = Path(__file__).parents[2] / "data" / "speech"
RATE = 16_000
ECHO = 10 ** (-26 / 20)


def utterance(name: str) -> np.ndarray:
    return samples_of(SPEECH / f"{name}.flac").astype(np.float32) / 32768


Call = tuple[Pcm, Mapping[str, Pcm], list[tuple[str, float, float]]]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """Three people who take turns; each begins a second before the other has ended. Ada and Bob have tracks, with the
    others' voices faintly in Bob's."""
    folder = tmp_path_factory.mktemp("call")
    order = [("ada", "1688-1"), ("bob", "367-1"), ("cem", "1998-1"), ("ada", "1688-2"), ("bob", "367-2")]
    placed, at = [], 1.0
    for who, name in order:
        sound = utterance(name)
        placed.append((who, name, at, sound))
        at += len(sound) / RATE - 1.0
    length = int((at + 3.0) * RATE)
    clean = {who: np.zeros(length, np.float32) for who in ("ada", "bob", "cem")}
    for who, _, start, sound in placed:
        clean[who][int(start * RATE) :][: len(sound)] += sound
    late: NDArray[np.float32] = np.concatenate(
        [np.zeros(RATE // 5, np.float32), (clean["ada"] + clean["cem"])[: -RATE // 5]]
    )
    tracks = {
        "ada": Pcm(write_pcm(clean["ada"], folder / "ada.pcm")),
        "bob": Pcm(write_pcm(clean["bob"] + np.float32(ECHO) * late, folder / "bob.pcm")),
    }
    together: NDArray[np.float32] = np.sum([*clean.values()], axis=0, dtype=np.float32)
    mixed = Pcm(write_pcm(together, folder / "mixed.pcm"))
    return mixed, tracks, [(who, start, start + len(sound) / RATE) for who, _, start, sound in placed]


@pytest.fixture(scope="module")
def transcript(call: Call, tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    mixed, tracks, spoken = call
    pipeline = SpeechPipeline(SpeechSettings(threads=2, language="en"), tmp_path_factory.mktemp("models"))
    chunks = plan_chunks(mixed.duration_s, 20.0)
    activity = [pipeline.activity(mixed, tracks, chunk) for chunk in chunks]
    voices = [pipeline.other_voices(mixed, chunk, tracks) for chunk in chunks]
    turns = [*track_turns(own_speech(activity)), *pipeline.turns(voices)]
    recognised = [
        each for chunk in chunks for each in pipeline.recognise_clips(clips_of(chunk, turns, tracks, mixed), "en")
    ]
    page = tuple(Interval(who, start + 0.7, end + 0.7, "page", 0.6) for who, start, end in spoken if who == "cem")
    people = (Participant("ada", "Ada", True), Participant("bob", "Bob", True), Participant("cem", "Cem"))
    return call_transcript(Sources(people, page), recognised, turns, "en", mixed.duration_s)


def test_everybody_has_their_own_words_under_their_name(transcript: Transcript) -> None:
    said = json.loads((SPEECH / "utterances.json").read_text())
    texts = {row["file"].removesuffix(".flac"): row["text"] for row in said}
    expected = {"Ada": ("1688-1", "1688-2"), "Bob": ("367-1", "367-2"), "Cem": ("1998-1",)}
    assert {speaker.name for speaker in transcript.speakers} == set(expected)
    for name, files in expected.items():
        heard = " ".join(s.text for s in transcript.segments if transcript.name_of(s.speaker) == name).lower().split()
        reference = " ".join(texts[file] for file in files).lower().split()
        known = {word.strip(".,!?\"'") for word in heard}
        found = sum(word in known for word in reference)
        assert found >= 0.8 * len(reference), (name, heard)
        assert len(heard) <= 1.2 * len(reference), (name, heard)


def test_nobody_speaks_where_they_are_silent(call: Call, transcript: Transcript) -> None:
    _, _, spoken = call
    names = {"ada": "Ada", "bob": "Bob", "cem": "Cem"}
    for segment in transcript.segments:
        name = transcript.name_of(segment.speaker)
        own = [(start, end) for who, start, end in spoken if names[who] == name]
        for word in segment.words:
            middle = (word.start + word.end) / 2
            assert any(start - 0.3 <= middle <= end + 0.3 for start, end in own), (name, word)
