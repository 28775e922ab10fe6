"""A provider's words hear no turns: they are given to voices and participants by when, and how loud, these speak."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from minutebook.speech.media import Pcm
from minutebook.speech.ports import Recognised
from minutebook.speech.tracks import TRACK, is_track
from minutebook.transcript.attribution import TurnIndex, attribute
from minutebook.transcript.model import Turn, Word
from minutebook.transcript.participants import UNKNOWN

AROUND_S: Final = 0.2
"""How far the times of a provider's words are trusted."""
NEAR_S: Final = 2.0
"""A word farther than this from everybody's speech is nobody's."""
LOUDER: Final = 0.65
"""Of participants who speak at once, the one with this share of the power was heard."""
NOBODY: Final = "speaker_1"


def by_voice(words: Sequence[Word], turns: Sequence[Turn]) -> list[Recognised]:
    """The words by the voice that speaks when they are said."""
    spoken = attribute(words, TurnIndex(turns))
    return _grouped([(each.speaker or NOBODY, each.word) for each in spoken])


def by_track(words: Sequence[Word], turns: Sequence[Turn], tracks: Mapping[str, Pcm]) -> list[Recognised]:
    """The words by the participant who speaks on their track when they are said, the loudest of several; by the voice
    in the mixed sound where nobody does; `UNKNOWN`'s where that leaves a doubt. Each word comes back once."""
    index = TurnIndex(turns)
    return _grouped([(_speaker(word, index, tracks), word) for word in words])


def _speaker(word: Word, index: TurnIndex, tracks: Mapping[str, Pcm]) -> str:
    near = index.between(word.start - AROUND_S, word.end + AROUND_S)
    on_tracks = sorted({turn.speaker for turn in near if is_track(turn.speaker)})
    if len(on_tracks) > 1:
        return _loudest(word, on_tracks, tracks)
    if on_tracks or near:
        return on_tracks[0] if on_tracks else near[0].speaker
    nearest = index.nearest((word.start + word.end) / 2)
    if nearest is None or max(nearest.start - word.end, word.start - nearest.end) > NEAR_S:
        return UNKNOWN
    return nearest.speaker


def _loudest(word: Word, speakers: Sequence[str], tracks: Mapping[str, Pcm]) -> str:
    powers = []
    for speaker in speakers:
        sound = tracks[speaker.removeprefix(TRACK)].read(word.start, word.end)
        powers.append(float(np.square(sound, dtype=np.float64).mean()) if len(sound) else 0.0)
    first = int(np.argmax(powers))
    return speakers[first] if powers[first] > LOUDER * sum(powers) else UNKNOWN


def _grouped(spoken: Sequence[tuple[str, Word]]) -> list[Recognised]:
    found = []
    for speaker, group in groupby(spoken, key=lambda each: each[0]):
        words = tuple(word for _, word in group)
        turn = Turn(speaker, words[0].start, max(word.end for word in words))
        found.append(Recognised(turn, words, (0.0,) * len(words) if is_track(speaker) else ()))
    return found
