"""Which model is used, and which one suits a machine."""

from pathlib import Path

import pytest

from minutebook.config import SpeechSettings
from minutebook.errors import MinutebookError
from minutebook.speech.catalogue import chosen, entries, entry_of, named, recommended
from minutebook.speech.catalogue.choice import NOTE, note
from minutebook.speech.engines import ENGINES


def test_a_noted_model_is_used_with_its_engine(tmp_path: Path) -> None:
    assert chosen(SpeechSettings(), tmp_path).model == "base"
    note(entry_of("parakeet-tdt-0.6b-v3"), tmp_path)
    found = chosen(SpeechSettings(threads=2), tmp_path)
    assert (found.engine, found.model, found.threads) == ("onnx-asr", "parakeet-tdt-0.6b-v3", 2)


def test_what_the_settings_name_wins(tmp_path: Path) -> None:
    note(entry_of("small"), tmp_path)
    assert chosen(SpeechSettings(model="tiny.en"), tmp_path).model == "tiny.en"
    assert chosen(SpeechSettings(engine="openai"), tmp_path).engine == "openai"


@pytest.mark.parametrize("text", ["", "[]", '{"model": 3}', '{"model": "gone"}'])
def test_a_note_that_says_nothing_is_passed_over(text: str, tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text(text)
    found = chosen(SpeechSettings(), tmp_path)
    assert (found.engine, found.model) in {("faster-whisper", "base"), ("faster-whisper", "gone")}


def test_a_model_that_is_named_brings_its_engine() -> None:
    assert named("parakeet-tdt-0.6b-v3", SpeechSettings()).engine == "onnx-asr"
    assert named("some/folder", SpeechSettings()).model == "some/folder"
    assert named(None, SpeechSettings()) == SpeechSettings()


def test_every_model_has_an_engine_and_can_be_had() -> None:
    for entry in entries():
        assert entry.engine in ENGINES
        assert entry.bundled or (entry.repository and entry.files)


@pytest.mark.parametrize(
    ("memory_mb", "cores", "name"),
    [(1000, 1, "base"), (8000, 1, "base"), (8000, 4, "parakeet-tdt-0.6b-v3"), (3000, 16, "small")],
)
def test_what_suits_a_machine(memory_mb: float, cores: int, name: str) -> None:
    assert recommended(memory_mb, cores).name == name


def test_an_unknown_name_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(MinutebookError, match="large-v3-turbo"):
        entry_of("huge")
