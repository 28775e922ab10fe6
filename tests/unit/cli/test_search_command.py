"""`minutebook search` over this machine's own records."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from minutebook.cli.app import app
from support.own_records import own_record


def test_what_was_said_is_found_without_a_server(tmp_path: Path) -> None:
    asyncio.run(own_record(tmp_path, [("speaker_1", "The launch moves to the tenth of March.")]))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["search", *arguments, "--data-dir", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.output

    (hit,) = json.loads(run("tenth of March", "--json"))["meetings"][0]["hits"]
    assert (hit["part"], hit["speaker"], hit["start_s"]) == ("transcript", "Speaker 1", 0.0)
    shown = run("launch", "--person", "ada")
    assert "Roadmap" in shown
    assert "0:00  Speaker 1: The launch moves" in shown
    assert "Nothing was found." in run("launch", "--until", "2020-01-01")
    assert "Nobody said “lanuch”" in run("lanuch")
    asked = run("what", "is", "the", "launch", "of", "elephants")
    assert "what was found without what, is, the, of, elephants" in " ".join(asked.split())
    assert "0:00  Speaker 1: The launch moves" in asked
