"""`python tools/half_precision.py SOURCE TARGET`: an ONNX file whose larger weights are kept in half precision.

They are widened again when the file is loaded, so that the arithmetic, its speed and its memory stay what they were.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST = 1024
"""Numbers of a tensor from which halving it is worth a node."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its larger weights in half precision."""
    graph = model.graph
    for tensor in [t for t in graph.initializer if t.data_type == TensorProto.FLOAT and np.prod(t.dims) >= LEAST]:
        name = f"{tensor.name}_half"
        kept = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name)
        graph.initializer.remove(tensor)
        graph.initializer.append(kept)
        graph.node.insert(0, helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    return model


if __name__ == "__main__":
    onnx.save(halved(onnx.load(sys.argv[1])), sys.argv[2])
