"""A release, up to the point where it becomes public: `make release VERSION=1.2.3`.

Writes the version and the changelog (from `changelog.d/`), builds the wheel into `dist/`, checks that it holds every
file of the source and that the program in it starts and knows its version. Publishing stays with a person: the commands
are printed. Nothing is written before the checks of the working tree have passed; `git checkout .` takes the rest back.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
PLACES = {"pyproject.toml": 'version = "{}"', "src/minutebook/__init__.py": '__version__ = "{}"'}


class NotReadyError(Exception):
    """Why there is no release; the text says what to do."""


def ready(root: Path, version: str, current: str) -> None:
    """Raises `NotReadyError` unless the version is new and well-formed, the tree clean, and a change there to tell."""
    if not VERSION.fullmatch(version):
        raise NotReadyError(f"{version!r} is no version like 1.2.3 or 1.2.3rc1.")
    if version == current:
        raise NotReadyError(f"{version} is the version already.")
    if _run(root, "git", "status", "--porcelain"):
        raise NotReadyError("The working tree has changes: commit or remove them first.")
    if _run(root, "git", "tag", "--list", f"v{version}"):
        raise NotReadyError(f"The tag v{version} is there already.")
    if not list((root / "changelog.d").glob("+*.md")):
        raise NotReadyError("changelog.d holds no change: there is nothing to release.")


def version_of(root: Path) -> str:
    """The version that pyproject.toml names."""
    found = re.search(r'^version = "(.+)"$', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise NotReadyError("pyproject.toml names no version.")
    return found[1]


def write_version(root: Path, current: str, version: str) -> None:
    """Put the new version wherever it stands; raises `NotReadyError` where the old one does not stand once."""
    for name, line in PLACES.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        if text.count(line.format(current)) != 1:
            raise NotReadyError(f"{name} does not say {line.format(current)!r} once.")
        path.write_text(text.replace(line.format(current), line.format(version)), encoding="utf-8")


def write_changelog(root: Path, version: str) -> None:
    """Move the fragments into CHANGELOG.md."""
    _run(root, sys.executable, "-m", "towncrier", "build", "--yes", "--version", version)


def build_wheel(root: Path, source: str = ".") -> Path:
    """The wheel of a folder with a pyproject.toml, in `dist/`."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist", source)
    _run(root, *pip)
    return max((root / "dist").glob("*.whl"), key=lambda each: each.stat().st_mtime)


def check_wheel(root: Path, wheel: Path, version: str) -> None:
    """Raises `NotReadyError` when the wheel lacks a file of the source, or the program does not start from it."""
    sources = {each.removeprefix("src/") for each in _run(root, "git", "ls-files", "src/minutebook").splitlines()}
    with zipfile.ZipFile(wheel) as packed:
        missing = sorted(sources - set(packed.namelist()))
        if missing:
            raise NotReadyError(f"The wheel lacks {', '.join(missing)}.")
        with tempfile.TemporaryDirectory() as folder:
            packed.extractall(folder)
            said = subprocess.run(
                [sys.executable, "-m", "minutebook", "--version"],
                cwd=folder,
                env={"PYTHONPATH": folder, "PATH": ""},
                capture_output=True,
                text=True,
                check=False,
            )
    if said.stdout.strip() != version:
        raise NotReadyError(f"The program in the wheel says {(said.stdout + said.stderr).strip()!r}, not {version}.")


def _run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReadyError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("version")
    version = parser.parse_args().version
    try:
        current = version_of(ROOT)
        ready(ROOT, version, current)
        write_version(ROOT, current, version)
        write_changelog(ROOT, version)
        wheel = build_wheel(ROOT)
        check_wheel(ROOT, wheel, version)
        client = build_wheel(ROOT, "packaging/client")
    except NotReadyError as error:
        sys.exit(f"release: {error}")
    print(f"{wheel.relative_to(ROOT)} is built and starts. Look at the changelog, run `make check`, then:")
    print(f"  git commit --all --message 'Release {version}' && git tag v{version} && git push origin HEAD v{version}")
    print(f"  and upload {wheel.name} and {client.name} to the package index.")


if __name__ == "__main__":
    main()
