"""Every number that decides who spoke when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiarizationParameters:
    """The tunable part of diarization. Times are seconds.

    Defaults were chosen on the development set (read speech, simulated and real meetings, synthetic voices) and on 87
    further mixtures of its voices with one to six speakers, each in the middle of the range in which the number of
    voices and the error rate hardly change. `python -m bench.sensitivity` shows that range.
    """

    step_s: float = 3.33
    """Distance of the 10 s windows of the segmentation network: each moment is seen three times. Rounded to frames."""
    onset: float = 0.5
    """A local voice speaks where its probability is above this (the network's own training decides at 0.5)."""
    min_piece_s: float = 0.25
    """Shorter stretches of one voice get no embedding: it would be noise."""
    max_piece_s: float = 3.5
    """Longer stretches are divided: from about 3 s embeddings hardly improve, and a missed change costs less."""

    min_clustered_s: float = 1.0
    """Shorter pieces have no say in how many voices there are."""
    repeated_distance: float = 0.04
    """Pieces with at most this cosine distance are the same passage again (98 in 100 pairs of one voice: over 0.09)."""
    unrelated: float = 0.37
    """Mean cosine of CAM++ embeddings of different people (measured: 0.36 to 0.39 for real voices)."""
    expected_cohesion: float = 0.65
    """Mean cosine of different pieces of one voice before any are seen (measured: 0.65 to 0.85)."""
    cohesion_prior_s2: float = 20.0
    """How firmly that is believed, as the sum over pairs of pieces of the product of their lengths."""
    merge_limit: float = 0.59
    """Groups are one voice from this corrected correlation on: midway between unrelated voices and one voice."""
    min_speaker_s: float = 2.0
    """A voice with less clear speech than this is not counted …"""
    min_speaker_share: float = 0.003
    """… nor one with less than this share of all clear speech: outliers gather in long recordings."""

    presence: float = 0.38
    """A voice speaks where its mean probability over the windows that saw the moment is above this."""
    min_off_s: float = 0.8
    """Shorter pauses of a voice do not end its turn, unless somebody else speaks meanwhile."""
    min_on_s: float = 0.2
    """Shorter turns are left out."""


DEFAULT = DiarizationParameters()
