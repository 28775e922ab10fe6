"""The systems that are compared, each run in a process of its own: `python -m bench.systems SYSTEM PCM MODELS THREADS`.

Prints one JSON object. Times are those of the work itself: models are loaded before, the sound is already decoded.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minutebook.config import SpeechSettings
from minutebook.speech.media import Pcm

Outcome = dict[str, Any]


def minutebook(pcm: Pcm, models: Path, threads: int) -> Callable[[], Outcome]:
    """This project's whole pipeline: diarization, recognition with word times, attribution."""
    from minutebook.speech.pipeline import SpeechPipeline, plan_chunks

    settings = SpeechSettings(threads=threads)
    pipeline = SpeechPipeline(settings, models)
    pipeline.load()

    def run() -> Outcome:
        chunks = plan_chunks(pcm.duration_s, settings.chunk_s)
        voices = [pipeline.voices(pcm, chunk) for chunk in chunks]
        turns = pipeline.turns(voices)
        diarized = time.process_time()
        language = pipeline.language(pcm, turns).code
        recognised = [each for chunk in chunks for each in pipeline.recognise(pcm, chunk, turns, language)]
        transcript = pipeline.transcript(recognised, turns, language, pcm.duration_s)
        speakers: dict[str, str] = {}
        for segment in transcript.segments:
            speakers[segment.speaker] = f"{speakers.get(segment.speaker, '')} {segment.text}"
        return {
            "text": " ".join(segment.text for segment in transcript.segments),
            "speaker_texts": speakers,
            "turns": [[turn.speaker, turn.start, turn.end] for turn in turns],
            "diarized_at": diarized,
        }

    return run


def plain(pcm: Pcm, models: Path, threads: int) -> Callable[[], Outcome]:
    """faster-whisper as a user would run it: same weights, beam 5, int8, no words, no speakers."""
    from faster_whisper import WhisperModel

    from minutebook.speech.weights import locate

    model = WhisperModel(str(locate("base", models)), device="cpu", compute_type="int8", cpu_threads=threads)

    def run() -> Outcome:
        segments, _ = model.transcribe(pcm.read(), beam_size=5)
        return {"text": " ".join(segment.text.strip() for segment in segments)}

    return run


SYSTEMS = {"minutebook": minutebook, "plain": plain}


def main(system: str, pcm: str, models: str, threads: str) -> None:
    """Run one system on one recording and print what it found and what that took."""
    run = SYSTEMS[system](Pcm(Path(pcm)), Path(models), int(threads))
    cpu, wall = time.process_time(), time.perf_counter()
    outcome = run()
    outcome["cpu_s"] = time.process_time() - cpu
    outcome["wall_s"] = time.perf_counter() - wall
    outcome["diarization_cpu_s"] = outcome.pop("diarized_at", cpu) - cpu
    outcome["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
