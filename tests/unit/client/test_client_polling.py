"""Which reports count, and when waiting ends."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.client import AnalysisType, Polling, Report, ReportStatus, StillRunning
from minutebook.client.protocol.request import Operation
from minutebook.client.sending.polling import AUTOMATIC, is_settled, newest_of, settle
from minutebook.client.sending.steps import Pause, Step, drive

TRANSCRIPTION, NOTE = AUTOMATIC
FINAL = [ReportStatus.COMPLETED, ReportStatus.FAILED]


def report(kind: AnalysisType, status: ReportStatus, version: int = 1) -> Report:
    return Report(f"{kind}-{version}", "r", kind, status, version)


@pytest.mark.parametrize(("transcription", "note"), [*product(ReportStatus, ReportStatus)])
def test_waiting_ends_when_nothing_more_is_to_come(transcription: ReportStatus, note: ReportStatus) -> None:
    newest = newest_of([report(TRANSCRIPTION, transcription), report(NOTE, note)])
    expected = transcription is ReportStatus.FAILED or (transcription in FINAL and note in FINAL)
    assert is_settled(newest, AUTOMATIC) == expected


def test_a_report_that_is_not_there_yet_is_waited_for() -> None:
    assert not is_settled(newest_of([report(TRANSCRIPTION, ReportStatus.COMPLETED)]), AUTOMATIC)
    assert not is_settled({}, AUTOMATIC)


@given(st.permutations(range(1, 6)))
def test_the_highest_version_counts(versions: list[int]) -> None:
    newest = newest_of(report(NOTE, ReportStatus.COMPLETED, version) for version in versions)
    assert newest[NOTE].version == 5


@given(st.floats(0.1, 100), st.floats(0.1, 100), st.integers(1, 80), st.integers(0, 90))
def test_the_rhythm_of_polls(first_s: float, every_s: float, at_most: int, done_after: int) -> None:
    pauses: list[float] = []
    polls = 0

    def perform(step: Step) -> object:
        nonlocal polls
        if isinstance(step, Pause):
            pauses.append(step.seconds)
            return None
        assert isinstance(step, Operation)
        assert len(pauses) == polls + 1
        polls += 1
        status = ReportStatus.COMPLETED if polls > done_after else ReportStatus.PROCESSING
        return tuple(report(kind, status) for kind in AUTOMATIC)

    steps = settle("r", "s", AUTOMATIC, Polling(first_s, every_s, at_most))
    if done_after < at_most:
        drive(steps, perform)
        assert polls == done_after + 1
    else:
        with pytest.raises(StillRunning):
            drive(steps, perform)
        assert polls == at_most
    assert pauses == [first_s] + [every_s] * (polls - 1)


def test_the_contract_s_rhythm_is_the_default() -> None:
    assert Polling() == Polling(first_s=5.0, every_s=5.0, at_most=60)
    assert Polling.lasting(300) == Polling()
    assert Polling.lasting(1).at_most == 1
