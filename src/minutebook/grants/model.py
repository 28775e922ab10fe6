"""What a token endpoint gives."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Granted:
    """A fresh access token, good for `life_s` seconds from the answer. `refresh_token` is set when the provider has
    replaced the one that was used; `scopes` when it says what may be done."""

    access_token: str = field(repr=False)
    life_s: float
    refresh_token: str | None = field(default=None, repr=False)
    scopes: str | None = None
