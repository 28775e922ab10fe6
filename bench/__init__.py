"""Measurements of quality and speed, run by hand (`make bench`), never as tests; `support` is shared with the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
