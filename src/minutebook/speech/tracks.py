"""Recordings of calls, whose participants have sound of their own: who speaks when, which sound is nobody's, and
stretches of several tracks as one sound for a recogniser.

Turns of a participant carry `TRACK` and the participant's key in place of a voice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minutebook.speech import units
from minutebook.speech.activity import BLOCK_S, Span, power
from minutebook.speech.media import Pcm
from minutebook.speech.ports import SAMPLE_RATE, Audio, Recognised
from minutebook.speech.units import Chunk
from minutebook.transcript.calls import CallPeople, call_segments
from minutebook.transcript.echoes import OwnWords
from minutebook.transcript.merge import Heard
from minutebook.transcript.model import NO_SPEECH, Transcript, Turn, Word
from minutebook.transcript.participants import UNKNOWN

TRACK: Final = "@"
"""What stands before a participant's key in a turn's `speaker`: no voice is called so."""
PAUSE_S: Final = 0.8
"""Shorter pauses do not end a turn …"""
SHORTEST_S: Final = 0.2
"""… and what is shorter is none; both as in diarization."""
SHARE: Final = 0.25
"""Sound is a participant's when their tracks hold this part of its power; resampling and a limiter cost some."""
CLIP_MARGIN_S: Final = 0.5
"""Sound around a clip; recognisers look at most 0.2 s beyond a turn."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch that is recognised at once, and the sound that it is in."""

    turn: Turn
    pcm: Pcm


def is_track(speaker: str) -> bool:
    """Whether a turn's speaker is a participant with a track."""
    return speaker.startswith(TRACK)


def track_turns(spans: Mapping[str, Iterable[Span]]) -> list[Turn]:
    """The turns of participants by when their tracks hold speech, ordered by start."""
    return sorted(
        (turn for key, own in spans.items() for turn in _turns(TRACK + key, own)),
        key=lambda turn: (turn.start, turn.end, turn.speaker),
    )


def _turns(speaker: str, spans: Iterable[Span]) -> list[Turn]:
    joined: list[Turn] = []
    for start, end in sorted(spans):
        last = joined[-1] if joined else None
        if last and start - last.end <= PAUSE_S:
            joined[-1] = replace(last, end=max(last.end, end))
        else:
            joined.append(Turn(speaker, start, end))
    return [turn for turn in joined if turn.end - turn.start >= SHORTEST_S]


