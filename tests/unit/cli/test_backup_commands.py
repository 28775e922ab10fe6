"""`minutebook backup` and `restore` say what was done, where, and what is to be done next."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from minutebook.bots.model import BotWish
from minutebook.bots.repository.bots import bots
from minutebook.cli.app import app
from minutebook.config import Settings
from minutebook.wiring import open_services

PASSWORD = "correct horse battery"


@pytest.fixture
def lived_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "data"))
    made = CliRunner().invoke(app, ["admin", "create-user", "ada@example.com", "--password-stdin"], input=PASSWORD)
    assert made.exit_code == 0, made.output
    return tmp_path / "data"


def said(*arguments: str, ends: int = 0) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == ends, done.output
    return " ".join(done.output.split())


async def _bot(data_dir: Path) -> None:
    async with open_services(Settings(_env_file=None, data_dir=data_dir)) as services, services.db.transaction() as tx:
        ada = await services.accounts.user_by_email(tx, "ada@example.com")
        wish = BotWish("https://meet.google.com/abc-defg-hij", "Scribe")
        await services.bots.create_all(tx, ada.id, [(wish, "key of somebody")])


async def _opened() -> str:
    async with open_services(Settings(_env_file=None)) as services, services.db.reading() as read:
        (sealed,) = await read.scalars(select(bots.c.sealed_api_key))
        return services.sealing.open(sealed or "")


def webhook_secret(*arguments: str) -> str:
    return said("webhooks", "secret", "ada@example.com", *arguments)


@pytest.mark.usefixtures("lived_in")
def test_what_was_done_where_and_what_comes_next(tmp_path: Path) -> None:
    there = ("--data-dir", str(tmp_path / "new place"))
    told = said("backup", str(tmp_path / "b"))
    assert told.startswith(f"{tmp_path / 'b'} holds the backup 2")
    assert "1 row, 0 objects" in told
    restored = said("restore", str(tmp_path / "b"), *there)
    assert f"`minutebook serve --data-dir '{tmp_path / 'new place'}'`" in restored
    assert webhook_secret(*there) == webhook_secret()
    itself = said("backup", str(tmp_path / "data"), ends=2)
    assert f"{tmp_path / 'data'} is the data directory itself" in itself
    assert "(its table users has rows)" in said("restore", str(tmp_path / "b"), *there, ends=5)


@pytest.mark.usefixtures("lived_in")
def test_a_backup_without_the_key_says_so_when_it_is_restored(tmp_path: Path) -> None:
    assert "The key is not in it" in said("backup", str(tmp_path / "b"), "--without-key")
    restored = said("restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"))
    assert "There was no key in this backup." in restored
    assert str(tmp_path / "new" / "secret.key") in restored


@pytest.mark.usefixtures("lived_in")
def test_a_move_to_a_configured_key_takes_what_was_sealed_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_bot(tmp_path / "data"))
    said("backup", str(tmp_path / "b"))
    monkeypatch.setenv("MINUTEBOOK_SECRET_KEY", "configured")
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "new"))
    restored = said("restore", str(tmp_path / "b"))
    assert "is sealed with MINUTEBOOK_SECRET_KEY now" in restored
    assert not (tmp_path / "new" / "secret.key").exists()
    assert asyncio.run(_opened()) == "key of somebody"


def test_a_key_that_is_none_is_told_by_its_file(lived_in: Path) -> None:
    for content in (b"", b"not a key", b"c2hvcnQ="):
        (lived_in / "secret.key").write_bytes(content)
        told = said("webhooks", "secret", "ada@example.com", ends=7)
        assert f"{lived_in / 'secret.key'} holds no key of Minutebook." in told
    assert "FAIL system.key secret_key_damaged" in said("doctor", ends=1)
