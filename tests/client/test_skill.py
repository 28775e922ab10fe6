"""The Claude skill: its instructions name what exists, its commands run with nothing but Python."""

import ast
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from minutebook.oauth.requests import PARAMETERS
from support.paxs_client import written
from support.paxs_double import PaxsDouble
from support.paxs_target import Target

SKILL = Path(__file__).parents[2] / "skills" / "paxs-api"
INSTRUCTIONS = (SKILL / "SKILL.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python SKILL/.*$", INSTRUCTIONS, re.MULTILINE) + re.findall(
    r"`(python SKILL/[^`]*)`", INSTRUCTIONS
)
PEOPLE = ["--attendee", "Ada Lovelace <ada@example.com>"]
STILL_TIME = """
import time
def sleep(seconds, wait=time.sleep):
    with open({log!r}, "a") as log:
        print(float(seconds), file=log)
    wait(0.002)
time.sleep = sleep
"""


@dataclass
class Project:
    """A user's project in which the skill is installed; time passes at once and is noted."""

    root: Path
    url: str

    @property
    def skill(self) -> Path:
        return self.root / ".claude" / "skills" / "paxs-api"

    @property
    def tokens(self) -> Path:
        return self.skill / ".tokens.json"

    @property
    def pauses(self) -> list[float]:
        log = self.root / "pauses"
        return [float(line) for line in log.read_text().split()] if log.exists() else []

    def start(self, script: str, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.skill / "scripts" / script), *map(str, arguments)],
            cwd=self.root,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.root / "time"), "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        process = self.start(script, *arguments)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def paxs(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return self.run("paxs.py", *arguments)

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """A command as SKILL.md writes it."""
        import shlex

        _, script, *arguments = shlex.split(command.replace("SKILL", str(self.skill)).replace("URL", self.url))
        return self.run(Path(script).name, *arguments)


@pytest.fixture
def project(tmp_path: Path, double: PaxsDouble) -> Project:
    made = Project(tmp_path / "project", double.url)
    shutil.copytree(SKILL, made.skill, ignore=shutil.ignore_patterns("__pycache__"))
    (made.root / "time").mkdir()
    (made.root / "time" / "sitecustomize.py").write_text(STILL_TIME.format(log=str(made.root / "pauses")))
    return made


@pytest.fixture
def signed_in(project: Project, double: PaxsDouble) -> Project:
    project.tokens.write_text(json.dumps({**double.issue(), "server": double.url}))
    return project


@pytest.fixture
def talk(project: Project) -> Path:
    return written(project.root / "talk.m4a")


def link_in(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("http"))


def test_the_front_matter_names_and_describes_it() -> None:
    _, front, _ = INSTRUCTIONS.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in front.strip().splitlines())
    assert fields["name"] == SKILL.name == "paxs-api"
    assert 50 < len(fields["description"]) <= 1024
    assert len(INSTRUCTIONS.splitlines()) < 120


