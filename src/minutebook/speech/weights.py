"""Where recognition models come from: bundled packages, a folder, or the model hub. sha256 guards the bundled."""

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.speech.catalogue.bundled import BUNDLED, BundledModel
from minutebook.speech.catalogue.entries import entries
from minutebook.speech.catalogue.places import folder_of, is_fetched

_BLOCK = 1 << 20


def locate(name: str, models_dir: Path) -> Path:
    """The folder of a ready model.

    `name` is a bundled model, a folder, or a name of the model hub (downloaded below `models_dir` once). Raises
    `MinutebookError` when the model cannot be had, is damaged, or is not a model.
    """
    if name in BUNDLED:
        return _bundled(BUNDLED[name], models_dir)
    if (folder := _fetched(name, models_dir)) is not None:
        return folder
    folder = Path(name).expanduser()
    return _checked_folder(folder) if folder.is_dir() else _from_hub(name, models_dir)


def fetched(name: str, models_dir: Path) -> Path:
    """The folder of a model that was fetched, or the folder of this name; raises `speech_model_missing`."""
    folder = _fetched(name, models_dir) or Path(name).expanduser()
    if not folder.is_dir():
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_model_missing",
            f"The speech model {name} is not there: run `minutebook models fetch {name}`, or give the path of a folder "
            "that holds it.",
        )
    return folder


def _fetched(name: str, models_dir: Path) -> Path | None:
    entry = next((entry for entry in entries() if entry.name == name), None)
    return folder_of(entry, models_dir) if entry and is_fetched(entry, models_dir) else None


def _bundled(model: BundledModel, models_dir: Path) -> Path:
    folder = models_dir / f"whisper-{model.name}"
    weights = folder / "model.bin"
    if weights.is_file():
        if _sha256(weights) == model.sha256:
            return folder
        shutil.rmtree(folder)
    return _assemble(model, folder)


def _assemble(model: BundledModel, folder: Path) -> Path:
    """Build the folder beside its place and rename it there: another process sees all of it or nothing."""
    sources = [_package_file(model, package, path) for package, path in model.parts]
    beside = [_package_file(model, package, path) for package, path in model.files]
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _concatenate(sources, scratch / "model.bin")
        if _sha256(scratch / "model.bin") != model.sha256:
            raise MinutebookError(
                Kind.UNAVAILABLE,
                "speech_model_damaged",
                f"The files of the speech model {model.name} are damaged: reinstall them with `{model.install}`.",
            )
        for file in beside:
            shutil.copyfile(file, scratch / file.name)
        _move_into_place(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def _move_into_place(scratch: Path, folder: Path) -> None:
    # As open as the folder that it is in: a temporary folder is closed to everybody else.
    scratch.chmod(stat.S_IMODE(folder.parent.stat().st_mode))
    try:
        scratch.rename(folder)
    except OSError:
        if not (folder / "model.bin").is_file():
            raise  # else another process was first, with the same bytes


def _package_file(model: BundledModel, package: str, path: str) -> Path:
    spec = importlib.util.find_spec(package)
    file = Path(spec.origin).parent / path if spec and spec.origin else None
    if file is None or not file.is_file():
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_model_missing",
            f"The speech model {model.name} is not installed: run `{model.install}`.",
        )
    return file


def _concatenate(sources: Iterable[Path], to: Path) -> None:
    with to.open("wb") as target:
        for source in sources:
            with source.open("rb") as part:
                shutil.copyfileobj(part, target, _BLOCK)
        target.flush()
        os.fsync(target.fileno())


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _checked_folder(folder: Path) -> Path:
    missing = [name for name in ("model.bin", "config.json") if not (folder / name).is_file()]
    if missing:
        raise invalid(
            "speech_model_invalid",
            f"The folder {folder} is not a CTranslate2 Whisper model: it has no {' and no '.join(missing)}.",
            field="speech.model",
        )
    return folder


def _from_hub(name: str, models_dir: Path) -> Path:
    from faster_whisper.utils import download_model
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(download_model(name, cache_dir=str(models_dir / "hub")))
    except (HFValidationError, ValueError) as error:
        raise invalid(
            "speech_model_unknown",
            f"There is no speech model {name!r}: use `base`, `tiny.en`, a folder with a CTranslate2 Whisper model, "
            "or a name of the model hub.",
            field="speech.model",
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "speech_model_unreachable",
            f"The speech model {name!r} could not be downloaded from the model hub. Check the name and the network, "
            "or give the path of a folder that holds the model.",
            retryable=True,
        ) from error
