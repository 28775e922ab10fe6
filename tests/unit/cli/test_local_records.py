"""Without a server, and with nobody signed in, the commands work on this machine's records."""

import asyncio
import json
import os
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from minutebook.analysis.voices.model import Naming
from minutebook.api.in_process import FOLLOWED_BEYOND, in_process
from minutebook.bots.model import Bot, BotWish
from minutebook.bots.repository import bots as bots_repository
from minutebook.cli.app import app
from minutebook.cli.record_chore import Follower
from minutebook.cli.record_folder import write_record
from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.kit.clock import VirtualClock
from minutebook.records import open_records
from minutebook.wiring import open_services
from minutebook.wiring import services_over as services_over_records
from support.bots import MEETING_URL
from support.own_records import own_record
from support.searching import meeting, recorded, services_over

SAID = [("speaker_1", "Hello, Mister Lovelase."), ("speaker_2", "The launch moves to the tenth of March.")]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with one meeting, as this machine's, and nobody signed in."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "data"))
    asyncio.run(own_record(tmp_path / "data", SAID, note="The launch moves to March."))
    return tmp_path / "data"


def attempt(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def run(*arguments: str) -> str:
    result = attempt(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.usefixtures("data_dir")
def test_a_record_is_read_named_corrected_and_deleted() -> None:
    assert "Roadmap" in run("meetings", "list")
    shown = json.loads(run("meetings", "show", "last", "--json"))
    assert shown["meeting"]["title"] == "Roadmap"
    by_its_beginning = json.loads(run("meetings", "show", shown["meeting"]["id"][:13], "--json"))
    assert by_its_beginning == shown

    assert run("meetings", "show", "Roadmap").count("Meeting note") == 1

    assert "Grace Hopper" in run("speakers", "set", "Roadmap", "Speaker 2=Grace Hopper")
    assert "“Lovelase.” → “Lovelace.”" in run("correct", "Roadmap", "lovelase", "Lovelace")
    text = run("export", "Roadmap")
    assert "Lovelace." in text
    assert "Grace Hopper" in text
    assert "Roadmap" in run("search", "Lovelace")

    (edit,) = json.loads(run("correct", "last", "--json"))
    run("correct", "last", "--undo", edit["id"])
    assert "Lovelase." in run("export", "last")

    run("meetings", "delete", "last", "--yes")
    assert json.loads(run("meetings", "list", "--json"))["items"] == []


@pytest.mark.usefixtures("data_dir")
def test_an_item_of_the_note_is_corrected_and_removed() -> None:
    assert "1  decision  The launch moves to March." in run("correct", "last", "--note")
    told = run("correct", "last", "--item", "1", "--text", "The launch moves to April.", "--owner", "Ada Lovelace")
    assert "text “The launch moves to March.” → “The launch moves to April.”" in told
    assert "The launch moves to April.  (Ada Lovelace)" in run("correct", "last", "--note")
    assert "The launch moves to April." in run("meetings", "show", "last")

    (edit,) = json.loads(run("correct", "last", "--json"))
    run("correct", "last", "--undo", edit["id"])
    assert "The launch moves to March." in run("correct", "last", "--note")
    assert "item 1 removed" in run("correct", "last", "--item", "1", "--remove")
    assert run("correct", "last", "--note") == "The note has no items.\n"


def test_a_beginning_of_an_id_is_enough_for_any_meeting(data_dir: Path) -> None:
    """Also for one that is older than a page of the list."""
    oldest = json.loads(run("meetings", "show", "Roadmap", "--json"))["meeting"]
    settings = Settings(_env_file=None, data_dir=data_dir)

    async def fill() -> None:
        database = Database(settings.sqlalchemy_url)
        services = services_over(database, data_dir)
        async with database.transaction() as tx:
            owner = (await services.accounts.local_user(tx)).id
        for number in range(101):
            await meeting(services, owner, title=f"Later {number}")
        await database.close()

    asyncio.run(fill())
    assert "Roadmap" not in {
        each["title"] for each in json.loads(run("meetings", "list", "--json", "--page-size", "100"))["items"]
    }
    found = json.loads(run("meetings", "show", oldest["id"][:18].upper(), "--json"))["meeting"]
    assert found["id"] == oldest["id"]
    assert attempt("meetings", "show", oldest["id"][:18] + "0000").exit_code == 4


def test_the_folder_of_a_record_follows_corrections_and_goes_with_the_meeting(data_dir: Path) -> None:
    meeting_id = json.loads(run("meetings", "show", "last", "--json"))["meeting"]["id"]
    with in_process(Settings(_env_file=None, data_dir=data_dir)) as here:
        folder = here.run(partial(write_record, meeting_id=meeting_id))
        assert here.run(partial(write_record, meeting_id=meeting_id)) == folder
    assert folder is not None
    (folder / "mine.txt").write_text("kept")

    run("speakers", "set", "last", "Speaker 2=Grace Hopper")
    run("correct", "last", "lovelase", "Lovelace")
    told = run("meetings", "rename", "last", "Plans of spring")
    assert told == "“Roadmap” is called “Plans of spring” now.\n"
    assert "Plans of spring" in (folder / "index.html").read_text()
    for name in ("transcript.txt", "index.html"):
        text = (folder / name).read_text()
        assert "Grace Hopper" in text, name
        assert "Lovelase" not in text, name

    run("meetings", "delete", "last", "--yes")
    assert [each.name for each in folder.iterdir()] == ["mine.txt"]


async def test_the_folder_follows_what_happens_in_a_browser(database: Database, tmp_path: Path) -> None:
    services = services_over(database, tmp_path)
    assert isinstance(services.clock, VirtualClock)
    async with services.db.transaction() as tx:
        owner = await services.accounts.local_user(tx)
    kept, gone = [await meeting(services, owner.id, title=title) for title in ("Kept", "Gone")]
    said = [("speaker_1", "Hello, Mister Lovelase."), ("speaker_2", "The launch moves.")]
    recording_id, _ = [await recorded(services, each, said, owner_id=owner.id) for each in (kept, gone)]
    services.clock.advance(60)
    folders = [await write_record(services, owner, meeting_id=each) for each in (kept, gone)]
    there, away = (each for each in folders if each is not None)
    follower, another = Follower(services), Follower(services)
    services.clock.advance(60)
    assert await follower.follow() == await another.follow() == 0

    async with services.db.transaction() as tx:
        await services.naming.name_speakers(tx, owner.id, recording_id, [Naming("speaker_2", name="Grace Hopper")])
        await services.meetings.trash(tx, owner.id, [gone])
    services.clock.advance(60)
    assert await follower.follow() >= 1
    assert away.is_dir(), "what can be put back is kept"
    assert "Grace Hopper" in (there / "index.html").read_text()
    assert await another.follow() == 0, "another worker has done it"

    (there / "index.html").write_text("with the sound")
    async with services.db.transaction() as tx:
        await services.meetings.delete(tx, owner.id, gone)
        await services.recordings.remove_sound(tx, owner.id, recording_id)
    services.clock.advance(60)
    # One that starts only now sees what happened before.
    assert await Follower(services).follow() == 2
    assert not away.exists()
    assert "with the sound" not in (there / "index.html").read_text()
    assert list(there.glob(".*.part")) == []


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("meetings", "show", "Nowhere"), 4, "No meeting is called “Nowhere”"),
        (("correct", "last", "never said", "said"), 4, "stands nowhere"),
        (("correct", "last", "launch"), 2, "what was said instead"),
        (("correct", "last", "launch", "lunch", "--at", "soon"), 2, "no time of the recording"),
        (("correct", "last", "--item", "7", "--remove"), 2, "The note has no item 7"),
        (("correct", "last", "--item", "1"), 2, "what becomes of the item"),
        (("correct", "last", "--item", "1", "--text", "", "--remove"), 2, "what becomes of the item"),
        (("correct", "last", "--owner", "Ada"), 2, "which item"),
        (("correct", "last", "launch", "lunch", "--item", "1"), 2, "Correct words, or an item"),
        (("speakers", "set", "last", "Ada"), 2, "Speaker 1=Ada Lovelace"),
        (("speakers", "set", "last", "Speaker 7=Ada"), 2, "Speaker 1 (speaker_1)"),
        (("meetings", "list", "--local", "--server", "http://127.0.0.1:9"), 2, "not both"),
    ],
)
def test_mistakes_are_sentences(arguments: tuple[str, ...], code: int, says: str) -> None:
    result = attempt(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert says in " ".join(result.stderr.split())


@pytest.mark.usefixtures("data_dir")
def test_what_is_restored_is_private_from_its_first_byte(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run("backup", str(tmp_path / "backups"))
    caplog.clear()
    before = os.umask(0o022)
    try:
        run("restore", str(tmp_path / "backups"), "--data-dir", str(tmp_path / "elsewhere"))
    finally:
        os.umask(before)
    assert "open to others" not in caplog.text
    assert "Roadmap" in run("meetings", "list", "--data-dir", str(tmp_path / "elsewhere"))


@pytest.mark.usefixtures("data_dir")
def test_an_address_alone_or_a_name_is_enough() -> None:
    run("meetings", "create", "--title", "One", "--attendee", "Grace Hopper <grace@example.com>")
    run("meetings", "create", "--title", "Two", "--attendee", "grace hopper", "--attendee", "bob@example.com")
    people = json.loads(run("meetings", "show", "Two", "--json"))["meeting"]["attendees"]
    assert [(who["display_name"], who["email"]) for who in people] == [
        ("grace hopper", "grace@example.com"),
        ("bob", "bob@example.com"),
    ]
    run("meetings", "create", "--title", "Three", "--attendee", "Alan Turing")
    shown = run("meetings", "show", "Three")
    assert "Alan Turing" in shown
    assert "@" not in shown, "an address that nobody wrote is shown nowhere"


def test_what_follows_records_beyond_them_hears_of_their_end(data_dir: Path) -> None:
    """A bot's recording is deleted by a command that knows no bots."""
    settings = Settings(_env_file=None, data_dir=data_dir)
    shown = json.loads(run("meetings", "show", "last", "--json"))["meeting"]

    async def sent() -> str:
        async with open_services(settings) as services, services.db.transaction() as tx:
            owner = await services.accounts.local_user(tx)
            bot = await services.bots.create(tx, owner.id, BotWish(MEETING_URL, "Scribe"), api_key=None)
            members = {"meeting_id": shown["id"], "recording_id": shown["recording"]["id"]}
            await bots_repository.change(tx, bot.id, services.clock.now(), **members)
            return bot.id

    async def there(bot_id: str) -> Bot | None:
        async with open_services(settings) as services, services.db.reading() as read:
            return await services.bots.load(read, bot_id)

    bot_id = asyncio.run(sent())
    before = asyncio.run(there(bot_id))
    assert before is not None
    assert before.recording_id == shown["recording"]["id"]
    run("meetings", "delete", "last", "--yes")
    after = asyncio.run(there(bot_id))
    assert after is not None
    assert after.recording_id is None


def test_all_that_follows_records_beyond_them_is_expected(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, kinds = Settings(_env_file=None, data_dir=data_dir), set()

    async def follow() -> None:
        async with open_records(settings) as records:
            monkeypatch.setattr(records.events, "subscribe", lambda kind, _subscriber: kinds.add(kind))
            services_over_records(records)

    asyncio.run(follow())
    assert {kind for kind in kinds if not kind.startswith(("bot.", "calendar."))} == set(FOLLOWED_BEYOND)
