"""Where an event meets, by all that its provider says of it."""

from minutebook.calendars.rooms import meeting_url_of, room_of

MEET = "https://meet.google.com/abc-defg-hij"
ZOOM = "https://us02web.zoom.us/j/81234567890"
THREAD = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_{}%40thread.v2/0?context=%7b%22Tid%22%3a%22t%22%7d"


def test_the_named_address_comes_first() -> None:
    assert meeting_url_of([MEET], [f"Or join {ZOOM}"], ()) == MEET
    assert meeting_url_of([], ["Room 4", f"My room https://zoom.us/my/ada or {ZOOM}"], ()) == ZOOM
    assert meeting_url_of(["https://example.com/"], ["nothing"], ()) == ""


def test_a_passcode_written_elsewhere_is_taken_along() -> None:
    assert meeting_url_of([ZOOM], [f"Join: {ZOOM}\nPasscode: aB3xY9"], ()) == f"{ZOOM}?pwd=aB3xY9"
    assert meeting_url_of([f"{ZOOM}\nPasscode: aB3xY9"], [], ()) == f"{ZOOM}?pwd=aB3xY9"
    assert meeting_url_of([f"{ZOOM}?pwd=x.1"], [f"{ZOOM}\nPasscode: aB3xY9"], ()) == f"{ZOOM}?pwd=x.1"


def test_rooms_are_told_apart() -> None:
    assert room_of(THREAD.format("A"), ()) != room_of(THREAD.format("B"), ())
    assert room_of(ZOOM, ()) == room_of(f"{ZOOM}?pwd=x", ()) == room_of("https://zoom.us/j/812 3456 7890", ())
    assert room_of("https://example.com/", ()) is None
