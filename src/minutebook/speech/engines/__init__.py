"""Recognition engines by name: a new one is a module and a line here."""

from collections.abc import Callable
from pathlib import Path

from minutebook.config import SpeechSettings
from minutebook.speech.ports import Engine


def _faster_whisper(settings: SpeechSettings, models_dir: Path) -> Engine:
    from minutebook.speech.engines.faster_whisper import FasterWhisperEngine
    from minutebook.speech.engines.whisper_decoder import WhisperDecoder
    from minutebook.speech.weights import locate

    return FasterWhisperEngine(WhisperDecoder(locate(settings.model, models_dir), settings.threads))


def _openai(settings: SpeechSettings, models_dir: Path) -> Engine:
    from minutebook.speech.engines.openai import OpenAIEngine, endpoint_client

    return OpenAIEngine(endpoint_client(settings), settings.model)


def _onnx_asr(settings: SpeechSettings, models_dir: Path) -> Engine:
    from minutebook.speech.engines.onnx_asr import OnnxAsrEngine, load
    from minutebook.speech.weights import fetched

    return OnnxAsrEngine(load(fetched(settings.model, models_dir), settings.threads))


ENGINES: dict[str, Callable[[SpeechSettings, Path], Engine]] = {
    "faster-whisper": _faster_whisper,
    "onnx-asr": _onnx_asr,
    "openai": _openai,
}


def open_engine(settings: SpeechSettings, models_dir: Path) -> Engine:
    """The configured engine, ready to recognise. Local models are kept below `models_dir`."""
    return ENGINES[settings.engine](settings, models_dir)
