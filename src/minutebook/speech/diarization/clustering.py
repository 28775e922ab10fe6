"""How many voices there are, and which pieces belong to which.

Agglomerative clustering of unit vectors. Two groups are compared by the mean cosine between them, divided by the
geometric mean of the mean cosines within them, all taken above the mean cosine of unrelated voices: a correlation
corrected for attenuation (Spearman, "The proof and measurement of association between two things", 1904). It is near
1 for two halves of one voice, however noisy their embeddings are, and near 0 for unrelated voices. So one limit serves
recordings whose voices lie far apart and recordings whose voices lie close together, where a fixed cosine distance
merges some.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGEST_MATRIX = 2000
"""More groups than this are first reduced block by block, so that memory does not grow with the square."""
BLOCK = 1000
LEAST_COHESION = 0.05
"""Keeps the correction finite for a group of unrelated pieces."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of pieces in the form in which they can be compared and added up.

    `sums` [G, D] are weighted sums of unit vectors, `weights` [G] the sums of the weights (seconds), `squares` [G] the
    sums of their squares; `members` [P] is the group of each piece.
    """

    sums: Floats
    weights: Floats
    squares: Floats
    members: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weights)

    def between(self, first: int, last: int) -> "Groups":
        """Groups `first` to `last` - 1, without their members."""
        rows = slice(first, last)
        return Groups(self.sums[rows], self.weights[rows], self.squares[rows], np.empty(0, dtype=np.int64))

    def heavier(self, least: float) -> "Groups":
        """The groups that weigh at least `least`, or the heaviest one; without their members."""
        rows = self.weights >= min(least, float(self.weights.max()))
        return Groups(self.sums[rows], self.weights[rows], self.squares[rows], np.empty(0, dtype=np.int64))

    def joined(self, to: NDArray[np.int64]) -> "Groups":
        """Add up the groups that `to` [G] sends to the same new group (0 … max)."""
        size = int(to.max()) + 1 if len(to) else 0
        sums = np.zeros((size, self.sums.shape[1]))
        np.add.at(sums, to, self.sums)
        return Groups(
            sums,
            np.bincount(to, self.weights, size).astype(np.float64),
            np.bincount(to, self.squares, size).astype(np.float64),
            to[self.members],
        )


def singletons(embeddings: NDArray[np.float32], weights: Floats) -> Groups:
    """Every piece a group of its own."""
    sums = embeddings.astype(np.float64) * weights[:, None]
    return Groups(sums, weights.astype(np.float64), weights.astype(np.float64) ** 2, np.arange(len(weights)))


def repeated(embeddings: NDArray[np.float32], distance: float) -> NDArray[np.bool_]:
    """Which pieces [P] have a cosine distance of at most `distance` from an earlier piece.

    A passage that comes again (a jingle, a looped file) says nothing new about a voice and would make it look more
    uniform than it is.
    """
    found = np.zeros(len(embeddings), dtype=bool)
    for first in range(0, len(embeddings), BLOCK):
        block = embeddings[first : first + BLOCK]
        cosines = np.tril(block @ embeddings[: first + len(block)].T, first - 1)
        found[first : first + len(block)] = (cosines >= 1 - distance).any(axis=1)
    return found


@dataclass(frozen=True, slots=True)
class Cohesion:
    """How mean cosines are judged.

    Before a group's own pieces are counted, the mean cosine within it is taken to be `expected`, as firmly as if pairs
    of pieces worth `prior_s2` square seconds had shown it. All cosines count from `unrelated` upwards, the mean cosine
    of unrelated voices.
    """

    expected: float
    prior_s2: float
    unrelated: float

    def within(self, norms: Floats, weights: Floats, squares: Floats) -> Floats:
        """The mean cosine (above unrelated) between different pieces of groups.

        `norms` are the squared norms of the groups' sums.
        """
        mean = (norms - squares + self.prior_s2 * self.expected) / (weights**2 - squares + self.prior_s2)
        return np.maximum(mean - self.unrelated, LEAST_COHESION)


def merge(groups: Groups, cohesion: Cohesion, limit: float, fewest: int = 1) -> Groups:
    """Join the most similar groups until no two reach `limit`, or `fewest` are left.

    Many groups are first reduced to a quarter, most similar first, within blocks of neighbours in time: a voice has
    far more than four pieces among any `BLOCK`, and at that stage only pieces of one voice are that similar.
    """
    while len(groups) > LARGEST_MATRIX:
        groups = groups.joined(_reduced(groups, cohesion))
    return groups.joined(_merge(groups, cohesion, limit, fewest))


def _reduced(groups: Groups, cohesion: Cohesion) -> NDArray[np.int64]:
    parts, found = [], 0
    for first in range(0, len(groups), BLOCK):
        block = groups.between(first, first + BLOCK)
        part = _merge(block, cohesion, -np.inf, -(-len(block) // 4))
        parts.append(part + found)
        found += int(part.max()) + 1
    return np.concatenate(parts)


def _merge(groups: Groups, cohesion: Cohesion, limit: float, fewest: int) -> NDArray[np.int64]:
    """The new group [G] of each group, numbered by first member."""
    state = _Merging(groups, cohesion)
    left = len(groups)
    while left > max(fewest, 1):
        first, second, score = state.closest()
        if score < limit:
            break
        state.join(first, second)
        left -= 1
    return state.labels()


class _Merging:
    """Agglomeration in progress: scores of all pairs, and for each group its best partner."""

    def __init__(self, groups: Groups, cohesion: Cohesion) -> None:
        self._cohesion = cohesion
        self._weights, self._squares = groups.weights.copy(), groups.squares.copy()
        self._gram = groups.sums @ groups.sums.T
        self._scale = self._weights * np.sqrt(cohesion.within(np.diag(self._gram), self._weights, self._squares))
        above = self._gram - cohesion.unrelated * np.outer(self._weights, self._weights)
        self._scores = above / np.outer(self._scale, self._scale)
        np.fill_diagonal(self._scores, -np.inf)
        self._partner = self._scores.argmax(axis=1)
        self._best = self._scores[np.arange(len(groups)), self._partner]
        self._into = np.arange(len(groups))

    def closest(self) -> tuple[int, int, float]:
        first = int(self._best.argmax())
        return first, int(self._partner[first]), float(self._best[first])

    def join(self, first: int, second: int) -> None:
        keep, drop = min(first, second), max(first, second)
        self._into[self._into == drop] = keep
        self._gram[keep] += self._gram[drop]
        self._gram[:, keep] += self._gram[:, drop]
        self._weights[keep] += self._weights[drop]
        self._squares[keep] += self._squares[drop]
        self._scores[drop] = self._scores[:, drop] = -np.inf
        self._best[drop] = -np.inf
        self._rescore(keep)
        self._find_partners(keep, drop)

    def _rescore(self, group: int) -> None:
        norm = self._gram[group, group]
        within = self._cohesion.within(norm, self._weights[group], self._squares[group])
        self._scale[group] = self._weights[group] * np.sqrt(within)
        alive = np.isfinite(self._best)
        alive[group] = False
        above = self._gram[group] - self._cohesion.unrelated * self._weights * self._weights[group]
        scores = np.where(alive, above / (self._scale * self._scale[group]), -np.inf)
        self._scores[group] = self._scores[:, group] = scores

    def _find_partners(self, group: int, dropped: int) -> None:
        scores = self._scores[group]
        closer = scores > self._best
        self._partner[closer], self._best[closer] = group, scores[closer]
        stale = np.isfinite(self._best) & ((self._partner == group) | (self._partner == dropped)) & ~closer
        stale[group] = True
        for row in np.flatnonzero(stale):
            self._partner[row] = self._scores[row].argmax()
            self._best[row] = self._scores[row, self._partner[row]]

    def labels(self) -> NDArray[np.int64]:
        return np.unique(self._into, return_inverse=True)[1].reshape(-1).astype(np.int64)
