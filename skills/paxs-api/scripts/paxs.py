#!/usr/bin/env python3
"""A PAXS server from the command line, with nothing but Python: sign in, process recordings, read results.

python paxs.py login-link --paxs-url https://paxs.example.com
python paxs.py login-wait
python paxs.py process talk.m4a --attendee "Ada Lovelace <ada@example.com>"
"""

# ruff: noqa: T201  (standard output is how these scripts speak)

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import unquote, urlsplit

from paxs_http import (
    BAD_INPUT,
    FAILED,
    MEDIA_TYPES,
    SERVER,
    SIGN_IN,
    Problem,
    Server,
    authorization_link,
    extension_of,
    read_private,
    redeem,
    skill_folder,
    write_private,
)

LOGIN_POLL_S, LOGIN_POLLS = 3, 100
FIRST_POLL_S, POLL_S, POLLS = 5, 5, 60
ATTEMPTS = 3
INTERRUPTED = 130
DEFAULT_INSTRUCTION = "Generate a detailed meeting summary"
ATTENDEE = re.compile(r"^\s*(?P<name>[^<>]+?)\s*<\s*(?P<email>[^<>\s@]+@[^<>\s@]+)\s*>\s*$")
TYPES = ("transcription", "meeting note", "key_points", "sentiment")
pause = time.sleep


def login_link(options: argparse.Namespace) -> None:
    """Print the link of the agent flow and remember its state."""
    server = Server(options.paxs_url, options.tokens)
    link, sign_in = authorization_link(server, None)
    write_private(skill_folder() / ".login.json", sign_in)
    print("Open this link to sign in and to let this assistant use your PAXS meetings:", link, sep="\n")


def login_wait(options: argparse.Namespace) -> None:
    """Poll every 3 s, at most 5 minutes, until the user has agreed; store the tokens."""
    remembered = skill_folder() / ".login.json"
    sign_in = read_private(remembered)
    if not sign_in:
        raise Problem("There is no sign-in under way: run login-link first.", SIGN_IN)
    server = Server(sign_in["server"], options.tokens)
    told = False
    for _ in range(LOGIN_POLLS):
        pause(LOGIN_POLL_S)
        try:
            answer = server.public("GET", f"/api/oauth/provider/poll?state={sign_in['state']}")
        except Problem as problem:
            if problem.status in {404, 429}:  # not opened yet, or asked too often
                continue
            raise
        status = answer.get("status") if isinstance(answer, dict) else None
        if status == "pending" and answer.get("user_code") and not told:
            told = True
            print(f"The page must show the code {answer['user_code']}; if it shows another one, deny.", flush=True)
        if status == "denied":
            remembered.unlink()
            raise Problem("Access was refused on the consent page.", SIGN_IN)
        if status == "complete":
            redeem(server, sign_in, answer["code"])
            remembered.unlink()
            print("Signed in; the tokens are stored.")
            return
    raise Problem("Nobody signed in within five minutes. Begin again with login-link.", SIGN_IN)


def whoami(options: argparse.Namespace) -> None:
    """Show who is signed in."""
    user = Server(options.paxs_url, options.tokens).get("/api/users/me")
    print(f"{user.get('display_name') or user['email']} <{user['email']}>")


def meetings(options: argparse.Namespace) -> None:
    """List meetings, newest first."""
    page = Server(options.paxs_url, options.tokens).get("/api/sessions", page=str(options.page), page_size="20")
    for meeting in page["items"]:
        people = ", ".join(person.get("displayName", "") for person in meeting.get("attendees") or ())
        print(
            " · ".join(
                part for part in (meeting.get("created_at"), meeting["title"], people, meeting.get("status")) if part
            )
        )


def process(options: argparse.Namespace) -> None:
    """Every recording to its results: one meeting each, one after the other."""
    attendees = [person(text) for text in options.attendee]
    sources = list(dict.fromkeys(options.recordings))
    check(sources)
    if not attendees:
        raise Problem("Who took part? Ask the user; give each with --attendee. Never invent people.", BAD_INPUT)
    server = Server(options.paxs_url, options.tokens)
    failures = []
    for source in sources:
        print(f"\n## {name_of(source)}", flush=True)
        try:
            Run(server, source, attendees, options).run()
        except Problem as problem:
            if problem.exit_code in {SIGN_IN, SERVER} and not isinstance(problem, Unfinished):
                raise
            print(problem, file=sys.stderr)
            failures.append(problem)
    if failures:
        raise Problem(
            "Not everything is finished. The same command again goes on; no meeting is made twice.",
            failures[0].exit_code,
        )


