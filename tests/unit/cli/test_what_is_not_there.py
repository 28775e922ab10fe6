"""What was named and is not there is told by the name that was given, with the command that lists what there is."""

import errno
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app
from minutebook.cli.exits import said_of
from minutebook.errors import Kind, MinutebookError

NOBODY = "nobody@example.com"
NO_ID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with one user and nothing else; nobody is signed in anywhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "data"))
    made = CliRunner().invoke(
        app, ["admin", "create-user", "ada@example.com", "--password-stdin"], input="correct horse\n"
    )
    assert made.exit_code == 0, made.output
    return tmp_path


@pytest.mark.parametrize(
    ("command", "named", "lister"),
    [
        (("admin", "create-token", NOBODY), NOBODY, "admin users"),
        (("admin", "create-api-key", NOBODY), NOBODY, "admin users"),
        (("admin", "keys", NOBODY), NOBODY, "admin users"),
        (("admin", "delete-user", NOBODY, "--yes"), NOBODY, "admin users"),
        (("calendars", "list", "--user", NOBODY), NOBODY, "admin users"),
        (("webhooks", "secret", NOBODY), NOBODY, "admin users"),
        (("voices", "list", "--user", NOBODY), NOBODY, "admin users"),
        (("admin", "revoke-key", "ada@example.com", "k1"), "k1", "admin keys EMAIL"),
        (("admin", "revoke-program", "ada@example.com", "p1"), "p1", "admin programs EMAIL"),
        (("admin", "end-sign-in", "ada@example.com", "s1"), "s1", "admin sign-ins EMAIL"),
        (("calendars", "sync", "c1"), "c1", "calendars list"),
        (("calendars", "remove", "c1"), "c1", "calendars list"),
        (("webhooks", "show", "m1"), "m1", "webhooks list"),
        (("webhooks", "replay", "m1"), "m1", "webhooks list"),
        (("voices", "forget", "v1"), "v1", "voices list"),
        (("meetings", "show", "Weekly"), "Weekly", "meetings list"),
        (("meetings", "show", NO_ID), NO_ID, "meetings list"),
        (("export", NO_ID), NO_ID, "meetings list"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
@pytest.mark.usefixtures("empty")
def test_the_name_that_was_given_is_told(command: tuple[str, ...], named: str, lister: str) -> None:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 4, done.output
    told = " ".join(done.output.split())
    assert f"“{named}”" in told
    assert f"`minutebook {lister}`" in told


@pytest.mark.usefixtures("empty")
def test_an_installation_that_is_not_there_is_told_by_its_folder(tmp_path: Path) -> None:
    for command in (("upgrade", "--check"), ("backup", str(tmp_path / "copies"))):
        done = CliRunner().invoke(app, [*command, "--data-dir", str(tmp_path / "none")])
        told = "".join(done.output.split())
        assert done.exit_code == 4
        assert "(installation_not_found)" in told
        assert f"“{tmp_path / 'none'}”".replace(" ", "") in told
        assert "--data-dir,orMINUTEBOOK_DATA_DIR,namesthedatadirectory" in told
        assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_is_told_with_what_names_another(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("no folder")
    done = CliRunner().invoke(app, ["meetings", "list", "--data-dir", str(file)])
    assert done.exit_code == 2
    told = "".join(done.output.split())
    assert f"(data_dir_unusable):{file}cannotbethedatadirectory:itisafile." in told
    assert "MINUTEBOOK_DATA_DIR" in told


@pytest.mark.usefixtures("empty")
def test_who_is_not_signed_in_is_told_where_and_how() -> None:
    there = "http://127.0.0.1:9"
    for command in (("whoami", "--server", there), ("meetings", "list", "--server", there)):
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 3
        told = " ".join(done.output.split())
        assert f"Nobody is signed in to {there}: `minutebook login --server {there}`." in told
    done = CliRunner().invoke(app, ["logout", "--server", there])
    assert (done.exit_code, done.output) == (0, f"Nobody was signed in to {there}.\n")


def test_a_port_that_none_has_is_refused_before_anything_starts() -> None:
    done = CliRunner().invoke(app, ["serve", "--port", "99999"])
    assert done.exit_code == 2
    assert "65535" in done.output


@pytest.mark.usefixtures("empty")
def test_what_holds_no_address_is_quoted() -> None:
    done = CliRunner().invoke(app, ["bots", "address", "see you at ten"])
    assert done.exit_code == 4
    assert "“see you at ten”" in " ".join(done.output.split())
    done = CliRunner().invoke(app, ["import", "see you at ten"])
    assert done.exit_code == 2
    assert "no address of a meeting that Minutebook knows" in " ".join(done.output.split())


def test_what_doctor_makes_was_never_open_to_others(tmp_path: Path) -> None:
    """It measures the model, and keeps what it measured."""
    done = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path / "new")])
    (privacy,) = [line for line in done.output.splitlines() if "system.privacy" in line]
    assert "closed to others on this machine" in privacy
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_files_of_another_user_are_told_by_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", "/data/minutebook.db")

    monkeypatch.setattr("minutebook.cli.backup._look_for", refused)
    done = CliRunner().invoke(app, ["upgrade", "--check", "--data-dir", str(tmp_path)])
    assert done.exit_code == 3
    told = " ".join(done.output.split())
    assert told.startswith("Error (not_permitted): /data/minutebook.db: Permission denied. Run the command as the user")


def test_a_meeting_is_called_so() -> None:
    error = MinutebookError(Kind.NOT_FOUND, "session_not_found", "There is no session “Weekly”.")
    assert said_of(error) == "There is no meeting “Weekly”. `minutebook meetings list` shows what there is."
