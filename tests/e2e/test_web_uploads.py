"""Uploads from a real Chromium that are cut off: by a closed tab, a lost network; and 4 GB with twenty cuts (soak)."""

import base64
import hashlib
import http.client
import random
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, Route, expect

from minutebook.recordings.uploads.model import PIECE_BYTES, PartialUpload
from support.calls.chromium import CHROMIUM
from support.killing import end_browser, processes
from support.site import Site

MIB = 1024 * 1024
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of silence: several pieces."""
    path = tmp_path_factory.mktemp("files") / "board.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(8000 * 2 * 1800))
    return path


@pytest.fixture
def browser(people_can_come: Playwright) -> Iterator[Browser]:
    opened = people_can_come.chromium.launch(executable_path=CHROMIUM)
    yield opened
    opened.close()


def page_of(browser: Browser, site: Site, bytes_per_s: int = -1) -> tuple[BrowserContext, Page, list[int]]:
    """A tab whose line is so fast, and where its pieces begin."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    return context, *watched(context, site, bytes_per_s)


def persistent_page_of(playwright: Playwright, site: Site, profile: Path, size: int) -> tuple[BrowserContext, Page]:
    """A tab of a browser that has a profile; the line of short files is slow enough to be cut."""
    context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, locale="en-GB")
    page, _ = watched(context, site, 4 * MIB if size < 1024 * MIB else -1)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(site.url)
    return context, page


def pieces_of(site: Site) -> list[int]:
    """Where the pieces begin that reach the server, as they come: a killed browser can tell nobody what it has sent."""
    begun: list[int] = []
    receive = site.services.uploads.receive

    async def noting(
        upload: PartialUpload, at: int, body: AsyncIterator[bytes], checksum: bytes | None
    ) -> PartialUpload:
        begun.append(at)
        return await receive(upload, at, body, checksum)

    site.services.uploads.receive = noting  # type: ignore[method-assign, assignment]
    return begun


def watched(context: BrowserContext, site: Site, bytes_per_s: int) -> tuple[Page, list[int]]:
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    page = context.new_page()
    begun: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            begun.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    devtools = context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    devtools.send("Network.emulateNetworkConditions", slow)
    return page, begun


def choose(page: Page, recording: Path) -> None:
    page.get_by_role("button", name="New meeting").first.click()
    dialog = page.get_by_role("dialog", name="New meeting")
    dialog.get_by_label("Recording").first.set_input_files(recording)
    dialog.get_by_label("Title").fill("Board")
    dialog.get_by_role("button", name="Upload").click()


