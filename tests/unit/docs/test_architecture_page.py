"""The page of the architecture names every folder."""

from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_folder_has_its_line() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    folders = {path.parent.name for path in (ROOT / "src" / "minutebook").glob("*/__init__.py")}
    assert len(folders) > 20
    assert not {name for name in folders if f"`{name}/`" not in page}
