"""Parakeet through onnx-asr: real code over a tiny model of the same form."""

from pathlib import Path

import numpy as np
import pytest

from minutebook.config import SpeechSettings
from minutebook.errors import MinutebookError
from minutebook.speech.catalogue import entry_of
from minutebook.speech.engines import open_engine
from minutebook.speech.engines.onnx_asr import CONTEXT_S, FILES, LANGUAGES, OnnxAsrEngine, load
from minutebook.speech.ports import SAMPLE_RATE
from minutebook.transcript.model import Turn
from support import tiny_parakeet

AUDIO = np.zeros(12 * SAMPLE_RATE, np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_parakeet.make(tmp_path_factory.mktemp("models") / "parakeet")


@pytest.fixture(scope="module")
def engine(folder: Path) -> OnnxAsrEngine:
    return OnnxAsrEngine(load(folder, threads=1))


def test_tokens_become_words_with_times_and_probabilities(engine: OnnxAsrEngine) -> None:
    (found,) = engine.recognise(AUDIO, 100.0, [Turn("A", 102.0, 104.0)], "de")
    assert [word.word for word in found.words] == ["so", "it", "is.", "so", "it", "i"]
    begin, frame_s = 102.0 - CONTEXT_S, tiny_parakeet.FRAME_S
    assert [word.start for word in found.words] == pytest.approx([begin + frame_s * at for at in (0, 4, 8, 20, 24, 28)])
    assert found.words[2].end == pytest.approx(begin + 16 * frame_s + 0.24)  # after its full stop
    assert all(0.9 < word.probability <= 1.0 for word in found.words)


def test_a_turn_at_the_beginning_of_the_sound_begins_there(engine: OnnxAsrEngine) -> None:
    (found,) = engine.recognise(AUDIO, 100.0, [Turn("A", 100.05, 101.0)], "de")
    assert found.words[0].start == pytest.approx(100.0)


def test_it_says_what_it_cannot_do(engine: OnnxAsrEngine) -> None:
    info = engine.info
    assert (info.word_times, info.detects_language, info.hot_words) == (True, False, False)
    assert info.languages == LANGUAGES == frozenset(entry_of("parakeet-tdt-0.6b-v3").languages.split())


def test_it_is_opened_by_the_folder(folder: Path, tmp_path: Path) -> None:
    engine = open_engine(SpeechSettings(engine="onnx-asr", model=str(folder), threads=1), tmp_path)
    assert engine.info.name == "onnx-asr"


def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError, match="minutebook models fetch parakeet"):
        open_engine(SpeechSettings(engine="onnx-asr", model="parakeet-tdt-0.6b-v3"), tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_is_no_such_model_is_told(name: str, folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).unlink()
    with pytest.raises(MinutebookError, match=name.split(".", maxsplit=1)[0]):
        load(tmp_path, threads=1)
    (tmp_path / name).write_bytes(b"no model")
    with pytest.raises(MinutebookError, match="cannot be loaded"):
        load(tmp_path, threads=1)
