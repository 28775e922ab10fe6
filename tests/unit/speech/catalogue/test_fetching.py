"""Fetching a model from a hub: interrupted, resumed, damaged, without room."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from minutebook.errors import MinutebookError
from minutebook.speech.catalogue.entries import Entry
from minutebook.speech.catalogue.fetching import fetch, remove
from minutebook.speech.catalogue.hub import Hub
from minutebook.speech.catalogue.places import RECORD, is_fetched
from support.hub import COMMIT, StandInHub

ENTRY = Entry("toy", "faster-whisper", 1, 1, 1.0, 1, "MIT", "en", "maker/toy", ("config.json", "model.bin"))
WEIGHTS = bytes(range(256)) * 2000
SCRATCH = ".toy.part"


@pytest.fixture
def stand_in() -> Iterator[StandInHub]:
    files = {"config.json": b"{}", "model.bin": WEIGHTS, "README.md": b"not needed"}
    with StandInHub({"maker/toy": files}) as hub:
        yield hub


@pytest.fixture
def hub(stand_in: StandInHub) -> Hub:
    return Hub(stand_in.url)


def test_what_is_needed_is_fetched_and_noted(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    folder = fetch(ENTRY, tmp_path, hub, lambda done, total: told.append((done, total)))
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert {file.name for file in folder.iterdir()} == {"config.json", "model.bin", RECORD}
    assert json.loads((folder / RECORD).read_text())["commit"] == COMMIT
    assert told[-1] == (len(WEIGHTS) + 2, len(WEIGHTS) + 2)
    assert told == sorted(told)
    before = len(stand_in.requests)
    assert fetch(ENTRY, tmp_path, hub) == folder
    assert len(stand_in.requests) == before


def test_a_broken_connection_is_taken_up_where_it_broke(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    stand_in.cut_after = [2, 100_000]
    folder = fetch(ENTRY, tmp_path, hub)
    assert (folder / "model.bin").read_bytes() == WEIGHTS
    assert [wanted for path, wanted in stand_in.requests if path.endswith("model.bin")] == [None, "bytes=100000-"]


def test_a_later_try_goes_on_with_what_there_is(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    stand_in.cut_after = [2, 100_000, 50_000, 50_000]
    with pytest.raises(MinutebookError) as raised:
        fetch(ENTRY, tmp_path, hub)
    assert (raised.value.code, raised.value.retryable) == ("hub_unreachable", True)
    assert not is_fetched(ENTRY, tmp_path)
    assert (tmp_path / SCRATCH / "model.bin").stat().st_size == 200_000
    stand_in.requests.clear()
    assert (fetch(ENTRY, tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS
    assert [wanted for _, wanted in stand_in.requests] == ["bytes=200000-"]


def test_a_hub_that_gives_no_parts_gives_all_again(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    stand_in.cut_after, stand_in.ranges = [2, 100_000], False
    assert (fetch(ENTRY, tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.bin", "config.json"], ids=["large", "small"])
def test_wrong_bytes_are_thrown_away(name: str, stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    stand_in.spoil = {name}
    with pytest.raises(MinutebookError) as raised:
        fetch(ENTRY, tmp_path, hub)
    assert raised.value.code == "model_damaged"
    assert not is_fetched(ENTRY, tmp_path)
    assert not (tmp_path / SCRATCH / name).exists()
    stand_in.spoil = set()
    assert (fetch(ENTRY, tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS


def test_what_was_fetched_before_the_disk_was_full_stays(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    stand_in.cut_after = [2, 0, 0, 0]
    with pytest.raises(MinutebookError):
        fetch(ENTRY, tmp_path, hub)
    weights = tmp_path / SCRATCH / "model.bin"
    weights.unlink()
    weights.symlink_to("/dev/full")  # takes nothing, as a full disk does
    with pytest.raises(MinutebookError) as raised:
        fetch(ENTRY, tmp_path, hub)
    assert raised.value.code == "storage_full"
    assert "goes on where it stopped" in raised.value.message
    assert (tmp_path / SCRATCH / "config.json").read_bytes() == b"{}"
    weights.unlink()
    assert (fetch(ENTRY, tmp_path, hub) / "model.bin").read_bytes() == WEIGHTS


def test_too_little_room_is_said_before_anything_is_fetched(
    stand_in: StandInHub, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minutebook.speech.catalogue.fetching.RESERVE_BYTES", 1 << 62)
    with pytest.raises(MinutebookError) as raised:
        fetch(ENTRY, tmp_path, hub)
    assert raised.value.code == "storage_full"
    assert not [path for path, _ in stand_in.requests if "/resolve/" in path]


def test_a_repository_that_lacks_a_file_is_not_fetched(stand_in: StandInHub, hub: Hub, tmp_path: Path) -> None:
    del stand_in.repositories["maker/toy"]["model.bin"]
    with pytest.raises(MinutebookError, match=r"holds no model\.bin"):
        fetch(ENTRY, tmp_path, hub)


def test_without_a_hub_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError, match="HUB_URL") as raised:
        fetch(ENTRY, tmp_path, Hub("http://127.0.0.1:9"))
    assert raised.value.code == "hub_unreachable"


def test_a_removed_model_takes_no_room(hub: Hub, tmp_path: Path) -> None:
    fetch(ENTRY, tmp_path, hub)
    assert remove(ENTRY, tmp_path) > len(WEIGHTS)
    assert not is_fetched(ENTRY, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert remove(ENTRY, tmp_path) == 0
