"""`minutebook admin` on users: inviting, letting in and out; each says what it did."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app


@pytest.fixture
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINUTEBOOK_DATA_DIR", str(tmp_path / "data"))
    runner = CliRunner()
    first = runner.invoke(app, ["admin", "create-user", "ada@example.com", "--password-stdin"], input="correct horse\n")
    assert first.exit_code == 0, first.output
    return runner


def test_an_invitation_is_a_link_and_says_where_it_opens(admin: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    done = admin.invoke(app, ["admin", "invite", "tom@example.com", "--name", "Tom Berg"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("http://127.0.0.1:8000/password?token=mbp_")
    assert "It opens on this machine alone." in done.stderr
    assert "Tom Berg" in admin.invoke(app, ["admin", "users"]).output
    again = admin.invoke(app, ["admin", "invite", "tom@example.com"])
    assert (again.exit_code, "There is already a user" in again.output) == (2, True)
    assert admin.invoke(app, ["admin", "invite", "tom"]).exit_code == 2
    monkeypatch.setenv("MINUTEBOOK_HTTP__BASE_URL", "https://minutes.example.com/")
    another = admin.invoke(app, ["admin", "password-link", "tom@example.com"])
    assert another.stdout.startswith("https://minutes.example.com/password?token=mbp_")
    assert another.stderr == ""


def test_letting_out_and_in_again_is_said(admin: CliRunner) -> None:
    admin.invoke(app, ["admin", "invite", "tom@example.com"])
    out = admin.invoke(app, ["admin", "disable-user", "tom@example.com"])
    assert out.output == "tom@example.com gets in nowhere any more; what they own stays.\n"
    assert (
        admin.invoke(app, ["admin", "enable-user", "tom@example.com"]).output == "tom@example.com may sign in again.\n"
    )
    owner = admin.invoke(app, ["admin", "disable-user", "ada@example.com"])
    assert (owner.exit_code, "(owner_stays)" in owner.output) == (5, True)
