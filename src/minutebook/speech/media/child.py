"""`python -m minutebook.speech.media.child`: one file, read in a process that may be lost.

The job arrives as one line of JSON on standard input, the result leaves as one line on standard output. The process
takes its own limits before it loads any decoder, and dies when its parent does.
"""

import errno
import json
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.speech.media.limits import DecodeLimits

STDIN = 0
FILE_SLACK_BYTES = 64 * 1024 * 1024
BYTES_PER_S = 32_000
"""The most that either output takes: 16 kHz × 2 bytes."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
OUT_OF_MEMORY = "Reading the file takes more memory than is allowed: it is damaged or made to be costly."
NO_ROOM = "There is no room left on the server's disk for the decoded sound. Free some and try again."


def main() -> None:
    """Read the job, do it, answer."""
    job = json.loads(_first_line())
    limits = DecodeLimits(**job["limits"])
    source, to = Path(job["source"]), Path(job["to"]) if job["to"] else None
    take_limits(limits, source.stat().st_size)
    threading.Thread(target=_die_with_parent, args=(to,), daemon=True).start()
    try:
        answer = {"result": _do(job["task"], source, to, limits)}
    except MinutebookError as error:
        answer = {"error": {"kind": error.kind, "code": error.code, "message": error.message}}
    except MemoryError:
        answer = {"error": {"kind": Kind.INVALID, "code": "media_memory", "message": OUT_OF_MEMORY}}
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        answer = {"error": {"kind": Kind.UNAVAILABLE, "code": "disk_full", "message": NO_ROOM, "retryable": True}}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _first_line() -> bytes:
    line = b""
    while not line.endswith(b"\n") and (more := os.read(STDIN, 65536)):
        line += more
    return line


def take_limits(limits: DecodeLimits, size_bytes: int) -> None:
    """Lower this process's limits for good."""
    cpu_s = limits.cpu_s(size_bytes)
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: int(limits.max_duration_s * BYTES_PER_S) + FILE_SLACK_BYTES,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for name, value in wanted.items():
        _, hard = resource.getrlimit(name)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (most, most))


def _do(task: str, source: Path, to: Path | None, limits: DecodeLimits) -> dict[str, Any]:
    if source.stat().st_size == 0:
        raise invalid("media_empty", "The file is empty (0 bytes). Check the recording and upload it again.")
    import av

    from minutebook.speech.media import parts, writers
    from minutebook.speech.media import source as reading

    try:
        if to is not None and task == "decode":
            return parts.write_recording(source, to, limits.max_duration_s, limits.max_streams)
        with reading.open_source(source, limits.max_streams) as opened:
            if to is None:
                return opened.facts.to_json()
            return writers.write_preview(opened, to, limits.max_duration_s)
    except av.FFmpegError as error:
        if isinstance(error, MemoryError) or error.errno in DISK_FULL:
            raise
        raise invalid("media_unreadable", f"The sound of the file cannot be converted ({error.strerror}).") from error


def _die_with_parent(to: Path | None) -> None:
    """Standard input ends when the parent is gone, however it went."""
    while os.read(STDIN, 1):
        pass
    if to is not None:
        to.unlink(missing_ok=True)
    os._exit(1)


if __name__ == "__main__":
    main()
