"""What earlier revisions wrote opens: `upgrade --check` says what would happen, `upgrade` does it, no row is lost."""

import gzip
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app
from minutebook.db.migrations.run import steps

PREVIOUS = Path(__file__).parents[2] / "data" / "previous"
REVISIONS = {"3bc7ad0": "0005", "6645cc0": "0019"}
"""Revisions of the program, and the schema that each of them left."""
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=REVISIONS)
def revision(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data_dir(revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    file = PREVIOUS / f"{revision}.db.gz"
    if file.exists():
        (folder / "minutebook.db").write_bytes(gzip.decompress(file.read_bytes()))
    else:
        with tarfile.open(PREVIOUS / f"{revision}.tar.xz") as tar:
            tar.extractall(tmp_path, filter="data")
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(folder))
    return folder


def rows_of(data_dir: Path) -> Rows:
    """All rows by table, each by its columns."""
    with closing(sqlite3.connect(data_dir / "minutebook.db")) as database:
        database.row_factory = sqlite3.Row
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {name: [dict(row) for row in database.execute(f'select * from "{name}"')] for name in names}


def lost(before: Rows, after: Rows) -> Iterator[str]:
    """Rows that are gone, or in which something else stands now; the columns may have become more."""
    for table, rows in before.items():
        kept = [set(row.items()) for row in after.get(table, ())]
        yield from (f"{table}: {row}" for row in rows if not any(set(row.items()) <= other for other in kept))


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_what_was_written_earlier_is_there_after_an_upgrade(revision: str, data_dir: Path) -> None:
    before = rows_of(data_dir)
    schema = REVISIONS[revision]
    assert before["alembic_version"] == [{"version_num": schema}]
    ahead = [step for step in steps() if step.revision > schema]

    told = run("upgrade", "--check")
    assert told.startswith(f"{len(ahead)} steps to be taken:")
    assert [line.split()[0] for line in told.splitlines()[1:-1]] == [step.revision for step in ahead]
    assert rows_of(data_dir) == before

    assert f"{len(ahead)} steps taken" in run("upgrade")
    after = rows_of(data_dir)
    assert [row["version_num"] for row in after.pop("alembic_version")] == [ahead[-1].revision]
    before.pop("alembic_version")
    assert list(lost(before, after)) == []
    assert run("upgrade", "--check") == "The database is up to date.\n"


@pytest.mark.parametrize("revision", ["6645cc0"])
def test_what_was_written_earlier_is_shown(data_dir: Path) -> None:
    before = rows_of(data_dir)
    filled = ("users", "meetings", "recordings", "reports", "edits", "note_templates", "bots", "calendars", "api_keys")
    assert [name for name in filled if not before[name]] == []
    run("upgrade")
    shown = run("meetings", "show", "Launch review", "--local")
    assert "Ada Lovelace" in shown
    assert "Put right by hand" in shown
    assert "Corrected" in run("export", "last", "--local")
    assert {edit["kind"] for edit in json.loads(run("correct", "last", "--local", "--json"))} == {"words", "item"}
    assert "Launch review" in run("search", "Corrected", "--local")
    assert "Work" in run("calendars", "list")
