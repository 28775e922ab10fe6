"""The page of a long meeting in a real Chromium: first paint, script, memory, frames while it is scrolled.

    python -m bench.page [--hours 3] [--words 30000] [--opened 3] [--scrolled 3]

A server on loopback holds one meeting of so many words: its voices, words and sound (silence) are generated, its note
is written by the real rules. The page is opened by a fresh browser context each time, as a laptop and as a phone, and
its transcript is scrolled by the wheel. On a busy machine look at the processor's milliseconds per frame, and at the
frames of an empty page that is scrolled in the same way: no page can be smoother than that.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from minutebook.api.web.static_files import FOLDER
from support.calls.chromium import CHROMIUM
from support.site import Site, Talk

SIZES = {"laptop": (1280, 800), "phone": (390, 844)}
LINE_WORDS = 12
SEED = 20_261_130
RATE_HZ = 8000
PATIENCE_MS = 60_000
EMPTY = "<!doctype html><style>body { margin: 0 } div { height: 60000px }</style><main id=pane><div></div></main>"

FRAMES = """async ([selector, seconds]) => {
  const chosen = document.querySelector(selector);
  const pane = chosen && chosen.scrollHeight > chosen.clientHeight + 1 ? chosen : document.scrollingElement;
  const times = [];
  await new Promise((done, stuck) => {
    // A browser that draws nothing any more would have the measurement wait for ever.
    setTimeout(() => stuck(new Error(`${times.length} frames in ${seconds * 20} s`)), seconds * 20000);
    const frame = (now) => {
      times.push(now);
      pane.scrollTop += 40;
      if (now - times[0] < seconds * 1000) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  });
  return { times, top: pane.scrollTop };
}"""


def talk_of(hours: float, words: int) -> Talk:
    """Lines of four voices, the same for the same seed; every fiftieth is something that a note takes up."""
    drawn, lines = random.Random(SEED), words // LINE_WORDS
    turns = json.loads((Path(__file__).parents[1] / "tests/data/meetings/launch.turns.json").read_text("utf-8"))
    vocabulary = sorted({word for turn in turns for word in re.findall(r"[a-z]{2,}", turn["text"])})
    step = hours * 3600 / lines
    made = []
    for number in range(lines):
        promise = number % 50 == 7
        said = "I will send the figures of part " if promise else ""
        said += " ".join(drawn.choices(vocabulary, k=LINE_WORDS - len(said.split())))
        voice = f"speaker_{drawn.randrange(4) + 1}"
        made.append((voice, number * step, number * step + step * 0.9, f"{said[0].upper()}{said[1:]}."))
    return made


def silence(folder: Path, hours: float) -> Path:
    """A recording of that length."""
    file = folder / "silence.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE_HZ)
        for _ in range(round(hours * 60)):
            sound.writeframes(b"\x80" * (60 * RATE_HZ))
    return file


def fresh(browser: Browser, size: str) -> Page:
    """A blank page in a context of its own, whose caches are empty."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def watched(page: Page) -> CDPSession:
    """Chromium's developer tools on a page."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    return devtools


def opened(browser: Browser, site: Site, size: str, path: str) -> tuple[Page, CDPSession]:
    """The page as its owner opens it."""
    page = fresh(browser, size)
    page.context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    devtools = watched(page)
    page.goto(site.url + path, wait_until="load")
    return page, devtools


def figures_of(devtools: CDPSession) -> dict[str, float]:
    """Chromium's own counts of a page: seconds of work, bytes, elements."""
    return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}


def first_paint(browser: Browser, site: Site, size: str, path: str) -> dict[str, float]:
    """Milliseconds from the click on a link until something is seen, and what they went into."""
    page, devtools = opened(browser, site, size, path)
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    page.wait_for_timeout(500)
    shown = page.evaluate(
        """() => ({
          first_paint_ms: performance.getEntriesByName('first-contentful-paint')[0].startTime,
          answered_ms: performance.getEntriesByType('navigation')[0].responseStart,
          received_ms: performance.getEntriesByType('navigation')[0].responseEnd,
          loaded_ms: performance.getEntriesByType('navigation')[0].loadEventEnd,
        })"""
    )
    counts = figures_of(devtools)
    page.context.close()
    work = {"script_ms": "ScriptDuration", "layout_ms": "LayoutDuration", "style_ms": "RecalcStyleDuration"}
    return {
        **shown,
        **{name: counts[part] * 1000 for name, part in {**work, "all_work_ms": "TaskDuration"}.items()},
        "heap_mb": counts["JSHeapUsedSize"] / 1e6,
        "elements": counts["Nodes"],
    }


