"""Asking an engine for the languages of a recording, as `languages` says what to listen to."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from minutebook.speech import languages
from minutebook.speech.languages import RULES, Answer, Elsewhere, HeardLanguage, Span
from minutebook.speech.media import Pcm
from minutebook.speech.ports import Engine
from minutebook.speech.tracks import quietest_in
from minutebook.transcript.model import Turn


def language_of(engine: Engine, pcm: Pcm, turns: Sequence[Turn], familiar: Collection[str] = ()) -> HeardLanguage:
    """The language of most of the speech, and which of it is in another one."""
    fits = pcm.duration_s <= RULES.round_s and bool(turns)
    short = [(0.0, pcm.duration_s)] if fits else languages.whole(turns)
    whole = [_asked(engine, pcm, short)._replace(seconds=languages.speech_s(turns))] if short else []
    stretches: list[Answer] = []
    found = languages.decide(whole, familiar)
    for asked in languages.rounds_of(turns):
        if short and len(asked) < RULES.spoken:
            break  # what there is has been heard
        stretches += [_asked(engine, pcm, [(turn.start, turn.end)], turn.speaker) for turn in asked]
        found = languages.decide(whole or stretches, familiar)
        if found.sure and not languages.doubted(stretches, found.code):
            break
    others = languages.further(stretches, found.code, familiar)
    return replace(found, elsewhere=_elsewhere(engine, pcm, turns, found.code, others)) if others else found


def _asked(engine: Engine, pcm: Pcm, spans: Sequence[Span], voice: str = "") -> Answer:
    """What these stretches, heard as one sound, are taken for."""
    (told,) = engine.language_probabilities([np.concatenate([pcm.read(*span) for span in spans])])
    return Answer(sum(end - start for start, end in spans), told, voice)


def _elsewhere(
    engine: Engine, pcm: Pcm, turns: Sequence[Turn], main: str, others: Collection[str]
) -> tuple[Elsewhere, ...]:
    pieces = languages.pieces_of(turns, quietest_in(pcm))
    told = [
        _asked(engine, pcm, [(piece.start, piece.end)]).told if piece.end - piece.start >= RULES.clear_s else {}
        for piece in pieces
    ]
    return languages.elsewhere_of(pieces, told, main, others)
