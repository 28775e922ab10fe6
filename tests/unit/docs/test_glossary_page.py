"""docs/glossary.md: each word that names code names something that is there, and no word stands twice."""

import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE, flags=re.MULTILINE)
WORDS = [word for word, _ in ROWS if word not in {"word", "---"} and not word.startswith("---")]
CODE = [(word, name) for word in WORDS for name in re.findall(r"`([\w.]+)`", word)]


@pytest.mark.parametrize("name", [name for _, name in CODE])
def test_what_a_word_names_is_there(name: str) -> None:
    module, _, last = name.rpartition(".")
    if last[0].isupper():
        found = getattr(import_module(f"minutebook.{module}"), last)
        assert isinstance(found, type)
        assert found.__module__ == f"minutebook.{module}", "the place where it is defined is named"
    else:
        import_module(f"minutebook.{name}")


def test_each_word_stands_once() -> None:
    plain = [each.strip() for word in WORDS for each in word.partition(" `")[0].split(",")]
    assert len(plain) > 50
    assert sorted(plain) == sorted(set(plain))
    assert len(CODE) == len({name for _, name in CODE})
