"""The page on which people search."""

import html
import re

import pytest

from minutebook.wiring import Services
from support.people import Held, Person

LINK = re.compile(r'<a href="(/meetings/[^"]+)">')


async def test_results_lead_to_the_second(ada: Person, held: Held) -> None:
    page = (await ada.open("/search", params={"q": "decide launch"})).text
    assert 'aria-label="Results"' in page
    assert html.unescape(LINK.findall(page)[-1]) == f"{held.path}?t=9.5&found=decided+launch"
    assert "<mark>decided</mark>" in page
    assert (
        '<label for="s-q">Search meetings</label><input id="s-q" type="search" name="q" value="decide launch"' in page
    )


async def test_what_is_not_there_is_said(ada: Person, held: Held) -> None:
    empty = await ada.open("/search")
    assert "Nothing was found" not in empty.text
    assert "Nothing was found" in (await ada.open("/search", params={"q": "elephant"})).text
    slip = html.unescape((await ada.open("/search", params={"q": "lanuch", "since": "nonsense"})).text)
    assert "Nobody said “lanuch”" in slip
    long = await ada.open("/search", params={"q": "x" * 301})
    assert long.status_code == 400
    assert 'role="alert"' in long.text


async def test_a_question_is_searched_by_the_words_that_were_said(ada: Person, held: Held) -> None:
    asked = html.unescape((await ada.open("/search", params={"q": "who decided the launch of elephants?"})).text)
    assert "what was found without: who, the, of, elephants" in asked
    assert "<mark>decided</mark>" in asked
    assert "Nothing was found" in (await ada.open("/search", params={"q": "who the"})).text
    assert "Nothing was found" in (await ada.open("/search", params={"q": '"launch elephants"'})).text


async def test_somebody_else_finds_nothing(grace: Person, held: Held) -> None:
    assert "Nothing was found" in (await grace.open("/search", params={"q": "launch"})).text
    one = await grace.open("/search", params={"q": "launch", "meeting": held.meeting_id})
    assert "Nothing was found" in one.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
async def test_nothing_that_is_searched_or_found_is_markup(
    ada: Person, held: Held, services: Services, text: str
) -> None:
    details = {"title": f"elephant {text}", "attendees": "Ada <ada@example.com>"}
    await ada.send(f"{held.path}/details", details)
    for q in ("elephant", text):
        page = (await ada.open("/search", params={"q": q, "person": text, "since": text})).text
        page += (await ada.open("/search", params={"q": q})).text
        assert "<script>alert" not in page
        assert "<img" not in page.replace('<img src="/static', "")


async def test_a_long_list_goes_on(ada: Person, services: Services) -> None:
    from support.searching import meeting

    for number in range(11):
        await meeting(services, ada.user.id, title=f"Standup {number}")
    page = html.unescape((await ada.open("/search", params={"q": "standup"})).text)
    following = re.search(r'href="(/search\?[^"]*cursor=[^"]+)"', page)
    assert following is not None
    rest = (await ada.part(following[1])).text
    assert "Standup 0" in rest
    assert "<html" not in rest