def test_a_closed_tab_and_a_lost_network(browser: Browser, site: Site, recording: Path) -> None:
    size = recording.stat().st_size
    assert size > 3 * PIECE_BYTES
    context, page, _ = page_of(browser, site, 6 * MIB)
    page.goto(site.url)
    choose(page, recording)
    page.wait_for_function(f"() => document.querySelector('.sending progress').value > {1.2 * PIECE_BYTES / size}")
    context.close()

    context, page, begun = page_of(browser, site, 6 * MIB)
    page.goto(site.url)
    waiting = page.get_by_role("region", name="Unfinished uploads")
    expect(waiting).to_contain_text("board.wav")
    lost: list[str] = []

    def lose(route: Route) -> None:
        lose_it = route.request.headers.get("upload-offset") == str(2 * PIECE_BYTES) and not lost
        if lose_it:
            lost.append(route.request.url)
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/uploads/*", lose)
    choose(page, recording)
    expect(page.get_by_role("heading", name="Board")).to_be_visible(timeout=PATIENCE_MS)
    assert len(lost) == 1
    # What the closed tab had sent is not sent again, and of what was under way at most one piece is.
    assert begun[0] == PIECE_BYTES
    assert sorted(set(begun)) == list(range(PIECE_BYTES, size, PIECE_BYTES))
    assert len(begun) <= len(set(begun)) + 1
    page.goto(site.url)
    expect(page.get_by_role("region", name="Unfinished uploads")).to_have_count(0)
    context.close()


def test_a_browser_that_ends_behind_the_last_piece_comes_back_to_the_meeting(
    browser: Browser, site: Site, recording: Path
) -> None:
    async def meetings() -> int:
        async with site.services.db.reading() as read:
            return (await site.services.meetings.list(read, site.owner.id)).total

    before = site.run(meetings())
    last = recording.stat().st_size // PIECE_BYTES * PIECE_BYTES
    arrived: list[int] = []

    def unanswered(route: Route) -> None:
        if route.request.method == "PATCH" and route.request.headers["upload-offset"] == str(last):
            arrived.append(route.fetch().status)
        else:
            route.continue_()

    context, page, _ = page_of(browser, site)
    page.route("**/uploads/*", unanswered)
    page.goto(site.url)
    choose(page, recording)
    while not arrived:
        page.wait_for_timeout(100)
    assert arrived == [204]
    context.close()

    for made in (1, 2):  # once told of the meeting, the same file is another one
        context, page, _ = page_of(browser, site)
        page.goto(site.url)
        choose(page, recording)
        expect(page.get_by_role("heading", name="Board")).to_be_visible(timeout=PATIENCE_MS)
        assert site.run(meetings()) - before == made
        context.close()


def test_a_disk_that_fills_half_way_is_told_as_such(browser: Browser, site: Site, recording: Path) -> None:
    context, page, _ = page_of(browser, site)
    page.goto(site.url)
    full = "There is no room for recordings. Make room, or wait."
    answers = [507]

    def refuse(route: Route) -> None:
        second = route.request.headers.get("upload-offset") == str(PIECE_BYTES)
        if route.request.method == "PATCH" and second and answers:
            body = {"error": {"code": "storage_full", "message": full}}
            route.fulfill(status=answers[0], json=body)
        else:
            route.continue_()

    page.route("**/uploads/*", refuse)
    choose(page, recording)
    state = page.locator(".sending .state")
    expect(state).to_have_text(full, timeout=PATIENCE_MS)
    answers.clear()
    expect(page.get_by_role("heading", name="Board")).to_be_visible(timeout=PATIENCE_MS)
    context.close()


def test_an_upload_is_discarded(browser: Browser, site: Site, recording: Path) -> None:
    context, page, _ = page_of(browser, site, 4 * MIB)
    page.goto(site.url)
    choose(page, recording)
    page.wait_for_function("() => document.querySelector('.sending progress').value > 0")
    page.on("dialog", lambda dialog: dialog.accept())  # that work is under way
    page.goto(site.url)
    page.get_by_role("button", name="Discard board.wav").click()
    expect(page.get_by_role("region", name="Unfinished uploads")).to_have_count(0)
    page.goto(site.url)
    expect(page.get_by_role("region", name="Unfinished uploads")).to_have_count(0)
    context.close()


class Line:
    """A connection to the server that can be cut in the middle of a piece."""

    def __init__(self, site: Site) -> None:
        self.host = urlsplit(site.url).netloc
        self.cookies = f"minutebook_session={site.session()}"
        self.headers: dict[str, str] = {"Tus-Resumable": "1.0.0", "Cookie": self.cookies}
        page, cookies = self.ask("GET", "/")
        browser = next(each.partition(";")[0] for each in cookies if each.startswith("minutebook_browser"))
        self.headers["Cookie"] = f"{self.cookies}; {browser}"
        page, _ = self.ask("GET", "/")
        self.headers["Form-Token"] = page.partition('name="form_token" value="')[2].partition('"')[0]

    def ask(self, method: str, path: str, **headers: str) -> tuple[str, list[str]]:
        connection = http.client.HTTPConnection(self.host, timeout=600)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={**self.headers, **told})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status < 300, text
        self.answer = answer
        connection.close()
        return text, answer.headers.get_all("set-cookie") or []

    def at(self, url: str) -> int:
        self.ask("HEAD", url)
        return int(self.answer.headers["upload-offset"])

    def send(self, url: str, file: Path, until: int | None) -> int:
        """Send piece by piece, as our page does; break off at `until`. Returns from where on bytes were sent."""
        begin, size = self.at(url), file.stat().st_size
        at = begin
        while at < (until or size):
            end = min(at + PIECE_BYTES, size)
            if until is not None and end > until:
                self._piece(url, file, at, end, until)
                return begin
            # 409: what was cut off is being stored still.
            at = end if self._piece(url, file, at, end, end) == 204 else self.at(url)
        return begin

    def _piece(self, url: str, file: Path, at: int, end: int, until: int) -> int:
        connection = http.client.HTTPConnection(self.host, timeout=600)
        connection.putrequest("PATCH", url)
        told = {**self.headers, "Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
        for name, value in {**told, "Content-Length": str(end - at)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        with file.open("rb") as opened:
            opened.seek(at)
            for begin in range(at, until, MIB):
                connection.send(opened.read(min(MIB, until - begin)))
        if until < end:
            connection.close()
            return 0
        answer = connection.getresponse()
        answer.read()
        assert answer.status in {204, 409}, answer.status
        self.answer = answer
        connection.close()
        return answer.status


SIZES = pytest.mark.parametrize(
    "size", [64 * MIB, pytest.param(4 * 1024 * MIB, marks=pytest.mark.soak)], ids=["64MB", "4GB"]
)


def sparse_file(path: Path, size: int) -> Path:
    """So long a file, different everywhere, that takes little room."""
    with path.open("wb") as sparse:
        sparse.write((24).to_bytes(4) + b"ftypisom" + bytes(12))
        for at in range(MIB, size, size // 64):
            sparse.seek(at)
            sparse.write(at.to_bytes(8))
        sparse.truncate(size)
    return path


def digest_of(path: Path) -> str:
    with path.open("rb") as whole:
        return hashlib.file_digest(whole, "sha256").hexdigest()


@pytest.fixture
def idle_site(tmp_path: Path) -> Iterator[Site]:
    """Nobody works on what comes: what is measured is how it comes."""
    (tmp_path / "data").mkdir()
    made = Site(tmp_path / "data")
    made.start()
    made.run(made.rest())
    yield made
    made.stop()


@SIZES
def test_cut_at_twenty_offsets(tmp_path: Path, idle_site: Site, size: int) -> None:
    file, line = sparse_file(tmp_path / "long.mp4", size), Line(idle_site)
    metadata = ",".join(
        f"{name} {base64.b64encode(value).decode()}"
        for name, value in {"filename": b"long.mp4", "filetype": b""}.items()
    )
    line.ask("POST", "/uploads", Upload_Length=str(size), Upload_Metadata=metadata)
    url = line.answer.headers["location"]
    memory = psutil.Process().memory_info().rss
    drawn = random.Random(20261130)
    reached, again = 0, []
    for cut_at in [*sorted(drawn.randrange(MIB, size) for _ in range(20)), None]:
        again.append(reached - line.send(url, file, cut_at))
        reached = cut_at or size
    grown = psutil.Process().memory_info().rss - memory
    print(f"sent again at most {max(again) / MIB:.1f} MiB after a cut; memory {grown / MIB:+.0f} MiB")
    assert max(again) <= PIECE_BYTES
    assert grown < 200 * MIB
    meeting_id = line.answer.headers["minutebook-meeting"].rpartition("/")[2]
    page, _ = line.ask("GET", f"/meetings/{meeting_id}")
    assert "long" in page
    assert idle_site.run(sum_of(idle_site, meeting_id), 600) == (size, digest_of(file))


@pytest.mark.parametrize(
    ("size", "kills"),
    [(40 * MIB, (0.1, 0.5)), pytest.param(4 * 1024 * MIB, (0.1, 0.3, 0.5, 0.7, 0.9), marks=pytest.mark.soak)],
    ids=["40MB", "4GB"],
)
def test_killed_browsers(
    people_can_come: Playwright, tmp_path: Path, idle_site: Site, size: int, kills: tuple[float, ...]
) -> None:
    file, begun = sparse_file(tmp_path / "long.mp4", size), pieces_of(idle_site)
    memory, renderer = psutil.Process().memory_info().rss, 0
    for fraction in (*kills, None):
        context, page = persistent_page_of(people_can_come, idle_site, tmp_path / "profile", size)
        choose(page, file)
        if fraction is None:
            expect(page.get_by_role("heading", name="Board")).to_be_visible(timeout=PATIENCE_MS * 10)
        else:
            far = f"() => document.querySelector('#new-meeting .sending progress')?.value > {fraction}"
            page.wait_for_function(far, timeout=PATIENCE_MS * 10)
        tabs = [each for each in processes(tmp_path / "profile") if "--type=renderer" in each.cmdline()]
        renderer = max(renderer, *(each.memory_info().rss for each in tabs))
        meeting_id = page.url.rpartition("/")[2]
        if fraction is None:
            context.close()
        else:
            end_browser(tmp_path / "profile")
    grown, again = psutil.Process().memory_info().rss - memory, len(begun) - len(set(begun))
    print(
        f"{again} pieces sent again in {len(kills)} kills; memory {grown / MIB:+.0f} MiB, tab {renderer / MIB:.0f} MiB"
    )
    assert sorted(set(begun)) == list(range(0, size, PIECE_BYTES))
    assert again <= len(kills)
    assert grown < 200 * MIB
    assert renderer < 600 * MIB
    assert idle_site.run(sum_of(idle_site, meeting_id), 600) == (size, digest_of(file))


async def sum_of(site: Site, meeting_id: str) -> tuple[int, str]:
    """Size and SHA-256 of a meeting's recording as it lies in the storage."""
    digest, size = hashlib.sha256(), 0
    async with site.services.db.reading() as read:
        recording = (await site.services.recordings.of_meetings(read, [meeting_id]))[meeting_id]
    async for chunk in site.services.recordings.media(recording):
        digest.update(chunk)
        size += len(chunk)
    assert (size, digest.hexdigest()) == (recording.size, recording.sha256)
    return size, digest.hexdigest()
