"""docs/security.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_promise_names_tests_that_exist() -> None:
    tables = [block for block in (ROOT / "docs/security.md").read_text().split("\n\n") if block.startswith("| promise")]
    rows = re.findall(r"^\| (?!promise|---)(.+) \| (.+) \|$", "\n".join(tables), re.MULTILINE)
    assert len(rows) > 15
    for promise, tested in rows:
        places = re.findall(r"`(tests/[^`]+)`", tested)
        assert places, promise
        assert all((ROOT / place).exists() for place in places), (promise, places)
