"""Links to what bots recorded: any change of any part breaks them, and so does time."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.record.files import AUDIO
from minutebook.bots.record.links import MediaLinks, screenshot_name
from minutebook.errors import MinutebookError
from minutebook.kit.clock import VirtualClock
from minutebook.sealing import Sealing

BOT = "019c8a3e-6a0e-7c51-9a53-0d5a4b8e7f10"


def parts_of(link: str) -> tuple[str, str, str]:
    query = parse_qs(urlsplit(link).query)
    return query["expires"][0], query.get("key", [""])[0], query["signature"][0]


def code(links: MediaLinks, *parts: str) -> str | None:
    try:
        links.check(*parts)
    except MinutebookError as error:
        return error.code
    return None


def test_a_link_works_until_it_expires_on_every_server_with_the_key() -> None:
    clock = VirtualClock()
    links = MediaLinks(Sealing(b"k" * 32), "https://notes.example/", 100, clock)
    link = links.link(BOT, screenshot_name(3))
    assert link.startswith(f"https://notes.example/media/bots/{BOT}/screenshots/3.png?expires=")
    elsewhere = MediaLinks(Sealing(b"k" * 32), "http://other", 5, clock)
    assert code(elsewhere, BOT, "screenshots/3.png", *parts_of(link)) is None
    assert code(links.at("http://a.example"), BOT, "screenshots/3.png", *parts_of(link)) is None
    stranger = MediaLinks(Sealing(b"x" * 32), "http://other", 5, clock)
    assert code(stranger, BOT, "screenshots/3.png", *parts_of(link)) == "link_invalid"
    clock.advance(99)
    assert code(links, BOT, "screenshots/3.png", *parts_of(link)) is None
    clock.advance(1)
    assert code(links, BOT, "screenshots/3.png", *parts_of(link)) == "link_expired"


@given(st.lists(st.text(max_size=60), min_size=5, max_size=5))
def test_nothing_that_is_made_up_opens_anything(parts: list[str]) -> None:
    links = MediaLinks(Sealing(b"k" * 32), "https://notes.example", 100, VirtualClock())
    expires, key, signature = parts_of(links.made_for("secret").link(BOT, AUDIO))
    assert code(links, *parts) == "link_invalid"
    for changed in (
        (parts[0], AUDIO, expires, key, signature),
        (BOT, parts[1], expires, key, signature),
        (BOT, AUDIO, parts[2], key, signature),
        (BOT, AUDIO, expires, parts[3], signature),
        (BOT, AUDIO, expires, key, parts[4]),
        (BOT, AUDIO, expires, "", signature),
        (BOT, AUDIO, f"{expires}\n{key}", "", signature),
    ):
        assert code(links, *changed) == "link_invalid"


@pytest.mark.parametrize("expires", ["", "-1", "1e9", "soon"])
def test_times_are_not_read_before_the_signature_is(expires: str) -> None:
    links = MediaLinks(Sealing(b"k" * 32), "https://notes.example", 100, VirtualClock())
    assert code(links, BOT, AUDIO, expires, "", "x") == "link_invalid"
