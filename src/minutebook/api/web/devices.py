"""What a browser calls itself, as people call it. Pure."""

from typing import Final

BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Chromium", "Chromium"),
    ("Safari", "Safari"),
)
SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
"""Signs in a `User-Agent`, the telling ones first: nearly every browser says that it is some others, too."""


def browser_and_system(user_agent: str) -> tuple[str, str]:
    """`("Chrome", "Linux")`; empty is what it does not say. A program is called by its name without the version."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    if not browser and not user_agent.startswith("Mozilla/"):
        browser = user_agent.partition(" ")[0].partition("/")[0]
    return browser, system
