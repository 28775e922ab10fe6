"""What a reader is told about a file that is not whole."""

from dataclasses import dataclass

import pytest

from minutebook.speech.media.notices import clock, ends_early, notices


@dataclass
class Stated:
    declared_duration_s: float | None = 300.0
    lacks_end: bool = False


def told(stated: Stated, end_s: float, missing_s: float = 0, skipped: int = 0, skipped_at_s: float = 0) -> list[str]:
    return list(notices(stated, end_s, missing_s, skipped, skipped_at_s))


def test_a_whole_file_says_nothing() -> None:
    assert told(Stated(), 299.5) == told(Stated(None), 5.0) == told(Stated(), 301.0) == []


def test_a_cut_file_says_where() -> None:
    cut = "The file ends after 1:23 of a declared 5:00; what follows is missing."
    assert told(Stated(), 83.2) == [cut]
    assert told(Stated(), 83.2, skipped=1, skipped_at_s=83.1) == [cut]


def test_a_damaged_and_cut_file_says_both() -> None:
    assert told(Stated(), 83.2, skipped=2, skipped_at_s=83.1) == [
        "Only 1:23 of a declared 5:00 could be read; the rest is damaged or missing.",
        "2 damaged pieces of the file could not be decoded and left no sound.",
    ]


def test_gaps_and_lost_ends() -> None:
    assert told(Stated(None, lacks_end=True), 60.0, missing_s=3725) == [
        "The file stops after 1:00 without its end mark: it was cut, and what followed is missing.",
        "1:02:05 of sound is missing inside the file; silence stands in its place.",
    ]


@pytest.mark.parametrize(("declared_s", "end_s", "early"), [(10, 9.1, False), (10, 8.9, True), (10_000, 9_990, False)])
def test_rounding_is_no_cut(declared_s: float, end_s: float, early: bool) -> None:
    assert ends_early(Stated(declared_s), end_s) is early


def test_clock() -> None:
    assert [clock(seconds) for seconds in (0, 59.4, 60, 3599)] == ["0:00", "0:59", "1:00", "59:59"]
    assert [clock(seconds) for seconds in (3600, 36_061)] == ["1:00:00", "10:01:01"]