def scrolling(browser: Browser, site: Site, size: str, path: str, seconds: float) -> dict[str, float]:
    """Frames a second, the slowest ones, and the work that each took."""
    page, devtools = opened(browser, site, size, path) if path else empty(browser, size)
    page.wait_for_timeout(500)
    before = figures_of(devtools)
    shown = page.evaluate(FRAMES, ["#pane", seconds])
    after = figures_of(devtools)
    gaps = sorted(b - a for a, b in zip(shown["times"], shown["times"][1:], strict=False))
    page.context.close()
    return {
        "frames_a_second": 1000 * len(gaps) / sum(gaps),
        "gap_p95_ms": gaps[int(len(gaps) * 0.95) - 1],
        "longest_gap_ms": gaps[-1],
        "work_a_frame_ms": (after["TaskDuration"] - before["TaskDuration"]) * 1000 / len(gaps),
        "scrolled_px": shown["top"],
        "heap_mb": after["JSHeapUsedSize"] / 1e6,
    }


def empty(browser: Browser, size: str) -> tuple[Page, CDPSession]:
    """A page with nothing but something to scroll. It comes from no server: on top of an answer in JSON Chromium drew
    no frame at all."""
    page = fresh(browser, size)
    page.set_content(EMPTY)
    return page, watched(page)


def served(site: Site, path: str) -> dict[str, float]:
    """Size of the page's HTML and time to make it."""
    took, html = [], b""
    with httpx.Client(base_url=site.url, cookies={"minutebook_session": site.session()}, timeout=60) as http:
        for _ in range(5):
            begun = time.perf_counter()
            html = http.get(path).raise_for_status().content
            took.append((time.perf_counter() - begun) * 1000)
    return {
        "made_in_ms": statistics.median(took),
        "html_kb": len(html) / 1024,
        "compressed_kb": len(gzip.compress(html, 6)) / 1024,
    }


def scripts_kb(site: Site, browser: Browser, path: str) -> float:
    """Compressed script that a page loads, htmx included."""
    names: list[str] = []
    page = fresh(browser, "laptop")
    page.context.add_cookies([{"name": "minutebook_session", "value": site.session(), "url": site.url}])
    page.on("request", lambda asked: names.append(asked.url) if asked.resource_type == "script" else None)
    page.goto(site.url + path, wait_until="load")
    page.context.close()
    files = {re.sub(r".*/static/[^/]+/", "", name) for name in names}
    return sum(len(gzip.compress((FOLDER / name).read_bytes())) for name in files) / 1024


def median_of(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: round(statistics.median(run[name] for run in runs), 1) for name in runs[0]}


def measure(site: Site, path: str, times: int, seconds: float) -> dict[str, Any]:
    """All figures."""
    found: dict[str, Any] = {"served": {name: round(value, 1) for name, value in served(site, path).items()}}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        found["scripts_kb"] = {
            each: round(scripts_kb(site, browser, each), 1) for each in (path, "/", "/search", "/bots", "/settings")
        }
        for size in SIZES:
            first_paint(browser, site, size, path)
            found[f"opened, {size}"] = median_of([first_paint(browser, site, size, path) for _ in range(times)])
            found[f"scrolled, {size}"] = median_of(
                [scrolling(browser, site, size, path, seconds) for _ in range(times)]
            )
            found[f"empty page, {size}"] = median_of(
                [scrolling(browser, site, size, "", seconds) for _ in range(times)]
            )
        browser.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--words", type=int, default=30_000)
    parser.add_argument("--opened", type=int, default=3)
    parser.add_argument("--scrolled", type=float, default=3, help="seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mbpage") as folder:
        site = Site(Path(folder), talk_of(options.hours, options.words))
        site.start()
        try:
            meeting = site.add_meeting("Three hours", silence(Path(folder), options.hours), within_s=900)
            print(json.dumps(measure(site, f"/meetings/{meeting}", options.opened, options.scrolled), indent=1))
        finally:
            site.stop()


if __name__ == "__main__":
    main()
