"""docs/platforms.md has the facts as they are."""

from tools.platform_facts import PAGE, written


def test_the_page_has_todays_facts() -> None:
    assert written() in PAGE.read_text("utf-8"), "run python -m tools.platform_facts"
