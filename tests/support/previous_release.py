"""A data directory as the previous release leaves it when it is killed in the middle of its work. As a program:

    git archive REVISION src | tar x -C /tmp/previous && PYTHONPATH=/tmp/previous/src:tests \\
        python -m support.previous_release tests/data/previous/REVISION.tar.xz

What is in it, and what the test expects to find again, is written down beside it as JSON.
"""

import json
import os
import signal
import sys
import tarfile
import tempfile
from pathlib import Path

import httpx

from support.audio import looped
from support.server import Server, client_of, create_meeting, reports, upload, wait_final

SAMPLE = Path(__file__).parents[2] / "samples" / "launch.flac"
QUICK = {"MINUTEBOOK_SPEECH__MODEL": "tiny.en", "MINUTEBOOK_BOTS__LAUNCHER": "fake"}
CLIP_S = 6.0
WITHIN_S = 240.0
TEMPLATE = {"name": "Ours", "sections": [{"kinds": ["decision"], "heading": "Decided"}], "instruction": "Be brief."}


def main(target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data", QUICK)
        server.start()
        token = server.owner_token()
        with client_of(server, token) as client:
            expected = _filled(server, client, Path(folder))
        _killed(server)
        server.log.unlink()
        (server.data_dir / "secret.key").chmod(0o600)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(target, "w:xz") as tar:
            tar.add(server.data_dir, "data", filter=_plain)
    Path(target.removesuffix(".tar.xz") + ".json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


def _filled(server: Server, client: httpx.Client, folder: Path) -> dict[str, object]:
    """One meeting with everything, two whose recordings still wait, a template and a bot that is planned."""
    clip = looped(SAMPLE, folder / "clip.flac", CLIP_S)
    done = create_meeting(client, "Done")
    recording = upload(client, done, clip)
    wanted = {"session_id": done, "analysis_types": ["key_points", "sentiment"]}
    client.post("/api/analysis/request", json=wanted).raise_for_status()
    wait_final(client, recording, done, WITHIN_S)
    named = {"speakers": [{"id": _first_voice(client, recording), "name": "Ada Lovelace"}]}
    client.patch(f"/api/recordings/{recording}/speakers", json=named).raise_for_status()
    template = client.post("/api/note-templates", json=TEMPLATE)
    template.raise_for_status()
    key = server.command("admin", "create-api-key", "owner@example.com")
    bot = {"meeting_url": "https://meet.google.com/abc-defg-hij", "bot_name": "Minute", "start_time": 4070908800}
    made = client.post("/bots", json=bot, headers={"x-meeting-baas-api-key": key})
    made.raise_for_status()
    waiting = [create_meeting(client, f"Waiting {number}") for number in range(2)]
    return {
        "session": done,
        "recording": recording,
        "reports": {name: report["report_content"] for name, report in reports(client, recording, done).items()},
        "template": template.json(),
        "bot": made.json(),
        "waiting": [[session, upload(client, session, clip)] for session in waiting],
    }


def _first_voice(client: httpx.Client, recording: str) -> str:
    return str(client.get(f"/api/recordings/{recording}/speakers").json()["speakers"][0]["id"])


def _killed(server: Server) -> None:
    assert server.process is not None
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for process in map(int, children):
        os.kill(process, signal.SIGKILL)
    server.kill()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Nothing of the machine that made it, and no copies of work under way."""
    if Path(entry.name).parts[1:2] in {("scratch",), ("bots",), ("models",)}:
        return None
    if entry.name.endswith("-shm"):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    main(sys.argv[1])
