"""What is recognised at once: turns joined to stretches long enough for context and short enough for the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minutebook.speech.ports import SAMPLE_RATE, Audio
from minutebook.transcript.model import Turn

QuietestMoment = Callable[[float, float], float]
"""The most silent moment (seconds of the recording) between two moments."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a recording that one step works on: `[start_s, end_s)`."""

    index: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class UnitRules:
    """How turns become units.

    Turns of one voice are joined over `join_gap_s` of silence; a unit is at most `longest_s` (Whisper hears 30 s,
    less the context around a turn); what is shorter than `shortest_s` holds no word. `edge_s` is how far from a
    chunk's edge a turn without end may be cut.
    """

    join_gap_s: float = 2.0
    longest_s: float = 26.0
    shortest_s: float = 0.15
    edge_s: float = 3.0


DEFAULT = UnitRules()
TOGETHER_S = 0.5
"""Shorter than a word or two."""


def plan_chunks(duration_s: float, chunk_s: float) -> list[Chunk]:
    """Divide a recording. A last piece shorter than a quarter of `chunk_s` is added to the one before it."""
    if duration_s <= 0:
        return []
    count = max(1, int(duration_s / chunk_s + 0.75))
    bounds = [index * chunk_s for index in range(count)] + [duration_s]
    return [Chunk(index, bounds[index], bounds[index + 1]) for index in range(count)]


def units_of(chunk: Chunk, turns: Sequence[Turn], quietest: QuietestMoment, rules: UnitRules = DEFAULT) -> list[Turn]:
    """The units that belong to a chunk, in order.

    `turns` are those of the whole recording, so that every chunk sees the same units and each belongs to exactly one.
    """
    own: list[Turn] = []
    for unit in join_turns(turns, rules):
        if unit.end - unit.start <= rules.longest_s:
            own += [unit] if chunk.start_s <= unit.start < chunk.end_s else []
        else:
            own += split_long(_within(unit, chunk, quietest, rules), quietest, rules)
    return [unit for unit in own if unit.end - unit.start >= rules.shortest_s]


def join_turns(turns: Sequence[Turn], rules: UnitRules = DEFAULT) -> list[Turn]:
    """Join turns of one voice that follow each other after a short silence in which nobody else begins."""
    units: list[Turn] = []
    for turn in sorted(turns, key=lambda t: (t.start, t.end, t.speaker)):
        last = units[-1] if units else None
        if last and last.speaker == turn.speaker and _joinable(last, turn, rules):
            units[-1] = Turn(turn.speaker, last.start, max(last.end, turn.end))
        else:
            units.append(turn)
    return units


def _joinable(last: Turn, turn: Turn, rules: UnitRules) -> bool:
    end = max(last.end, turn.end)
    return turn.start - last.end <= rules.join_gap_s and end - last.start <= rules.longest_s


def by_voices(units: Sequence[Turn], turns: Sequence[Turn]) -> tuple[list[Turn], list[Turn]]:
    """The units in which one voice speaks, and those in which another one speaks too, for `TOGETHER_S` or more."""
    alone: list[Turn] = []
    together: list[Turn] = []
    for unit in units:
        others = (
            min(turn.end, unit.end) - max(turn.start, unit.start) for turn in turns if turn.speaker != unit.speaker
        )
        (together if sum(max(0.0, each) for each in others) >= TOGETHER_S else alone).append(unit)
    return alone, together


def split_long(turn: Turn, quietest: QuietestMoment, rules: UnitRules = DEFAULT) -> list[Turn]:
    """Cut a turn that is longer than a unit at its quietest moments, into pieces of at least half a unit."""
    pieces, start = [], turn.start
    while turn.end - start > rules.longest_s:
        earliest = start + rules.longest_s / 2
        moment = quietest(earliest, min(start + rules.longest_s, turn.end - 1.0))
        pieces.append(Turn(turn.speaker, start, moment))
        start = moment
    return [*pieces, Turn(turn.speaker, start, turn.end)]


def _within(turn: Turn, chunk: Chunk, quietest: QuietestMoment, rules: UnitRules) -> Turn:
    """The chunk's share of a long turn; the neighbouring chunk finds the same cut."""

    def cut(edge: float) -> float:
        if not turn.start < edge < turn.end:
            return edge
        return quietest(max(turn.start, edge - rules.edge_s), min(turn.end, edge + rules.edge_s))

    start = max(turn.start, cut(chunk.start_s))
    return Turn(turn.speaker, start, max(start, min(turn.end, cut(chunk.end_s))))


def quietest_moment(audio: Audio, window_s: float = 0.2) -> float:
    """The middle of the most silent `window_s`, in seconds from the start of `audio`."""
    step = SAMPLE_RATE // 100
    width = round(window_s * SAMPLE_RATE / step)
    energy = np.square(audio[: len(audio) // step * step].reshape(-1, step), dtype=np.float64).mean(axis=1)
    if len(energy) <= width:
        return len(audio) / SAMPLE_RATE / 2
    smooth = np.convolve(energy, np.ones(width), mode="valid")
    return (int(smooth.argmin()) + width / 2) * step / SAMPLE_RATE
