"""Gradient descent over all data at once: the same data give the same weights."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
_FADE, _FADE_OF_SQUARES, _LEAST = 0.9, 0.999, 1e-8


def descended(slope: Callable[[Weights], Weights], start: Weights, steps: int, rate: float) -> Weights:
    """The weights after so many steps of Adam (Kingma & Ba 2015) with a rate that falls to nothing. `slope` gives the
    gradient of what is to be small, shaped as the weights are."""
    weights = start.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        down = slope(weights)
        first = _FADE * first + (1 - _FADE) * down
        second = _FADE_OF_SQUARES * second + (1 - _FADE_OF_SQUARES) * down**2
        length = rate * (1 - (step - 1) / steps)
        size = np.sqrt(second / (1 - _FADE_OF_SQUARES**step)) + _LEAST
        weights -= length * (first / (1 - _FADE**step)) / size
    return weights
