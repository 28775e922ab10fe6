"""`minutebook transcribe`: a file becomes a transcript; nothing is stored."""

import sys
import tempfile
from enum import StrEnum
from pathlib import Path

import typer

from minutebook.cli.console import stderr
from minutebook.cli.inputs import local_recording
from minutebook.cli.settings import settings_for
from minutebook.cli.show import EXPORTS
from minutebook.cli.stages import Stages
from minutebook.kit.languages import checked_language


class Format(StrEnum):
    """What is written."""

    JSON = "json"
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    MD = "md"


def transcribe(
    file: Path = typer.Argument(..., help="An audio or video file.", show_default=False),
    output: Format = typer.Option(Format.JSON, "--format", "-f", help="What to write."),
    out: Path | None = typer.Option(None, "--out", "-o", help="Where to write it; standard output otherwise."),
    language: str | None = typer.Option(None, "--language", help="Language code (en, de …); detected otherwise."),
    diarize: bool = typer.Option(True, "--diarize/--no-diarize", help="Whether to tell voices apart."),
    num_speakers: int | None = typer.Option(None, "--num-speakers", min=1, help="How many voices there are at most."),
    model: str | None = typer.Option(None, "--model", help="base, tiny.en, a model name, or a folder."),
) -> None:
    """Transcribe one file. JSON is the `content.transcription` object of the PAXS API."""
    from minutebook.speech.catalogue import chosen, named
    from minutebook.speech.media import DecodeLimits, Pcm, decode, part_path
    from minutebook.speech.pipeline import SpeechPipeline

    local_recording(file)
    spoken = checked_language(language, "--language")
    settings = settings_for(None)
    speech = named(model, chosen(settings.speech, settings.models_dir))
    pipeline = SpeechPipeline(speech, settings.models_dir)
    with tempfile.TemporaryDirectory(prefix="minutebook-") as scratch, Stages(stderr) as stages:
        pcm_path = Path(scratch) / "audio.pcm"
        decoded = decode(file, pcm_path, DecodeLimits(max_duration_s=speech.max_duration_s))
        transcript = pipeline.transcribe(
            Pcm(pcm_path),
            language=spoken,
            diarize=diarize,
            num_speakers=num_speakers,
            notices=decoded.notices,
            parts={str(number): Pcm(part_path(pcm_path, number)) for number in range(decoded.parts)},
            progress=lambda done: stages.move("Transcript", min(done / max(decoded.duration_s, 0.1), 0.99)),
        )
        stages.move("Transcript", 1.0)
    text = EXPORTS[output.value](transcript)
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    else:
        out.write_text(text, encoding="utf-8")
        stderr.print(f"Written to {out}")
