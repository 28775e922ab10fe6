"""Addresses as people copy them, and the links of whole invitations: the right room and passcode, and nothing else."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.bots.platforms.links.recognise import meeting_at
from minutebook.bots.platforms.links.texts import links_in

DATA = Path(__file__).parents[3] / "data" / "addresses"
CASES = json.loads((DATA / "meeting_addresses.json").read_text())
MEET = "https://meet.google.com/abc-defg-hij"
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=U2VjcmV0.1"
THREAD = "19%3ameeting_NTg5Yzk4ZTctYjM1Mi00ZTBk%40thread.v2"
TEAMS = f"https://teams.microsoft.com/l/meetup-join/{THREAD}/0?context=%7b%22Tid%22%3a%22t%22%2c%22Oid%22%3a%22o%22%7d"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:60])
def test_every_address_of_the_list(case: dict[str, str | None]) -> None:
    meeting = meeting_at(str(case["text"]))
    assert (meeting.platform if meeting else None) == case["platform"]
    if meeting is not None and str(case["note"]).startswith("https://"):
        assert str(case["note"]) in meeting.opens


ROOMS = [
    (
        MEET,
        "MEET.GOOGLE.COM/ABCDEFGHIJ",
        "https://meet.google.com/_meet/abc-defg-hij?hs=1",
        "https://tel.meet/abc-defg-hij?pin=9",
    ),
    (
        TEAMS,
        TEAMS.replace("/l/", "/_#/l/"),
        TEAMS.replace("/l/", "/v2/?meetingjoin=true#/l/"),
        TEAMS.replace("https://teams.microsoft.com/", "msteams:/"),
        TEAMS.replace("https", "msteams"),
        "https://teams.microsoft.com/dl/launcher/launcher.html?url="
        + quote("/_#" + TEAMS[27:] + "&anon=true", safe=""),
        "https://teams.live.com/light-meetings/launch?agent=web&coords="
        + urlsafe_b64encode(
            json.dumps(
                {
                    "conversationId": "19:meeting_NTg5Yzk4ZTctYjM1Mi00ZTBk@thread.v2",
                    "tenantId": "t",
                    "organizerId": "o",
                    "messageId": "0",
                }
            ).encode()
        ).decode(),
    ),
    (
        ZOOM,
        "zoommtg://zoom.us/join?action=join&confno=81234567890&pwd=U2VjcmV0.1",
        "https://zoom.us/j/812%203456%207890",
        "https://app.zoom.us/wc/81234567890/start",
        "https://us02web.zoom.us/launch/jc/81234567890?pwd=x",
    ),
    (
        "https://teams.microsoft.com/meet/2345678901234?p=Ab1",
        "https://teams.microsoft.com/l/meet/2345678901234",
        "https://teams.microsoft.com/_#/meet/2345678901234?p=Ab1",
        "msteams:/meet/2345678901234?p=Ab1",
    ),
]


@pytest.mark.parametrize("addresses", ROOMS, ids=lambda addresses: addresses[0][:40])
def test_all_addresses_of_a_room_are_one_room(addresses: tuple[str, ...]) -> None:
    meetings = [meeting_at(address) for address in addresses]
    assert all(meetings)
    assert len({meeting.room for meeting in meetings if meeting}) == 1


def test_two_meetings_are_two_rooms() -> None:
    other = TEAMS.replace("NTg5", "ZZZZ")
    rooms = {meeting.room for url in (TEAMS, other, MEET, ZOOM) if (meeting := meeting_at(url))}
    assert len(rooms) == 4


def defense_3(url: str) -> str:
    """As Proofpoint wraps: characters outside a list become `*`, runs of them `**` and a count."""
    runs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    kept: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        kept.append(found[0])
        return "*" if len(found[0]) == 1 else f"**{runs[len(found[0]) - 2]}"

    wrapped = re.sub(r"[^A-Za-z0-9/:.?=&_-]{1,60}", replaced, url)
    coded = urlsafe_b64encode("".join(kept).encode()).decode().rstrip("=")
    return f"https://urldefense.com/v3/__{wrapped}__;{coded}!!Ab1-token!xYz_9$"


WRAPPED: dict[str, Callable[[str], str]] = {
    "plain": lambda url: url,
    "google": lambda url: f"https://www.google.com/url?q={quote(url, safe='')}&sa=D&source=calendar&usg=x",
    "google, half encoded": lambda url: f"https://www.google.de/url?q={quote(url, safe=':/?')}&sa=D",
    "safelinks": lambda url: f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05%7C",
    "safelinks of Teams' chat": lambda url: (
        "https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url="
        + quote(url, safe="")
    ),
    "safelinks of an app": lambda url: (
        f"https://nam06.safelinks.protection.outlook.com/ap/w-59584e83/?url={quote(url, safe='')}&reserved=0"
    ),
    "defense 2": lambda url: (
        "https://urldefense.proofpoint.com/v2/url?u="
        + quote(url, safe="/").replace("-", "%2D").replace("_", "%5F").replace("%", "-").replace("/", "_")
        + "&d=DwMFaQ&c=x"
    ),
    "defense 3": defense_3,
    "cisco": lambda url: f"https://secure-web.cisco.com/1AbC/{quote(url, safe='')}",
    "twice": lambda url: defense_3(f"https://www.google.com/url?q={quote(url, safe='')}"),
}
AROUND = [
    "{}",
    "Join here: {}.",
    "({})",
    "<{}>",
    "[Join]({})",
    "Link:{}, thanks",
    "链接：{}。",
    '<p>Hello</p><a class="b" href="{}" target="_blank">Join</a>',
    "<a href='{}'>Join</a>",
    "<div>Join&nbsp;now&colon;&#32;{}<br>More</div>",
    "*{}*",
]


@pytest.mark.parametrize("url", [MEET, TEAMS, ZOOM, "https://teams.microsoft.com/meet/2345678901234?p=AbC1_2-3"])
@pytest.mark.parametrize("wrapping", WRAPPED)
def test_links_come_out_of_their_wrappings(wrapping: str, url: str) -> None:
    expected = meeting_at(url)
    assert expected is not None
    for around in AROUND:
        wrapped = WRAPPED[wrapping](url)
        if "href" in around:
            wrapped = wrapped.replace("&", "&amp;")
        (found,) = links_in(around.format(wrapped))
        assert (found.platform, found.opens, found.room) == (expected.platform, expected.opens, expected.room), around


def test_an_invitation_with_its_passcode() -> None:
    text = (
        "Jane invites you to a Zoom meeting.\nJoin Zoom Meeting\nhttps://acme.zoom.us/j/81234567890\n\n"
        "Meeting ID: 812 3456 7890\nPasscode: aB3*xY\n\nOne tap mobile\n+13092053325,,81234567890#,,,,*558120#\n"
        "Join by SIP\n81234567890@zoomcrc.com\nPasscode: 558120\nhttps://zoom.us/u/abc\n"
        "My room: https://zoom.us/my/jane.doe"
    )
    first, room = links_in(text)
    assert (first.passcode, first.url) == ("aB3*xY", "https://acme.zoom.us/j/81234567890?pwd=aB3%2AxY")
    assert first.opens == "https://app.zoom.us/wc/81234567890/join?pwd=aB3%2AxY"
    assert room.standing


@pytest.mark.parametrize(
    "label",
    [
        "Kenncode:",
        "Code secret :",
        "Código de acceso:",
        "Senha:",
        "Codice di accesso:",
        "パスコード：",
        "密码：",
        "암호:",
        "Пароль:",
        "Wachtwoord:",
        "Hasło:",
        "<b>Passcode</b>:<td style='x'>",
        "*Passcode:*",
    ],
)
def test_passcodes_in_other_languages(label: str) -> None:
    (found,) = links_in(f"<p>https://teams.microsoft.com/meet/2345678901234</p>\n<p>{label} Xy7Za9</p>")
    assert found.passcode == "Xy7Za9"
    assert found.opens == "https://teams.microsoft.com/meet/2345678901234?p=Xy7Za9&anon=true"


NOTHING = [
    "Meeting options: https://teams.microsoft.com/meetingOptions/?organizerId=a&tenantId=b&threadId=19_meeting_x",
    "Find a local number: https://dialin.teams.microsoft.com/1b2c?id=123 or https://zoom.us/u/abc",
    "The recording is at https://us02web.zoom.us/rec/share/abc and the slides at https://docs.google.com/a-b-c",
    "see https://evil.example/?u=https://meet.google.com/abc-defg-hij",
    "someone@meet.google.com/abc-defg-hij",
    "<!-- https://meet.google.com/abc-defg-hij --> nothing",
    "<style>a{background:url(https://meet.google.com/abc-defg-hij)}</style>",
    "the-best-way is abc-defg-hij",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_link_to_a_meeting(text: str) -> None:
    assert links_in(text) == ()


def test_a_text_that_is_cut_off_does_not_win() -> None:
    html = f'<a href="{ZOOM}">https://us02web.zoom.us/j/8123456789…</a>'
    (found,) = links_in(html)
    assert found.room == "zoom 81234567890"


def test_three_hundred_invitations() -> None:
    """The first figure, before the parser had met them, stands beside the data."""
    wrong = []
    for line in (DATA / "invitations.jsonl").read_text().splitlines():
        case = json.loads(line)
        found = next(iter(links_in(case["body"])), None)
        expected = meeting_at(case["url"]) if case["url"] else None
        shown = (found.room, found.passcode) if found else None
        if shown != ((expected.room, case["passcode"] or "") if expected else None):
            wrong.append((case["url"], case["passcode"], found))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "passcode"),
    [
        ("Mot de passe de la réunion : a1B2c3", "a1B2c3"),
        ("Passwort für das Meeting: a1B2c3", "a1B2c3"),
        ("Password policy applies: everyone has to change it", ""),
        ("Passcode: none, come as you are", ""),
        ("The passcode is a1B2c3.", "a1B2c3"),
        ("PIN: 123 456 789#", ""),
    ],
)
def test_what_is_a_passcode(text: str, passcode: str) -> None:
    (found,) = links_in(f"https://zoom.us/j/81234567890\n{text}\n")
    assert found.passcode == passcode


def test_a_wrapped_address_that_a_bracket_cut_off() -> None:
    text = "<https://urldefense.com/v3/__https://zoom.us/j/81234567890?pwd=a.1>__;!!token!sign$>"
    (found,) = links_in(text)
    assert found.url == "https://zoom.us/j/81234567890?pwd=a.1"


PIECES = st.sampled_from(
    [
        MEET,
        ZOOM,
        TEAMS,
        "<a href=",
        '"',
        ">",
        "<",
        "<!--",
        "-->",
        "<style",
        "&amp;",
        "&#",
        "{",
        '{"',
        '"}',
        "%25",
        "//",
        "a.",
        "https://",
        "zoom.us/j/",
        "Passcode:",
        " ",
        "\n",
        "\x00",
        "1\x00",
        "://",
        "passcode ",
        "...",
        "…",
        "é",
        "}",
        ")",
        "*",
        "@",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_any_text_is_read(text: str) -> None:
    for found in links_in(text):
        assert found.platform in {"google_meet", "teams", "zoom"}
        assert found.opens.startswith("https://")


BOMBS = [
    "<a ",
    "passcode a ",
    "passcode (",
    "https://",
    "https://a.",
    "a.",
    '{"',
    "{",
    "%25",
    "https://meet.google.com/%25",
    "&amp;",
    "<!--",
    "passcode: ",
    "passcode (",
    ")",
    "}",
    "/j/12 ",
    "<https://x\n",
    "https://www.google.com/url?q=",
    "*",
    "(",
    "\x00",
    "zoom.us/j/8",
    "https://urldefense.com/v3/__*__;",
    "https://urldefense.com/v3/__",
    "a-",
    "1",
    " ",
    "\n",
    "\u200b",
    "<style",
]


@pytest.mark.parametrize("piece", BOMBS)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """Processor time, of which a body of 200 KB of the worst kind may take a second at most: what is quadratic takes
    minutes."""
    begun = process_time()
    links_in(piece * (200_000 // len(piece)) + " " + MEET)
    assert process_time() - begun < 2.0
