"""Work that waits for an outage to end says what it waits for and since when: in the API, on pages, in the client."""

import io
import json

import httpx
import pytest
from rich.console import Console
from sqlalchemy import update

from minutebook.analysis.reports.repository import reports
from minutebook.api.deps import RECHECK_S
from minutebook.cli.remote.output import waiting_line
from minutebook.cli.remote.screen import Screen
from minutebook.client import Report
from minutebook.client.one_shot.happenings import Polled
from minutebook.client.protocol import decode
from minutebook.kit.clock import VirtualClock
from minutebook.wiring import Services
from support.browser import IssueToken
from support.people import Held, Person
from support.records import Paxs

WHY = "The storage failed. Check that it is reachable."
WAITING = {"code": "storage_unavailable", "message": WHY, "since": "2026-03-02T09:00:00+00:00"}


async def hold_up(services: Services, recording_id: str) -> None:
    mine = update(reports).where(reports.c.recording_id == recording_id, reports.c.type == "transcription")
    async with services.db.transaction() as tx:
        await tx.execute(mine.values(status="processing", waiting=WAITING))


async def test_it_is_told_everywhere(
    ada: Person, held: Held, services: Services, client: httpx.AsyncClient, user_token: IssueToken
) -> None:
    await hold_up(services, held.recording_id)
    answer = await Paxs(client, await user_token()).get(f"/api/recordings/{held.recording_id}/analysis")
    (told,) = [each for each in answer.json() if each["analysis_type"] == "transcription"]
    assert told["status"] == "processing"
    assert (told["waiting"]["code"], told["waiting"]["message"]) == ("storage_unavailable", WHY)
    assert told["waiting"]["since"].startswith("2026-03-02T09:00:00")

    page = (await ada.open(held.path)).text
    assert f"Waiting since 2026-03-02 09:00 UTC: {WHY}" in page
    german = (await ada.open(held.path, headers={"Accept-Language": "de"})).text
    assert "Wartet seit 2026-03-02 09:00 UTC" in german

    (report,) = decode.reports([json.loads(json.dumps(told))])
    assert report.waiting is not None
    assert waiting_line(report).endswith(WHY)
    assert lines([report, report]).count(WHY) == 1, "once, not at every look"
    over = decode.reports([told | {"waiting": None}])[0]
    assert "Transcript goes on" in lines([report, over])


async def test_the_pages_stream_of_progress_ends_with_the_sign_in(
    ada: Person, held: Held, services: Services, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hold_up(services, held.recording_id)
    begin, sleep = clock.now(), clock.sleep

    async def nap(seconds: float) -> None:
        if (clock.now() - begin).total_seconds() == 5:
            async with services.db.transaction() as tx:
                for each in await services.accounts.management.sessions(tx, ada.user.id):
                    await services.accounts.management.end_session(tx, ada.user.id, each.id)
        await sleep(seconds)

    monkeypatch.setattr(clock, "sleep", nap)
    stream = await ada.open(f"/events?meeting={held.meeting_id}")
    assert stream.text.endswith("event: end\ndata: {}\n\n")
    assert 5 <= (clock.now() - begin).total_seconds() <= 5 + RECHECK_S + 1


def lines(seen: list[Report]) -> str:
    written = io.StringIO()
    with Screen(Console(file=written, width=200), quiet=True, place="there") as screen:
        for report in seen:
            screen.tell(Polled((report,)))
    return written.getvalue()
