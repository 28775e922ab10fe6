"""Reports and uploads in virtual time: order, retries, what is refused, and when it is given up."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from minutebook.bots.model import EndReason
from minutebook.bots.protocol import ReportKind, RunnerReport
from minutebook.bots.runner.capture.spool import Spool, finished, salvage
from minutebook.bots.runner.delivery.home import HomeAwayError, HomeRefusedError, HomeUnwantedError
from minutebook.bots.runner.delivery.reports import Reports
from minutebook.bots.runner.delivery.uploads import Uploads
from minutebook.bots.runner.rules.exits import Cause, Exit
from minutebook.bots.runner.screens import FOLDER, shots
from minutebook.bots.states import BotState
from support.virtual_time import LoopClock, run_virtually

WAY_OUT = Exit(Cause.ENDED, "The meeting was ended.", end_reason=EndReason.MEETING_ENDED)


@dataclass
class FakeHome:
    """A home that is away now and then, and keeps the rest."""

    away: Sequence[tuple[float, float]] = ()
    unwanted_from: float | None = None
    refuses: Callable[[Any], bool] = lambda _: False
    reports: list[RunnerReport] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    media: list[tuple[int, str, int, int, int, bytes]] = field(default_factory=list)
    shots: list[tuple[int, int, str, int, bytes]] = field(default_factory=list)

    def _answer(self, what: Any) -> None:
        now = asyncio.get_running_loop().time()
        if any(since <= now < until for since, until in self.away):
            raise HomeAwayError("away")
        if self.unwanted_from is not None and now >= self.unwanted_from:
            raise HomeUnwantedError("unwanted")
        if self.refuses(what):
            raise HomeRefusedError("refused")

    async def report(self, reports: Sequence[RunnerReport]) -> int:
        self._answer(reports)
        self.batches.append(len(reports))
        self.reports += [report for report in reports if report.seq == len(self.reports)]
        return len(self.reports)

    async def keep_piece(
        self, attempt: int, stream: str, index: int, data: bytes, *, start_ms: int, length_ms: int
    ) -> None:
        self._answer(stream)
        self.media.append((attempt, stream, index, start_ms, length_ms, data))

    async def keep_screenshot(self, attempt: int, index: int, data: bytes, *, name: str, taken_ms: int) -> None:
        self._answer(name)
        self.shots.append((attempt, index, name, taken_ms, data))


def reporting(home: FakeHome, talk: Callable[[Reports], Coroutine[Any, Any, None]]) -> None:
    """Deliver what `talk` reports, until everything is delivered."""

    async def whole() -> None:
        reports = Reports(home, LoopClock())  # type: ignore[arg-type]
        running = asyncio.create_task(reports.run())
        await talk(reports)
        reports.close()
        await running

    run_virtually(whole())


def test_reports_arrive_in_order_with_their_own_moments() -> None:
    home = FakeHome()

    async def talk(reports: Reports) -> None:
        reports.state(BotState.JOINING)
        await asyncio.sleep(5)
        reports.notice("Something to know.")
        reports.state(BotState.IN_CALL)
        await asyncio.sleep(100)
        reports.ended(WAY_OUT, 1234)

    reporting(home, talk)
    assert [report.seq for report in home.reports] == [0, 1, 2, 3]
    assert [report.kind for report in home.reports] == ["state", "notice", "state", "ended"]
    assert home.reports[2].at_ms - home.reports[0].at_ms == 5000
    last = home.reports[3]
    assert (last.kind, last.at_ms, last.end_reason, last.failure) == (
        ReportKind.ENDED,
        1234,
        "meeting_ended",
        None,
    )


def test_reports_wait_for_a_home_that_is_away_for_minutes() -> None:
    home = FakeHome(away=((0, 480),))

    async def talk(reports: Reports) -> None:
        for state in (BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL):
            reports.state(state)
            await asyncio.sleep(60)

    reporting(home, talk)
    assert [report.state for report in home.reports] == ["joining", "waiting_room", "in_call"]


def test_reports_are_given_up_after_ten_minutes_without_home() -> None:
    with pytest.raises(HomeAwayError):
        reporting(FakeHome(away=((0, 10_000),)), _one_report)


def test_reports_end_where_nobody_wants_them() -> None:
    with pytest.raises(HomeUnwantedError):
        reporting(FakeHome(unwanted_from=0), _one_report)


async def _one_report(reports: Reports) -> None:
    reports.state(BotState.JOINING)


def test_one_report_that_is_refused_does_not_hold_up_the_others() -> None:
    def refuses(what: Any) -> bool:
        return isinstance(what, list) and any(report.state == "waiting_room" for report in what)

    home = FakeHome(refuses=refuses)
    delivered: list[str | None] = []

    async def report(reports: Sequence[RunnerReport]) -> int:
        home._answer(reports)
        delivered.extend(each.state for each in reports)
        return reports[-1].seq + 1

    home.report = report  # type: ignore[method-assign]

    async def talk(reports: Reports) -> None:
        for state in (BotState.JOINING, BotState.WAITING_ROOM, BotState.IN_CALL):
            reports.state(state)

    reporting(home, talk)
    assert delivered == ["joining", "in_call"]


# --- uploads ---------------------------------------------------------------------------------------------------------


def spooled(folder: Path, attempt: int, pieces: int) -> None:
    """Finished pieces of silence, one second each."""
    spool = Spool(folder, attempt, 1.0)
    for at in range(pieces):
        spool.sound("audio", 1_000_000 + 1000 * at, bytes(48_000))
    spool.close()


def uploading(home: FakeHome, folder: Path, meanwhile: Coroutine[Any, Any, None] | None = None) -> Uploads:
    async def whole() -> Uploads:
        uploads = Uploads(home, folder, LoopClock(), finished)  # type: ignore[arg-type]
        running = asyncio.create_task(uploads.run())
        if meanwhile is not None:
            await meanwhile
        uploads.close()
        await running
        return uploads

    return run_virtually(whole())


def test_pieces_go_home_oldest_first_and_then_from_the_disk(tmp_path: Path) -> None:
    spooled(tmp_path, 1, 3)
    spooled(tmp_path, 2, 2)
    home = FakeHome()
    uploads = uploading(home, tmp_path)
    assert [(attempt, index) for attempt, _, index, *_ in home.media] == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)]
    assert [start for _, _, _, start, _, _ in home.media[:3]] == [1_000_000, 1_001_000, 1_002_000]
    assert all(data[:4] == b"fLaC" for *_, data in home.media)
    assert finished(tmp_path) == []
    assert uploads.sent == 5


def test_what_a_dead_attempt_left_unfinished_goes_home_too(tmp_path: Path) -> None:
    killed = Spool(tmp_path, 1, 10.0)
    killed.sound("audio", 5_000, bytes(48_000 * 3))
    salvage(tmp_path, 2)
    home = FakeHome()
    uploading(home, tmp_path)
    assert [(attempt, stream, start, length) for attempt, stream, _, start, length, _ in home.media] == [
        (1, "audio", 5_000, 3_000)
    ]


def test_pieces_that_come_while_it_runs_are_found(tmp_path: Path) -> None:
    async def meanwhile() -> None:
        for attempt in (1, 2):
            await asyncio.sleep(20)
            spooled(tmp_path, attempt, 1)

    home = FakeHome()
    uploading(home, tmp_path, meanwhile())
    assert [attempt for attempt, *_ in home.media] == [1, 2]


def test_pieces_stay_on_the_disk_while_home_is_away(tmp_path: Path) -> None:
    spooled(tmp_path, 1, 3)

    async def look() -> None:
        await asyncio.sleep(300)
        assert len(finished(tmp_path)) == 3

    home = FakeHome(away=((0, 480),))
    uploading(home, tmp_path, look())
    assert len(home.media) == 3
    assert finished(tmp_path) == []


def test_pieces_stay_on_the_disk_when_home_does_not_come_back(tmp_path: Path) -> None:
    spooled(tmp_path, 1, 2)
    with pytest.raises(HomeAwayError):
        uploading(FakeHome(away=((0, 10_000),)), tmp_path)
    assert len(finished(tmp_path)) == 2


def test_a_piece_that_is_refused_stays_and_holds_up_nothing(tmp_path: Path) -> None:
    spooled(tmp_path, 1, 1)
    other = Spool(tmp_path, 2, 1.0)
    other.sound("track.x", 2_000_000, bytes(48_000))
    other.close()
    home = FakeHome(refuses=lambda what: what == "audio")
    uploads = uploading(home, tmp_path)
    assert [stream for _, stream, *_ in home.media] == ["track.x"]
    assert [piece.stream for piece in finished(tmp_path)] == ["audio"]
    assert uploads.refused == 1


def test_screenshots_go_home_after_the_media(tmp_path: Path) -> None:
    spooled(tmp_path, 1, 1)
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "1.10.99.in_call.png").write_bytes(b"later")
    (folder / "1.9.98.waiting_room.png").write_bytes(b"first")
    (folder / "1.11.99.watch.part").write_bytes(b"unfinished")
    home = FakeHome()
    uploading(home, tmp_path)
    assert home.shots == [(1, 9, "waiting_room", 98, b"first"), (1, 10, "in_call", 99, b"later")]
    assert shots(tmp_path) == []
    assert len(home.media) == 1
