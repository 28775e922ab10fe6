"""Every number that decides who spoke when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiarizationParameters:
    """The tunable part of diarization."""

    step_s: float = 4.995
    onset: float = 0.5
    presence: float = 0.5
    edge: float = 0.1
    context: float = 0.2
    min_piece_s: float = 0.3
    max_piece_s: float = 3.5
    min_clustered_s: float = 1.0
    expected_cohesion: float = 0.7
    prior_s2: float = 20.0
    merge_limit: float = 0.8
    min_speaker_s: float = 3.0
    min_speaker_share: float = 0.1
    min_on_s: float = 0.2
    min_off_s: float = 0.2


DEFAULT = DiarizationParameters()
