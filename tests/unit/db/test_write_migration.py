"""The next migration is written from the difference between history and tables."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, String, Table, create_engine

from minutebook.db.database import metadata
from minutebook.db.migrations import run
from minutebook.db.migrations.compare import differences, load_tables, write_revision
from minutebook.db.types import UtcDateTime


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that may be written to."""
    copy = tmp_path / "migrations"
    shutil.copytree(run.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(run, "FOLDER", copy)
    return copy


@pytest.fixture
def extra_table() -> Iterator[Table]:
    load_tables()
    table = Table("extras", metadata, Column("id", String(36), primary_key=True), Column("at", UtcDateTime))
    yield table
    metadata.remove(table)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


def test_nothing_new_is_not_written(history: Path, engine: Engine) -> None:
    load_tables()
    with engine.connect() as connection:
        run.upgrade(connection)
        assert write_revision(connection, "nothing") is None


def test_a_new_table_is_written_and_runs(history: Path, engine: Engine, extra_table: Table) -> None:
    before = sorted(path.name for path in (history / "versions").glob("*.py"))
    with engine.connect() as connection:
        run.upgrade(connection)
        assert differences(connection) != []
        path = write_revision(connection, "add extras")
        assert path is not None
        text = Path(path).read_text()
        assert "extras" in text
        assert "sa.DateTime(timezone=True)" in text
        assert "minutebook." not in text, "a migration names no type of today's code"
        assert Path(path).name == f"{len(before) + 1:04d}_add_extras.py"
        run.upgrade(connection)
        assert differences(connection) == []


def test_migrations_know_no_table_of_today() -> None:
    for path in (run.FOLDER / "versions").glob("*.py"):
        assert "import minutebook" not in path.read_text()
        assert "from minutebook" not in path.read_text()
