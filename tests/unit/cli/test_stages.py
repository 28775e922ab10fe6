"""Progress where there is no terminal: lines, and only those that say something."""

import io

from rich.console import Console

from minutebook.cli.stages import Stages


def test_a_stage_tells_its_quarters_and_what_remains() -> None:
    out, now = io.StringIO(), [0.0]
    with Stages(Console(file=out, width=80), lambda: now[0]) as stages:
        for second in range(0, 101, 5):
            now[0] = float(second)
            stages.move("Transcript", second / 100)
    assert out.getvalue().splitlines() == [
        "Transcript: begun",
        "Transcript: 25%, about 1 min left",
        "Transcript: 50%, about 1 min left",
        "Transcript: 75%, about 25 s left",
        "Transcript: done",
    ]


def test_what_is_quick_is_begun_and_done() -> None:
    out = io.StringIO()
    with Stages(Console(file=out, width=80), lambda: 7.0) as stages:
        for percent in range(101):
            stages.move("Uploading a.wav", percent / 100)
        stages.move("Key points", 1.0)
    assert out.getvalue().splitlines() == ["Uploading a.wav: begun", "Uploading a.wav: done", "Key points: done"]
