"""The commands as a user types them, each in a process of its own, on a real recording."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.audio import looped
from support.speech import SAMPLE, sample_word_error_rate

ADA = ("--attendee", "Ada Lovelace <ada@example.com>")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all, so that the model is unpacked once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return looped(SAMPLE, tmp_path_factory.mktemp("clip") / "clip.flac", 20.0)


def minutebook(data_dir: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MINUTEBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", "minutebook", *arguments],
        env=clean | {"MINUTEBOOK_DATA_DIR": str(data_dir), "MINUTEBOOK_SPEECH__MODEL": "tiny.en", "COLUMNS": "100"},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_transcribe_prints_the_contracts_object(models: Path, clip: Path) -> None:
    done = minutebook(models, "transcribe", str(clip))
    assert done.returncode == 0, done.stderr
    transcription = json.loads(done.stdout)
    known = {speaker["id"] for speaker in transcription["speakers"]}
    assert [speaker["name"] for speaker in transcription["speakers"]] == ["Speaker 1", "Speaker 2"]
    assert {segment["speaker"] for segment in transcription["segments"]} == known
    said = " ".join(segment["text"] for segment in transcription["segments"])
    assert sample_word_error_rate(said, 20.0) <= 20.0
    assert all({"word", "start", "end", "probability"} <= set(w) for s in transcription["segments"] for w in s["words"])


def test_transcribe_writes_subtitles(models: Path, clip: Path, tmp_path: Path) -> None:
    target = tmp_path / "clip.srt"
    done = minutebook(models, "transcribe", str(clip), "--format", "srt", "--out", str(target), "--no-diarize")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert target.read_text(encoding="utf-8").startswith("1\n00:00:00")


def test_process_keeps_a_record(models: Path, clip: Path) -> None:
    done = minutebook(models, "process", str(clip), *ADA, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)[0]
    assert {kind: report["status"] for kind, report in result["reports"].items()} == {
        "transcription": "completed",
        "meeting note": "completed",
        "key_points": "completed",
        "sentiment": "completed",
    }
    saved = {path.name for path in Path(result["saved_to"]).iterdir()}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d clip", Path(result["saved_to"]).name)
    texts = {"transcript.srt", "transcript.txt", "note.md", "transcription.json", "sentiment.json"}
    assert texts | {"index.html", "record.docx"} <= saved


def test_process_shows_the_record(models: Path, clip: Path) -> None:
    done = minutebook(models, "process", str(clip), *ADA)
    assert done.returncode == 0, done.stderr
    for heading in ("Transcript", "Meeting note", "Key points", "Sentiment"):
        assert heading in done.stdout
    assert "Saved to" in done.stderr


def test_a_broken_recording_ends_as_a_sentence(models: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.flac"
    broken.write_bytes(SAMPLE.read_bytes()[:64] + b"\0" * 4096)
    done = minutebook(models, "process", str(broken), *ADA)
    assert done.returncode == 1
    assert "transcription failed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("process", "no-such-file.flac", *ADA), 2, "is not a file"),
        (("process", __file__, *ADA), 2, "MP3"),
        (("process", str(SAMPLE)), 2, "Who took part?"),
        (("process", str(SAMPLE), "--attendee", "Ada <nonsense>"), 2, "Ada Lovelace <ada@example.com>"),
        (("transcribe", "no-such-file.flac"), 2, "is not a file"),
        (("admin", "create-token", "nobody@example.com"), 4, "no user “nobody@example.com”"),
        (("admin", "create-user", "ada@example.com"), 2, "--password-stdin"),
    ],
)
def test_mistakes_end_as_sentences(tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = minutebook(tmp_path, *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert says in " ".join(done.stderr.split())


def test_doctor_names_the_model(models: Path) -> None:
    done = minutebook(models, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    findings = json.loads(done.stdout)
    assert Path(findings["models"]["asr"]["path"]).is_dir()
    assert all(findings["system"][name]["ok"] for name in ("database", "storage", "disk", "clock"))


def test_doctor_says_what_to_do(tmp_path: Path) -> None:
    locked = tmp_path / "file"
    locked.write_text("not a folder")
    done = minutebook(locked, "doctor", "--json")
    assert done.returncode == 1
    findings = json.loads(done.stdout)
    assert not findings["system"]["storage"]["ok"]
    assert findings["system"]["storage"]["advice"]
