"""What is opened for a meeting's address."""

from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.platforms import open_platform
from minutebook.bots.platforms.links.wrappings import read_address
from minutebook.bots.platforms.ports import CannotJoinError, Place

THREAD = "19%3Ameeting_QUJD%40thread.v2"
CONTEXT = "%7B%22Tid%22%3A%22t%22%2C%22Oid%22%3A%22o%22%7D"
WORK = f"https://teams.microsoft.com/v2/?meetingjoin=true#/l/meetup-join/{THREAD}/0?context={CONTEXT}&anon=true"

OPENED = [
    ("google_meet", "meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij?hl=en"),
    (
        "google_meet",
        "http://meet.google.com/abc-defg-hij?authuser=1&hl=de#x",
        "https://meet.google.com/abc-defg-hij?authuser=1&hl=en",
    ),
    ("teams", f"https://teams.microsoft.com/l/meetup-join/{THREAD}/0?context={CONTEXT}", WORK),
    (
        "teams",
        'https://teams.microsoft.com/l/meetup-join/19:meeting_QUJD@thread.v2/0?context={"Tid":"t","Oid":"o"}',
        WORK,
    ),
    ("teams", WORK, WORK),
    (
        "teams",
        "https://teams.live.com/meet/9345678901234?p=a%2Bb",
        "https://teams.live.com/meet/9345678901234?p=a%2Bb&anon=true",
    ),
    (
        "teams",
        "https://teams.microsoft.com/meet/2345678901234",
        "https://teams.microsoft.com/meet/2345678901234?anon=true",
    ),
    ("zoom", "https://us02web.zoom.us/j/81234567890?pwd=a.1", "https://app.zoom.us/wc/81234567890/join?pwd=a.1"),
    ("zoom", "zoom.us/s/81234567890?password=1%202", "https://app.zoom.us/wc/81234567890/join?pwd=1%202"),
    ("zoom", "https://zoom.us/j/81234567890#success", "https://app.zoom.us/wc/81234567890/join"),
    ("zoom", "https://acme.zoom.us/w/81234567890?tk=t&pwd=x", "https://acme.zoom.us/w/81234567890?tk=t&pwd=x"),
    ("zoom", "http://events.zoom.us/ejl/abc", "https://events.zoom.us/ejl/abc"),
    ("webrtc", "http://127.0.0.1:8100/room?name=daily#now", "http://127.0.0.1:8100/room?name=daily#now"),
    ("webrtc", "http://[::1]:8100", "http://[::1]:8100/"),
]


@pytest.mark.parametrize(("platform", "meeting_url", "opened"), OPENED)
def test_what_is_opened(platform: str, meeting_url: str, opened: str) -> None:
    assert open_platform(platform, meeting_url).address(meeting_url) == opened


@pytest.mark.parametrize(
    ("platform", "meeting_url"),
    [
        ("google_meet", "https://zoom.us/j/81234567890"),
        ("zoom", "https://meet.google.com/abc-defg-hij"),
        ("teams", "https://teams.microsoft.com@evil.example/meet/2345678901234"),
        ("webrtc", "file:///etc/passwd"),
        ("jitsi", "https://meet.jit.si/room"),
    ],
)
def test_an_address_of_another_platform(platform: str, meeting_url: str) -> None:
    with pytest.raises(CannotJoinError) as refused:
        open_platform(platform, meeting_url)
    assert refused.value.place is Place.INVALID


@given(st.text(max_size=80))
def test_reading_again_changes_nothing(text: str) -> None:
    address = read_address(text)
    if address is not None:
        assert read_address(str(address)) == address


def test_what_lets_a_guest_in_goes_into_the_address() -> None:
    zoom = open_platform("zoom", "https://zoom.us/j/81234567890?pwd=x&zak=old")
    given = {"zak": "a+b c&d", "obf_token": "secret"}
    opened = urlsplit(zoom.address("https://zoom.us/j/81234567890?pwd=x&zak=old", given))
    assert (opened.hostname, dict(parse_qsl(opened.query))) == ("app.zoom.us", {"pwd": "x", "zak": "a+b c&d"})
    teams = open_platform("teams", "https://teams.live.com/meet/9312345678901")
    assert "secret" not in teams.address("https://teams.live.com/meet/9312345678901", given)
    assert "zak" not in teams.address("https://teams.live.com/meet/9312345678901", given)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), st.text(max_size=30))
def test_a_parameter_comes_through_whatever_it_is(passcode: str, other: str) -> None:
    url = f"https://zoom.us/j/81234567890?pwd={quote(passcode, safe='')}&x={quote(other, safe='')}"
    opened = urlsplit(open_platform("zoom", url).address(url))
    assert (opened.hostname, opened.path) == ("app.zoom.us", "/wc/81234567890/join")
    assert dict(parse_qsl(opened.query)).get("pwd", "") == passcode