@pytest.mark.parametrize("script", sorted((SKILL / "scripts").glob("*.py")), ids=lambda path: path.name)
def test_the_scripts_import_only_the_standard_library(script: Path) -> None:
    own = {path.stem for path in script.parent.glob("*.py")}
    for node in ast.walk(ast.parse(script.read_text(), feature_version=(3, 9))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names | own


def test_every_command_of_the_instructions_runs(project: Project, double: PaxsDouble, talk: Path) -> None:
    ran = []
    for command in COMMANDS:
        if "oauth_callback_server" in command:
            continue  # waits for a browser: see below
        done = project.shell(command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        if "login-link" in command:
            httpx.get(link_in(done.stdout))
        ran.append(command.split()[2])
    assert ran == ["login-link", "login-wait", "process", "whoami", "meetings"]
    assert stat.S_IMODE(project.tokens.stat().st_mode) == 0o600
    assert project.pauses == [3.0, 5.0, 5.0]
    assert sorted(path.name for path in project.skill.glob(".*")) == [
        ".process.json",
        ".tokens.json",
        ".tokens.json.lock",
    ]


@pytest.mark.parametrize("pkce", [False, True])
def test_the_callback_server_signs_in(project: Project, double: PaxsDouble, pkce: bool) -> None:
    double.pkce = pkce
    with waiting(project) as process:
        assert process.stdout is not None
        process.stdout.readline()
        link = process.stdout.readline().strip()
        answer = httpx.get(link, follow_redirects=True)
        out, err = process.communicate(timeout=20)
    assert "Signed in" in answer.text
    assert (process.returncode, err) == (0, "")
    assert "tokens are stored" in out
    assert set(json.loads(project.tokens.read_text())) == {"access_token", "refresh_token", "server"}
    assert stat.S_IMODE(project.tokens.stat().st_mode) == 0o600
    assert project.paxs("whoami").stdout == "Ada Lovelace <ada@example.com>\n"


@pytest.mark.parametrize(("answer", "sentence"), [("forged", "wrong state"), ("deny", "Access was refused")])
def test_the_callback_server_refuses(project: Project, double: PaxsDouble, answer: str, sentence: str) -> None:
    with waiting(project) as process:
        assert process.stdout is not None
        process.stdout.readline()
        link = process.stdout.readline().strip()
        if answer == "forged":
            callback = str(httpx.URL(link).params["redirect_uri"])
            assert httpx.get(callback, params={"code": "c", "state": "s"}).status_code == 400
        else:
            double.consent = "deny"
            httpx.get(link, follow_redirects=True)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 3
    assert sentence in err
    assert not project.tokens.exists()


def test_the_callback_server_on_a_port_in_use(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = project.run("oauth_callback_server.py", "--port", taken.getsockname()[1], "--paxs-url", project.url)
    assert done.returncode == 5
    assert "is in use" in done.stderr


def waiting(project: Project) -> subprocess.Popen[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return project.start("oauth_callback_server.py", "--port", port, "--paxs-url", project.url)


def test_agent_polling_every_3_s_for_5_minutes(project: Project) -> None:
    project.paxs("login-link", "--paxs-url", project.url)
    done = project.paxs("login-wait")
    assert done.returncode == 3
    assert "within five minutes" in done.stderr
    assert project.pauses == [3.0] * 100


def test_agent_polling_denied(project: Project, double: PaxsDouble) -> None:
    double.consent = "deny"
    httpx.get(link_in(project.paxs("login-link", "--paxs-url", project.url).stdout))
    done = project.paxs("login-wait")
    assert done.returncode == 3
    assert "Access was refused" in done.stderr


def test_no_call_before_tokens_exist(project: Project, double: PaxsDouble, talk: Path) -> None:
    for arguments in (["whoami"], ["meetings"], ["process", talk, *PEOPLE]):
        done = project.paxs(*arguments, "--paxs-url", project.url)
        assert done.returncode == 3
        assert "Sign in first" in done.stderr
    assert double.calls == []


def test_the_upload_on_the_wire(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    done = signed_in.paxs("process", talk, *PEOPLE)
    assert done.returncode == 0, done.stderr
    [call] = double.calls_to("POST", "/api/recordings")
    assert call.query == {}
    assert call.parts["file"].content_type == "audio/mp4"
    assert call.parts["file"].size == talk.stat().st_size
    [held] = double.sessions.values()
    assert held["title"] == "talk.m4a"
    assert call.parts["session_id"].value.decode() == held["id"]
    assert "Speakers: Speaker 1, Speaker 2" in done.stdout
    assert held["id"] not in done.stdout


def test_an_expired_token_is_renewed_once_and_stored(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    before = json.loads(signed_in.tokens.read_text())
    double.expire_access_tokens()
    processes = [signed_in.start("paxs.py", "whoami") for _ in range(4)]
    assert [process.communicate(timeout=30)[0] for process in processes] == ["Ada Lovelace <ada@example.com>\n"] * 4
    assert len(double.calls_to("POST", "/api/oauth/provider/token")) == 1
    assert json.loads(signed_in.tokens.read_text())["refresh_token"] != before["refresh_token"]


def test_a_refused_refresh(signed_in: Project, double: PaxsDouble) -> None:
    double.expire_access_tokens()
    double.refresh_works = False
    done = signed_in.paxs("whoami")
    assert done.returncode == 3
    assert "no longer accepts this sign-in" in done.stderr


def test_failures_are_repeated_as_the_protocol_says(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    double.failing = {"transcription": 2, "key_points": 1}
    done = signed_in.paxs("process", talk, *PEOPLE, "--type", "key_points")
    assert done.returncode == 0, done.stderr
    assert len(double.calls_to("POST", "/api/recordings")) == 3
    asked = [call.json["analysis_types"] for call in double.calls_to("POST", "/api/analysis/request") if call.json]
    assert asked == [["key_points"], ["key_points"]]
    assert len(double.sessions) == 1


def test_three_failures_are_told(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    double.failing = {"transcription": 9}
    done = signed_in.paxs("process", talk, *PEOPLE)
    assert done.returncode == 1
    assert "The transcription failed 3 times: The transcription engine broke." in done.stderr
    assert len(double.sessions) == 1


def test_an_interrupted_run_reuses_the_meeting(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    double.cut_uploads = 3
    assert signed_in.paxs("process", talk, *PEOPLE).returncode == 6
    assert signed_in.paxs("process", talk, *PEOPLE).returncode == 0
    assert len(double.sessions) == 1


def test_results_that_take_too_long(signed_in: Project, double: PaxsDouble, talk: Path) -> None:
    double.polls_until_done = 999
    done = signed_in.paxs("process", talk, *PEOPLE)
    assert done.returncode == 6
    assert signed_in.pauses == [5.0] * 60


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["talk.m4a"], "Who took part?"),
        (["talk.m4a", "--attendee", "Ada"], "is not an attendee"),
        (["talk.m4a", "notes.txt", *PEOPLE], "notes.txt"),
        (["talk.m4a", "none.wav", *PEOPLE], "no such file: none.wav"),
    ],
)
def test_wrong_input_creates_nothing(
    signed_in: Project, double: PaxsDouble, talk: Path, arguments: list[str], sentence: str
) -> None:
    (signed_in.root / "notes.txt").write_text("x")
    done = signed_in.paxs("process", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert double.calls == []


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[str]:
    """A web server with a recording on it."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

    (tmp_path / "shelf").mkdir()
    written(tmp_path / "shelf" / "all hands.wav")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "shelf")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_instead_of_a_file(signed_in: Project, double: PaxsDouble, shelf: str) -> None:
    done = signed_in.paxs("process", f"{shelf}/all%20hands.wav", *PEOPLE)
    assert done.returncode == 0, done.stderr
    [call] = double.calls_to("POST", "/api/recordings")
    assert call.parts["file"].filename == "all hands.wav"


def test_a_server_that_is_down(project: Project) -> None:
    done = project.paxs("login-link", "--paxs-url", "http://127.0.0.1:9")
    assert done.returncode == 6
    assert "cannot be reached" in done.stderr


def test_every_endpoint_and_field_of_the_instructions_exists_on_our_server(real_server: Target) -> None:
    document = httpx.get(f"{real_server.url}/openapi.json").json()
    described = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path)): _names(operation, document)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    authorize = ("GET", "/api/oauth/provider/authorize")
    described.setdefault(authorize, set(PARAMETERS))  # a page for people: not in the description of the API
    rows = re.findall(r"^\| `(GET|POST|PATCH|DELETE) (/api/[^`]*)` \|(.*)\|$", INSTRUCTIONS, re.MULTILINE)
    assert len(rows) == 10
    for method, path, fields in rows:
        assert set(re.findall(r"`(\w+)`", fields)) <= described[method, path], f"{method} {path}"
    assert httpx.get(f"{real_server.url}{authorize[1]}").status_code == 400


def _names(part: object, document: dict[str, Any]) -> set[str]:
    """All names of parameters and of properties of bodies, however deep."""
    if isinstance(part, list):
        return set().union(*(_names(item, document) for item in part))
    if not isinstance(part, dict):
        return set()
    if "$ref" in part:
        return _names(document["components"]["schemas"][part["$ref"].rpartition("/")[2]], document)
    found = set(part.get("properties", {})) | ({part["name"]} if "in" in part else set())
    return found.union(*(_names(value, document) for key, value in part.items() if key != "responses"))
