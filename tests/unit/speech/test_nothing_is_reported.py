"""Libraries that report how they are used to their makers do not do so from here."""

import os
import subprocess
import sys
from pathlib import Path

LOADS_ALL = """
from minutebook.speech.models import Model, Network
Network(Model.SEGMENTATION)
import faster_whisper.vad
faster_whisper.vad.get_vad_model()
"""


def test_no_network_that_is_loaded_leaves_an_identifier_of_the_machine(tmp_path: Path) -> None:
    """ONNX Runtime writes it, and what it means to send, below the home folder when it is loaded."""
    plain = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", LOADS_ALL], check=True, env=plain | home)
    assert [str(file) for file in tmp_path.rglob("*") if file.is_file()] == []
