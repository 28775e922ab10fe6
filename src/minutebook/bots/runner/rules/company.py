"""Who in a call is another bot: a meeting of bots is over. Pure; the names are data."""

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files


@lru_cache(maxsize=512)
def is_bot(name: str) -> bool:
    """Whether a participant of this name takes notes rather than part. Somebody without a name is a person."""
    return _names().search(name) is not None


@cache
def _names() -> re.Pattern[str]:
    data = tomllib.loads(files(__package__).joinpath("other_bots.toml").read_text(encoding="utf-8"))
    return re.compile("|".join(data["names"]), re.IGNORECASE)
