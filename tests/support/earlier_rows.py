"""The rows that an earlier revision wrote while it was used. As a program:

    git archive REVISION src | tar x -C /tmp/earlier && PYTHONPATH=/tmp/earlier/src:tests \\
        python -m support.earlier_rows tests/data/previous/REVISION.db.gz
"""

import gzip
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx

from support.audio import looped
from support.server import EMAIL, Server, client_of, create_meeting, upload, wait_final

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
CLIP_S = 30.0
WITHIN_S = 300.0
MEET = "https://meet.google.com/abc-defg-hij"
CALENDAR = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//EN
X-WR-CALNAME:Work
BEGIN:VEVENT
UID:weekly@example.com
DTSTAMP:20260101T000000Z
DTSTART:20260105T090000Z
DTEND:20260105T093000Z
RRULE:FREQ=WEEKLY
SUMMARY:Weekly
LOCATION:{MEET}
ATTENDEE;CN=Ada Lovelace:mailto:ada@example.com
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
SETTINGS = {"MINUTEBOOK_BOTS__LAUNCHER": "fake", "MINUTEBOOK_OUTGOING__ALLOW": "127.0.0.1/32"}


def main(target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", SETTINGS)
        server.start()
        try:
            with client_of(server, server.owner_token()) as client, _calendar() as address:
                _use(server, client, Path(folder), address)
        finally:
            server.stop()
        copy = Path(folder) / "copy.db"
        with closing(sqlite3.connect(server.data_dir / "minutebook.db")) as rows:
            rows.execute("vacuum into ?", (str(copy),))
        Path(target).write_bytes(gzip.compress(copy.read_bytes(), mtime=0))


def _use(server: Server, client: httpx.Client, folder: Path, calendar: str) -> None:
    """A meeting with all analyses, a named voice and corrections; a template, a calendar, a bot; one in the trash."""
    meeting = create_meeting(client, "Launch review")
    recording = upload(client, meeting, looped(SAMPLE, folder / "clip.flac", CLIP_S))
    wanted = {"session_id": meeting, "analysis_types": ["key_points", "sentiment"]}
    client.post("/api/analysis/request", json=wanted).raise_for_status()
    wait_final(client, recording, meeting, WITHIN_S)
    voices = client.get(f"/api/recordings/{recording}/speakers").json()["speakers"]
    named = {"speakers": [{"id": voices[0]["id"], "name": "Ada Lovelace"}]}
    client.patch(f"/api/recordings/{recording}/speakers", json=named).raise_for_status()
    words = {"edits": [{"segment": 0, "word": 0, "text": "Corrected"}]}
    client.patch(f"/api/recordings/{recording}/transcript", json=words).raise_for_status()
    note = {"edits": [{"item": 0, "text": "Put right by hand"}]}
    client.patch(f"/api/recordings/{recording}/note", json=note).raise_for_status()
    template = {"name": "Ours", "sections": [{"kinds": ["decision"], "heading": "Decided"}], "instruction": "Be brief."}
    client.post("/api/note-templates", json=template).raise_for_status()
    server.command("calendars", "add", calendar)
    key = {"x-meeting-baas-api-key": server.command("admin", "create-api-key", EMAIL)}
    bot = {"meeting_url": MEET, "bot_name": "Minute", "start_time": 1893456000}
    client.post("/bots", json=bot, headers=key).raise_for_status()
    client.delete(f"/api/sessions/{create_meeting(client, 'Given up')}").raise_for_status()


@contextmanager
def _calendar() -> Iterator[str]:
    """A calendar's address on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/calendar")
            self.end_headers()
            self.wfile.write(CALENDAR.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/work.ics"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


if __name__ == "__main__":
    main(sys.argv[1])
