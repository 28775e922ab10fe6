"""The parent's side of the child process: start it, wait for it, understand how it ended."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from minutebook.errors import Kind, MinutebookError, invalid
from minutebook.speech.media.limits import DecodeLimits
from minutebook.speech.media.pcm import part_path

logger = logging.getLogger(__name__)

ERROR_TAIL_BYTES = 2000

Task = Literal["decode", "preview", "probe"]


def run(task: Task, source: Path, to: Path | None, limits: DecodeLimits) -> dict[str, Any]:
    """Have `source` worked on in a process of its own; what it writes appears at `to` whole or not at all."""
    source.stat()  # a file that is not there is the caller's mistake, not the file's
    if to is None:
        return _answer(task, source, None, limits)
    handle, name = tempfile.mkstemp(prefix=f".{to.name}.", suffix=".part", dir=to.parent)
    os.close(handle)
    part = Path(name)
    try:
        result = _answer(task, source, part, limits)
        for number in range(result.get("parts", 0)):
            part_path(part, number).replace(part_path(to, number))
        part.replace(to)
    finally:
        for left in to.parent.glob(f"{part.name}*"):
            left.unlink(missing_ok=True)
    return result


def _answer(task: Task, source: Path, to: Path | None, limits: DecodeLimits) -> dict[str, Any]:
    job = {"task": task, "source": str(source), "to": str(to) if to else None, "limits": asdict(limits)}
    read_end, write_end = os.pipe()
    try:
        with _start(read_end) as child:
            try:
                _tell(write_end, job)
                output, errors = child.communicate(timeout=limits.wall_s)
            except subprocess.TimeoutExpired:
                raise _timeout() from None
            finally:
                child.kill()
    finally:
        os.close(write_end)
    return _understand(output, errors, child.returncode)


def _start(read_end: int) -> subprocess.Popen[bytes]:
    """Start the child with this interpreter's import path and nothing else of the environment: it holds secrets."""
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "minutebook.speech.media.child"],
            stdin=read_end,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
        )
    finally:
        os.close(read_end)


def _tell(write_end: int, job: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):
        os.write(write_end, json.dumps(job).encode() + b"\n")


def _understand(output: bytes, errors: bytes, status: int) -> dict[str, Any]:
    if status == 0:
        answer = json.loads(output)
        if "error" in answer:
            error = answer["error"]
            retryable = error.get("retryable", False)
            raise MinutebookError(Kind(error["kind"]), error["code"], error["message"], retryable=retryable)
        result: dict[str, Any] = answer["result"]
        return result
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _timeout()
    logger.error("media child ended with %s: %s", status, errors[-ERROR_TAIL_BYTES:].decode(errors="replace"))
    raise invalid("media_crashed", "Reading the file made the decoder fail: the file is damaged. Check that it plays.")


def _timeout() -> MinutebookError:
    return invalid(
        "media_timeout", "Reading the file took longer than is allowed: it is damaged, or made to be costly."
    )
