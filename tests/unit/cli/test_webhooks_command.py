"""`minutebook webhooks`, over a real installation in a folder."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from typer.testing import CliRunner, Result

from minutebook.accounts.model import User
from minutebook.accounts.repository import add_user
from minutebook.cli.app import app
from minutebook.cli.services import with_services
from minutebook.cli.webhooks import MOST, SHOWN
from minutebook.db.events import Event
from minutebook.db.messages import Lane
from minutebook.kit.ids import new_id
from minutebook.webhooks import repository
from minutebook.webhooks.model import DeliveryAttempt, Message, MessageState
from minutebook.webhooks.rules import Settlement
from minutebook.wiring import Services

EMAIL = "ada@example.com"
CROWD = "ffffffff"
URL = "https://hooks.example/in/very-secret-path"


class Installation:
    """A data directory with an owner, one message that was delivered and one that failed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.owner_id = new_id()
        self.delivered = Event("bot.status_changed", self.owner_id, "bot-1", {"code": "joining_call"}, new_id())
        self.failed = Event("bot.completed", self.owner_id, "bot-1", {}, new_id())
        self._with(self._fill)

    async def _fill(self, services: Services, tx: AsyncConnection) -> None:
        now = services.clock.now()
        await add_user(tx, User(self.owner_id, EMAIL, "Ada", True, now), "no password")
        for event, lane, state, status, error in (
            (self.delivered, Lane.STATUS, MessageState.DELIVERED, 200, ""),
            (self.failed, Lane.FINAL, MessageState.FAILED, 500, "The receiver answered 500; 2xx was expected."),
        ):
            await repository.append(tx, event, lane, "bot-1", "hooks.example", now)
            message = await repository.load(tx, event.id)
            assert message is not None
            attempt = DeliveryAttempt(now, 0.25, URL, status, error, "so it [said]")
            await repository.record(tx, message, attempt, Settlement(state, 1, now + timedelta(hours=1)), now)

    def crowd(self, count: int) -> None:
        """So many newer messages, whose ids begin alike."""

        async def fill(services: Services, tx: AsyncConnection) -> None:
            for number in range(count):
                event = Event("bot.completed", self.owner_id, "bot-2", {}, f"{CROWD}{number:028x}")
                await repository.append(tx, event, Lane.FINAL, "bot-2", "hooks.example", services.clock.now())

        self._with(fill)

    def message(self, event: Event) -> Message:
        async def load(_services: Services, tx: AsyncConnection) -> Message | None:
            return await repository.load(tx, event.id)

        found = self._with(load)
        assert isinstance(found, Message)
        return found

    def _with(self, work: Callable[[Services, AsyncConnection], Awaitable[Any]]) -> Any:
        async def run(services: Services) -> Any:
            async with services.db.transaction() as tx:
                return await work(services, tx)

        return with_services(self.folder, run)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["webhooks", *arguments, "--data-dir", str(self.folder)])

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.output)


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return Installation(tmp_path)


def test_list(installation: Installation) -> None:
    done = installation.run("list")
    assert done.exit_code == 0
    assert installation.failed.id in done.output
    assert "hooks.example" in done.output
    assert "very-secret-path" not in done.output
    failed, delivered = installation.json("list")
    assert (failed["id"], delivered["id"]) == (installation.failed.id, installation.delivered.id)
    assert failed["state"] == "failed"
    assert [each["id"] for each in installation.json("list", "--state", "delivered")] == [delivered["id"]]
    assert len(installation.json("list", "--bot", "bot-1", "--user", EMAIL, "--limit", "1")) == 1
    assert installation.json("list", "--bot", "bot-2") == []
    assert "no such messages" in installation.run("list", "--bot", "bot-2").output


def test_show(installation: Installation) -> None:
    done = installation.run("show", installation.failed.id)
    assert done.exit_code == 0
    assert "answered 500" in done.output
    assert "so it [said]" in done.output
    assert URL in done.output
    shown = installation.json("show", installation.failed.id)
    assert (shown["attempts"], shown["log"][0]["status"], shown["log"][0]["url"]) == (1, 500, URL)


def test_an_id_is_found_by_how_it_begins_however_old_it_is(installation: Installation) -> None:
    installation.crowd(MOST + 1)
    begun = installation.delivered.id[:20]
    assert installation.json("show", begun)["id"] == installation.delivered.id
    assert installation.run("show", "0000").exit_code == 4
    ambiguous = installation.run("show", CROWD)
    assert ambiguous.exit_code == 2
    assert f"More than {SHOWN} messages begin so" in ambiguous.output


def test_replay(installation: Installation) -> None:
    done = installation.run("replay", installation.delivered.id)
    assert done.exit_code == 0, done.output
    assert installation.message(installation.delivered).state is MessageState.WAITING
    assert installation.message(installation.failed).state is MessageState.FAILED


def test_replay_of_all_that_failed(installation: Installation) -> None:
    none = installation.run("replay", "--failed", "--bot", "bot-2")
    assert none.output == "There is no message that was sent in vain.\n"
    assert installation.run("replay", "--failed").exit_code == 0
    again = installation.message(installation.failed)
    assert (again.state, again.failures, again.id) == (MessageState.WAITING, 0, installation.failed.id)
    assert installation.message(installation.delivered).state is MessageState.DELIVERED
    assert installation.failed.id in installation.run("replay", "--failed").output, "it waits, and was sent in vain"


def test_secret(installation: Installation) -> None:
    done = installation.run("secret", EMAIL)
    assert done.exit_code == 0
    assert done.output.startswith("whsec_")
    assert installation.run("secret", EMAIL).output == done.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "nothing"), 4),
        (("replay", "nothing"), 4),
        (("replay",), 2),
        (("replay", "--failed", "something"), 2),
        (("list", "--user", "nobody@example.com"), 4),
        (("secret", "nobody@example.com"), 4),
        (("list", "--state", "lost"), 2),
        (("list", "--limit", "0"), 2),
    ],
)
def test_mistakes_are_told(installation: Installation, arguments: tuple[str, ...], code: int) -> None:
    done = installation.run(*arguments)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