def nobodys(mixed: Audio, of_tracks: NDArray[np.float64]) -> Audio:
    """The mixed sound where it is no participant's, silence elsewhere. `of_tracks` is the summed power of all tracks
    by blocks, from where `mixed` begins."""
    block, own = round(BLOCK_S * SAMPLE_RATE), power(mixed)
    count = min(len(own), len(of_tracks))
    accounted = np.zeros(-(-len(mixed) // block), dtype=bool)
    accounted[:count] = of_tracks[:count] >= SHARE * own[:count]
    # What is next to a participant's sound is theirs: no two clocks agree to a sample.
    accounted |= np.concatenate([accounted[1:], [False]]) | np.concatenate([[False], accounted[:-1]])
    return np.where(np.repeat(accounted, block)[: len(mixed)], np.float32(0.0), mixed)


def clips_of(chunk: Chunk, turns: Sequence[Turn], tracks: Mapping[str, Pcm], mixed: Pcm) -> list[Clip]:
    """What of a chunk is recognised, in order: each participant's stretches from their own track, whoever else speaks
    meanwhile; the others' from the mixed sound. `turns` are those of the whole recording."""
    clips: list[Clip] = []
    for key, pcm in tracks.items():
        own = [turn for turn in turns if turn.speaker == TRACK + key]
        clips += [Clip(unit, pcm) for unit in units.units_of(chunk, own, quietest_in(pcm))]
    others = [turn for turn in turns if not is_track(turn.speaker)]
    clips += [Clip(unit, mixed) for unit in units.units_of(chunk, others, quietest_in(mixed))]
    return sorted(clips, key=lambda clip: (clip.turn.start, clip.turn.end, clip.turn.speaker))


def quietest_in(pcm: Pcm) -> units.QuietestMoment:
    """Looks for quiet in this sound."""
    return lambda start_s, end_s: start_s + units.quietest_moment(pcm.read(start_s, end_s))


@dataclass(frozen=True, eq=False)
class Layout:
    """Clips one after the other as one sound: `turns` are theirs in it, each `shifts` later than in the recording."""

    audio: Audio
    turns: tuple[Turn, ...]
    shifts: tuple[float, ...]


def laid_out(clips: Sequence[Clip]) -> Layout:
    """The clips with silence and sound enough between them that none hears another."""
    margin = round(CLIP_MARGIN_S * SAMPLE_RATE)
    firsts = [round(clip.turn.start * SAMPLE_RATE) - margin for clip in clips]
    lengths = [round(clip.turn.end * SAMPLE_RATE) + margin - first for clip, first in zip(clips, firsts, strict=True)]
    begins = list(accumulate(lengths, initial=0))
    audio = np.zeros(begins[-1], dtype=np.float32)
    turns, shifts = [], []
    for clip, first, begin, length in zip(clips, firsts, begins, lengths, strict=False):
        sound = clip.pcm.read(max(first, 0) / SAMPLE_RATE, (first + length) / SAMPLE_RATE)
        audio[begin - min(first, 0) :][: len(sound)] = sound
        shift = (begin - first) / SAMPLE_RATE
        turns.append(Turn(clip.turn.speaker, clip.turn.start + shift, clip.turn.end + shift))
        shifts.append(shift)
    return Layout(audio, tuple(turns), tuple(shifts))


def back_in_place(recognised: Sequence[Recognised], clips: Sequence[Clip], layout: Layout) -> list[Recognised]:
    """What was recognised in a layout, in recording time, with the words' levels where a track was heard."""
    found = []
    for each, clip, shift in zip(recognised, clips, layout.shifts, strict=True):
        words = tuple(
            replace(word, start=round(word.start - shift, 3), end=round(word.end - shift, 3)) for word in each.words
        )
        heard = tuple(_level(layout.audio, word) for word in each.words) if is_track(clip.turn.speaker) else ()
        found.append(Recognised(clip.turn, words, heard))
    return found


def _level(audio: Audio, word: Word) -> float:
    """dB of full scale; -100 for silence."""
    sound = audio[
        round(word.start * SAMPLE_RATE) : max(round(word.end * SAMPLE_RATE), round(word.start * SAMPLE_RATE) + 1)
    ]
    mean = float(np.square(sound, dtype=np.float64).mean()) if len(sound) else 0.0
    return round(10 * float(np.log10(max(mean, 1e-10))), 1)


def transcript(
    recognised: Sequence[Recognised],
    turns: Sequence[Turn],
    people: CallPeople,
    person_of: Callable[[str], str],
    language: str,
    duration_s: float,
    notices: Sequence[str] = (),
) -> Transcript:
    """Everything that was recognised: words of tracks under their persons (`person_of` a participant's key), those of
    other voices under the persons who spoke then by the platform's signs."""

    def person(turn: Turn) -> str:
        return person_of(turn.speaker.removeprefix(TRACK))

    own = [OwnWords(person(each.turn), each.turn, each.words, each.levels) for each in recognised if _is_own(each.turn)]
    segments, speakers = call_segments(
        own,
        [Turn(person(turn), turn.start, turn.end) for turn in turns if _is_own(turn)],
        [Heard(each.turn, each.words) for each in recognised if not _is_own(each.turn)],
        [
            *(turn for turn in turns if not _is_own(turn)),
            *(each.turn for each in recognised if each.turn.speaker == UNKNOWN),
        ],
        people,
        language,
    )
    found = tuple(notices) if segments else (*notices, NO_SPEECH)
    return Transcript(language, duration_s, speakers, segments, notices=found)


def _is_own(turn: Turn) -> bool:
    return is_track(turn.speaker)
