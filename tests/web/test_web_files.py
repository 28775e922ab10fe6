"""Scripts and style sheets: pinned, small, kept by browsers for as long as they stay the same."""

import gzip
import hashlib
import re
import tomllib

import httpx

from minutebook.api.web.static_files import FOLDER, file_url
from support.people import Held, Person

BUDGET_BYTES = 60 * 1024
"""Compressed script that a page may load."""


def test_foreign_files_are_the_pinned_ones() -> None:
    pinned = tomllib.loads((FOLDER / "vendor" / "assets.toml").read_text(encoding="utf-8"))["asset"]
    kept = {path.name for path in (FOLDER / "vendor").iterdir()} - {"assets.toml"}
    assert kept == {name for asset in pinned for name in asset["files"]}
    for asset in pinned:
        assert asset["licence"]
        for name, file in asset["files"].items():
            assert hashlib.sha256((FOLDER / "vendor" / name).read_bytes()).hexdigest() == file["sha256"], name


def scripts_of(page: str) -> set[str]:
    """The files a page's scripts come from, with what they import."""
    wanted = [
        name.rpartition("/static/")[2].partition("/")[2] for name in re.findall(r'<script[^>]*src="([^"]+)"', page)
    ]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += re.findall(r'from "\./([^"]+)"', (FOLDER / name).read_text(encoding="utf-8"))
    return found


async def test_script_stays_within_its_budget(ada: Person, held: Held) -> None:
    for path in ("/", held.path):
        files = scripts_of((await ada.open(path)).text)
        assert len(files) >= 3
        size = sum(len(gzip.compress((FOLDER / name).read_bytes())) for name in files)
        assert size < BUDGET_BYTES, (path, size)


async def test_marked_files_are_kept_for_good(client: httpx.AsyncClient) -> None:
    marked = await client.get(file_url("app.js"))
    assert marked.status_code == 200
    assert marked.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert marked.headers["content-type"].startswith("text/javascript")
    old = await client.get("/static/v-000000000000/app.js")
    assert old.headers["cache-control"] == "public, max-age=3600"
    assert (await client.get("/static/v-x/../render.py")).status_code == 404
    assert (await client.get("/static/v-x/")).status_code == 404
