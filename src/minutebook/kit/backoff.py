"""How long to wait before trying again. Pure: a count of failures comes in, seconds go out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Grows geometrically from `first_s` to `longest_s`. `jitter` is the share of a delay that chance may take away,
    so that many who failed together do not come back together."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 30.0
    jitter: float = 0.0

    def delay_s(self, failures: int, chance: float = 0.0) -> float:
        """Seconds to wait after so many failures in a row (1 or more); `chance` is random in [0, 1)."""
        steps = min(max(failures, 1) - 1, 64)
        return min(self.first_s * self.factor**steps, self.longest_s) * (1 - self.jitter * chance)
