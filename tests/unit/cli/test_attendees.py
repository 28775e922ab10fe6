"""Attendees: written in options, in files, or asked for."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minutebook.cli import attendees
from minutebook.cli.attendees import ask_attendees, gather_attendees, parse_attendee, read_attendees
from minutebook.errors import MinutebookError

ADA = ("Ada Lovelace", "ada@example.com")
BOB = ("Bob, Jr.", "bob@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace <ada@example.com>",
        '  "Ada Lovelace"  < ada@example.com >  ',
        "'Ada Lovelace'<ada@example.com>",
    ],
)
def test_an_attendee_as_it_is_written(text: str) -> None:
    assert parse_attendee(text) == ADA


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "Ada <ada>",
        "Ada <a@b@c>",
        "Ada <ada@example.com",
        "Ada <@x.y>",
    ],
)
def test_anything_else_is_an_error_that_shows_how(text: str) -> None:
    with pytest.raises(MinutebookError, match=r"Ada Lovelace <ada@example\.com>") as caught:
        parse_attendee(text)
    assert (caught.value.code, caught.value.field) == ("attendee_invalid", "attendees")


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Ada Lovelace", ("Ada Lovelace", "")),
        (' "Ada Lovelace" ', ("Ada Lovelace", "")),
        ("ada@example.com", ("", "ada@example.com")),
        ("<ada@example.com>", ("", "ada@example.com")),
    ],
)
def test_a_name_or_an_address_alone_leaves_the_other_open(text: str, person: tuple[str, str]) -> None:
    assert parse_attendee(text) == person


@given(st.text())
def test_any_text_is_a_person_or_an_error(text: str) -> None:
    try:
        name, email = parse_attendee(text)
    except MinutebookError:
        return
    assert name.strip() or email
    assert "@" in email or not email


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'name,email\nAda Lovelace,ada@example.com\n"Bob, Jr.",bob@example.com\n'),
        ("b.csv", '\ufeffEmail,Display Name,role\nada@example.com,Ada Lovelace,x\nbob@example.com,"Bob, Jr.",y\n\n'),
        ("c.csv", 'Ada Lovelace,ada@example.com\n"Bob, Jr.",bob@example.com\n'),
        ("d.csv", 'Ada Lovelace <ada@example.com>\n"Bob, Jr. <bob@example.com>"\n'),
        ("e.json", json.dumps([{"displayName": ADA[0], "email": ADA[1]}, "Bob, Jr. <bob@example.com>"])),
        (
            "f.json",
            json.dumps({"attendees": [{"name": ADA[0], "email": ADA[1]}, {"display_name": BOB[0], "mail": BOB[1]}]}),
        ),
    ],
)
def test_files_of_attendees(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert read_attendees(path) == [ADA, BOB]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("b.csv", b"name,email\n"),
        ("c.json", b"{"),
        ("d.json", b"7"),
        ("e.json", b"[7]"),
        ("f.csv", b"\xff\xfe\x00"),
    ],
)
def test_files_that_name_nobody(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MinutebookError) as caught:
        read_attendees(path)
    assert caught.value.code == "attendees_file_invalid"
    assert name in caught.value.message


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MinutebookError, match="cannot be read"):
        read_attendees(tmp_path / "none.csv")


def test_everybody_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,email\nAda L.,ADA@example.com\n")
    assert gather_attendees(["Ada <ada@example.com>"], path) == [("Ada L.", "ADA@example.com")]


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Ada Lovelace <ada@example.com>\n\n"))
    with pytest.raises(MinutebookError) as caught:
        gather_attendees([])
    assert caught.value.code == "attendees_required"


def test_on_a_terminal_they_are_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("\nAda <ada>\nAda Lovelace <ada@example.com>\n\n"))
    assert ask_attendees() == [ADA]
    said = capsys.readouterr()
    assert said.err.count("is not an attendee") == 2 or (said.out + said.err).count("is not an attendee") == 2
    assert attendees.EXAMPLE in said.err
