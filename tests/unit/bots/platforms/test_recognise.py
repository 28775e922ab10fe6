"""Which platform an address belongs to: what people paste passes, what only looks like it does not."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.platforms.links.recognise import platform_of

MEET = "https://meet.google.com/abc-defg-hij"
TEAMS = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_QUJD%40thread.v2/0?context=%7b%22Tid%22%3a%22t%22%7d"
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=U2VjcmV0"
PAGES = ("http://127.0.0.1:8100/demos/videoroomtest.html", "https://calls.example.org/rooms/")

PASTED = [
    (MEET, "google_meet"),
    ("meet.google.com/abc-defg-hij", "google_meet"),
    ("//meet.google.com/abc-defg-hij", "google_meet"),
    ("http://meet.google.com/abc-defg-hij", "google_meet"),
    ("HTTPS://Meet.Google.Com/ABC-defg-hij", "google_meet"),
    ("https://meet.google.com:443/abc-defg-hij/", "google_meet"),
    ("https://meet.google.com./abc-defg-hij", "google_meet"),
    (f"  <{MEET}?authuser=0&hs=122>\n", "google_meet"),
    (f'"{MEET}"', "google_meet"),
    (f"\u201c{MEET}\u201d\u200b", "google_meet"),
    (quote(MEET, safe=""), "google_meet"),
    (f"https://www.google.com/url?q={quote(MEET, safe='')}&sa=D", "google_meet"),
    (f"https://www.google.com/url?sa=D&url={quote(MEET, safe='')}", "google_meet"),
    (f"https://eur01.safelinks.protection.outlook.com/?url={quote(TEAMS, safe='')}&data=05", "teams"),
    (
        f"https://www.google.com/url?q="
        f"{quote('https://nam02.safelinks.protection.outlook.com/?url=' + quote(ZOOM, safe=''), safe='')}",
        "zoom",
    ),
    (TEAMS, "teams"),
    (TEAMS.replace("&", "&amp;"), "teams"),
    ("https://teams.microsoft.com/meet/2345678901234?p=Abc123", "teams"),
    ("https://teams.live.com/meet/9345678901234?p=Abc123", "teams"),
    ("https://teams.cloud.microsoft/meet/2345678901234", "teams"),
    ("https://gov.teams.microsoft.us/l/meetup-join/19%3ameeting_x/0?context=%7b%7d", "teams"),
    ("https://teams.microsoft.com/dl/launcher/launcher.html?url=%2F_%23%2Fl%2Fmeetup-join%2Fx", "teams"),
    ("https://teams.microsoft.com/light-meetings/launch?coords=x", "teams"),
    (ZOOM, "zoom"),
    ("https://zoom.us/j/81234567890", "zoom"),
    ("zoom.us/s/81234567890?password=123", "zoom"),
    ("https://app.zoom.us/wc/81234567890/join?pwd=x", "zoom"),
    ("https://app.zoom.us/wc/join/81234567890", "zoom"),
    ("https://acme.zoom.us/w/81234567890?tk=token", "zoom"),
    ("https://events.zoom.us/ejl/abc", "zoom"),
    ("https://acme.zoom.us/my/some.body", "zoom"),
    ("http://127.0.0.1:8100/demos/videoroomtest.html?room=1234", "webrtc"),
    ("http://127.0.0.1:8100/demos/videoroomtest.html", "webrtc"),
    ("https://calls.example.org/rooms/daily#now", "webrtc"),
    ("https://CALLS.example.org:443/rooms/daily", "webrtc"),
    ("calls.example.org/rooms/daily", "webrtc"),
]

FOUND = json.loads((Path(__file__).parents[3] / "data" / "platforms" / "addresses.json").read_text("utf-8"))
"""Addresses and invitations as other bots, their tests and public calendars have them; their author saw no rule."""


@pytest.mark.parametrize("found", FOUND, ids=lambda found: str(found["text"])[:60])
def test_what_was_found_elsewhere(found: dict[str, str | None]) -> None:
    assert platform_of(str(found["text"]), ()) == found["platform"]


REFUSED = [
    "",
    "no address",
    "https://",
    "https:///abc-defg-hij",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "ftp://meet.google.com/abc-defg-hij",
    "data:text/html,https://meet.google.com/abc-defg-hij",
    # user names before the real host
    "https://meet.google.com@evil.example/abc-defg-hij",
    "https://meet.google.com:443@evil.example/abc-defg-hij",
    "https://user:secret@meet.google.com/abc-defg-hij",
    "https://evil.example\\@meet.google.com/abc-defg-hij",
    "https://meet.google.com\\@evil.example/abc-defg-hij",
    "https://meet.google.com%40evil.example/abc-defg-hij",
    # hosts that look like it
    "https://meet.google.com.evil.example/abc-defg-hij",
    "https://evilmeet.google.com/abc-defg-hij",
    "https://x.meet.google.com/abc-defg-hij",
    "https://meet-google.com/abc-defg-hij",
    "https://meet.googIe.com/abc-defg-hij",
    "https://mееt.google.com/abc-defg-hij",
    "https://ｍeet.google.com/abc-defg-hij",
    "https://meet。google。com/abc-defg-hij",
    "https://xn--mt-rmc6b.google.com/abc-defg-hij",
    "https://notzoom.us/j/81234567890",
    "https://zoom.us.evil.example/j/81234567890",
    "https://evil-zoom.us/j/81234567890",
    "https://teams.microsoft.com.evil.example/meet/2345678901234",
    "https://teams.evil.example/l/meetup-join/19%3ameeting_x/0?context=x",
    "https://evil.example/l/meetup-join/19%3ameeting_x/0?context=x",
    "http://169.254.169.254/light-meetings/launch",
    # the right host elsewhere in the address
    "https://evil.example/#https://meet.google.com/abc-defg-hij",
    "https://evil.example/?u=https://meet.google.com/abc-defg-hij",
    "https://evil.example/meet.google.com/abc-defg-hij",
    # the right host, but no meeting
    "https://meet.google.com/",
    "https://meet.google.com/new",
    "https://meet.google.com/abc-defg-hijk",
    "https://meet.google.com/#abc-defg-hij",
    "https://meet.google.com/../abc-defg-hij",
    "https://meet.google.com:8443/abc-defg-hij",
    "https://meet.google.com:0/abc-defg-hij",
    "https://meet.google.com:99999/abc-defg-hij",
    "https://meet.google.com:x/abc-defg-hij",
    "https://zoom.us/j/1234567",
    "https://zoom.us/signin",
    "https://teams.microsoft.com/",
    # what parsers read differently
    "https://meet.google.com/abc-defg-hij\n.evil.example",
    "https://meet.google\t.com/abc-defg-hij",
    "https://meet.google.com/abc-defg-hij\x00",
    "https://[meet.google.com/abc-defg-hij",
    "https://[::1%25eth0]/abc-defg-hij",
    # wrappers that wrap nothing, or too often
    "https://www.google.com/url?q=https%3A%2F%2Fevil.example%2F",
    "https://evilgoogle.com/url?q=https%3A%2F%2Fmeet.google.com%2Fabc-defg-hij",
    "https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fmeet.google.com%2Fabc-defg-hij",
    "https://www.google.com/url?q=https%3A%2F%2Fmeet.google.com%40evil.example%2Fabc-defg-hij",
    # beside the operator's pages
    "https://127.0.0.1:8100/demos/videoroomtest.html",
    "http://127.0.0.1:8101/demos/videoroomtest.html",
    "http://127.0.0.1/demos/videoroomtest.html",
    "http://127.1:8100/demos/videoroomtest.html",
    "http://localhost:8100/demos/videoroomtest.html",
    "http://127.0.0.1:8100/demos/videoroomtest.htmlx",
    "http://127.0.0.1:8100/demos/admin.html",
    "http://127.0.0.1:8100/demos/videoroomtest.html/../admin.html",
    "http://127.0.0.1:8100/demos/videoroomtest.html/%2e%2e/admin.html",
    "http://127.0.0.1:8100/demos/videoroomtest.html/..%2fadmin.html",
    "http://127.0.0.1:8100/demos/videoroomtest.html/%252e%252e/admin.html",
    "http://127.0.0.1:8100@evil.example/demos/videoroomtest.html",
    "http://127.0.0.1:8100.evil.example/demos/videoroomtest.html",
    "https://calls.example.org/roomsy/daily",
    "https://calls.example.org/",
    "https://calls.example.org.evil.example/rooms/daily",
]


@pytest.mark.parametrize(("meeting_url", "platform"), PASTED)
def test_what_people_paste(meeting_url: str, platform: str) -> None:
    assert platform_of(meeting_url, PAGES) == platform


@pytest.mark.parametrize("meeting_url", REFUSED)
def test_what_only_looks_like_a_meeting(meeting_url: str) -> None:
    assert platform_of(meeting_url, PAGES) is None


def test_the_operators_list_is_needed_for_own_pages() -> None:
    assert platform_of(PAGES[0], ()) is None
    assert platform_of("https://calls.example.org/anything", ["https://calls.example.org"]) == "webrtc"
    assert platform_of("http://[::1]:8100/a", ["http://[0:0:0:0:0:0:0:1]:8100/"]) == "webrtc"


@pytest.mark.parametrize("page", ["", "*", "http://", "//", "http://user@127.0.0.1:8100/", "127.0.0.1:8100"])
def test_a_page_of_the_list_that_is_no_address_lets_nothing_in(page: str) -> None:
    assert platform_of(PAGES[0], [page]) is None


def test_a_wrapping_that_never_ends() -> None:
    wrapped = MEET
    for _ in range(8):
        wrapped = f"https://www.google.com/url?q={quote(wrapped, safe='')}"
    assert platform_of(wrapped, ()) is None


HOSTS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}(\.[a-z0-9]{1,10}){1,3}", fullmatch=True)


@given(HOSTS, st.sampled_from(["{good}@{bad}", "{bad}#{good}", "{good}.{bad}", "{bad}/{good}", "{good}:1@{bad}"]))
def test_only_the_host_itself_counts(bad: str, pattern: str) -> None:
    authority = pattern.format(good="meet.google.com", bad=f"{bad}.invalid")
    assert platform_of(f"https://{authority}/abc-defg-hij", PAGES) is None


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://meet.google.com/", "http://127.0.0.1:8100/"]))
def test_any_text_gets_an_answer(text: str, start: str) -> None:
    assert platform_of(start + text, PAGES) in {None, "google_meet", "webrtc"}


@given(st.from_regex(r"[a-z]{3}-[a-z]{4}-[a-z]{3}", fullmatch=True), st.sampled_from(["", " ", "<", '"', "https://"]))
def test_every_meet_code(code: str, before: str) -> None:
    assert platform_of(f"{before}meet.google.com/{code}", ()) == "google_meet"
