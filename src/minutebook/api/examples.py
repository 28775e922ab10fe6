"""An example of each of the main answers, by the name of its schema. The framework leaves nulls out of examples that
stand with their models, and what is null in an answer is there all the same."""

from collections.abc import Mapping
from typing import Any, Final

_SESSION: Final = "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c21"
_RECORDING: Final = "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c22"
_MOMENT: Final = "2026-03-02T09:00:00Z"

RECORDING: Final[Mapping[str, Any]] = {
    "id": _RECORDING,
    "session_id": _SESSION,
    "filename": "weekly.mp3",
    "content_type": "audio/mpeg",
    "size": 9_600_000,
    "duration_s": 600.0,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "language": None,
    "num_speakers": None,
    "status": "processing",
    "created_at": _MOMENT,
}
SESSION: Final[Mapping[str, Any]] = {
    "id": _SESSION,
    "title": "Weekly",
    "description": "",
    "attendees": [
        {"email": "ada@example.com", "displayName": "Ada Lovelace", "role": "Unknown", "source": "manual"},
    ],
    "status": "processing",
    "recording": RECORDING,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
REPORT: Final[Mapping[str, Any]] = {
    "id": "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c23",
    "recording_id": _RECORDING,
    "analysis_type": "transcription",
    "status": "processing",
    "version": 1,
    "progress": 0.4,
    "progress_detail": {"stage": "transcribing", "done_s": 240.0, "total_s": 600.0},
    "report_content": None,
    "stale": False,
    "error": None,
    "waiting": None,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}
COMMAND: Final[Mapping[str, Any]] = {
    "id": "0192f3a1-7c2e-7b6d-9a51-6a3f5f1f0c24",
    "kind": "chat",
    "state": "done",
    "text": "The recording has begun.",
    "message": None,
    "created_at": _MOMENT,
    "expires_at": "2026-03-02T09:01:00Z",
    "answered_at": "2026-03-02T09:00:02Z",
}
ERROR: Final[Mapping[str, Any]] = {
    "error": {"code": "attendees_required", "message": "`attendees` is required.", "field": "attendees"}
}

EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "SessionOut": SESSION,
    "SessionPage": {"items": [SESSION], "page": 1, "page_size": 20, "total": 1},
    "RecordingOut": RECORDING,
    "ReportOut": REPORT,
    "ErrorBody": ERROR,
    "CommandOut": COMMAND,
    "CommandsOut": {"commands": [COMMAND]},
    "ChatIn": {"text": "The recording has begun."},
    "SayIn": {"text": "Hello. I take the minutes."},
    "ChatOut": {"lines": [{"at_s": 12.5, "author": "Ada Lovelace", "text": "Who takes the minutes?"}]},
}
