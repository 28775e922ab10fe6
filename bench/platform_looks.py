"""What one look at a call's page costs the browser: `python -m bench.platform_looks [--people N] [--lines N]`."""

import argparse
import statistics

from playwright.sync_api import sync_playwright

from minutebook.bots.platforms.driver import looking_script
from minutebook.bots.platforms.facts.reading import load_pages
from minutebook.bots.platforms.looking import probes_of, probes_to_json
from minutebook.bots.runner.browser import find_chromium

LOOKS = 30
PERSON = (
    '<div class="gallery-video-container__video-frame"><div class="video-avatar__avatar"><svg><path d="M0 0"/></svg>'
    '<div class="video-avatar__avatar-footer"><span>Person {n}</span></div></div></div>'
)
LINE = (
    '<div role="row"><div class="chat-item__sender">Person {n}</div><div class="chat-rtf-box__display"><p>Line {n}: '
    "the budget was approved, and somebody waits for the host to let them in.</p></div></div>"
)
MENU = '<div class="footer-button"><button aria-label="Button {n}"><span>Button {n}</span></button></div>'
PAGE = (
    '<div class="meeting-app">{people}<div aria-label="Chat Message List">{lines}</div><footer>{menus}'
    '<button aria-label="Leave">Leave</button></footer></div>'
)
TIMED = (
    "({{asked, looks}}) => {{ const look = {script}; const took = []; for (let n = 0; n < looks; n += 1) {{"
    " const began = performance.now(); look({{asked, take: null}}); took.push(performance.now() - began); }}"
    " return took; }}"
)


def main() -> None:
    """Print the fastest and the median of thirty looks, per platform."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--lines", type=int, default=200)
    asked = parser.parse_args()
    parts = {
        "people": "".join(PERSON.format(n=n) for n in range(asked.people)),
        "lines": "".join(LINE.format(n=n) for n in range(asked.lines)),
        "menus": "".join(MENU.format(n=n) for n in range(60)),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(None))
        page = browser.new_page()
        page.set_content(PAGE.format(**parts))
        for platform in ("google_meet", "teams", "zoom"):
            (facts,) = load_pages(platform)
            json = probes_to_json(probes_of(facts))
            took = page.evaluate(TIMED.format(script=looking_script()), {"asked": json, "looks": LOOKS})
            print(f"{platform:12} {min(took):6.1f} ms at least, {statistics.median(took):6.1f} ms in the middle")
        browser.close()


if __name__ == "__main__":
    main()
