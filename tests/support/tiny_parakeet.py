"""A tiny model of Parakeet TDT's form, made here: the same files, inputs and outputs, a few kilobytes.

Its encoder looks at nothing but the length of the sound and says one token in every fourth of its frames (0.32 s), its
joint network passes that on with a duration of one frame; so what it says is known.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

TOKENS = ("▁so", "▁it", "▁i", "s", ".")
BLANK = len(TOKENS)
DURATIONS = 5
EVERY = 4
SUBSAMPLING = 8
FRAME_S = 0.08
TEXT = "so it is."
"""What it says again and again, beginning with the first frame."""


def make(folder: Path) -> Path:
    """Write the model into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{token} {number}" for number, token in enumerate((*TOKENS, "<blk>"))]
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = '{"model_type": "nemo-conformer-tdt", "features_size": 128, "subsampling_factor": 8}'
    (folder / "config.json").write_text(config, encoding="utf-8")
    _save(_encoder(), folder / "encoder-model.int8.onnx")
    _save(_joint(), folder / "decoder_joint-model.int8.onnx")
    return folder


def _patterns() -> NDArray[np.float32]:
    """Logits [frames of one round, tokens and durations]: a token in every fourth frame, blank in the others."""
    size = BLANK + 1 + DURATIONS
    rows = np.full((EVERY * len(TOKENS), size), -4.0, dtype=np.float32)
    rows[:, BLANK] = 4.0
    for number in range(len(TOKENS)):
        rows[EVERY * number, [number, BLANK]] = 4.0, -4.0
    rows[:, BLANK + 1 + 1] = 4.0  # one frame further
    return rows


def _encoder() -> Any:
    constants = {
        "patterns": _patterns(),
        "round": np.array(EVERY * len(TOKENS), np.int64),
        "subsampling": np.array(SUBSAMPLING, np.int64),
        "one": np.array(1, np.int64),
        "zero": np.array(0, np.int64),
        "axes": np.array([0], np.int64),
    }
    nodes = [
        helper.make_node("Sub", ["length", "one"], ["before"]),
        helper.make_node("Div", ["before", "subsampling"], ["steps"]),
        helper.make_node("Add", ["steps", "one"], ["encoded_lengths"]),
        helper.make_node("ReduceMax", ["encoded_lengths"], ["frames"], keepdims=0),
        helper.make_node("Range", ["zero", "frames", "one"], ["numbers"]),
        helper.make_node("Mod", ["numbers", "round"], ["places"]),
        helper.make_node("Gather", ["patterns", "places"], ["rows"], axis=0),
        helper.make_node("Transpose", ["rows"], ["columns"], perm=[1, 0]),
        helper.make_node("Unsqueeze", ["columns", "axes"], ["outputs"]),
    ]
    inputs = [_value("audio_signal", TensorProto.FLOAT, ["b", 128, "t"]), _value("length", TensorProto.INT64, ["b"])]
    outputs = [
        _value("outputs", TensorProto.FLOAT, ["b", "d", "f"]),
        _value("encoded_lengths", TensorProto.INT64, ["b"]),
    ]
    return _model(nodes, inputs, outputs, constants)


def _joint() -> Any:
    size = BLANK + 1 + DURATIONS
    constants = {"shape": np.array([1, 1, 1, size], np.int64)}
    nodes = [
        helper.make_node("Reshape", ["encoder_outputs", "shape"], ["outputs"]),
        helper.make_node("Identity", ["input_states_1"], ["output_states_1"]),
        helper.make_node("Identity", ["input_states_2"], ["output_states_2"]),
    ]
    states = [_value(f"input_states_{n}", TensorProto.FLOAT, [2, 1, 8]) for n in (1, 2)]
    inputs = [
        _value("encoder_outputs", TensorProto.FLOAT, [1, size, 1]),
        _value("targets", TensorProto.INT32, [1, 1]),
        _value("target_length", TensorProto.INT32, [1]),
        *states,
    ]
    outputs = [
        _value("outputs", TensorProto.FLOAT, [1, 1, 1, size]),
        *(_value(f"output_states_{n}", TensorProto.FLOAT, [2, 1, 8]) for n in (1, 2)),
    ]
    return _model(nodes, inputs, outputs, constants)


def _value(name: str, kind: int, shape: list[int | str]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def _model(nodes: list[Any], inputs: list[Any], outputs: list[Any], constants: dict[str, Any]) -> Any:
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, held)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _save(model: Any, to: Path) -> None:
    onnx.checker.check_model(model)
    onnx.save(model, str(to))
