"""How likely each voice has each name, when a name belongs to one voice."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_HIGHEST = 30.0
"""Log-odds above which nothing gets likelier."""


def likelihoods(scores: Numbers, strangers: Numbers) -> Numbers:
    """Probabilities [talks, voices, names], over every way of giving the voices of a talk different names or none.

    `scores` are log-odds of that shape, -inf where a talk has no such name or voice; `strangers` those of having no
    name [talks, voices]. Exact: sums over sets of names, from both ends of the voices (forward and backward), so that
    work doubles with each name."""
    talks, voices, names = scores.shape
    weight, alone = np.exp(np.minimum(scores, _HIGHEST)), np.exp(strangers)
    having, lacking = _halves(names)
    ahead, behind = [_nobody(talks, names)], [_nobody(talks, names)]
    for voice in range(voices):
        for sums, at in ((ahead, voice), (behind, voices - 1 - voice)):
            after = sums[-1] * alone[:, at, None]
            for name in range(names):
                after[:, having[name]] += sums[-1][:, lacking[name]] * weight[:, at, name, None]
            sums.append(after / after.max(axis=1, keepdims=True))
    likely = np.zeros((talks, voices, names + 1))
    for voice in range(voices):
        before, free = ahead[voice], _over_subsets(behind[voices - 1 - voice])[:, ::-1]
        likely[:, voice, names] = (before * free).sum(axis=1) * alone[:, voice]
        for name in range(names):
            both = before[:, lacking[name]] * free[:, having[name]]
            likely[:, voice, name] = both.sum(axis=1) * weight[:, voice, name]
    shares: Numbers = likely / likely.sum(axis=2, keepdims=True)
    return shares[:, :, :names]


def _halves(names: int) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
    """For each name the sets (as bits) that have it, and the same ones without it."""
    sets = np.arange(2**names)
    having = [sets[(sets >> name & 1).astype(bool)] for name in range(names)]
    return having, [some - 2**name for name, some in enumerate(having)]


def _over_subsets(weights: Numbers) -> Numbers:
    """For each set of names the sum of the weights of all sets within it."""
    names = weights.shape[1].bit_length() - 1
    summed = weights.copy()
    for having, lacking in zip(*_halves(names), strict=True):
        summed[:, having] += summed[:, lacking]
    return summed


def _nobody(talks: int, names: int) -> Numbers:
    start = np.zeros((talks, 2**names))
    start[:, 0] = 1.0
    return start
