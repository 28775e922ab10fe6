"""Which clips are decoded together."""

from collections.abc import Sequence


def cheapest_batches(lengths: Sequence[float], size: int, total: float, cost: float) -> list[slice]:
    """Divide ascending `lengths` so that the work is least (dynamic programming).

    A batch costs its longest length times its number of items and `cost` more: every step of a decoder costs something
    however many items it serves. A batch has at most `size` items and `total` length.
    """
    best, start_of = [0.0], [0]
    for end in range(1, len(lengths) + 1):
        longest = lengths[end - 1]
        most = max(1, min(size, end, int(total / longest)))
        price, start = min((best[end - n] + (n + cost) * longest, end - n) for n in range(1, most + 1))
        best.append(price)
        start_of.append(start)
    batches, end = [], len(lengths)
    while end:
        batches.append(slice(start_of[end], end))
        end = start_of[end]
    return batches[::-1]
