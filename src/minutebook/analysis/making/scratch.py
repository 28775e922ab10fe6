"""Local copies of a recording while it is worked on: a cache that is made again wherever it is missing."""

import asyncio
import json
import shutil
from collections.abc import Collection
from pathlib import Path

from minutebook.recordings.model import Recording
from minutebook.recordings.sources import track_key
from minutebook.speech.media import Decoded, DecodeLimits, Pcm, decode, part_path
from minutebook.storage.ports import Storage


def left_behind(root: Path, processing: Collection[str]) -> list[Path]:
    """Folders of reports that nobody works on any more: a worker that was stopped for good could not clear them."""
    return [folder for folder in root.iterdir() if folder.name not in processing] if root.exists() else []


async def clear(*folders: Path) -> None:
    """Take folders away."""
    for folder in folders:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def part_keys(parts: int) -> list[str]:
    """What the sources of a recording go by that nobody named."""
    return [f"part-{number}" for number in range(1, parts + 1)]


class Scratch:
    """The folder of one report on this machine."""

    def __init__(self, folder: Path, storage: Storage, recording: Recording, limits: DecodeLimits) -> None:
        self._folder = folder
        self._storage = storage
        self._recording = recording
        self._limits = limits

    async def original(self) -> Path:
        """The recording as a local file."""
        path = self._folder / Path(self._recording.storage_key).name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            await self._storage.download(self._recording.storage_key, part)
            part.rename(path)
        return path

    async def decoded(self) -> Decoded:
        """Decode the recording, unless it was decoded here before. Raises the codes of `speech.media.decode`."""
        facts = self._folder / "decoded.json"
        if self._pcm_path.exists() and facts.exists():
            return _decoded(json.loads(facts.read_text()))
        result = await asyncio.to_thread(decode, await self.original(), self._pcm_path, self._limits)
        values = {name: getattr(result, name) for name in Decoded.__slots__}
        part = facts.with_suffix(".part")
        part.write_text(json.dumps(values))
        part.rename(facts)
        return result

    async def pcm(self) -> Pcm:
        """The decoded recording."""
        await self.decoded()
        return Pcm(self._pcm_path)

    async def parts(self) -> dict[str, Pcm]:
        """The sound of each source of the recording that has its own, by the key of `part_keys`."""
        keys = part_keys((await self.decoded()).parts)
        return {key: Pcm(part_path(self._pcm_path, number)) for number, key in enumerate(keys)}

    async def track(self, participant_key: str) -> Pcm:
        """The decoded sound of one participant."""
        pcm = self._folder / "tracks" / f"{participant_key}.pcm"
        if not pcm.exists():
            pcm.parent.mkdir(parents=True, exist_ok=True)
            source = pcm.with_suffix(".flac")
            await self._storage.download(track_key(self._recording.id, participant_key), source)
            await asyncio.to_thread(decode, source, pcm, self._limits)
            source.unlink()
        return Pcm(pcm)

    @property
    def preview_path(self) -> Path:
        """Where a preview may be written."""
        return self._folder / "preview.m4a"

    @property
    def _pcm_path(self) -> Path:
        return self._folder / "audio.pcm"


def _decoded(values: dict[str, object]) -> Decoded:
    return Decoded(**{**values, "notices": tuple(values["notices"])})  # type: ignore[arg-type]  # written above
