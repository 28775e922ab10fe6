"""docs/security.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_promise_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (?!promise|---)(.+) \| (.+) \|$", (ROOT / "docs/security.md").read_text(), re.MULTILINE)
    assert len(rows) > 15
    for promise, tested in rows:
        places = re.findall(r"`(tests/[^`]+)`", tested)
        assert places, promise
        assert all((ROOT / place).exists() for place in places), (promise, places)
