"""The neural networks that travel with the package. `NOTICE` says where they come from and under which licences."""

import hashlib
import importlib
from enum import Enum
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minutebook.errors import Kind, MinutebookError


class Model(Enum):
    """A bundled network: file name and SHA-256 of its content."""

    SEGMENTATION = (
        "pyannote-segmentation-3.0.onnx",
        "74e527d66add2ec35afe16567a97d105eb6518e8147cd13c883a7ffc07eca44b",
    )
    EMBEDDING = (
        "campplus.onnx",
        "24807117e0ad1a58c056149d8635e58da41c029b246364c28ae4d71d723d9d38",
    )

    @property
    def filename(self) -> str:
        """Name of the file beside this module."""
        return self.value[0]

    @property
    def sha256(self) -> str:
        """Hexadecimal digest that the file must have."""
        return self.value[1]


def read(model: Model, folder: Path | None = None) -> bytes:
    """The bytes of a bundled network, checked.

    Raises `MinutebookError` (unavailable, `model_missing` or `model_damaged`) when the file is not the one shipped.
    """
    source = files(__package__) if folder is None else folder
    try:
        with as_file(source / model.filename) as path:
            content = path.read_bytes()
    except FileNotFoundError:
        raise MinutebookError(
            Kind.UNAVAILABLE, "model_missing", f"The model {model.filename} is missing. Install minutebook again."
        ) from None
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise MinutebookError(
            Kind.UNAVAILABLE,
            "model_damaged",
            f"The model {model.filename} is not the one that was shipped. Install minutebook again.",
        )
    return content


class Network:
    """A bundled network, loaded, with one array in and one array out.

    `threads` is the number of processor threads (0: one per core). Idle threads sleep instead of spinning: spinning
    costs processor time that recognition needs.
    """

    def __init__(self, model: Model, threads: int = 0) -> None:
        # onnxruntime declares no types and does not mark what it exports.
        onnxruntime: Any = importlib.import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(read(model), options, providers=["CPUExecutionProvider"])
        (self._input,) = [node.name for node in self._session.get_inputs()]

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's only output for `values`."""
        (output,) = self._session.run(None, {self._input: values})
        return np.asarray(output, dtype=np.float32)
