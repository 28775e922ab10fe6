"""docs/configuration.md and the settings agree, in both directions."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from minutebook.config import Settings

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def settings_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", field


ALL = dict(settings_of(Settings, "MINUTEBOOK_"))
ROWS = dict(re.findall(r"^\| `(MINUTEBOOK_\w+)` \| (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_setting_is_documented(name: str) -> None:
    row = ROWS[name]
    assert ALL[name].description
    assert ALL[name].description in row
    default = ALL[name].default
    if ALL[name].default_factory is None and default is not None:
        assert f"`{default}`" in row


def test_every_documented_setting_exists() -> None:
    assert set(ROWS) == set(ALL)
