"""A meeting as one HTML file: opened from a folder it shows and plays the record, and asks no network for anything.

The file is made as it is sent: what it says first, then the sound in base64, then its script. Its own policy (a
`meta` element, which counts for files too) lets in nothing but its own style and script, both named by their hashes,
and the sound that the script unpacks.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from minutebook.api.web.record import Record
from minutebook.api.web.render import rendered
from minutebook.api.web.static_files import FOLDER
from minutebook.errors import MinutebookError
from minutebook.meetings.model import Meeting
from minutebook.recordings.model import NOT_READY, Recording, preview_key

if TYPE_CHECKING:
    from minutebook.records import Records

SOUND_TYPE: Final = "audio/mp4"
STYLES: Final = ("minutebook.css", "offline.css")
SCRIPT: Final = "offline.js"
_TRIPLE: Final = 3


async def offline_file(
    meeting: Meeting, record: Record, language: str, sound: AsyncIterator[bytes] | None
) -> AsyncIterator[bytes]:
    """The file in pieces, in UTF-8, its own words in `language`. `sound` is the web-playable audio; without it quotes
    show their words in the transcript and nothing plays."""
    style, script = _style(), _script()
    context: Mapping[str, Any] = {
        "meeting": meeting,
        "record": record,
        "with_sound": sound is not None,
        "style": Markup(style),  # noqa: S704 - our own file
        "policy": (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; media-src blob:; "
            "base-uri 'none'; form-action 'none'"
        ),
    }
    yield rendered("offline.html", language, context).encode()
    if sound is not None:
        yield f'<script type="{SOUND_TYPE};base64" id="sound">'.encode()
        async for piece in _in_base64(sound):
            yield piece
        yield b"</script>\n"
    yield f"<script>{script}</script>\n</body>\n</html>\n".encode()


async def sound_of(records: "Records", recording: Recording) -> AsyncIterator[bytes] | None:
    """A recording's web-playable sound, whole; None while there is none."""
    key = preview_key(recording.id)
    try:
        await records.recordings.derived_size(key, "preview")
    except MinutebookError as error:
        if error.code != NOT_READY:
            raise
        return None
    return records.recordings.derived(key)


async def _in_base64(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for chunk in chunks:
        held = rest + chunk
        whole = len(held) - len(held) % _TRIPLE
        rest = held[whole:]
        yield base64.b64encode(held[:whole])
    yield base64.b64encode(rest)


@cache
def _style() -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES)


@cache
def _script() -> str:
    return (FOLDER / SCRIPT).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
