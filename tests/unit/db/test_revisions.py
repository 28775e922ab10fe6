"""The migrations are one chain, and a file's name tells its place."""

from pathlib import Path

from alembic.script import ScriptDirectory

from minutebook.db.migrations.run import FOLDER


def test_revisions_are_one_chain_in_the_order_of_their_files() -> None:
    files = sorted(path.name.split("_")[0] for path in (Path(FOLDER) / "versions").glob("[0-9]*.py"))
    chain = [each.revision for each in ScriptDirectory(str(FOLDER)).walk_revisions()]
    assert chain[::-1] == files
    assert len(set(files)) == len(files)
