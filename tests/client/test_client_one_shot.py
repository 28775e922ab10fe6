"""From recordings to results: the order of calls, the polling, what is repeated and what never is."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from minutebook.client import (
    AnalysisFailed,
    AnalysisType,
    AsyncPaxs,
    BadRequest,
    ConnectionFailed,
    FileLedger,
    FileTokens,
    MemoryLedger,
    NotAuthenticated,
    Paxs,
    Polling,
    StillRunning,
    TranscriptionFailed,
    UnsupportedFormat,
    Wishes,
)
from minutebook.client.one_shot.happenings import Completed, Happening, MeetingReady, Retrying, Started, Uploaded
from minutebook.client.one_shot.sources import Source
from minutebook.client.state.ledger import Progress
from support.paxs_client import ADA, Pauses, written
from support.paxs_double import PaxsDouble

WISHES = Wishes((ADA,))
UPLOAD = ("POST", "/api/recordings")
REQUEST = ("POST", "/api/analysis/request")
ANALYSIS = ("GET", "/api/recordings/[^/]+/analysis")
CREATE = ("POST", "/api/sessions")


def test_the_whole_flow_in_order(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    heard: list[Happening] = []
    [result] = paxs.process_files([recording], WISHES, tell=heard.append)
    assert result.completed
    assert result.meeting is not None
    assert result.meeting.title == "weekly.wav"
    assert result.reports[AnalysisType.TRANSCRIPTION].transcription.speakers[0].name == "Speaker 1"
    assert "Thursday" in result.reports[AnalysisType.MEETING_NOTE].markdown
    assert [call.path.split("/")[2] for call in double.calls] == ["sessions", "recordings", "recordings"]
    kinds = [type(happening) for happening in heard]
    assert kinds[:2] == [Started, MeetingReady]
    assert kinds.count(Uploaded) == 1
    assert [h.report.analysis_type for h in heard if isinstance(h, Completed)] == [
        AnalysisType.TRANSCRIPTION,
        AnalysisType.MEETING_NOTE,
    ]


def test_what_is_known_of_a_recording_goes_with_it(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    paxs.process_files([recording], replace(WISHES, language="de", num_speakers=3))
    (sent,) = double.calls_to(*UPLOAD)
    assert (sent.parts["language"].value, sent.parts["num_speakers"].value) == (b"de", b"3")
    assert double.calls_to(*REQUEST) == []


def test_polls_after_5_s_then_every_5_s_and_at_most_60_times(
    paxs: Paxs, double: PaxsDouble, pauses: Pauses, recording: Path
) -> None:
    double.polls_until_done = 1000
    [result] = paxs.process_files([recording], WISHES)
    assert pauses.seconds == [5.0] * 60
    assert len(double.calls_to(*ANALYSIS)) == 60
    assert isinstance(result.error, StillRunning)


def test_a_result_is_told_as_soon_as_it_is_there(
    paxs: Paxs, double: PaxsDouble, recording: Path, pauses: Pauses
) -> None:
    double.polls_until_done = 4
    [result] = paxs.process_files([recording], WISHES)
    assert result.completed
    assert pauses.seconds == [5.0] * 4


def test_wait_for_raises_for_what_failed(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    double.failing = {"meeting note": 1}
    meeting = paxs.sessions.create([ADA])
    uploaded = paxs.recordings.upload(meeting.id, recording)
    with pytest.raises(AnalysisFailed, match="engine broke") as caught:
        paxs.analysis.wait_for(uploaded.id, meeting.id)
    assert not isinstance(caught.value, TranscriptionFailed)
    done = paxs.analysis.wait_for(uploaded.id, meeting.id, [AnalysisType.TRANSCRIPTION])
    assert done[AnalysisType.TRANSCRIPTION].completed


def test_a_failed_transcription_is_uploaded_again_on_the_same_meeting(
    paxs: Paxs, double: PaxsDouble, recording: Path
) -> None:
    double.failing = {"transcription": 2}
    heard: list[Happening] = []
    [result] = paxs.process_files([recording], WISHES, tell=heard.append)
    assert result.completed
    uploads = double.calls_to(*UPLOAD)
    assert len(uploads) == 3
    assert len({call.parts["session_id"].value for call in uploads}) == 1
    assert len(double.sessions) == 1
    assert double.calls_to(*REQUEST) == []
    assert [(h.attempt, h.of) for h in heard if isinstance(h, Retrying)] == [(2, 3), (3, 3)]


def test_a_transcription_that_fails_three_times_is_told_with_its_details(
    paxs: Paxs, double: PaxsDouble, recording: Path
) -> None:
    double.failing = {"transcription": 99}
    [result] = paxs.process_files([recording], WISHES)
    assert isinstance(result.error, TranscriptionFailed)
    assert "The transcription engine broke." in result.error.message
    assert result.error.code == "engine_failed"
    assert len(double.calls_to(*UPLOAD)) == 3
    assert len(double.sessions) == 1


def test_retry_analysis_requests_it_again_without_a_second_upload(
    paxs: Paxs, double: PaxsDouble, recording: Path
) -> None:
    double.failing = {"transcription": 2}
    [result] = paxs.process_files([recording], Wishes((ADA,), retry="analysis"))
    assert result.completed
    assert len(double.calls_to(*UPLOAD)) == 1
    assert [call.json["analysis_types"] for call in double.calls_to(*REQUEST) if call.json] == [
        ["transcription", "meeting note"]
    ] * 2


def test_only_the_failed_analysis_is_requested_again(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    double.failing = {"meeting note": 1}
    [result] = paxs.process_files([recording], WISHES)
    assert result.completed
    assert len(double.calls_to(*UPLOAD)) == 1
    assert [call.json["analysis_types"] for call in double.calls_to(*REQUEST) if call.json] == [["meeting note"]]


def test_another_analysis_is_tried_three_times_and_leaves_the_rest_readable(
    paxs: Paxs, double: PaxsDouble, recording: Path
) -> None:
    double.failing = {"meeting note": 99}
    [result] = paxs.process_files([recording], Wishes((ADA,), types=(AnalysisType.KEY_POINTS,)))
    assert isinstance(result.error, AnalysisFailed)
    assert result.reports[AnalysisType.TRANSCRIPTION].completed
    assert result.reports[AnalysisType.KEY_POINTS].completed
    asked = [call.json["analysis_types"] for call in double.calls_to(*REQUEST) if call.json]
    assert asked == [["meeting note"], ["meeting note"], ["key_points"]]


def test_extras_are_requested_once_the_transcription_is_there(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    wishes = Wishes((ADA,), types=(AnalysisType.SENTIMENT, AnalysisType.KEY_POINTS), instruction="Only the risks")
    [result] = paxs.process_files([recording], wishes)
    assert result.completed
    [call] = double.calls_to(*REQUEST)
    assert call.json is not None
    assert call.json["analysis_types"] == ["meeting note", "sentiment", "key_points"]
    assert call.json["instruction"] == "Only the risks"
    assert result.reports[AnalysisType.MEETING_NOTE].version == 2


def test_one_unsupported_file_among_many_creates_nothing(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path
) -> None:
    other, third = written(tmp_path / "notes.docx"), written(tmp_path / "talk.mp3")
    with pytest.raises(UnsupportedFormat, match=r"notes\.docx"):
        paxs.process_files([recording, other, third], WISHES)
    assert double.calls == []


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch(), lambda path: path.mkdir()])
def test_a_missing_or_empty_file_among_many_creates_nothing(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "b.wav")
    with pytest.raises(BadRequest, match=r"b\.wav"):
        paxs.process_files([recording, tmp_path / "b.wav"], WISHES)
    assert double.calls == []


def test_attendees_are_never_invented(paxs: Paxs, double: PaxsDouble, recording: Path) -> None:
    with pytest.raises(BadRequest) as caught:
        paxs.process_files([recording], Wishes(()))
    assert caught.value.code == "attendees_required"
    assert double.calls == []


def test_files_go_one_after_the_other_each_on_its_own_meeting(paxs: Paxs, double: PaxsDouble, tmp_path: Path) -> None:
    files = [written(tmp_path / f"{name}.wav") for name in "abc"]
    double.failing = {"transcription": 3}
    results = paxs.process_files([*files, files[0]], WISHES)
    assert [result.completed for result in results] == [False, True, True]
    assert [held["title"] for held in double.sessions.values()] == ["a.wav", "b.wav", "c.wav"]
    uploads = [call.parts["file"].filename for call in double.calls_to(*UPLOAD)]
    assert uploads == ["a.wav"] * 3 + ["b.wav", "c.wav"]


@pytest.mark.parametrize("fault", ["cut_uploads", "lose_uploads"])
def test_an_upload_that_breaks_midway_stays_on_the_one_meeting(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, fault: str
) -> None:
    setattr(double, fault, 2)
    [result] = paxs.process_files([written(tmp_path / "big.wav", 3_000_000)], WISHES)
    assert result.completed
    assert len(double.sessions) == 1


def test_a_server_that_goes_away_ends_the_run_and_the_next_run_reuses_the_meeting(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path
) -> None:
    ledger, file = FileLedger(tmp_path / "state"), written(tmp_path / "big.wav", 3_000_000)
    double.cut_uploads = 3
    with pytest.raises(ConnectionFailed):
        paxs.process_files([file], WISHES, ledger=ledger)
    heard: list[Happening] = []
    [result] = paxs.process_files([file], WISHES, ledger=ledger, tell=heard.append)
    assert result.completed
    assert [h.reused for h in heard if isinstance(h, MeetingReady)] == [True]
    assert len(double.calls_to(*CREATE)) == 1


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


@pytest.mark.parametrize(("moment", "uploads"), [(MeetingReady, 1), (Uploaded, 1), (Completed, 1)])
def test_an_interrupted_run_goes_on_where_it_stopped(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path, moment: type, uploads: int
) -> None:
    def stop(happening: Happening) -> None:
        if isinstance(happening, moment):
            raise Interrupted

    with pytest.raises(Interrupted):
        paxs.process_files([recording], WISHES, ledger=FileLedger(tmp_path / "state"), tell=stop)
    [result] = paxs.process_files([recording], WISHES, ledger=FileLedger(tmp_path / "state"))
    assert result.completed
    assert len(double.sessions) == 1
    assert len(double.calls_to(*UPLOAD)) == uploads
    assert list((tmp_path / "state").glob("*.json")) == []


def test_an_upload_whose_answer_got_lost_is_found_on_the_meeting(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path
) -> None:
    ledger = FileLedger(tmp_path / "state")
    double.lose_uploads = 3
    with pytest.raises(ConnectionFailed):
        paxs.process_files([recording], WISHES, ledger=ledger)
    before = len(double.calls_to(*UPLOAD))
    [result] = paxs.process_files([recording], WISHES, ledger=ledger)
    assert result.completed
    assert len(double.calls_to(*UPLOAD)) == before


def test_a_lost_answer_to_the_creation_does_not_make_a_second_meeting(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path
) -> None:
    ledger = FileLedger(tmp_path / "state")

    key = "noted before the call"
    paxs.sessions.create([ADA], idempotency_key=key)
    ledger.write(Source(recording.name, path=recording).key(double.url), Progress(key))
    [result] = paxs.process_files([recording], WISHES, ledger=ledger)
    assert result.completed
    assert len(double.sessions) == 1


def test_a_meeting_deleted_in_between_is_created_anew(
    paxs: Paxs, double: PaxsDouble, tmp_path: Path, recording: Path
) -> None:
    ledger = FileLedger(tmp_path / "state")
    double.polls_until_done = 1000
    [pending] = paxs.process_files([recording], Wishes((ADA,), polling=Polling(at_most=1)), ledger=ledger)
    assert pending.meeting is not None
    paxs.sessions.delete(pending.meeting.id)
    double.polls_until_done = 1
    [result] = paxs.process_files([recording], WISHES, ledger=ledger)
    assert result.completed
    assert result.meeting is not None
    assert result.meeting.id != pending.meeting.id


def test_a_second_run_on_the_same_file_is_kept_out(paxs: Paxs, tmp_path: Path, recording: Path) -> None:
    inner: list[object] = []

    def again(happening: Happening) -> None:
        if isinstance(happening, MeetingReady):
            inner.extend(paxs.process_files([recording], WISHES, ledger=FileLedger(tmp_path / "state")))

    [outer] = paxs.process_files([recording], WISHES, ledger=FileLedger(tmp_path / "state"), tell=again)
    assert outer.completed
    assert inner[0].error.code == "in_progress"  # type: ignore[attr-defined]


def test_a_lost_sign_in_ends_the_run(paxs: Paxs, double: PaxsDouble, store: FileTokens, recording: Path) -> None:
    store.clear()
    with pytest.raises(NotAuthenticated):
        paxs.process_files([recording], WISHES)
    assert double.calls == []


@dataclass
class Web:
    """A web server with recordings that is not the PAXS server."""

    address: str
    bearers: list[str | None]


@pytest.fixture
def web() -> Iterator[Web]:
    bearers: list[str | None] = []

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            bearers.append(self.headers.get("Authorization"))
            if self.path == "/missing.wav":
                self.send_error(404)
                return
            kind = "audio/mpeg" if "download" in self.path else "text/html"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if self.path == "/named":
                self.send_header("Content-Disposition", 'attachment; filename="board talk.m4a"')
            self.send_header("Content-Length", "70000")
            self.end_headers()
            self.wfile.write(bytes(70000))

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Shelf)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Web(f"http://127.0.0.1:{server.server_address[1]}", bearers)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "name", "media_type"),
    [
        ("/talks/all%20hands.wav?x=1", "all hands.wav", "audio/wav"),
        ("/download?id=7", "download.mp3", "audio/mpeg"),
        ("/named", "board talk.m4a", "audio/mp4"),
    ],
)
def test_an_address_is_fetched_here_and_uploaded(
    paxs: Paxs, double: PaxsDouble, web: Web, path: str, name: str, media_type: str
) -> None:
    [result] = paxs.process_files([web.address + path], WISHES)
    assert result.error is None
    [call] = double.calls_to(*UPLOAD)
    file = call.parts["file"]
    assert (file.filename, file.content_type, file.size) == (name, media_type, 70000)
    assert set(web.bearers) == {None}


def test_an_address_that_holds_no_recording_creates_nothing(paxs: Paxs, double: PaxsDouble, web: Web) -> None:
    with pytest.raises(UnsupportedFormat):
        paxs.process_files([web.address + "/page"], WISHES)
    assert double.calls == []


def test_an_address_that_cannot_be_fetched_is_that_file_s_error(
    paxs: Paxs, double: PaxsDouble, web: Web, recording: Path
) -> None:
    results = paxs.process_files([web.address + "/missing.wav", recording], WISHES)
    assert results[0].error is not None
    assert results[0].error.code == "url_unreachable"
    assert results[1].completed


async def test_the_asyncio_client_runs_the_same_flow(
    double: PaxsDouble, store: FileTokens, pauses: Pauses, recording: Path, web: Web
) -> None:
    double.failing = {"transcription": 1, "meeting note": 1}
    async with AsyncPaxs(double.url, store, sleep=pauses.awaited) as client:
        results = await client.process_files([recording, web.address + "/a.mp3"], WISHES, ledger=MemoryLedger())
    assert [result.error for result in results] == [None, None]
    assert set(pauses.seconds) == {5.0}
