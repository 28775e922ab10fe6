"""The recordings of an evaluation folder, with what is known about them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from minutebook.transcript.model import Turn


@dataclass(frozen=True, slots=True)
class Item:
    """One recording. What is not known is None.

    `text` is what was said in order, `speaker_texts` the same by speaker, `turns` who speaks when; `kind` groups items.
    """

    name: str
    kind: str
    audio: Path
    text: str | None
    speaker_texts: Mapping[str, str] | None
    turns: tuple[Turn, ...] | None


def load(folder: Path) -> list[Item]:
    """All items of a folder: those of its `manifest.jsonl`, or every FLAC file with the files named like it."""
    manifest = folder / "manifest.jsonl"
    if manifest.is_file():
        items = [_of_row(folder, json.loads(line)) for line in manifest.read_text(encoding="utf-8").splitlines()]
    else:
        items = [_of_file(file) for file in sorted(folder.glob("*.flac"))]
    if not items:
        raise SystemExit(f"{folder} holds neither a manifest.jsonl nor FLAC files.")
    return items


def _of_row(folder: Path, row: Mapping[str, str]) -> Item:
    texts = _speaker_texts(folder / row["turns"]) if row.get("turns") else None
    turns = tuple(read_rttm(folder / row["rttm"])) if row.get("rttm") else None
    kind = re.split(r"[\d_]", row["id"])[0]
    return Item(row["id"], kind, folder / row["file"], row.get("text"), texts, turns)


def _of_file(file: Path) -> Item:
    spoken = file.with_suffix(".turns.json")
    rttm = file.with_suffix(".rttm")
    return Item(
        name=file.stem,
        kind=file.parent.name,
        audio=file,
        text=" ".join(turn["text"] for turn in _read_json(spoken)) if spoken.is_file() else None,
        speaker_texts=_speaker_texts(spoken) if spoken.is_file() else None,
        turns=tuple(read_rttm(rttm)) if rttm.is_file() else None,
    )


def _speaker_texts(file: Path) -> dict[str, str]:
    texts: dict[str, list[str]] = {}
    for turn in _read_json(file):
        texts.setdefault(turn["speaker"], []).append(turn["text"])
    return {speaker: " ".join(said) for speaker, said in texts.items()}


def _read_json(file: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(file.read_text(encoding="utf-8"))
    return rows


def read_rttm(file: Path) -> Iterator[Turn]:
    """The SPEAKER lines of a file in NIST's Rich Transcription Time Marked format."""
    for line in file.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            yield Turn(fields[7], float(fields[3]), float(fields[3]) + float(fields[4]))
