"""The remote commands as a user meets them: output, sentences, exit codes."""

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from typer.testing import CliRunner, Result

from minutebook.cli.app import app
from minutebook.client import FileTokens, Paxs, Tokens
from minutebook.client.one_shot.happenings import Happening, MeetingReady, Uploaded
from support.paxs_client import Pauses, on_disk, written
from support.paxs_double import PaxsDouble
from support.tls import tls_server

ATTENDEE = ["--attendee", "Ada Lovelace <ada@example.com>"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pauses: Pauses) -> Path:
    """A user without any settings, in an empty project; time stands still."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("minutebook.cli.remote.connection.Paxs", partial(Paxs, sleep=pauses))
    return tmp_path


@pytest.fixture
def tokens(home: Path) -> Path:
    return home / "XDG_CONFIG_HOME" / "minutebook" / "tokens.json"


@pytest.fixture
def signed_in(double: PaxsDouble, tokens: Path) -> FileTokens:
    store = FileTokens(tokens, double.url)
    store.save(Tokens(**double.issue()))
    return store


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def browser(answer: Callable[[str], None]) -> Callable[[str], bool]:
    """A browser that opens the link in the background."""

    def open(link: str) -> bool:
        threading.Thread(target=answer, args=(link,), daemon=True).start()
        return True

    return open


def visit(link: str) -> None:
    httpx.get(link, follow_redirects=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# signing in


@pytest.mark.parametrize("pkce", [False, True])
def test_login_through_the_callback(
    double: PaxsDouble, tokens: Path, monkeypatch: pytest.MonkeyPatch, pkce: bool
) -> None:
    double.pkce = pkce
    monkeypatch.setattr("webbrowser.open", browser(visit))
    port = free_port()
    result = run("login", "--server", double.url, "--port", port)
    assert result.exit_code == 0, result.output
    assert f"Signed in to {double.url} as Ada Lovelace <ada@example.com>." in result.stdout
    [link] = double.calls_to("GET", "/api/oauth/provider/authorize")
    assert link.query["redirect_uri"] == f"http://localhost:{port}/callback"
    assert ("code_challenge" in link.query) == pkce
    assert set(on_disk(tokens)) == {"access_token", "refresh_token", "server"}
    assert on_disk(tokens)["access_token"] not in result.output


def test_login_by_agent_polls_every_3_s(
    double: PaxsDouble, tokens: Path, monkeypatch: pytest.MonkeyPatch, pauses: Pauses
) -> None:
    double.consent = "wait"
    links: list[str] = []
    seen = 0

    def later(call: object) -> None:
        nonlocal seen
        if getattr(call, "path", "").endswith("/poll"):
            seen += 1
            if seen == 3:
                double.consent = "allow"
                state = {"response_type": "code", "flow": "agent", "state": call.query["state"]}  # type: ignore[attr-defined]
                visit_later.append(f"{double.url}/api/oauth/provider/authorize?{urlencode(state)}")
                visiting.append(threading.Thread(target=visit, args=(visit_later[0],), daemon=True))
                visiting[0].start()

    def given_time() -> None:
        if visiting:
            visiting[0].join(30)

    visit_later: list[str] = []
    visiting: list[threading.Thread] = []
    pauses.meanwhile = given_time
    double.on_call = later
    monkeypatch.setattr("webbrowser.open", links.append)
    result = run("login", "--server", double.url, "--agent")
    assert result.exit_code == 0, result.output
    assert set(pauses.seconds) == {3.0}
    assert links == []
    assert "flow=agent" in result.stderr
    assert "redirect_uri" not in result.stderr
    [exchange] = double.calls_to("POST", "/api/oauth/provider/token")
    assert exchange.json is not None
    assert exchange.json["redirect_uri"] == f"{double.url}/api/oauth/provider/agent-callback"


def test_login_by_agent_ends_after_five_minutes(double: PaxsDouble, pauses: Pauses) -> None:
    result = run("login", "--server", double.url, "--agent")
    assert result.exit_code == 3
    assert "login_timed_out" in result.stderr
    assert pauses.seconds == [3.0] * 100


def test_login_by_agent_denied(double: PaxsDouble) -> None:
    double.consent = "deny"
    double.on_call = lambda call: (
        double._agent.setdefault(call.query["state"], "denied") if call.path.endswith("/poll") else None
    )
    result = run("login", "--server", double.url, "--agent")
    assert result.exit_code == 3
    assert "Access was refused on the consent page" in result.stderr


def test_login_denied(double: PaxsDouble, tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    double.consent = "deny"
    monkeypatch.setattr("webbrowser.open", browser(visit))
    result = run("login", "--server", double.url, "--port", free_port())
    assert result.exit_code == 3
    assert "(access_denied): Access was refused on the consent page" in result.stderr
    assert not tokens.exists()


def test_login_with_a_wrong_state(double: PaxsDouble, tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge(link: str) -> None:
        callback = parse_qs(urlsplit(link).query)["redirect_uri"][0]
        answer = httpx.get(callback, params={"code": "stolen", "state": "another"})
        assert answer.status_code == 400

    monkeypatch.setattr("webbrowser.open", browser(forge))
    result = run("login", "--server", double.url, "--port", free_port())
    assert result.exit_code == 3
    assert "wrong_state" in result.stderr
    assert double.calls_to("POST", "/api/oauth/provider/token") == []
    assert not tokens.exists()


def test_login_with_an_expired_code(double: PaxsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(link: str) -> None:
        double._codes.clear()
        answer = httpx.get(link)
        double._codes.clear()
        httpx.get(answer.headers["location"])

    monkeypatch.setattr("webbrowser.open", browser(late))
    result = run("login", "--server", double.url, "--port", free_port())
    assert result.exit_code == 3
    assert "too old or was used before" in result.stderr


def test_login_on_a_port_in_use(double: PaxsDouble) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("login", "--server", double.url, "--port", port)
    assert result.exit_code == 5
    assert f"Port {port} of this machine is in use" in result.stderr
    assert "--agent" in result.stderr


def test_login_into_a_folder_that_cannot_be_written(
    double: PaxsDouble, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "blocked").write_text("")
    monkeypatch.setattr("webbrowser.open", browser(visit))
    path = home / "blocked" / "tokens.json"
    result = run("login", "--server", double.url, "--port", free_port(), "--tokens", path)
    assert result.exit_code == 5
    assert "cannot be written to" in result.stderr
    assert double.calls == []


def test_logout_revokes_and_forgets(double: PaxsDouble, signed_in: FileTokens, tokens: Path) -> None:
    assert run("logout").exit_code == 0
    assert not tokens.exists()
    assert len(double.calls_to("POST", "/api/oauth/provider/revoke")) == 1
    result = run("whoami", "--server", double.url)
    assert result.exit_code == 3
    assert f"Nobody is signed in to {double.url}: `minutebook login --server {double.url}`." in result.stderr


def test_whoami(double: PaxsDouble, signed_in: FileTokens) -> None:
    assert run("whoami").stdout == f"Ada Lovelace <ada@example.com> at {double.url}\n"
    assert json.loads(run("whoami", "--json").stdout)["user"]["email"] == "ada@example.com"


def test_a_refused_refresh(double: PaxsDouble, signed_in: FileTokens) -> None:
    double.expire_access_tokens()
    double.refresh_works = False
    result = run("whoami")
    assert result.exit_code == 3
    assert "(refresh_refused): The server no longer accepts this sign-in." in result.stderr


def test_a_server_that_is_down() -> None:
    result = run("login", "--agent", "--server", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 6
    assert "cannot be reached" in result.stderr


def test_a_certificate_that_does_not_hold(home: Path) -> None:
    with tls_server(home) as url:
        result = run("login", "--agent", "--server", url)
    assert result.exit_code == 6
    assert "tls_failed" in result.stderr
    assert "self-signed certificate" in result.stderr


@pytest.mark.parametrize("server", ["ftp://x", "localhost:8000", "nonsense", "http://"])
def test_a_server_s_address_that_is_none(server: str) -> None:
    result = run("whoami", "--server", server)
    assert result.exit_code == 2
    assert "server_invalid" in result.stderr


def test_the_project_s_skill_folder_holds_the_tokens(
    double: PaxsDouble, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skill = home / "project" / ".claude" / "skills" / "paxs-api"
    skill.mkdir(parents=True)
    (home / "project" / "deep").mkdir()
    monkeypatch.chdir(home / "project" / "deep")
    monkeypatch.setattr("webbrowser.open", browser(visit))
    assert run("login", "--server", double.url, "--port", free_port()).exit_code == 0
    assert (skill / ".tokens.json").exists()
    assert run("whoami").exit_code == 0


# meetings


def test_meetings_from_creation_to_deletion(double: PaxsDouble, signed_in: FileTokens) -> None:
    assert run("meetings", "create", "--title", "Weekly", *ATTENDEE).stdout == "Created “Weekly”.\n"
    made = json.loads(run("meetings", "create", "--title", "Board", *ATTENDEE, "--json").stdout)
    listed = run("meetings", "list")
    assert "Weekly" in listed.stdout
    assert "2 of 2" in listed.stdout
    assert made["id"] not in listed.stdout
    assert [item["title"] for item in json.loads(run("meetings", "list", "-q", "wee", "--json").stdout)["items"]] == [
        "Weekly"
    ]
    for name in (made["id"], "Board", "last"):
        shown = run("meetings", "show", name)
        assert "Board" in shown.stdout
        assert "Ada Lovelace <ada@example.com>" in shown.stdout
    assert run("meetings", "delete", "Board").exit_code == 1
    assert len(double.sessions) == 2
    assert run("meetings", "delete", "Board", "--yes").exit_code == 0
    assert [held["title"] for held in double.sessions.values()] == ["Weekly"]


def test_a_meeting_that_does_not_exist(signed_in: FileTokens) -> None:
    assert run("meetings", "show", "last").exit_code == 4
    result = run("meetings", "show", "nothing")
    assert result.exit_code == 4
    assert "session_not_found" in result.stderr


def test_a_title_that_several_meetings_have(signed_in: FileTokens) -> None:
    run("meetings", "create", "--title", "Weekly", *ATTENDEE)
    run("meetings", "create", "--title", "Weekly", *ATTENDEE)
    result = run("meetings", "show", "Weekly")
    assert result.exit_code == 2
    assert "2 meetings are called “Weekly”" in result.stderr


def test_upload_analyze_show_export(double: PaxsDouble, signed_in: FileTokens, recording: Path, home: Path) -> None:
    run("meetings", "create", "--title", "Weekly", *ATTENDEE)
    early = run("export", "Weekly")
    assert early.exit_code == 2
    assert "has no recording" in early.stderr
    assert run("recordings", "upload", "Weekly", recording).exit_code == 0
    analyzed = run("analyze", "Weekly", "--type", "key_points", "--type", "sentiment")
    assert analyzed.exit_code == 0, analyzed.output
    assert "• The launch is on Thursday." in analyzed.stdout
    assert "Overall: positive" in analyzed.stdout
    shown = run("meetings", "show", "Weekly").stdout
    for part in ("They agreed to launch on Thursday.", "Speaker 1  1:01", "Launch on Thursday", "weekly.wav (1:23)"):
        assert part in shown
    reports = json.loads(run("meetings", "show", "Weekly", "--json").stdout)["reports"]
    assert reports[0]["content"]["content"]["transcription"]["language"] == "en"
    for format in ("srt", "vtt", "txt", "md"):
        assert run("export", "Weekly", "--format", format).stdout == f"{format}: We launch on Thursday.\n"
    assert json.loads(run("export", "Weekly", "--format", "json").stdout)["language"] == "en"
    assert run("export", "Weekly", "-f", "srt", "-o", home / "a.srt").exit_code == 0
    assert (home / "a.srt").read_text() == "srt: We launch on Thursday.\n"
    assert run("export", "Weekly", "-o", home / "none" / "a.srt").exit_code == 5


@pytest.mark.parametrize("name", ["none.wav", "notes.txt", "empty.wav"])
def test_upload_of_what_is_no_recording(double: PaxsDouble, signed_in: FileTokens, tmp_path: Path, name: str) -> None:
    for made in ("notes.txt", "empty.wav"):
        (tmp_path / made).touch()
    result = run("recordings", "upload", "last", tmp_path / name)
    assert result.exit_code == 2
    assert name in result.stderr
    assert double.calls == []


def test_analyze_that_fails(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    run("meetings", "create", "--title", "Weekly", *ATTENDEE)
    run("recordings", "upload", "Weekly", recording)
    double.failing = {"key_points": 1}
    result = run("analyze", "Weekly", "-t", "key_points")
    assert result.exit_code == 1
    assert "The key_points failed: The key_points engine broke." in result.stderr


# one-shot


def test_process_on_a_server(double: PaxsDouble, signed_in: FileTokens, tmp_path: Path) -> None:
    files = [written(tmp_path / "a.wav"), written(tmp_path / "b.wav")]
    result = run("process", *files, *ATTENDEE, "--server", double.url)
    assert result.exit_code == 0, result.output
    assert result.stdout.index("a.wav (1 of 2)") < result.stdout.index("Meeting note")
    assert result.stdout.index("Meeting note") < result.stdout.index("b.wav (2 of 2)")
    assert result.stdout.count("They agreed to launch on Thursday.") == 2
    for held in double.sessions.values():
        assert held["id"] not in result.output


def test_process_asks_for_nothing_but_what_is_wanted(
    double: PaxsDouble, signed_in: FileTokens, recording: Path, tmp_path: Path
) -> None:
    shown = run("process", recording, *ATTENDEE, "--server", double.url).stdout
    assert double.calls_to("POST", "/api/analysis/request") == []
    assert [shown.count(heading) for heading in ("Transcript\n", "Key points")] == [1, 0]
    shown = run(
        "process", written(tmp_path / "b.wav"), *ATTENDEE, "--server", double.url, "--type", "key_points"
    ).stdout
    assert len(double.calls_to("POST", "/api/analysis/request")) == 1
    assert "Key points" in shown


def test_a_note_of_one_s_own_is_shown_once(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    shown = run("process", recording, *ATTENDEE, "--server", double.url, "--instruction", "Only decisions").stdout
    [asked] = double.calls_to("POST", "/api/analysis/request")
    assert asked.json is not None
    assert asked.json["instruction"] == "Only decisions"
    assert shown.count("They agreed to launch on Thursday.") == 1


def test_process_as_json(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    result = run("process", recording, *ATTENDEE, "--server", double.url, "--json")
    [file] = json.loads(result.stdout)
    assert file["error"] is None
    assert file["reports"]["meeting note"]["content"]["markdown"].startswith("# Weekly")


def test_process_tells_how_many_voices_there_are(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    run("process", recording, "--server", double.url, *ATTENDEE, "--num-speakers", "2")
    (sent,) = double.calls_to("POST", "/api/recordings")
    assert sent.parts["num_speakers"].value == b"2"


def test_process_that_fails_for_good(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    double.failing = {"transcription": 9}
    result = run("process", recording, *ATTENDEE, "--server", double.url)
    assert result.exit_code == 1
    assert "weekly.wav: The transcription failed: The transcription engine broke." in result.stderr


def test_process_that_is_not_ready_in_time(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    double.polls_until_done = 999
    result = run("process", recording, *ATTENDEE, "--server", double.url)
    assert result.exit_code == 6
    assert "Run the same command again to go on" in result.stderr


def test_process_without_attendees(double: PaxsDouble, signed_in: FileTokens, recording: Path) -> None:
    result = run("process", recording, "--server", double.url)
    assert result.exit_code == 2
    assert "attendees_required" in result.stderr
    assert double.calls == []


def test_process_with_one_unsupported_file(
    double: PaxsDouble, signed_in: FileTokens, recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no recording")
    result = run("process", recording, tmp_path / "notes.txt", *ATTENDEE, "--server", double.url)
    assert result.exit_code == 2
    assert "notes.txt" in result.stderr
    assert double.calls == []


@pytest.mark.parametrize("moment", [MeetingReady, Uploaded])
def test_ctrl_c_says_how_to_go_on_and_the_meeting_is_reused(
    double: PaxsDouble,
    signed_in: FileTokens,
    recording: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: type,
) -> None:
    from minutebook.cli.remote.screen import Screen

    told = Screen.tell

    def interrupted(self: Screen, happening: Happening) -> None:
        told(self, happening)
        if isinstance(happening, moment):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Screen, "tell", interrupted)
        stopped = run("process", recording, *ATTENDEE, "--server", double.url)
    assert stopped.exit_code == 130
    assert "run the same command again and it is reused" in stopped.stderr
    again = run("process", recording, *ATTENDEE, "--server", double.url)
    assert again.exit_code == 0
    assert "Going on with the meeting “weekly.wav”" in again.stderr
    assert len(double.sessions) == 1


def test_people_from_a_file(double: PaxsDouble, signed_in: FileTokens, recording: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("name,email\nAda Lovelace,ada@example.com\nBob,bob@example.com\n")
    assert run("process", recording, "--attendees", people, "--server", double.url).exit_code == 0
    [held] = double.sessions.values()
    assert [person["email"] for person in held["attendees"]] == ["ada@example.com", "bob@example.com"]


def test_a_real_ctrl_c(double: PaxsDouble, signed_in: FileTokens, recording: Path, home: Path) -> None:
    double.polls_until_done = 999
    command = [sys.executable, "-m", "minutebook", "process", str(recording), *ATTENDEE, "--server", double.url]
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs tests in the background has them ignore interrupts, and their children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Uploaded" in line:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "The meeting “weekly.wav” stays on the server: run the same command again and it is reused." in said
    assert "Traceback" not in said
    double.polls_until_done = 1
    assert run("process", recording, *ATTENDEE, "--server", double.url).exit_code == 0
    assert len(double.sessions) == 1
    assert len(double.calls_to("POST", "/api/recordings")) == 1


def test_signing_in_elsewhere_replaces_the_tokens(
    double: PaxsDouble, tokens: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FileTokens(tokens, "https://elsewhere.example").save(Tokens("at", "rt"))
    refused = run("whoami", "--server", double.url)
    assert refused.exit_code == 3
    assert "belong to https://elsewhere.example" in refused.stderr
    monkeypatch.setattr("webbrowser.open", browser(visit))
    assert run("login", "--server", double.url, "--port", free_port()).exit_code == 0
    assert run("whoami").exit_code == 0
