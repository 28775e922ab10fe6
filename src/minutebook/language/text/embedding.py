"""Sentence vectors from WordLlama's 256-dimensional table, which its package carries.

The table and its tokenizer are read directly: importing `wordllama` reconfigures the program's root logger, and its
loader looks for the tokenizer in a folder that its package does not have and then asks a model hub.
"""

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
DIMENSIONS = 256


@lru_cache(maxsize=1)
def _model() -> tuple[Any, Vectors]:
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The package `wordllama` is not installed.")
    folder = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    table = load_file(str(folder / "weights" / "l2_supercat_256.safetensors"))["embedding.weight"]
    return tokenizer, table


def embed(texts: Sequence[str]) -> Vectors:
    """Unit vectors, shape (len(texts), 256): the mean of the token vectors; zeros for an empty text."""
    tokenizer, table = _model()
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        ids = np.asarray(tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.int64)
        if ids.size:
            vectors[row] = table[np.minimum(ids, len(table) - 1)].astype(np.float32).mean(axis=0)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.where(norms > 0, norms, 1.0)).astype(np.float32)
    return unit


@lru_cache(maxsize=4096)
def _vector(text: str) -> Vectors:
    vector: Vectors = embed([text])[0]
    return vector


def similarity(one: str, other: str) -> float:
    """Cosine similarity of two texts, -1 to 1."""
    return float(_vector(one) @ _vector(other))
