"""`minutebook models` against a hub on loopback that holds tiny models."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from minutebook.cli.app import app
from minutebook.speech.catalogue import entry_of
from minutebook.speech.measuring import measured, measured_now
from support import tiny_parakeet
from support.hub import StandInHub

PARAKEET = "parakeet-tdt-0.6b-v3"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    made = tiny_parakeet.make(tmp_path / "made")
    files = {file.name: file.read_bytes() for file in made.iterdir()}
    with StandInHub({entry_of(PARAKEET).repository: files}) as hub:
        monkeypatch.setenv("MINUTEBOOK_SPEECH__HUB_URL", hub.url)
        monkeypatch.delenv("MINUTEBOOK_SPEECH__MODEL", raising=False)
        yield hub


def run(*arguments: str, data: Path) -> Result:
    return CliRunner().invoke(app, ["models", *arguments, "--data-dir", str(data)])


def states(data: Path) -> dict[str, str]:
    rows = json.loads(run("list", "--json", data=data).stdout)
    return {row["name"]: row["state"] for row in rows}


def test_a_model_is_fetched_used_measured_and_removed(hub: StandInHub, tmp_path: Path) -> None:
    assert states(tmp_path)["base"] == "in use"
    assert states(tmp_path)[PARAKEET] == "to be fetched"
    refused = run("use", PARAKEET, data=tmp_path)
    assert refused.exit_code == 5
    assert f"minutebook models fetch {PARAKEET}" in refused.stderr.replace("\n", "")

    assert run("fetch", PARAKEET, data=tmp_path).exit_code == 0
    assert run("use", PARAKEET, data=tmp_path).exit_code == 0
    assert states(tmp_path)[PARAKEET] == "in use"
    assert states(tmp_path)["base"] == "with minutebook"

    entry, models = entry_of(PARAKEET), tmp_path / "models"
    cost = measured_now(entry, models, 1)
    assert cost.times_real_time > 1
    assert 10 < cost.peak_mb < 1000
    assert measured(entry, models) == cost
    assert f"{cost.peak_mb:.0f} MB" in run("list", data=tmp_path).stdout

    assert run("remove", PARAKEET, data=tmp_path).exit_code == 0
    assert states(tmp_path)["base"] == "in use"
    assert run("remove", PARAKEET, data=tmp_path).exit_code == 4


def test_a_hub_that_breaks_off_is_an_error_that_says_how_to_go_on(hub: StandInHub, tmp_path: Path) -> None:
    hub.cut_after = [5] * 9
    failed = run("fetch", PARAKEET, data=tmp_path)
    assert failed.exit_code == 6
    assert "goes on where it" in failed.stderr.replace("\n", "")
    hub.cut_after = []
    assert run("fetch", PARAKEET, data=tmp_path).exit_code == 0


def test_what_comes_with_minutebook_is_neither_fetched_nor_removed(tmp_path: Path) -> None:
    assert run("fetch", "base", data=tmp_path).exit_code == 2
    assert run("remove", "base", data=tmp_path).exit_code == 2
    assert run("use", "nothing", data=tmp_path).exit_code == 4


def test_the_table_shows_what_each_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = run("list", data=tmp_path).stdout
    for shown in ("large-v3-turbo", "1622 MB", "25 languages", "CC-BY-4.0", "not measured"):
        assert shown in told
