"""tools/release.py in a repository of its own."""

import subprocess
import zipfile
from pathlib import Path

import pytest
from tools.release import NotReadyError, check_wheel, ready, version_of, write_changelog, write_version

ROOT = Path(__file__).parents[3]


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "src/minutebook/__init__.py", "CHANGELOG.md"):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "+webex.added.md").write_text("Bots join Webex.\n", encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--message", "Begin")
    return tmp_path


def test_version_and_changelog_are_written(repository: Path) -> None:
    current = version_of(repository)
    ready(repository, "7.8.9", current)
    write_version(repository, current, "7.8.9")
    write_changelog(repository, "7.8.9")
    assert version_of(repository) == "7.8.9"
    assert '__version__ = "7.8.9"' in (repository / "src" / "minutebook" / "__init__.py").read_text(encoding="utf-8")
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## 7.8.9 (" in changelog
    assert "- Bots join Webex." in changelog
    assert list(repository.glob("changelog.d/*")) == []


@pytest.mark.parametrize(
    ("version", "spoil", "reason"),
    [
        ("1.2", "", "no version like"),
        ("v1.2.3", "", "no version like"),
        ("{current}", "", "the version already"),
        ("7.8.9", "dirty", "has changes"),
        ("7.8.9", "tagged", "there already"),
        ("7.8.9", "nothing new", "nothing to release"),
    ],
)
def test_what_is_not_ready_is_refused(repository: Path, version: str, spoil: str, reason: str) -> None:
    current = version_of(repository)
    if spoil == "dirty":
        (repository / "new.txt").write_text("", encoding="utf-8")
    if spoil == "tagged":
        git(repository, "tag", "v7.8.9")
    if spoil == "nothing new":
        git(repository, "rm", "changelog.d/+webex.added.md")
        git(repository, "commit", "--message", "Nothing")
    with pytest.raises(NotReadyError, match=reason):
        ready(repository, version.format(current=current), current)


def test_a_wheel_that_lacks_a_file_is_refused(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    wheel = tmp_path_factory.mktemp("wheel") / "minutebook.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("minutebook/other.py", "")
    with pytest.raises(NotReadyError, match=r"lacks minutebook/__init__\.py"):
        check_wheel(repository, wheel, "7.8.9")
