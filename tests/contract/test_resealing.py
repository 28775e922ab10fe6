"""Stored secrets are sealed with a newer key, on both databases; `minutebook admin` does so by hand."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from minutebook.bots.model import BotWish, SpeechToText, ZoomAccess
from minutebook.bots.repository.bots import bots
from minutebook.calendars.model import ProviderName
from minutebook.calendars.repository.tables import connections
from minutebook.cli.app import app
from minutebook.db import resealing
from minutebook.db.database import Database
from minutebook.grants.repository import load
from minutebook.sealing import Sealing, key_from
from support.calendars.rig import MEET, busy_truth, rig_over

OLD, NEW = key_from("old"), key_from("new")


async def test_everything_is_sealed_anew(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "AT_ONCE", 2)
    old = Sealing(OLD)
    before = await rig_over(database, tmp_path, secret_key="old")
    calendar = await before.connected(ProviderName.GOOGLE, busy_truth())
    event = (await before.events(calendar.id))[-1]
    speech = SpeechToText(sealed_api_key=old.seal("speech key"))
    wish = BotWish(MEET, "Scribe", speech_to_text=speech, zoom=ZoomAccess(sealed_obf_token=old.seal("obf")))
    lost = BotWish(MEET, "Lost", zoom=ZoomAccess(sealed_sdk_pwd=Sealing(key_from("third")).seal("lost")))
    async with database.transaction() as tx:
        await before.calendars.event_bots.schedule(tx, before.owner.id, event.id, wish, api_key="key of somebody")
        asked = [(each, "key of somebody") for each in (wish, lost)]
        await before.services.bots.create_all(tx, before.owner.id, asked)
    done = await resealing.reseal(database, Sealing(NEW, OLD))
    assert done.unreadable == 1
    assert done.anew >= 12
    assert await resealing.reseal(database, Sealing(NEW, OLD)) == resealing.Resealed(0, 1)

    new = Sealing(NEW)
    async with database.reading() as read:
        row: Any = await load(read, connections, calendar.connection_id)
        stored = list(await read.execute(select(bots.c.wish, bots.c.sealed_api_key)))
    assert "refresh-ada@example.com" in new.open(row["sealed_secrets"])
    assert {new.open(each.sealed_api_key) for each in stored} == {"key of somebody"}
    tokens = [each.wish["zoom"]["sealed_obf_token"] for each in stored if each.wish["bot_name"] == "Scribe"]
    assert [new.open(token) for token in tokens] == ["obf", "obf"]


def test_a_new_key_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path))
    runner = CliRunner()

    def said(*arguments: str) -> str:
        done = runner.invoke(app, ["admin", *arguments])
        return f"{done.exit_code} {done.output}"

    assert said("new-key").startswith("0 There is a new key")
    assert len((tmp_path / "secret.key").read_bytes().split()) == 2
    assert "newest key: 0 secrets." in said("reseal")
    assert "Forgotten: 1 older key." in said("reseal", "--forget-old")
    assert len((tmp_path / "secret.key").read_bytes().split()) == 1
    monkeypatch.setenv("MINUTEBOOK_SECRET_KEY", "configured")
    assert "MINUTEBOOK_OLD_SECRET_KEYS" in said("new-key")