class Unfinished(Problem):
    """This recording's results are incomplete; the next recording may still be processed."""


class Run:
    """One recording on its way. What exists on the server is noted, so that a second run goes on there."""

    def __init__(self, server: Server, source: str, attendees: list[dict], options: argparse.Namespace) -> None:
        self.server, self.source, self.attendees, self.options = server, source, attendees, options
        self.types = ["transcription", "meeting note", *(kind for kind in options.type if kind in TYPES[2:])]
        self.state = skill_folder() / ".process.json"
        self.key = hashlib.sha256(f"{server.url}|{identity(source)}".encode()).hexdigest()[:16]
        self.noted = read_private(self.state).get(self.key) or {"meeting_key": str(uuid.uuid4())}
        self.attempts: dict[str, int] = {}
        self.shown: set[str] = set()

    def run(self) -> None:
        self.meeting()
        if "recording" not in self.noted:
            self.upload()
        self.results(["transcription", "meeting note"])
        if self.types[2:]:
            self.request(self.types[2:])
            self.results(self.types[2:])
        self.note(None)

    def meeting(self) -> None:
        if "meeting" in self.noted:
            try:
                self.server.get(f"/api/sessions/{self.noted['meeting']}")
                return
            except Problem as problem:
                if problem.status != 404:
                    raise
                self.noted = {"meeting_key": str(uuid.uuid4())}
        self.note(self.noted)
        body = {"title": name_of(self.source), "attendees": self.attendees}
        made = self.server.post("/api/sessions", body, Idempotency_Key=self.noted["meeting_key"])
        self.note({**self.noted, "meeting": made["id"]})

    def upload(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = fetched(self.source, Path(folder)) if is_url(self.source) else Path(self.source)
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    recording = self.server.upload(self.noted["meeting"], path, name_of(self.source))
                except Problem as problem:
                    if problem.exit_code != SERVER or attempt == ATTEMPTS:
                        raise
                    pause(2 * attempt)
                else:
                    self.note({**self.noted, "recording": recording["id"]})
                    return

    def results(self, wanted: list[str]) -> None:
        """Poll; show each result when it completes; repeat what failed, three attempts in all."""
        while True:
            reports = self.settled(wanted)
            failed = [
                reports[kind] for kind in ("transcription", *wanted) if reports.get(kind, {}).get("status") == "failed"
            ]
            if not failed:
                return
            first = failed[0]
            kind = first["analysis_type"]
            self.attempts[kind] = self.attempts.get(kind, 1) + 1
            if self.attempts[kind] > ATTEMPTS:
                reason = (first.get("error") or {}).get("message", "the server gave no reason")
                raise Unfinished(f"The {kind} failed {ATTEMPTS} times: {reason}", FAILED)
            if kind == "transcription" and self.options.retry == "upload":
                self.upload()
            else:
                self.request(["transcription", "meeting note"] if kind == "transcription" else [kind])

    def settled(self, wanted: list[str]) -> dict[str, dict]:
        for poll in range(POLLS):
            pause(POLL_S if poll else FIRST_POLL_S)
            path = f"/api/recordings/{self.noted['recording']}/analysis"
            reports = {
                report["analysis_type"]: report for report in self.server.get(path, session_id=self.noted["meeting"])
            }
            for kind in TYPES:
                self.show(reports.get(kind))
            states = {kind: reports.get(kind, {}).get("status") for kind in ("transcription", *wanted)}
            if states["transcription"] == "failed" or all(
                state in {"completed", "failed"} for state in states.values()
            ):
                return reports
        raise Unfinished("The results are not ready yet; the server goes on working.", SERVER)

    def request(self, kinds: list[str]) -> None:
        body = {"session_id": self.noted["meeting"], "attachment_id": self.noted["recording"], "analysis_types": kinds}
        if "meeting note" in kinds:
            body["instruction"] = DEFAULT_INSTRUCTION
        self.server.post("/api/analysis/request", body)

    def show(self, report: dict | None) -> None:
        if report is None or report["status"] != "completed" or report["id"] in self.shown:
            return
        self.shown.add(report["id"])
        print(
            f"\n### {report['analysis_type'].capitalize()}\n\n{readable(json.loads(report['report_content']))}",
            flush=True,
        )

    def note(self, progress: dict | None) -> None:
        everything = read_private(self.state)
        if progress is None:
            everything.pop(self.key, None)
        else:
            everything[self.key] = self.noted = progress
        write_private(self.state, everything)


def readable(content: dict) -> str:
    """A report as a person reads it."""
    if "markdown" in content:
        return content["markdown"]
    if "key_points" in content:
        return "\n".join(f"- {point['text']}" for point in content["key_points"])
    if "overall" in content:
        return f"Overall: {content['overall']['label']}"
    transcription = content.get("content", {}).get("transcription", {})
    speakers = ", ".join(speaker.get("name", "") for speaker in transcription.get("speakers") or ())
    return "\n".join(part for part in (transcription.get("summary"), speakers and f"Speakers: {speakers}") if part)


def person(text: str) -> dict:
    """`Ada Lovelace <ada@example.com>` as the protocol's attendee."""
    match = ATTENDEE.match(text)
    if not match:
        raise Problem(f"“{text}” is not an attendee; write it as Ada Lovelace <ada@example.com>.", BAD_INPUT)
    return {"email": match["email"], "displayName": match["name"].strip("\"'"), "source": "manual"}


def check(sources: list[str]) -> None:
    """All recordings must be acceptable before anything is sent."""
    refused = [name_of(source) for source in sources if extension_of(name_of(source)) not in MEDIA_TYPES]
    if refused:
        accepted = ", ".join(MEDIA_TYPES).upper()
        raise Problem(f"Not a format that can be processed: {', '.join(refused)}. Accepted are {accepted}.", BAD_INPUT)
    missing = [source for source in sources if not is_url(source) and not Path(source).is_file()]
    if missing:
        raise Problem(f"There is no such file: {', '.join(missing)}.", BAD_INPUT)


def is_url(source: str) -> bool:
    """Whether a recording is given by its address."""
    return urlsplit(source).scheme in {"http", "https"}


def name_of(source: str) -> str:
    """The file name, which is also the meeting's title."""
    return unquote(urlsplit(source).path.rpartition("/")[2]) if is_url(source) else Path(source).name


def identity(source: str) -> str:
    """Tells one recording from another: a changed file is another one."""
    if is_url(source):
        return source
    facts = Path(source).stat()
    return f"{Path(source).resolve()}|{facts.st_size}|{facts.st_mtime_ns}"


def fetched(url: str, folder: Path) -> Path:
    """The recording behind an address, on this machine; the server's token is not sent there."""
    path = folder / "recording"
    try:  # only http and https come here: see is_url
        with urllib.request.urlopen(url, timeout=60) as answer, path.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
    except (urllib.error.URLError, OSError) as error:
        raise Problem(f"{url} cannot be fetched: {error}.", BAD_INPUT) from None
    return path


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--paxs-url", help="address of the PAXS server; the one signed in to otherwise")
    common.add_argument("--tokens", type=Path, help="token file, instead of the skill's own")
    parser = argparse.ArgumentParser(description="A PAXS server from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run in (("login-link", login_link), ("login-wait", login_wait), ("whoami", whoami)):
        commands.add_parser(name, parents=[common], help=run.__doc__).set_defaults(run=run)
    listing = commands.add_parser("meetings", parents=[common], help=meetings.__doc__)
    listing.add_argument("--page", type=int, default=1)
    listing.set_defaults(run=meetings)
    one_shot = commands.add_parser("process", parents=[common], help=process.__doc__)
    one_shot.add_argument("recordings", nargs="+", metavar="FILE|URL")
    one_shot.add_argument(
        "--attendee", action="append", default=[], help='"Ada Lovelace <ada@example.com>"; repeatable'
    )
    one_shot.add_argument("--type", action="append", default=[], choices=["key_points", "sentiment"])
    one_shot.add_argument("--retry", choices=["upload", "analysis"], default="upload")
    one_shot.set_defaults(run=process)
    return parser.parse_args()


def main() -> int:
    """Run; the exit code says how it ended."""
    options = arguments()
    try:
        options.run(options)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("Stopped. The same command again goes on; no meeting is made twice.", file=sys.stderr)
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
