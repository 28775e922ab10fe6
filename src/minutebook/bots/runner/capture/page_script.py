"""The script that runs in every document before the page's own: the files of `page/`, in one closed scope."""

import json
from importlib.resources import files
from typing import Final

from minutebook.bots.protocol import AUDIO_RATE

PARTS: Final = ("home", "resampler", "sound", "tracks", "loudspeaker", "people", "devices")

HANDLE: Final = "minutebookCapture"
"""The page's object that `say` and `show` are called on; not enumerable."""


def page_script(binding: str, bot_name: str) -> str:
    """JavaScript for `add_init_script`. `binding` is the name of the function that takes messages home."""
    folder = files(__package__) / "page"
    config = {"binding": binding, "handle": HANDLE, "name": bot_name, "rate": AUDIO_RATE}
    parts = "\n".join((folder / f"{part}.js").read_text("utf-8") for part in PARTS)
    return f'(() => {{\n"use strict";\nconst config = {json.dumps(config)};\n{parts}\n}})();\n'
