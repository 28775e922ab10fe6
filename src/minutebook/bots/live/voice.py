"""The server's voice: a program of the operator's that reads a text and writes its sound. Sounds are s16le mono at
`SOUND_RATE`, whoever made them."""

import asyncio
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from minutebook.bots.commands import SOUND_MAX_S, SOUND_RATE
from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.speech.media.decode import decode
from minutebook.speech.media.limits import DecodeLimits

SPOKEN_WITHIN_S: Final = 60.0
SOUND_MAX_BYTES: Final = 32 * 1024 * 1024
"""Two minutes as a WAV file of any usual rate."""
SAYS_MAX: Final = 1_000
"""Characters of a text that is said at once: a little more than a minute."""
MISSING: Final = (
    "This server has no voice. The operator sets MINUTEBOOK_BOTS__VOICE to a program that reads a text from its "
    "standard input and writes a WAV file to its standard output, such as `espeak-ng --stdin --stdout` or "
    "`piper --model voice.onnx --output_file -`. A sound file can be said without: send it to `sound`."
)


class Voice:
    """Says texts by the configured program (`command`, as in a shell but without one), and reads sound files."""

    def __init__(self, command: str | None) -> None:
        self.command = shlex.split(command) if command else []

    async def sound_of_text(self, text: str) -> bytes:
        """The sound of a text. Raises `voice_missing` (a conflict: nothing is configured) and `voice_failed`."""
        if not self.command:
            raise MinutebookError(Kind.CONFLICT, "voice_missing", MISSING)
        with tempfile.TemporaryDirectory(prefix="minutebook-voice-") as folder:
            spoken = Path(folder) / "spoken"
            await self._speak(text, spoken)
            try:
                return await asyncio.to_thread(_decoded, spoken)
            except MinutebookError as error:
                raise _failed(f"what it wrote is no sound ({error.code})") from error

    async def _speak(self, text: str, to: Path) -> None:
        with to.open("wb") as out:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self.command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=out,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                raise _failed(f"it cannot be started: {error.strerror or error}") from error
            try:
                async with asyncio.timeout(SPOKEN_WITHIN_S):
                    await process.communicate(text.encode())
            except TimeoutError as error:
                raise _failed(f"it was not done after {SPOKEN_WITHIN_S:.0f} s") from error
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode:
            raise _failed(f"it ended with status {process.returncode}")


async def sound_of_file(source: Path) -> bytes:
    """The sound of a file of any format that can be decoded. Raises as `speech.media.decode` does, `sound_too_long` for
    more than `SOUND_MAX_S`."""
    return await asyncio.to_thread(_decoded, source)


def _decoded(source: Path) -> bytes:
    with tempfile.TemporaryDirectory(prefix="minutebook-sound-") as folder:
        pcm = Path(folder) / "pcm"
        try:
            decoded = decode(source, pcm, DecodeLimits(max_duration_s=10 * SOUND_MAX_S))
        except MinutebookError as error:
            if error.code != "media_too_long":
                raise
            raise _too_long() from error
        if decoded.duration_s > SOUND_MAX_S:
            raise _too_long()
        return pcm.read_bytes()[: 2 * int(SOUND_RATE * SOUND_MAX_S)]


def _too_long() -> MinutebookError:
    return invalid("sound_too_long", f"The sound is longer than {SOUND_MAX_S:.0f} s; send it in parts.")


def _failed(why: str) -> MinutebookError:
    message = f"The program of MINUTEBOOK_BOTS__VOICE was of no use: {why}. A sound file can be said without it."
    return MinutebookError(Kind.UNAVAILABLE, "voice_failed", message)
